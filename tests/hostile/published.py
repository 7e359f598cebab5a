"""An aftermath in; the faults of its published tree, as parsers, a real browser and a careless reader see it, out."""

import contextlib
import json
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import feedparser
import pytest
from lxml import etree, html as lxml_html

from syndicate.kinds import KINDS
from tests.hostile.behaviour import Aftermath, Check
from tests.judges import complaints

SITE = "https://news.example.org/"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
A = "{http://www.w3.org/2005/Atom}"
HARMLESS = set(
    "a abbr b blockquote br caption cite code dd del div dl dt em figcaption figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol"
    " p pre q s small strong sub sup table tbody td tfoot th thead time tr u ul span".split()
)
ATTRIBUTES = set("lang dir href title src alt width height start colspan rowspan datetime rel".split())
FLAGS = "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update --disable-sync --no-first-run"
# A reader that takes every text of a document for HTML, puts it between its own tags, and once more through its parser.
CARELESS = """async (paths) => {
  const texts = [], faults = [];
  const walk = (value) => typeof value === 'string' ? texts.push(value)
    : value && typeof value === 'object' && Object.values(value).forEach(walk);
  for (const path of paths) {
    const body = await (await fetch(path)).text();
    if (path.endsWith('.json')) walk(JSON.parse(body));
    else for (const node of new DOMParser().parseFromString(body, 'application/xml').querySelectorAll('*'))
      if (!node.children.length && !/^(?:ttl|docs)$/.test(node.localName)) texts.push(node.textContent);
  }
  const holders = [];
  for (const text of texts.filter((text) => /[<&]/.test(text))) {
    const holder = document.createElement('div');
    document.body.append(holder);
    holder.innerHTML = `<h4>${text}</h4><p title="end">`;
    holder.innerHTML = holder.innerHTML;
    holders.push([holder, text]);
  }
  await new Promise((done) => setTimeout(done, 300));
  for (const [holder, text] of holders) for (const node of holder.querySelectorAll('*')) {
    const odd = node.getAttributeNames().filter((name) => !ALLOWED.has(name) || /^on/i.test(name));
    const runs = ['href', 'src'].some((name) => node.hasAttribute(name) && !/^https?:/.test(node[name]));
    if (!TAGS.has(node.localName) || odd.length || runs) faults.push(`${node.outerHTML.slice(0, 150)} of ${text.slice(0, 150)}`);
  }
  return [texts.length, faults];
}"""
HEADLINES = "[...document.querySelector('news-ticker').shadowRoot.querySelectorAll('ul[role=list] a')]"


def active(html: str) -> Iterator[str]:
    """Whatever in a fragment is not on the list of what a news text needs."""
    for element in lxml_html.fragment_fromstring(html, create_parent="div").iter():
        if element.tag not in HARMLESS:
            yield f"{str(element.tag)[:40]} in {html[:150]!r}"
            continue
        for name, value in element.items():
            if name not in ATTRIBUTES or (name in ("href", "src") and not re.match(r"https?://[^/]", value)):
                yield f"{name}={value[:80]!r} in {html[:150]!r}"


def inert(after: Aftermath) -> Iterable[str]:
    """Nothing that could run is stored: no element or attribute a text does not need, no address but http(s)."""
    for row in after.rows:
        yield from (f"article {row['id']}: {fault}" for fault in active(row["content_html"]))
        files = [file["url"] for file in json.loads(row["enclosures"])]
        for address in filter(None, (row["link"], row["image"], *files)):
            if not re.fullmatch(r"https?://[^/\s<>\"]+[^\s<>\"]*", address):
                yield f"article {row['id']} holds the address {address!r}"
        for key in ("title", "summary", "text", "authors", "tags"):
            if found := re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", row[key]):
                yield f"article {row['id']}: {key} holds U+{ord(found[0]):04X}"


def appears(count: int, ticker: int = 0) -> Check:
    """Every format of the outlet's own feed holds so many items, read by two parsers; its ticker that many (0: some); its pages too."""

    def check(after: Aftermath) -> Iterable[str]:
        files = {kind: after.published.get(f"feeds/{after.name}.{kind}", "") for kind in ("rss", "atom", "json")}
        if not all(files.values()):
            yield f"not published: {[kind for kind, text in files.items() if not text]}"
            return
        strict = [etree.fromstring(files[kind].encode()) for kind in ("rss", "atom")]
        found = {"rss": len(strict[0].findall(".//item")), "atom": len(strict[1].findall(f"{A}entry"))}
        for kind in ("rss", "atom"):
            read = feedparser.parse(files[kind].encode())
            found[f"{kind} by feedparser"] = -1 if read.bozo else len(read.entries)
            yield from (f"{kind}: {fault}" for fault in complaints(kind, files[kind].encode()))
        found["json"] = len(json.loads(files["json"])["items"])
        ticking = after.published[f"ticker/{after.name}.json"]
        found["ticker"] = len(json.loads(ticking)["items"])
        if raw := re.search("[<>&\u2028\u2029]", ticking):
            yield f"the ticker holds {raw[0]!r} raw"
        for place in ("feeds", "embed"):
            found[f"{place} page"] = len(
                set(links(after.published[f"{place}/{after.name}/index.html"])) & {r["url"] for r in after.rows}
            )
        addresses = len({row["url"] for row in after.rows})
        expected = dict.fromkeys(found, count) | {"feeds page": addresses, "embed page": addresses}
        expected["ticker"] = ticker or found["ticker"] or 1
        if found != expected:
            yield f"items published: {found}, expected {expected}"

    return check


def links(page: str) -> Iterator[str]:
    """Where the links of an HTML page lead."""
    for element in lxml_html.document_fromstring(page.encode(), parser=lxml_html.HTMLParser(encoding="utf-8")).iter("a"):
        yield element.get("href", "")


def feeds(after: Aftermath) -> list[str]:
    return [found[1] for path in after.published if (found := re.fullmatch(r"feeds/([^/]+)\.rss", path))]


def nothing_runs(prefix: str) -> Check:
    """In a real browser, without any policy on what may run: every page and document of the feeds whose names begin so opened, the
    component over their tickers, and every text given to a careless reader: no script of an outlet runs, nothing is fetched
    elsewhere but pictures."""

    def check(after: Aftermath) -> Iterable[str]:
        sync_api: Any = pytest.importorskip("playwright.sync_api")
        found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if not found:
            pytest.skip("Chromium is not installed: what is published is not tried in a browser")
        alerts: list[str] = []
        beyond: list[str] = []

        def ran(*_: object) -> None:
            alerts.append(page.url)

        with sync_api.sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=FLAGS.split())
            context = browser.new_context()
            page = context.new_page()
            context.expose_function("alert", ran)
            context.route("**/*", server(after, beyond))
            page.goto(f"{SITE}reader")
            page.evaluate("document.body.innerHTML = '<img src=x onerror=alert(1)>'")
            page.wait_for_timeout(500)
            if not alerts:
                yield "scripts that run are not noticed"
            alerts.clear()
            yield from visits(after, page, ["all", *(name for name in feeds(after) if name.startswith(prefix))])
            browser.close()
        yield from (f"a script ran at {url}" for url in sorted(set(alerts)))
        yield from (f"{what} was asked for" for what in sorted(set(beyond)))

    return check


def server(after: Aftermath, beyond: list[str]) -> Callable[[Any], None]:
    """Answers for a browser out of the published tree; whatever else it asks for but pictures goes into `beyond`."""

    def answer(route: Any) -> None:
        url = route.request.url.partition("?")[0]
        path = url.removeprefix(SITE) + ("index.html" if url.endswith("/") else "")
        kind = next((kind for pattern, kind in KINDS.items() if re.fullmatch(pattern, path)), None)
        if url == f"{SITE}reader":
            route.fulfill(body="<!doctype html><title>Reader</title><body>", content_type="text/html; charset=utf-8")
        elif url.startswith(SITE) and kind and path in after.published:
            type_ = f"{kind.navigated or kind.type}; charset=utf-8"
            route.fulfill(body=after.published[path], content_type=type_, headers={"Access-Control-Allow-Origin": "*"})
        else:
            if route.request.resource_type != "image" and not url.endswith("favicon.ico"):
                beyond.append(f"{route.request.resource_type} {url[:200]}")
            route.abort()

    return answer


def visits(after: Aftermath, page: Any, names: Iterable[str]) -> Iterator[str]:
    """The pages and documents of these feeds, and the front page, opened once."""
    page.goto(SITE)
    for name in names:
        for path in (f"embed/{name}/", f"feeds/{name}.rss", f"feeds/{name}.atom", f"feeds/{name}/"):
            page.goto(SITE + path)
            page.wait_for_timeout(50)
        wanted = len(json.loads(after.published[f"ticker/{name}.json"])["items"])
        with contextlib.suppress(Exception):  # a timeout: the count below tells
            page.wait_for_function(f"{HEADLINES}.length >= {min(wanted, 200)}", timeout=10_000)
        if (shown := page.evaluate(f"{HEADLINES}.length")) != min(wanted, 200):
            yield f"the component shows {shown} of {wanted} headlines of {name}"
        page.goto(f"{SITE}reader")
        script = CARELESS.replace("ALLOWED", f"new Set({json.dumps([*ATTRIBUTES])})")
        paths = [f"/{path.format(name)}" for path in ("feeds/{}.rss", "feeds/{}.atom", "feeds/{}.json", "ticker/{}.json")]
        number, faults = page.evaluate(script.replace("TAGS", f"new Set({json.dumps([*HARMLESS])})"), paths)
        if number < 4 * wanted:
            yield f"only {number} texts in {name}"
        yield from (f"in a reader of {name}: {fault}" for fault in faults[:10])
