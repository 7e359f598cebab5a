"""Log records in; one line each on standard error out, as text or JSON, with control characters escaped."""

import json
import logging
import sys
from datetime import UTC, datetime


class TextLines(logging.Formatter):
    """`time level message`; what an outlet sent cannot start a new line or move the cursor."""

    def format(self, record: logging.LogRecord) -> str:
        return plain(f"{_time(record)} {record.levelname.lower()} {record.getMessage()}{_cause(record)}")


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, message."""

    def format(self, record: logging.LogRecord) -> str:
        said = {"time": _time(record), "level": record.levelname.lower(), "logger": record.name}
        return json.dumps(said | {"message": record.getMessage() + _cause(record)})


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _cause(record: logging.LogRecord) -> str:
    """The exception behind a record as its type and text; the stack only at debug level."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return ""
    if logging.getLogger().isEnabledFor(logging.DEBUG):
        return " " + logging.Formatter().formatException(record.exc_info)  # type: ignore[arg-type]
    return f" ({type(error).__name__}: {error})"


def plain(text: str) -> str:
    """`text` with every control character but tab made visible, so that one event stays one line."""
    return "".join(c if c.isprintable() or c == "\t" else f"\\x{ord(c):02x}" for c in text)


def configure(style: str, level: int) -> None:
    """Send records of `level` and above to standard error in `style` ("text" or "json")."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setLevel(level)
    handler.setFormatter(JsonLines() if style == "json" else TextLines())
    logging.basicConfig(handlers=[handler], level=level, force=True)
