"""A title as a page gives it and the names of its site in; the headline alone out."""

import re
from collections.abc import Collection
from urllib.parse import urlsplit

SHORTEST = 12  # bytes of a heading that may cut a title short: four characters of Chinese say as much as twelve letters
SEPARATOR = re.compile(r"\s+[-–—|·•:»/]+\s+|\s*[|»]\s*")


def headline(title: str, names: Collection[str]) -> str:
    """`title` without one of the site's `names` (as `key_of` gives them) at either end; never made empty."""
    while True:
        cuts = list(SEPARATOR.finditer(title))
        if cuts and key_of(title[cuts[-1].end() :]) in names and title[: cuts[-1].start()].strip():
            title = title[: cuts[-1].start()]
        elif cuts and key_of(title[: cuts[0].start()]) in names and title[cuts[0].end() :].strip():
            title = title[cuts[0].end() :]
        else:
            return title.strip()


def agreed(title: str, others: Collection[str]) -> str:
    """`title` without a tail that another title of the page goes without: "Headline | Sport" where the heading says "Headline"."""
    heads = (title[: cut.start()] for cut in SEPARATOR.finditer(title))
    return next((head for head in heads if len(head.encode()) >= SHORTEST and any(one.endswith(head) for one in others)), title)


def key_of(text: str) -> str:
    """A name reduced to its letters and digits: "The Example" is "example", as in example.org."""
    return re.sub(r"^the|[\W_]+", "", re.sub(r"[\W_]+", "", text.casefold()))


def host_names(url: str) -> list[str]:
    """What a site's host calls it: "www.daily-example.co.uk" gives dailyexample and its longer forms."""
    labels = (urlsplit(url).hostname or "").removeprefix("www.").split(".")
    return [key_of("".join(labels[:end])) for end in range(1, len(labels) + 1) if len("".join(labels[:end])) > 2]
