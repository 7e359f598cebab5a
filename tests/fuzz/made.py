"""A seeded `random.Random` in; the bytes of one date, address, piece of HTML or article out, as no outlet should write it."""

import json
from ipaddress import IPv4Address, IPv6Address
from random import Random
from urllib.parse import quote

from tests.fuzz.mutations import STRANGE, decoded, encoded, mutated, one, seeds, text

# --- dates

MONTHS = "Jan February MAR apr. May jun JULY Aug. Sept Oct nov Dec 1 02 12 13 00 Mai März août Янв 1月"
DATES = (
    "{d} {mon} {y} {t} {z}", "{day}, {d} {mon} {y} {t} {z}", "{y}-{m}-{d}T{t}{z}", "{y}-{m}-{d} {t} {z}", "{y}/{m}/{d}", "{y}{m}{d}T{t}{z}",
    "{mon} {d}, {y}", "{d}.{m}.{y} {t}", "{m}/{d}/{y} {t}", "{y}-{m}-{d}", "{day} {mon} {d} {t} {z} {y}", "{n}", "{y}年{m}月{d}日", "{t} {z}",
    "{d} {mon} {y}, {t} {half} {z}", "{day}, {d} {mon} {y} {t}{z}{z}", "{y}-W{m}-{d}", "{d}-{mon}-{y} {t} {z}", "{mon} {d} {y} {t} {half}", "{y}",
)  # fmt: skip


def moment(random: Random) -> str:
    """A date in one of the usual shapes, its parts sometimes out of range."""
    clock = f"{random.randrange(25):02}:{random.randrange(61):02}" + random.choice(
        ("", f":{random.randrange(62):02}", ":00.123456789", ":7", ",5")
    )
    return random.choice(DATES).format(
        d=random.choice((random.randrange(1, 29), f"{random.randrange(32):02}")),
        mon=one(random, MONTHS),
        m=f"{random.randrange(14):02}",
        y=one(random, "2026 2025 2026 1999 1990 1989 1970 0001 9999 0000 26 99 12026 2O26 ２０２６ ٢٠٢٦"),
        day=one(random, "Mon Tuesday Mi lun. Xyz 3 Thu"),
        t=random.choice((clock, clock, clock.replace(":", ""), clock.replace(":", "h"), "24:00:00")),
        z=one(
            random,
            "Z GMT +0000 -0000 +01:00 -0930 +2500 +99:99 EST CEST IST Europe/London +1 UTC+2 -00:00 z +0100(CET) ±00",
        ),
        half=one(random, "am PM p.m. a.m noon AM."),
        n=random.choice((random.randrange(10**10), random.randrange(10**13), -1, 10**12, 10**200, "1e9", "٣" * 10, "1" * 10)),
    )


def date(random: Random) -> bytes:
    kind = random.random()
    if kind < 0.1:
        return encoded(text(random, 60))
    made = encoded(moment(random))
    return made if kind < 0.5 else mutated(random, made, (encoded(moment(random)),), STRANGE)


# --- addresses

V4 = (
    "0.0.0.0 10.0.0.1 100.64.0.1 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 192.88.99.1 "
    "192.168.1.1 198.18.0.1 198.51.100.7 203.0.113.9 224.0.0.1 240.0.0.1 255.255.255.255 168.63.129.16 8.8.8.8 1.1.1.1 93.184.215.14"
)
V6 = (
    ":: ::1 fe80::1 fec0::1 fc00::1 fd00:ec2::254 ff02::1 2001:db8::1 2001::1 2002:7f00:1:: 64:ff9b::7f00:1 64:ff9b:1::a 100::1 3fff::1 5f00::1 "
    "2001:4860:4860::8888 2606:4700::1111 ::ffff:127.0.0.1 ::127.0.0.1 ::ffff:0:127.0.0.1 2001:0:7f00:1:: 4000::1"
)
WIDE = str.maketrans("0123456789.abcdefx", "０１２３４５６７８９。ａｂｃｄｅｆｘ")


def address(random: Random) -> str:
    """An IP address in one of the many spellings that some resolver takes."""
    if random.random() < 0.35:
        six = IPv6Address(one(random, V6) if random.random() < 0.7 else random.getrandbits(128))
        made = random.choice(
            (str(six), six.exploded, str(six).upper(), f"{six}%25eth0", f"{six}%1", f"::ffff:{six.packed[:4].hex()}")
        )
        return random.choice((f"[{made}]", f"[{made}]", made))
    four = IPv4Address(one(random, V4) if random.random() < 0.7 else random.getrandbits(32))
    parts = list(four.packed)
    for _ in range(random.randrange(4)):  # 127.1: the last number takes the places left
        parts[-2:] = [parts[-2] << 8 * (5 - len(parts)) | parts[-1]] if len(parts) > 1 else parts
    made = ".".join(random.choice(("{}", "{}", "{:#x}", "0{:o}", "{:#X}", "0x00{:x}", "00{:o}")).format(part) for part in parts)
    if random.random() < 0.2:
        made = made.translate(WIDE)
    if random.random() < 0.15:
        made = quote(made) if random.random() < 0.5 else "".join(f"%{ord(sign):02x}" for sign in made if sign.isascii())
    if random.random() < 0.1:
        made = random.choice(("[::ffff:{}]", "[::{}]", "[64:ff9b::{}]", "[{}]", "{}.")).format(made)
    return made


HOSTS = "x.example X.EXAMPLE. bücher.example xn--bcher-kva.example a_b.example localhost .x x..y - a.b.c.d.e 例え.テスト ß.example xn--a a%2eb ℀.example"


def url(random: Random) -> bytes:
    """An address: a random choice for every part of it, then sometimes a mutation of the whole."""
    host = address(random) if random.random() < 0.5 else one(random, HOSTS) if random.random() < 0.8 else text(random, 20)
    if random.random() < 0.25:
        return encoded(host)
    made = "".join((
        one(random, "http:// https:// https:// HTTP:// http: https:/// // ftp:// javascript: http:\\\\ ht\ttp:// data: http://http://"),
        random.choice(("", "", "", "u:p@", "@", "a@b@", "%40", "x\\@")),
        host,
        random.choice(("", "", "", ":80", ":443", ":8080", ":0", ":", ":99999", ":-1", ":٣", ":8a", ":080")),
        random.choice(("", "/", "/a/b", "/a/", "/;", "/./..//", "/%zz%c3%a9é", "/a b", "/?", "\\x", f"/{text(random, 12)}")),
        random.choice(("", "", "?", "?b=2&a=1", "?utm_source=x&id=7", "?a&&b=&=c;d", "??", f"?{text(random, 12)}")),
        random.choice(("", "", "#", "#a", "#a#b", f"#{text(random, 6)}")),
    ))  # fmt: skip
    return encoded(made) if random.random() < 0.6 else mutated(random, encoded(made), (), STRANGE)


# --- HTML

TAGS = (
    "p p div b i em a a a img img span table tr td th ul ol li h2 blockquote pre br hr code q time abbr figure sub svg math style script "
    "noscript template textarea select option title iframe object embed form input button base link meta body html head frameset plaintext "
    "xmp noembed mtext mglyph annotation-xml foreignObject desc details dialog marquee video source audio x-y nobr font dd image isindex"
)
ATTRIBUTES = (
    "href=/x href=javascript:alert(1) href=https://ok.example/?a=1&b=2 href='java\tscript:x' href=//e.example src=x.jpg src=data:text/html,x "
    "src=https://i.example/a.png onerror=x style=display:none width=1 width=640 height=1e9 data-src=/l.jpg lang=en dir=rtl title='</noscript>' "
    "alt='<img/src=x>' xlink:href=javascript:x srcdoc=<p> colspan=2 start=3 datetime=2026 encoding=text/html cite=x: id=a name=b class=c action=x"
)
VECTORS = [
    "<math><mtext><table><mglyph><style><img src=x onerror=y>", "<svg></p><style><a id='</style><img src=x onerror=y>'>",
    "<noscript><p title='</noscript><img src=x onerror=y>'>", "<form><math><mtext></form><form><mglyph><style></math><img src=x onerror=y>",
    "<select><template><style><!--</style><a rel='--></style></template></select><img src=x onerror=y>'>", "<![CDATA[<p>]]>", "<?xml x?>",
    "<!--><img src=x onerror=y>-->", "<a href='https://x/\"><b>'>l</a>", "<p/x=\"y'>", "<b <i>", "</p</p>", "<scr<script>ipt>", "<a\0href=/x>",
    "<svg><annotation-xml encoding='text/html'><p>", "<table><a href=/x>1<td>2</a>", "<ul><li><ul></li>", "<p><p><div><h2></p>", "<a href=/x>a<a href=/y>b",
    "<b><p>x</b>y</p>", "&lt;script&gt;", "&#x3c;img&#x3e;", "&notit;", "&", "<", "<img src='&#106;avascript:x'>", "text here", "<!doctype html>",
    "<p><table><p>", "<dl><dd><dl><dt>", "<pre>\n\nx</pre>", "<textarea>\n<b>", "<plaintext>", "<ol start=x><li>",
]  # fmt: skip


def tag(random: Random) -> str:
    name = one(random, TAGS)
    if random.random() < 0.35:
        return f"</{name}>"
    given = "".join(f" {one(random, ATTRIBUTES)}" for _ in range(random.choice((0, 0, 1, 1, 3))))
    return f"<{name}{given}{random.choice(('>', '>', '>', '/>', ''))}"


def markup(random: Random, most: int = 16) -> str:
    pieces = [
        tag(random) if (kind := random.random()) < 0.6 else random.choice(VECTORS) if kind < 0.75 else text(random, 8)
        for _ in range(random.randrange(most))
    ]
    if random.random() < 0.02:
        pieces.insert(0, tag(random) * int(2 ** random.uniform(0, 11)))
    return "".join(pieces)


def html(random: Random) -> bytes:
    made = encoded(markup(random))
    return made if random.random() < 0.7 else mutated(random, made, [*seeds("html"), b"<p>"], VECTORS + STRANGE)


# --- articles


def words(random: Random) -> str:
    """A title, name or summary as no outlet should write it."""
    kind = random.random()
    if kind < 0.1:
        return random.choice(
            ("", " ", "A plain title", "<b>bold</b>", "&amp;amp;lt;", "x" * 400, "東京" * 200, "<" * 50 + "b>" * 50)
        )
    return text(random, 40) if kind < 0.8 else markup(random, 5)


def article(random: Random) -> dict[str, object]:
    """The fields of a stored article that came from outside; `seconds` since 1990 are its dates."""

    def link() -> str:
        return "" if random.random() < 0.2 else decoded(url(random))

    return {
        "outlet": one(random, "harbour quay mole gone"), "title": words(random), "summary": words(random), "text": words(random),
        "authors": [words(random) for _ in range(random.randrange(3))], "tags": [words(random) for _ in range(random.randrange(3))],
        "section": words(random), "language": random.choice(("en", "", "pt-BR", "x", words(random))), "image": link(),
        "url": link(), "link": random.choice((link(), "https://x.example/a")), "content_html": markup(random, 6),
        "enclosures": [[link(), words(random), random.choice((0, -1, 10**20, 7))] for _ in range(random.randrange(2))],
        "seconds": [random.randrange(1_167_600_000) for _ in range(3)], "revision": random.choice((1, 2)), "optout": one(
            random, "- - - nosnippet noarchive max-snippet:0 max-snippet:40 noimageindex tdm"),
    }  # fmt: skip


def articles(random: Random) -> bytes:
    return json.dumps([article(random) for _ in range(random.choice((0, 1, 1, 1, 2, 3)))]).encode()
