"""Websockets that share the event loop fairly and buffer only a bounded amount of data.

A websocket reader does not wait while the client's bytes are already there, so one client
that sends without pause would block all others on an event loop (eventlet, gevent); and
simple-websocket reads ahead without a limit (gevent, threading). Here, the reader yields
after each chunk and stops reading until its messages are fetched, so TCP slows the
client down.

Engine.IO picks the websocket class by its async mode; :func:`websocket_class`
returns the replacement for each.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from facetraits.web.concurrency.offload import import_eventlet, make_pause
from facetraits.web.concurrency.websocket_mask import apply_mask, eventlet_is_slow

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

# Read, but not yet fetched. A few, so that reading and handling overlap.
_MOST_UNFETCHED = 16
# 10 reads for a picture of 40 kB would be 10 turns of the loop.
_RECEIVE_BYTES = 64 * 1024
# A message may come in pieces (RFC 6455, 5.4); browsers send one.
_MOST_PIECES = 65_536
_BACK_PRESSURE_S = 1.0
_VERSION = "13"
_TOO_BIG = 1009

WebSocketClass = Callable[[Callable[[Any], object], Any], Any]


def websocket_class(async_mode: str) -> WebSocketClass:
    """What serves the websockets of "eventlet", "gevent" or "threading"."""
    if async_mode == "eventlet":
        return _eventlet_class()
    return _simple_class(async_mode)


def bad_handshake(environ: WSGIEnvironment) -> str | None:
    """The error in a websocket upgrade request (RFC 6455, 4.2.1), or None."""
    if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != _VERSION:
        return f"the websocket's version must be {_VERSION}"
    if len(environ.get("HTTP_SEC_WEBSOCKET_KEY", "")) != 24:
        return "a websocket needs a Sec-WebSocket-Key of 16 bytes in Base64"
    connection = environ.get("HTTP_CONNECTION", "").lower().split(",")
    if "upgrade" not in (part.strip() for part in connection):
        return "a websocket needs Connection: Upgrade"
    return None


def refuse_handshake(wrong: str, start_response: StartResponse) -> Iterable[bytes]:
    headers = [("Content-Type", "text/plain"), ("Sec-WebSocket-Version", _VERSION)]
    start_response("400 Bad Request", [*headers, ("Connection", "close")])
    return [wrong.encode()]


def refuse_compression(environ: WSGIEnvironment) -> None:
    """Removes the extensions that a client offers; browsers offer one, which compresses messages.

    Nearly everything that they send is JPEGs. Compressing and decompressing one takes both sides
    a large part of a frame's time and does not make it smaller.
    """
    environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)


def shut_down(connection: Any) -> None:
    """Closes a connection for all its readers and writers, in any thread."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _eventlet_class() -> WebSocketClass:
    pause = make_pause("eventlet")
    import_eventlet()
    from engineio.async_drivers.eventlet import WebSocketWSGI
    from eventlet.websocket import FailedConnectionError, RFC6455WebSocket

    class FairWebSocket(RFC6455WebSocket):
        if eventlet_is_slow():
            _apply_mask = staticmethod(apply_mask)

        def _recv_frame(self, message: Any = None) -> Any:
            pause()  # after each piece: control frames and fragments end no message
            pieces = len(message.data) if message else 0
            received = super()._recv_frame(message=message)
            if received is message:
                # Eventlet's own limit is per frame, and a message can have many.
                received.size += sum(map(len, received.data[pieces:]))
            else:
                received.size = sum(map(len, received.data))
            if received.size > self.max_frame_length or len(received.data) > _MOST_PIECES:
                raise FailedConnectionError(_TOO_BIG, "The message is too large.")
            return received

        def cut(self) -> None:
            shut_down(self.socket)

    class FairWebSocketWSGI(WebSocketWSGI):
        def _handle_hybi_request(self, environ: WSGIEnvironment) -> Any:
            websocket = super()._handle_hybi_request(environ)
            # Eventlet has no other way to choose the class.
            websocket.__class__ = FairWebSocket
            return websocket

    cls: WebSocketClass = FairWebSocketWSGI
    return cls


def _simple_class(async_mode: str) -> WebSocketClass:
    import simple_websocket
    from engineio.async_drivers._websocket_wsgi import SimpleWebSocketWSGI

    pause = make_pause(async_mode)
    options = _gevent_options() if async_mode == "gevent" else {}
    make_lock = _gevent_lock if async_mode == "gevent" else threading.Lock

    class BoundedWebSocket(simple_websocket.Server):
        _is_cut = False

        @property
        def sock(self) -> Any:
            return self.__dict__["sock"]

        @sock.setter
        def sock(self, connection: Any) -> None:
            self.__dict__["sock"] = _WholeSends(connection, make_lock())

        @property
        def ws(self) -> Any:
            return self.__dict__["ws"]

        @ws.setter
        def ws(self, protocol: Any) -> None:
            self.__dict__["ws"] = _Paced(protocol, self._hold_back)

        def _hold_back(self) -> None:
            pause()
            while self.connected and len(self.input_buffer) >= _MOST_UNFETCHED:
                self._fetched().wait(_BACK_PRESSURE_S)
                self._fetched().clear()

        def _handle_events(self) -> bool:
            going_on: bool = super()._handle_events()
            if not going_on:
                self.connected = False
                self.event.set()  # wakes everyone who is waiting for a message
            return going_on and not self._is_cut

        def receive(self, timeout: float | None = None) -> Any:
            received = super().receive(timeout)
            self._fetched().set()
            return received

        def _fetched(self) -> Any:
            # simple-websocket starts its reader from its own __init__.
            return self.__dict__.setdefault("_fetched_event", type(self.event)())

        def cut(self) -> None:
            self._is_cut = True
            self.connected = False
            self.event.set()
            shut_down(self.sock)

    class BoundedWebSocketWSGI(SimpleWebSocketWSGI):
        def __init__(self, handler: Callable[[Any], object], server: Any) -> None:
            super().__init__(handler, server, **options)
            self._most = int(server.max_http_buffer_size)

        def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Any:
            self.ws = BoundedWebSocket(
                environ,
                receive_bytes=_RECEIVE_BYTES,
                max_message_size=self._most,
                **self.server_args,
            )
            answer = self.app(self)
            # This tells Werkzeug and Gunicorn that the connection cannot be reused.
            if self.ws.mode == "werkzeug":
                raise ConnectionError
            if self.ws.mode == "gunicorn":
                raise StopIteration
            return answer

        def close(self) -> None:
            with contextlib.suppress(simple_websocket.ConnectionClosed):  # by its reader
                super().close()

        def cut(self) -> None:
            self.ws.cut()

    cls: WebSocketClass = BoundedWebSocketWSGI
    return cls


class _Paced:
    """wsproto's connection, which calls `after_each` of the events that it found."""

    def __init__(self, protocol: Any, after_each: Callable[[], None]) -> None:
        self._protocol = protocol
        self._after_each = after_each

    def __getattr__(self, name: str) -> Any:
        return getattr(self._protocol, name)

    def events(self) -> Iterator[Any]:
        for event in self._protocol.events():
            yield event
            self._after_each()


class _WholeSends:
    """A connection whose `send` sends everything, one message at a time.

    simple-websocket sends from two threads and does not check how much was sent.
    """

    def __init__(self, connection: Any, lock: Any) -> None:
        self._connection = connection
        self._lock = lock

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def send(self, data: bytes) -> int:
        with self._lock:
            self._connection.sendall(data)
        return len(data)


def _gevent_lock() -> Any:
    import gevent.lock

    return gevent.lock.Semaphore()


def _gevent_options() -> dict[str, Any]:
    import gevent.event
    import gevent.selectors
    from engineio.async_drivers.gevent import Thread

    return {
        "thread_class": Thread,
        "event_class": gevent.event.Event,
        "selector_class": gevent.selectors.DefaultSelector,
    }
