"""A path of the published tree in; its media type, lifetime and security headers, as kinds.toml names them, out."""

import re
from dataclasses import dataclass

from tickerwire.tables import table

TABLES = table("syndicate", "kinds")
LIVES: dict[str, str] = TABLES["life"]
POLICIES: dict[str, str] = TABLES["policy"]
SHARED: dict[str, str] = TABLES["shared"]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one kind of file is sent. `navigated` is the media type when a person opens it as a page, empty for the same.

    `shared` files may be used by any other site's pages.
    """

    type: str
    life: str
    policy: str
    navigated: str = ""
    shared: bool = False


KINDS = {
    pattern: Kind(**said | {"life": LIVES[said["life"]], "policy": POLICIES[said["policy"]]})
    for pattern, said in TABLES["kinds"].items()
}


def kind(path: str) -> Kind | None:
    """How the file at `path` is sent; None when files of that name are not served."""
    return next((kind for pattern, kind in KINDS.items() if re.fullmatch(pattern, path)), None)
