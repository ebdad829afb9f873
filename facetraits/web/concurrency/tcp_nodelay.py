"""Turns off Nagle's algorithm on every connection, so that small packets leave immediately.

With it (RFC 896), a reading waits until the client's system has acknowledged the ack
of its frame, which can take up to 40 ms (RFC 1122, 4.2.3.2): four times as long as
analyzing the frame. None of the three servers turns it off by default.
"""

from __future__ import annotations

import contextlib
import socket
from typing import Any

from facetraits.web.concurrency.offload import import_eventlet


def without_delay(connection: Any) -> None:
    """Turns it off for a socket; does nothing if it is closed or not a TCP socket."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def prompt_options(async_mode: str) -> dict[str, Any]:
    """The options that do this for the server of "eventlet", "gevent", or "threading"."""
    if async_mode == "eventlet":
        return {"protocol": _eventlet_protocol()}
    if async_mode == "gevent":
        return {"handler_class": _gevent_handler()}
    return {"request_handler": _werkzeug_handler()}


def _eventlet_protocol() -> type:
    class PromptProtocol(import_eventlet().wsgi.HttpProtocol):  # type: ignore[misc]
        def setup(self) -> None:
            without_delay(self.request)
            super().setup()

    return PromptProtocol


def _gevent_handler() -> type:
    from gevent.pywsgi import WSGIHandler

    class PromptHandler(WSGIHandler):
        def __init__(self, sock: Any, *arguments: Any, **named: Any) -> None:
            without_delay(sock)
            super().__init__(sock, *arguments, **named)

    return PromptHandler


def _werkzeug_handler() -> type:
    from werkzeug.serving import WSGIRequestHandler

    class PromptRequestHandler(WSGIRequestHandler):
        disable_nagle_algorithm = True

    return PromptRequestHandler
