"""Runs the app on the server of its async mode, eventlet by default."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flask import Flask
from flask_socketio import SocketIO

from facetraits.errors import BadSetting, FacetraitsError
from facetraits.serving.limits import return_large_blocks
from facetraits.serving.service import InferenceService
from facetraits.settings import Settings
from facetraits.store import Store
from facetraits.web.concurrency.listening import connections_allowed, listen
from facetraits.web.concurrency.servers import InFlight, Serving
from facetraits.web.concurrency.servers import serve as serve_connections
from facetraits.web.factory import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

# Connections other than cameras: pages, uploads, and keep-alive connections.
_OTHER_CONNECTIONS = 1024


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Exits with code 2 and a one-line reason, without a traceback."""
    try:
        yield
    except FacetraitsError as error:
        print(f"facetraits: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def serve() -> int:
    """`python -m facetraits serve`. Raises FacetraitsError if it cannot start."""
    run(create_app())
    return 0


def run(app: Flask) -> None:
    """Serves until SIGTERM or Ctrl-C, then finishes the responses in progress.

    Raises:
        BadSetting: if the server cannot listen on the address.
    """
    settings: Settings = app.extensions["facetraits_settings"]
    service: InferenceService = app.extensions["facetraits_service"]
    store: Store = app.extensions["facetraits_store"]
    socketio: SocketIO = app.extensions["socketio"]
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # It would log its own line for each request, with the raw address.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    return_large_blocks()  # for uploads, which arrive in many chunks
    try:
        listener = _listen(settings)
        print(f"Facetraits is running at {_url(settings)} (press Ctrl-C to stop)", flush=True)
        most = connections_allowed(settings.live_clients + _OTHER_CONNECTIONS)
        # Outermost, around Socket.IO, too.
        outermost = InFlight(_without_tracebacks(app.wsgi_app))
        serving = Serving(
            outermost, listener=listener, most=most, goodbye=socketio.server.eio.say_goodbye
        )
        serve_connections(settings.async_mode, serving)
    finally:
        service.close()
        service.kill()  # the time for answers is over; eventlet would wait for its threads
        store.close()


def _listen(settings: Settings) -> socket.socket:
    try:
        return listen(settings.host, settings.port)
    except OSError as error:
        raise BadSetting(
            f"FACETRAITS_HOST={settings.host!r} with FACETRAITS_PORT={settings.port} is not an "
            f"address to listen on: {error.strerror}"
        ) from error


def _without_tracebacks(app: WSGIApplication) -> WSGIApplication:
    """Eventlet would show clients the traceback of errors outside Flask, as in Socket.IO."""

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except ConnectionError:
            # The client left: this is how Engine.IO ends a websocket under Werkzeug.
            raise
        except Exception:
            log.exception("a request failed outside the app")
            start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
            return [b"Something went wrong on the server."]

    return guarded


def _url(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"
