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


def write_schemas(directory: Path) -> list[Path]:
    """Write NAME.schema.json for each file into `directory`, which is made if need be; the paths written."""
    directory.mkdir(parents=True, exist_ok=True)
    written = {directory / f"{name}.schema.json": schema for name, schema in schemas().items()}
    for path, schema in written.items():
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return list(written)
