"""What one kind of evidence on a page says, as raw candidate values in order of preference."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Said:
    """Candidates per field, best first, uncleaned; `site` are names of the publication, `body` is JSON-LD's articleBody."""

    titles: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    sections: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    body: str = ""
