"""Engine.IO with limits on the number of sessions, their duration, and their queues.

Engine.IO, the transport of Socket.IO, keeps a session for 45 to 75 s after its client left,
allows any number of them, with queues of any length, and leaks the session of a malformed
packet. Here, a session that joins nothing within :data:`JOIN_S` seconds is closed, each
address has a limited share of the sessions that have not joined yet, a client that fetches
nothing is disconnected, and a malformed packet closes its session properly.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import engineio
from engineio import exceptions, packet
from engineio.socket import Socket

from facetraits.web.concurrency.client_log import ClientLog
from facetraits.web.concurrency.fair_websocket import (
    bad_handshake,
    refuse_compression,
    refuse_handshake,
    websocket_class,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

JOIN_S = 10.0
# Unjoined sessions per address; a page has one, for a fraction of a second.
UNJOINED_OF_ONE = 16
# … and in total.
UNJOINED = 1024
# Packets waiting for a client to fetch them: more than an active client ever has.
MOST_UNSENT = 256
# Concurrent handlers per client: for the frame being analyzed, for the one waiting,
# and for those that are being replaced by a newer one.
_MOST_HANDLERS = 4
_LOOK_EVERY_S = 1.0
_TYPES = frozenset("0123456")


@dataclass(frozen=True, slots=True)
class SessionRules:
    """The rules for the sessions of a server.

    Attributes:
        share_key: an address → the key of the client that it counts as.
        is_joined: whether the session with an Engine.IO ID has joined a namespace.
        log: where malformed packets are logged.
    """

    share_key: Callable[[str], str]
    is_joined: Callable[[str], bool]
    log: ClientLog


class BoundedSession(Socket):
    """One client's session."""

    server: BoundedEngine
    last_ping: float | None
    client: str
    began_s: float
    ping_at_s: float | None
    websocket: Any
    handlers: Any

    def begin(self, client: str) -> None:
        """Completes a session, which Engine.IO creates as its own class."""
        self.client = client
        self.began_s = time.monotonic()
        self.ping_at_s = None
        self.websocket = None
        self.handlers = self.server.create_queue(_MOST_HANDLERS)

    def send(self, pkt: packet.Packet) -> None:
        if self.queue.qsize() >= MOST_UNSENT and not self.closing:
            self.note("the client does not fetch its packets and was disconnected")
            self.cut()
        else:
            super().send(pkt)

    def cut(self) -> None:
        """Closes the session and its connection immediately, without waiting."""
        self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_ERROR)
        if self.websocket is not None:
            self.websocket.cut()

    def note(self, what: str) -> None:
        self.server.rules.log.note(self.client, what)

    def schedule_ping(self) -> None:
        """Done by the server's single watcher: Engine.IO would use a thread per session."""
        if self.last_ping:
            self.last_ping = None
            self.ping_at_s = time.monotonic() + self.server.ping_interval

    def ping_if_due(self, now_s: float) -> None:
        if self.ping_at_s is not None and now_s >= self.ping_at_s:
            self.ping_at_s = None
            self.last_ping = time.time()
            self.send(packet.Packet(packet.PING))

    def handle_post_request(self, environ: WSGIEnvironment) -> None:
        try:
            super().handle_post_request(environ)
        except exceptions.EngineIOError:
            raise
        except Exception as error:  # caused by what the client sent
            self.note(f"a malformed packet: {type(error).__name__}")
            raise exceptions.EngineIOError from None

    def _websocket_handler(self, websocket: Any) -> Any:
        self.websocket = websocket
        try:
            return super()._websocket_handler(_Checked(websocket, self))
        except Exception as error:  # the same; it would be answered inside the websocket
            self.note(f"a malformed packet: {type(error).__name__}")
            return []
        finally:
            if not self.closed:
                self.close(wait=False, abort=True, reason=self.server.reason.TRANSPORT_ERROR)
            websocket.cut()


class _Checked:
    """A websocket that closes on malformed messages instead of raising."""

    def __init__(self, websocket: Any, session: BoundedSession) -> None:
        self._websocket = websocket
        self._session = session

    def __getattr__(self, name: str) -> Any:
        return getattr(self._websocket, name)

    def close(self) -> None:
        with contextlib.suppress(OSError):  # the client has reset the connection
            self._websocket.close()
        # Nobody needs to wait for the client's answer anymore.
        self._websocket.cut()

    def wait(self) -> Any:
        message = self._websocket.wait()
        if self._session.closed:
            return None
        if isinstance(message, str) and message[:1] not in _TYPES:
            self._session.note("a message is not a packet; the connection was closed")
            return None
        return message


class BoundedEngine(engineio.Server):
    """The sessions of all clients; :meth:`hold_to` sets the rules."""

    rules: SessionRules
    _async: dict[str, Any]

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, monitor_clients=False)
        self._async = {**self._async, "websocket": websocket_class(self.async_mode)}
        self._lock = threading.Lock()
        self._watched = False

    def hold_to(self, rules: SessionRules) -> None:
        """Called before the first request."""
        self.rules = rules

    def say_goodbye(self) -> None:
        """Closes all sessions; browser clients reconnect, to the next server."""
        for session in self._sessions():
            session.close(wait=False, reason=self.reason.SERVER_DISCONNECT)

    def handle_request(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        if "websocket" in environ.get("HTTP_UPGRADE", "").lower():
            wrong = bad_handshake(environ)
            if wrong is not None:
                return refuse_handshake(wrong, start_response)
            refuse_compression(environ)
        answer: Iterable[bytes] = super().handle_request(environ, start_response)
        return answer

    def _handle_connect(
        self,
        environ: WSGIEnvironment,
        start_response: StartResponse,
        transport: str,
        jsonp_index: int | None = None,
    ) -> Any:
        self._watch()
        client = self.rules.share_key(environ.get("REMOTE_ADDR", ""))
        if self._has_its_share(client):
            self.rules.log.note(client, "too many sessions that joined nothing; refused another")
            return {
                "status": "503 SERVICE UNAVAILABLE",
                "headers": [("Content-Type", "text/plain"), ("Retry-After", str(int(JOIN_S)))],
                "response": b"Too many connections are being opened.",
            }
        return super()._handle_connect(environ, start_response, transport, jsonp_index)

    def _has_its_share(self, client: str) -> bool:
        waiting = [s.client for s in self._sessions() if not self._is_joined(s)]
        return len(waiting) >= UNJOINED or Counter(waiting)[client] >= UNJOINED_OF_ONE

    def _trigger_event(self, event: str, *given: Any, **options: Any) -> Any:
        if event == "connect":
            sid, environ = given
            session = self.sockets[sid]
            # Engine.IO names the class of its sessions itself.
            session.__class__ = BoundedSession
            session.begin(self.rules.share_key(environ.get("REMOTE_ADDR", "")))
        return super()._trigger_event(event, *given, **options)

    def _watch(self) -> None:
        with self._lock:
            if self._watched:
                return
            self._watched = True
        self.start_background_task(self._look_after_all)

    def _look_after_all(self) -> None:
        while True:
            self.sleep(_LOOK_EVERY_S)
            for session in self._sessions():
                try:
                    self._look_after(session)
                except exceptions.SocketIsClosedError:
                    continue
                except Exception:
                    self.logger.exception("a session could not be serviced")

    def _look_after(self, session: BoundedSession) -> None:
        now_s = time.monotonic()
        if session.closed:
            self.sockets.pop(session.sid, None)
        elif not session.closing and session.check_ping_timeout():
            session.ping_if_due(now_s)
            if now_s - session.began_s > JOIN_S and not self._is_joined(session):
                session.close(wait=False, reason=self.reason.SERVER_DISCONNECT)

    def _is_joined(self, session: BoundedSession) -> bool:
        return self.rules.is_joined(session.sid)

    def _sessions(self) -> list[BoundedSession]:
        # A session that is being created has no client yet.
        return [s for s in list(self.sockets.values()) if isinstance(s, BoundedSession)]
