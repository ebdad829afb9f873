"""Taking a server out of use without anybody seeing an error.

In this order: `/readyz` says 503, and for some seconds nothing else changes, so that a load
balancer can stop sending requests; the listening socket is closed, so that a proxy that did
not look connects elsewhere; the cameras are told to move, and most do so within a moment; the
others are disconnected.
"""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

Sleep = Callable[[float], object]

# A page waits up to a second for the reading of its last frame.
MOVE_S = 3.0
# For the last messages to Socket.IO clients.
_GOODBYE_S = 0.2
# Connections that the system has accepted for us are still served; new ones could arrive forever.
BACKLOG_S = 1.0
_LOOK_EVERY_S = 0.02


@dataclass(frozen=True, slots=True)
class Drain:
    """How a server is taken out of use.

    Attributes:
        delay_s: how long it goes on as usual after `/readyz` began to say 503.
        begin: makes `/readyz` say 503.
        move: tells the cameras to connect elsewhere.
        cameras: the number of cameras that are still connected.
        goodbye: disconnects all Socket.IO clients.
    """

    delay_s: float
    begin: Callable[[], None]
    move: Callable[[], None]
    cameras: Callable[[], int]
    goodbye: Callable[[], None]

    def run(
        self, listener: socket.socket, stop_accepting: Callable[[], None], sleep: Sleep
    ) -> None:
        """Runs the whole sequence, on the event loop.

        Args:
            listener: the listening socket; stop_accepting closes it.
            sleep: lets the event loop go on for some seconds.
        """
        self.begin()
        sleep(self.delay_s)
        _wait_until(lambda: not has_backlog(listener), BACKLOG_S, sleep)
        stop_accepting()
        self.move()
        _wait_until(lambda: not self.cameras(), MOVE_S, sleep)
        self.goodbye()
        sleep(_GOODBYE_S)


@dataclass(slots=True)
class Readiness:
    """Whether the server is being drained; `/readyz` tells it."""

    draining: bool = field(default=False)

    def drain(self) -> None:
        self.draining = True


def _wait_until(is_so: Callable[[], bool], most_s: float, sleep: Sleep) -> None:
    ends_s = time.monotonic() + most_s
    while not is_so() and time.monotonic() < ends_s:
        sleep(_LOOK_EVERY_S)


def has_backlog(listener: socket.socket) -> bool:
    """Whether connections wait that closing the socket would reset."""
    return bool(select.select([listener], [], [], 0)[0])
