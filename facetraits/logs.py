"""A process's log: lines of text, or of JSON for programs that collect them."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

_TEXT = "%(asctime)s %(levelname)s %(name)s %(message)s"
# What a line can say in fields of its own.
FIELDS = ("request_id", "trace_id", "method", "route", "status", "milliseconds", "faces")

Context = Callable[[], Mapping[str, object]]


class JsonLines(logging.Formatter):
    """One JSON object a line.

    Args:
        context: returns what it is about, such as the ID of a request.
    """

    def __init__(self, context: Context = dict) -> None:
        super().__init__()
        self._context = context

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **self._context(),
        }
        line |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up_logging(log_format: str, context: Context = dict) -> None:
    """Log to stderr as "text" or "json"."""
    handler = logging.StreamHandler()
    is_json = log_format == "json"
    handler.setFormatter(JsonLines(context) if is_json else logging.Formatter(_TEXT))
    logging.basicConfig(handlers=[handler])
