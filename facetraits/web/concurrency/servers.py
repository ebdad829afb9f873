"""The three servers, with connection limits, resilience to file shortages, and clean shutdown.

On SIGTERM and SIGINT, a server is drained (`draining.py`), and then finishes the responses
in progress, for at most :data:`GRACE_S` seconds. A second signal ends it immediately.
"""

from __future__ import annotations

import contextlib
import logging
import math
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.wsgi import ClosingIterator

from facetraits.web.concurrency.draining import BACKLOG_S, Drain, has_backlog
from facetraits.web.concurrency.event_loops import make_loop
from facetraits.web.concurrency.listening import Places, Refusals, is_out_of_files
from facetraits.web.concurrency.offload import import_eventlet, make_pause
from facetraits.web.concurrency.tcp_nodelay import prompt_options

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

GRACE_S = 8.0
# A client that stalls in the middle of an upload is dropped after this. Longer than
# Socket.IO's ping interval, so that it ends no live connection.
_SILENCE_S = 60
_KEEP_ALIVE_S = 75
_TRY_AGAIN_S = 0.1
_LOOK_EVERY_S = 0.02
# When the server ends, a new connection may still send its first request for so long.
_FIRST_REQUEST_S = 1.0


class InFlight:
    """A WSGI app that counts its responses in progress. Thread-safe."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app = app
        self._count = 0
        self._lock = threading.Lock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self._add(1)
        try:
            return ClosingIterator(self._app(environ, start_response), self._done)
        except BaseException:
            self._done()
            raise

    @property
    def count(self) -> int:
        return self._count

    def _add(self, number: int) -> None:
        with self._lock:
            self._count += number

    def _done(self) -> None:
        self._add(-1)


@dataclass(frozen=True, slots=True)
class Serving:
    """What a server serves.

    Attributes:
        app: the WSGI app.
        listener: bound, and listening.
        most: the maximum number of connections; further ones get 503.
        drain: takes the server out of use after a signal; called on the event loop.
    """

    app: InFlight
    listener: socket.socket
    most: int
    drain: Drain


def serve(async_mode: str, serving: Serving) -> None:
    """Serves until a signal arrives, then finishes the responses in progress."""
    servers = {"eventlet": _serve_eventlet, "gevent": _serve_gevent}
    servers.get(async_mode, _serve_threading)(serving)


def _on_signal(stop: Callable[[], None]) -> None:
    def handle(number: int, _frame: object) -> None:
        for other in (signal.SIGTERM, signal.SIGINT):
            signal.signal(other, signal.SIG_DFL)
        stop()

    # Only the main thread can; a server in another thread is stopped by its owner.
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, handle)


def _wait_for_answers(app: InFlight, sleep: Callable[[float], object]) -> None:
    ends_s = time.monotonic() + GRACE_S
    while app.count and time.monotonic() < ends_s:
        sleep(_LOOK_EVERY_S)


def _serve_eventlet(serving: Serving) -> None:
    eventlet = import_eventlet()
    from eventlet.greenio import GreenSocket

    loop = make_loop("eventlet")
    loop.start()
    main = eventlet.getcurrent()
    hub = eventlet.hubs.get_hub()

    def stop_accepting() -> None:
        # The accept loop then ends, closes idle connections, and waits for the rest.
        hub.schedule_call_global(0, main.throw, SystemExit)

    def end() -> None:
        serving.drain.run(serving.listener, stop_accepting, eventlet.sleep)
        eventlet.sleep(GRACE_S)
        hub.schedule_call_global(0, main.throw, SystemExit)

    _on_signal(lambda: loop.post(lambda: eventlet.spawn(end)))
    try:
        eventlet.wsgi.server(
            _Accepting(GreenSocket(serving.listener), serving.most, eventlet),
            serving.app,
            max_size=serving.most + 1,
            protocol=_eventlet_protocol(),
            log_output=False,
            socket_timeout=_SILENCE_S,
            keepalive=_KEEP_ALIVE_S,
        )
    except SystemExit:
        log.warning("responses that took too long were cut off")


class _Accepting:
    """Eventlet's listening socket, whose `accept` survives file shortages and has a limit."""

    def __init__(self, listener: Any, most: int, eventlet: Any) -> None:
        self._listener = listener
        self._eventlet = eventlet
        self._places = Places(most)
        self._refusals = Refusals()
        self._ends_s = math.inf

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)

    def accept(self) -> tuple[Any, Any]:
        while time.monotonic() < self._ends_s:
            try:
                connection, address = self._listener.accept()
            except SystemExit:
                # Closing the socket would reset the connections that wait; a second time, it does.
                is_first = self._ends_s == math.inf
                self._ends_s = time.monotonic() + (BACKLOG_S if is_first else 0.0)
                self._listener.setblocking(False)
                continue
            except BlockingIOError:
                break  # none waits any more
            except OSError as error:
                if not is_out_of_files(error):
                    raise
                self._eventlet.sleep(_TRY_AGAIN_S)
                continue
            if self._places.take():
                return _Counted(connection, self._places, self._eventlet), address
            if self._refusals.may_answer(connection):
                self._eventlet.spawn_n(self._refusals.answer, connection)
        self._listener.close()  # or the system would go on accepting connections
        raise SystemExit


class _Counted:
    """A connection that releases its slot when it is closed, which eventlet does twice.

    Attributes:
        is_new: whether it has sent no request yet. A server that ends shuts down idle connections,
            but this one's request may be on its way, and a proxy would take the end for an error.
    """

    def __init__(self, connection: Any, places: Places, eventlet: Any) -> None:
        self._connection = connection
        self._places: Places | None = places
        self._eventlet = eventlet
        self.is_new = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def shutdown(self, how: int) -> None:
        if self.is_new:
            self._eventlet.spawn_after(_FIRST_REQUEST_S, self._shut_down_if_new)
        else:
            self._connection.shutdown(how)

    def close(self) -> None:
        self._connection.close()
        places, self._places = self._places, None
        if places is not None:
            places.give_back()

    def _shut_down_if_new(self) -> None:
        if self.is_new:
            with contextlib.suppress(OSError):  # it ended meanwhile
                self._connection.shutdown(socket.SHUT_RDWR)


def _eventlet_protocol() -> type:
    pause = make_pause("eventlet")

    class FairProtocol(prompt_options("eventlet")["protocol"]):  # type: ignore[misc]
        def handle_one_request(self) -> None:
            pause()  # requests that were sent at once would follow each other without
            super().handle_one_request()
            self.connection.is_new = False

        def get_environ(self) -> Any:
            self.connection.is_new = False
            environ = super().get_environ()
            # Eventlet ends a chunked body itself but does not say so, and Werkzeug would see
            # none. Of others Werkzeug must count the bytes: eventlet takes a cut body as whole.
            if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
                environ["wsgi.input_terminated"] = True
            # Eventlet cuts idle connections as soon as it stops accepting new ones. A websocket
            # would call this to count as one, but its camera has to be told to move first.
            environ["eventlet.set_idle"] = lambda: None
            return environ

    return FairProtocol


def _serve_gevent(serving: Serving) -> None:
    import gevent
    from gevent import pywsgi

    places, refusals = Places(serving.most), Refusals()

    class FairHandler(prompt_options("gevent")["handler_class"]):  # type: ignore[misc]
        def handle_one_request(self) -> Any:
            gevent.sleep(0)  # requests that were sent at once would follow each other without
            return super().handle_one_request()

        def _handle_client_error(self, ex: Exception) -> Any:
            # No traceback for a client that stalled or disconnected.
            known = ValueError("it ended") if isinstance(ex, OSError) else ex
            return super()._handle_client_error(known)

        def handle_one_response(self) -> None:
            super().handle_one_response()
            if "websocket" in self.environ.get("HTTP_UPGRADE", "").lower():
                self.close_connection = True  # bytes after a websocket are not a request

    class BoundedServer(pywsgi.WSGIServer):
        def handle(self, sock: Any, address: Any) -> None:
            if not places.take():
                if refusals.may_answer(sock):
                    refusals.answer(sock)
                return
            try:
                sock.settimeout(_SILENCE_S)
                super().handle(sock, address)
            except OSError:
                log.debug("a client disconnected")
            finally:
                places.give_back()

    from gevent.socket import socket as green_socket

    fd = serving.listener.detach()
    listener = green_socket(fileno=fd)
    # Its own error pages repeat what the client sent.
    server = BoundedServer(
        listener, serving.app, log=None, error_log=None, handler_class=FairHandler
    )

    ending: list[Any] = []

    def stop() -> None:
        for watched in watching:
            watched.cancel()
        ending.append(gevent.spawn(serving.drain.run, listener, server.close, gevent.sleep))

    # Python's own signal handlers run only when something else wakes gevent's loop.
    watching = [gevent.signal_handler(number, stop) for number in (signal.SIGTERM, signal.SIGINT)]
    server.serve_forever()
    gevent.joinall(ending)
    _wait_for_answers(serving.app, gevent.sleep)


def _serve_threading(serving: Serving) -> None:
    from werkzeug.serving import ThreadedWSGIServer

    places, refusals = Places(serving.most), Refusals()

    class BoundedServer(ThreadedWSGIServer):
        def get_request(self) -> Any:
            try:
                return super().get_request()
            except OSError as error:
                if is_out_of_files(error):
                    time.sleep(_TRY_AGAIN_S)
                raise

        def process_request(self, request: Any, client_address: Any) -> None:
            if places.take():
                try:
                    super().process_request(request, client_address)
                except RuntimeError:  # no thread for it
                    places.give_back()
                    request.close()
            elif refusals.may_answer(request):
                threading.Thread(target=refusals.answer, args=(request,), daemon=True).start()

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            try:
                super().process_request_thread(request, client_address)
            finally:
                places.give_back()

        def server_close(self) -> None:
            """Leaves the socket open: `serve_forever` calls this, but connections may wait."""

        def handle_error(self, request: Any, client_address: Any) -> None:
            if isinstance(sys.exc_info()[1], OSError):
                log.debug("a client disconnected")
            else:
                log.exception("a connection failed")

        def log(self, type: str, message: str, *args: Any) -> None:
            # Called in an exception handler; a client that disconnected or stalled is not an error.
            if not isinstance(sys.exc_info()[1], OSError):
                super().log(type, message, *args)

    class PatientHandler(prompt_options("threading")["request_handler"]):  # type: ignore[misc]
        timeout = _SILENCE_S

        def connection_dropped(self, error: Any, environ: Any = None) -> None:
            self.close_connection = True  # bytes after a websocket are not a request

        def log_error(self, format: str, *args: Any) -> None:
            """Its own error pages repeat what the client sent."""

    host, port = serving.listener.getsockname()[:2]
    server = BoundedServer(
        host, port, serving.app, handler=PatientHandler, fd=serving.listener.fileno()
    )

    def stop_accepting() -> None:
        server.shutdown()
        server.timeout = 0
        ends_s = time.monotonic() + BACKLOG_S
        while has_backlog(serving.listener) and time.monotonic() < ends_s:
            server.handle_request()
        server.socket.close()
        serving.listener.close()

    ending = threading.Thread(
        target=serving.drain.run, args=(serving.listener, stop_accepting, time.sleep), daemon=True
    )
    _on_signal(ending.start)
    server.serve_forever(poll_interval=0.1)
    ending.join()
    _wait_for_answers(serving.app, time.sleep)
