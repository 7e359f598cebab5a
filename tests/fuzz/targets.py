"""Nothing in; every entrance that takes what others wrote: how its inputs are made, and what it promises, out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random

from tests.fuzz import documents, made
from tests.fuzz.articles import articles
from tests.fuzz.mutations import Make
from tests.fuzz.sources import configuration, query, source
from tests.fuzz.texts import dates, html, urls


@dataclass(frozen=True)
class Target:
    """One entrance: how its inputs are made, what it promises, and how many of a thousand inputs go there."""

    make: Make
    promise: Callable[[bytes], None]
    share: int


TARGETS: Mapping[str, Target] = {
    "dates": Target(made.date, dates, 500),
    "urls": Target(made.url, urls, 250),
    "html": Target(made.html, html, 110),
    "articles": Target(made.articles, articles, 70),
    "source": Target(documents.source, source, 60),
    "query": Target(documents.query, query, 7),
    "config": Target(documents.configuration, configuration, 3),
}


def inputs(name: str, numbers: Iterable[int], seed: int) -> Iterable[bytes]:
    """The inputs of these numbers for the target `name`; equal numbers and seed give equal bytes."""
    return (TARGETS[name].make(Random(f"{seed} {name} {number}")) for number in numbers)


def broken(name: str, data: bytes) -> str:
    """How the promise of target `name` is broken for `data`, as one line; empty when it holds."""
    try:
        TARGETS[name].promise(data)
    except Exception as error:
        return " ".join(f"{type(error).__name__}: {error}".split()) or type(error).__name__
    return ""
