"""The server's log: its lines say which request they are about."""

from __future__ import annotations

import logging

from flask import g, has_request_context

from facetraits.logs import set_up_logging


def request_fields() -> dict[str, object]:
    """The IDs of the request that is being handled, and of its trace, if any."""
    if not has_request_context():
        return {}
    return {name: g.get(name) for name in ("request_id", "trace_id") if g.get(name)}


def set_up_server_log(log_format: str) -> None:
    """Log to stderr as "text" or "json"."""
    set_up_logging(log_format, request_fields)
    # It would log its own line for each request, with the raw address.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
