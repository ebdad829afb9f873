"""What the three servers have in common: responses in progress, signals, and time limits."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from werkzeug.wsgi import ClosingIterator

from facetraits.web.concurrency.draining import Drain

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

GRACE_S = 8.0
"""How long a server that ends waits for the responses in progress."""

SILENCE_S = 60
"""A client that stalls in the middle of an upload is dropped after this. Longer than Socket.IO's
ping interval, so that it ends no live connection."""

TRY_AGAIN_S = 0.1
"""How long a server that is out of files waits before it accepts the next connection."""

_LOOK_EVERY_S = 0.02


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


def on_signal(stop: Callable[[], None]) -> None:
    """Calls `stop` on the first SIGTERM or SIGINT; a second one ends the process."""

    def handle(number: int, _frame: object) -> None:
        for other in (signal.SIGTERM, signal.SIGINT):
            signal.signal(other, signal.SIG_DFL)
        stop()

    # Only the main thread can; a server in another thread is stopped by its owner.
    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, handle)


def wait_for_answers(app: InFlight, sleep: Callable[[float], object]) -> None:
    """Waits until there are no responses in progress, for at most :data:`GRACE_S` seconds."""
    ends_s = time.monotonic() + GRACE_S
    while app.count and time.monotonic() < ends_s:
        sleep(_LOOK_EVERY_S)
