"""Events from other processes for this server's cameras, through Redis.

Flask-SocketIO's own manager listens in a green thread and needs a monkey-patched
socket, which is not used here (docs/adr/0001): a blocking read would block the
event loop. So a native thread listens, and events are handled on the loop.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

from socketio import RedisManager
from socketio.manager import Manager

from facetraits.store.redis import CONNECT_S, connected
from facetraits.web.concurrency.event_loops import Loop

# Flask-SocketIO's own: what `SocketIO(message_queue=…).emit` of another process writes to.
CHANNEL = "flask-socketio"

Message = dict[str, Any]


class MessageQueue(RedisManager):
    """Socket.IO's client manager, which also listens to a Redis channel.

    Args:
        url: redis://[user:password@]host[:port][/database], or rediss:// for TLS.
        loop: where events are handled.

    Raises:
        BadSetting: if Redis does not respond.
    """

    def __init__(self, url: str, loop: Loop) -> None:
        super().__init__(url, CHANNEL, redis_options={"socket_connect_timeout": CONNECT_S})
        self._loop = loop
        self._ear = threading.Thread(target=self._thread, name="message-queue", daemon=True)
        connected(url, "FACETRAITS_MESSAGE_QUEUE").close()

    def initialize(self) -> None:
        """Starts listening; Socket.IO calls it for the first client."""
        # Skips the two classes in between: one starts a green thread, the other refuses to.
        Manager.initialize(self)
        self._loop.start()
        self._ear.start()

    def _handle_emit(self, message: Message) -> None:
        self._on_loop(super()._handle_emit, message)

    def _handle_callback(self, message: Message) -> None:
        self._on_loop(super()._handle_callback, message)

    def _handle_disconnect(self, message: Message) -> None:
        self._on_loop(super()._handle_disconnect, message)

    def _handle_enter_room(self, message: Message) -> None:
        self._on_loop(super()._handle_enter_room, message)

    def _handle_leave_room(self, message: Message) -> None:
        self._on_loop(super()._handle_leave_room, message)

    def _handle_close_room(self, message: Message) -> None:
        self._on_loop(super()._handle_close_room, message)

    def _on_loop(self, handle: Callable[[Message], None], message: Message) -> None:
        if threading.current_thread() is self._ear:
            self._loop.post(partial(handle, message))
        else:
            handle(message)
