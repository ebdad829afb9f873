"""Runs the app on the server of its async mode, eventlet by default."""

from __future__ import annotations

import logging
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from flask import Flask
from flask_socketio import SocketIO

from facetraits.errors import BadSetting, FacetraitsError
from facetraits.serving.interface import Service
from facetraits.settings import Settings
from facetraits.store import Store
from facetraits.web.concurrency.tcp_nodelay import prompt_options
from facetraits.web.factory import create_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

# A client that stops in the middle of its upload is let go after this. Longer than
# Socket.IO's pings are apart, so that it ends no live connection.
_SILENCE_S = 60
_KEEP_ALIVE_S = 75


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Ends the process with one line of why it cannot start, code 2, and without a traceback."""
    try:
        yield
    except FacetraitsError as error:
        print(f"facetraits: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(130) from None


def serve() -> int:
    """`python -m facetraits serve`. Raises FacetraitsError where it cannot start."""
    run(create_app())
    return 0


def run(app: Flask) -> None:
    """Serves until it is stopped.

    Raises:
        BadSetting: where the address cannot be listened at.
    """
    settings: Settings = app.extensions["facetraits_settings"]
    service: Service = app.extensions["facetraits_service"]
    store: Store = app.extensions["facetraits_store"]
    socketio: SocketIO = app.extensions["socketio"]
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    # It would write a line of its own for each request, with the address as it came.
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    # Outermost, around Socket.IO, too.
    app.wsgi_app = _without_tracebacks(app.wsgi_app)  # type: ignore[assignment, method-assign]
    print(f"Facetraits serves at {_url(settings)}, until Ctrl-C", flush=True)
    options = {**_OPTIONS[settings.async_mode], **prompt_options(settings.async_mode)}
    try:
        if settings.async_mode == "threading":
            _try_address(settings)
        socketio.run(app, settings.host, settings.port, log_output=False, **options)
    except OSError as error:
        raise BadSetting(
            f"FACETRAITS_HOST={settings.host!r} with FACETRAITS_PORT={settings.port} is not an "
            f"address to listen at: {error.strerror}"
        ) from error
    finally:
        service.close()
        store.close()


def _try_address(settings: Settings) -> None:
    """Raises OSError where Werkzeug would print words of its own and end the process."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((settings.host, settings.port))


def _without_tracebacks(app: WSGIApplication) -> WSGIApplication:
    """Eventlet shows a client the traceback of what fails outside Flask, in Socket.IO say."""

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return app(environ, start_response)
        except ConnectionError:
            # The client went: how Engine.IO ends a websocket under Werkzeug, which knows it.
            raise
        except Exception:
            log.exception("a request failed outside the app")
            start_response("500 Internal Server Error", [("Content-Type", "text/plain")])
            return [b"Something went wrong on the server."]

    return guarded


def _url(settings: Settings) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


_OPTIONS: dict[str, dict[str, Any]] = {
    "eventlet": {
        # Eventlet ends a chunked body itself but does not say so, and Werkzeug would see none.
        "environ": {"wsgi.input_terminated": True},
        "socket_timeout": _SILENCE_S,
        "keepalive": _KEEP_ALIVE_S,
    },
    "gevent": {},
    "threading": {"allow_unsafe_werkzeug": True},
}
