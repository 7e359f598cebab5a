"""The name of a TOML file that lies beside a package's modules in; the word lists and tables it holds out."""

import tomllib
from importlib.resources import files
from typing import Any


def table(package: str, name: str) -> dict[str, Any]:
    """What `name`.toml in `package` says; read where a module is imported, once."""
    return tomllib.loads(files(package).joinpath(f"{name}.toml").read_text("utf-8"))
