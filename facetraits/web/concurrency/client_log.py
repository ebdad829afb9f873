"""Logs client errors: one line per client per minute, however much it sends."""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

log = logging.getLogger(__name__)

_EVERY_S = 60.0
# A client with many addresses must not fill the memory.
_MOST_CLIENTS = 4096
_LONGEST = 200


class ClientLog:
    """Safe from any thread.

    Args:
        now: seconds of a clock that never goes back.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._said: OrderedDict[str, float] = OrderedDict()

    def note(self, client: str, what: str) -> bool:
        """Logs one line, unless the client had one within a minute; returns whether it did.

        Args:
            client: the key that the client is counted under.
            what: the message; text from the client is truncated and escaped.
        """
        now = self._now()
        with self._lock:
            if now - self._said.get(client, -_EVERY_S) < _EVERY_S:
                return False
            self._said[client] = now
            self._said.move_to_end(client)
            if len(self._said) > _MOST_CLIENTS:
                self._said.popitem(last=False)
        printable = what.encode("unicode_escape").decode("ascii")
        log.warning("%s: %s", client, printable[:_LONGEST])
        return True
