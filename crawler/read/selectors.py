"""An operator's selector (CSS, XPath or JMESPath) in; a function that finds what it selects, or what is wrong with it, out."""

import re
from collections.abc import Callable
from typing import Any

import jmespath  # type: ignore[import-untyped]
from cssselect import SelectorError
from jmespath.exceptions import JMESPathError  # type: ignore[import-untyped]
from lxml import etree
from lxml.html import HtmlElement
from parsel import css2xpath

from crawler.clean import fold
from crawler.read.item import Unreadable

JSON_LD = "json-ld"
EXSLT = {"re": "http://exslt.org/regular-expressions", "set": "http://exslt.org/sets"}
# No CSS selector can begin with these, so an XPath that begins at the element is XPath too.
XPATH = ("/", "(", "./", "../", "@")
# A string, which stays as it is, or the slash that begins a path at the root of the document.
AT_ROOT = re.compile(r"""("[^"]*"|'[^']*')|(^|[(|,])(\s*)(?=/)""")
WRONG = (SelectorError, etree.XPathError, JMESPathError, ValueError, TypeError, LookupError, RecursionError)


def elements(name: str, selector: str, inside: bool = False) -> Callable[[HtmlElement], list[Any]]:
    """A function from an element to the elements and strings `selector` selects: XPath when it starts with / or (, else CSS.

    `inside`: an XPath from the root starts at the element instead, as CSS does. Scrapy's `::text` and `::attr(x)` work, EXSLT's `re:`
    and `set:` too. Raises `Unreadable` naming the key `name`; so does the function.
    """

    def compiled(path: str) -> etree.XPath:
        path = path if path.startswith(XPATH) else css2xpath(path)
        return etree.XPath(AT_ROOT.sub(at_element, path) if inside else path, namespaces=EXSLT)

    find = complaining(name, selector, complaining(name, selector, compiled)(selector))

    def select(place: HtmlElement) -> list[Any]:
        found = find(place)
        return found if isinstance(found, list) else [str(found)]

    return select


def at_element(found: re.Match[str]) -> str:
    """`//h2` as `.//h2`."""
    return found[1] or f"{found[2]}{found[3]}."


def values(name: str, expression: str) -> Callable[[Any], Any]:
    """A function from a JSON value to what the JMESPath `expression` finds in it, None when it finds nothing.

    Raises `Unreadable` naming the key `name`; so does the function.
    """
    return complaining(name, expression, complaining(name, expression, jmespath.compile)(expression).search)


def complaining(name: str, selector: str, function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """`function`, which raises `Unreadable` in one line: the key, its value, what is wrong."""

    def call(value: Any) -> Any:
        try:
            return function(value)
        except WRONG as error:
            said = fold(str(error)) or type(error).__name__
            raise Unreadable(f"{name} = {selector!r}: {said[:200]}") from None

    return call
