"""The configuration's models in; a JSON Schema (draft 2020-12) of each file, for editors that check TOML, out."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tickerwire.config.model import FeedsFile, OutletsFile, TickerwireFile

FILES: dict[str, type[BaseModel]] = {"tickerwire": TickerwireFile, "outlets": OutletsFile, "feeds": FeedsFile}


def schemas() -> dict[str, dict[str, Any]]:
    """JSON Schemas by the name of the file they describe, without its suffix."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return {name: dialect | model.model_json_schema(by_alias=True) for name, model in FILES.items()}


def write_schemas(directory: Path) -> None:
    """Write NAME.schema.json for each file into `directory`, which is made if need be."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, schema in schemas().items():
        text = json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
        (directory / f"{name}.schema.json").write_text(text, encoding="utf-8")
