"""Structured logs without payload text: one JSON object a line on standard error.

An exception is told by its type and the places it came through. Its message is left out:
a library may have put a payment's text into it.
"""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

_OWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """time, level, logger, message, the extras, and for an exception its type and places."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        said |= {key: value for key, value in vars(record).items() if key not in _OWN}
        if record.exc_info and record.exc_info[1] is not None:
            said["exception"] = describe(record.exc_info[1])
        return json.dumps(said, default=lambda value: type(value).__name__)


def describe(error: BaseException) -> list[str]:
    """The type of an exception and of its causes, each with the places it came through."""
    found = []
    seen: BaseException | None = error
    while seen is not None:
        places = [
            f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
            for frame in traceback.extract_tb(seen.__traceback__)
        ]
        found.append(f"{type(seen).__name__} at {' > '.join(places[-6:])}")
        seen = seen.__cause__ or seen.__context__
    return found


def start_logs(level: str) -> None:
    """Send our logs at `level`, and everybody else's warnings, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("risk").setLevel(level.upper())
