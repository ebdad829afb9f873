"""A time limit for a process, whether its caller is blocked on a send, a receive or a start."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# How late a process may be killed; every time limit is at least a few seconds.
_CHECK_EVERY_S = 0.1


class Deadline:
    """Kills a process that runs too long, which ends every read and write on its pipe.

    Args:
        process: the process to kill.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._due_s: float | None = None
        self._ended = threading.Event()
        self.missed = False
        threading.Thread(target=self._watch, name="worker-deadline", daemon=True).start()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Limits how long the block may take."""
        self._due_s = time.monotonic() + seconds
        try:
            yield
        finally:
            self._due_s = None

    def close(self) -> None:
        """Stops watching; does not end the process."""
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(_CHECK_EVERY_S):
            due_s = self._due_s
            if due_s is not None and time.monotonic() > due_s:
                self.missed = True
                self._process.kill()
                return
