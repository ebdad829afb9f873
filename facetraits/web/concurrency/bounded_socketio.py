"""Socket.IO with limits on what a client can send.

Each limit fixes a fault that was observed: an event named "connect" or "disconnect" ran the
connection's own handlers; a packet that announced 100,000 attachments kept them all until the
last; a placeholder that points nowhere, or a packet that announces none, silenced the connection;
each event got its own thread, as many as a client sent; exceptions left a traceback in the
log; and a refused or closed namespace kept its connection.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import flask_socketio
import socketio
from engineio.payload import Payload
from flask import Flask
from flask_socketio import SocketIO
from socketio import packet

from facetraits.web.concurrency.client_log import ClientLog
from facetraits.web.concurrency.sessions import BoundedEngine, BoundedSession, SessionRules

# A frame has one. One more gets a message; many more are not even counted.
_KEPT_ATTACHMENTS = 1
_MOST_ATTACHMENTS = 16
_LONGEST_PACKET = 10_000
_LOCK = threading.Lock()


class Malformed(ValueError):
    """A malformed packet; the message is for the client."""


Problem = Callable[[str, str], None]
"""`problem(sid, what was wrong)` tells a client of a packet that makes no sense."""


class BoundedPacket(packet.Packet):
    """A Socket.IO packet with at most one attachment; others are counted and discarded."""

    data: Any

    def __init__(self, *given: Any, **named: Any) -> None:
        self._came = 0
        super().__init__(*given, **named)

    def decode(self, encoded_packet: Any) -> int:
        if not isinstance(encoded_packet, str):
            raise Malformed("binary data that no event announced")
        if len(encoded_packet) > _LONGEST_PACKET:
            raise Malformed("a packet without its attachment must be only a few bytes long")
        count: int = super().decode(encoded_packet)
        if count > _MOST_ATTACHMENTS:
            raise Malformed(f"{count} attachments; the limit is {_KEPT_ATTACHMENTS}")
        return count

    def add_attachment(self, attachment: Any) -> bool:
        self._came += 1
        if self.attachment_count <= _KEPT_ATTACHMENTS:
            self.attachments.append(attachment)
        if self._came < self.attachment_count:
            return False
        self.fill_in()
        return True

    def fill_in(self) -> None:
        """Puts the attachments in their places, or returns None if there are none."""
        self.data = self.reconstruct_binary(self.data, self.attachments)

    @classmethod
    def _reconstruct_binary_internal(cls, data: Any, attachments: list[Any]) -> Any:
        if isinstance(data, dict) and data.get("_placeholder") and "num" in data:
            number = data["num"]
            known = type(number) is int and 0 <= number < len(attachments)
            return attachments[number] if known else None
        return super()._reconstruct_binary_internal(data, attachments)


@dataclass(frozen=True, slots=True)
class ClientRules:
    """The rules for the clients of a server.

    Attributes:
        namespace: the only namespace.
        events: the events that a client can send; others are ignored.
        share_key: an address → the key of the client that it counts as.
        problem: reports a malformed packet to its client.
    """

    namespace: str
    events: frozenset[str]
    share_key: Callable[[str], str]
    problem: Problem


class BoundedServer(socketio.Server):
    """Handles valid packets, and answers malformed ones with a problem."""

    rules: ClientRules
    _RESERVED = frozenset({"connect", "disconnect", "connect_error"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, serializer=BoundedPacket)
        self._log = ClientLog()

    def hold_to(self, rules: ClientRules) -> None:
        """Called before the first request."""
        self.rules = rules

        def is_joined(eio_sid: str) -> bool:
            return self._joined_sid(eio_sid) is not None

        self.eio.hold_to(SessionRules(rules.share_key, is_joined, self._log))

    def _engineio_server_class(self) -> type[BoundedEngine]:
        return BoundedEngine

    def _joined_sid(self, eio_sid: str) -> str | None:
        sid: str | None = self.manager.sid_from_eio_sid(eio_sid, self.rules.namespace)
        return sid

    def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        try:
            pending = self._binary_packet.get(eio_sid)
            if pending is not None and isinstance(data, str):
                del self._binary_packet[eio_sid]
                self._say(eio_sid, "an event's attachment is missing")
            super()._handle_eio_message(eio_sid, data)
            self._go_on_without_attachments(eio_sid)
        except Exception as error:  # caused by what the client sent
            self._binary_packet.pop(eio_sid, None)
            known = isinstance(error, Malformed)
            self._say(eio_sid, str(error) if known else "the packet is malformed")

    def _go_on_without_attachments(self, eio_sid: str) -> None:
        pending = self._binary_packet.get(eio_sid)
        if pending is None or pending.attachment_count:
            return
        del self._binary_packet[eio_sid]
        pending.fill_in()
        if pending.packet_type == packet.BINARY_EVENT:
            self._handle_event(eio_sid, pending.namespace, pending.id, pending.data)

    def _say(self, eio_sid: str, wrong: str) -> None:
        session = self.eio.sockets.get(eio_sid)
        if session is not None:
            session.note(f"a malformed packet: {wrong}")
        sid = self._joined_sid(eio_sid)
        if sid is not None:
            self.rules.problem(sid, wrong)

    def _handle_connect(self, eio_sid: str, namespace: str | None, data: Any) -> None:
        if self._joined_sid(eio_sid) is not None:
            raise Malformed("already connected")
        super()._handle_connect(eio_sid, namespace, data)
        if eio_sid not in self.environ:  # it disconnected in the meantime, without an event
            super()._handle_disconnect(eio_sid, namespace)
        if self._joined_sid(eio_sid) is None:
            self._leave(eio_sid)  # refused: the client gets the reason, and its slot is released

    def _handle_disconnect(
        self, eio_sid: str, namespace: str | None, reason: str | None = None
    ) -> None:
        was_joined = self._joined_sid(eio_sid) is not None
        super()._handle_disconnect(eio_sid, namespace, reason)
        if was_joined and self._joined_sid(eio_sid) is None:
            self._leave(eio_sid)

    def _leave(self, eio_sid: str) -> None:
        session = self.eio.sockets.get(eio_sid)
        if session is not None:
            session.close(wait=False, reason=self.reason.SERVER_DISCONNECT)

    def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:
        if not isinstance(data, list) or not data or not isinstance(data[0], str):
            raise Malformed("an event must be a list that starts with its name")
        if data[0] in self._RESERVED:
            raise Malformed("the event name is reserved by Socket.IO")
        sid = self.manager.sid_from_eio_sid(eio_sid, namespace or "/")
        session = self.eio.sockets.get(eio_sid)
        is_known = data[0] in self.rules.events and namespace == self.rules.namespace
        if not is_known or session is None or not self.manager.is_connected(sid, namespace):
            return
        # If all are in use, the client's connection is not read until one is free.
        session.handlers.put(None)
        self.start_background_task(self._run_handler, session, (sid, eio_sid, data, namespace, id))

    def _run_handler(self, session: BoundedSession, event: tuple[Any, ...]) -> None:
        try:
            self._handle_event_internal(self, *event)
        except Exception:
            self.logger.exception("an event could not be handled")
        finally:
            session.handlers.get()

    def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        super()._handle_eio_disconnect(eio_sid, reason)
        self._binary_packet.pop(eio_sid, None)


def make_socketio(app: Flask, **options: Any) -> SocketIO:
    """Flask-SocketIO around :class:`BoundedServer`; takes Flask-SocketIO's options."""
    # A browser client sends one frame with its attachment; anything more is too fast.
    Payload.max_decode_packets = 64
    with _LOCK:
        # Flask-SocketIO names the class of its server itself.
        theirs, flask_socketio.socketio.Server = flask_socketio.socketio.Server, BoundedServer
        try:
            return SocketIO(app, **options)
        finally:
            flask_socketio.socketio.Server = theirs
