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

from facetraits.cameras.wall import Wall
from facetraits.errors import BadSetting, FacetraitsError
from facetraits.jobs import Jobs
from facetraits.serving.limits import return_large_blocks
from facetraits.serving.service import InferenceService
from facetraits.serving.tracing import Tracer
from facetraits.settings import Settings
from facetraits.store import Store
from facetraits.web.camera_socket import LiveNamespace
from facetraits.web.concurrency.draining import Drain, Readiness
from facetraits.web.concurrency.listening import connections_allowed, listen
from facetraits.web.concurrency.servers import serve as serve_connections
from facetraits.web.concurrency.serving import InFlight, Serving
from facetraits.web.factory import create_app
from facetraits.web.http.logs import set_up_server_log

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

# Connections other than cameras: pages, uploads, and keep-alive connections.
_OTHER_CONNECTIONS = 1024


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Exits with the error's code and a one-line reason, without a traceback."""
    try:
        yield
    except FacetraitsError as error:
        print(f"facetraits: {error}", file=sys.stderr)
        raise SystemExit(error.exit_code) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def serve(settings: Settings | None = None) -> int:
    """`python -m facetraits serve`. Raises FacetraitsError if it cannot start.

    Args:
        settings: by default, those from the environment.
    """
    run(create_app(settings))
    return 0


def run(app: Flask) -> None:
    """Serves until SIGTERM or Ctrl-C, then drains the server and finishes what is in progress.

    Raises:
        BadSetting: if the server cannot listen on the address.
    """
    settings: Settings = app.extensions["facetraits_settings"]
    service: InferenceService = app.extensions["facetraits_service"]
    store: Store = app.extensions["facetraits_store"]
    jobs: Jobs = app.extensions["facetraits_jobs"]
    wall: Wall = app.extensions["facetraits_wall"]
    tracer: Tracer = app.extensions["facetraits_tracer"]
    set_up_server_log(settings.log_format)
    return_large_blocks()  # for uploads, which arrive in many chunks
    try:
        listener = _listen(settings)
        wall.start()
        print(f"Facetraits is running at {_url(settings)} (press Ctrl-C to stop)", flush=True)
        most = connections_allowed(settings.live_clients + _OTHER_CONNECTIONS)
        # Outermost, around Socket.IO, too.
        outermost = InFlight(_without_tracebacks(app.wsgi_app))
        serving = Serving(outermost, listener=listener, most=most, drain=_drain(app))
        serve_connections(settings.async_mode, serving)
    finally:
        wall.close()
        service.close()
        service.kill()  # the time for answers is over; eventlet would wait for its threads
        jobs.close()
        tracer.close()
        store.close()


def _drain(app: Flask) -> Drain:
    settings: Settings = app.extensions["facetraits_settings"]
    readiness: Readiness = app.extensions["facetraits_readiness"]
    cameras: LiveNamespace = app.extensions["facetraits_cameras"]
    socketio: SocketIO = app.extensions["socketio"]
    return Drain(
        settings.drain_s,
        begin=readiness.drain,
        move=cameras.move,
        cameras=lambda: cameras.count,
        goodbye=socketio.server.eio.say_goodbye,
    )


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
