"""A time limit for a process, whatever its caller is blocked in: a send, a receive, a start."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

# How late a process may be killed: nobody waits for it less than a few seconds.
_CHECK_EVERY_S = 0.1


class Deadline:
    """Kills a process that overruns, which ends every read and write on its pipe.

    Args:
        process: what is killed.
    """

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._due_s: float | None = None
        self._ended = threading.Event()
        self.missed = False
        threading.Thread(target=self._watch, name="worker-deadline", daemon=True).start()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Limits what is done in the block."""
        self._due_s = time.monotonic() + seconds
        try:
            yield
        finally:
            self._due_s = None

    def close(self) -> None:
        """Ends the watch, not the process."""
        self._ended.set()

    def _watch(self) -> None:
        while not self._ended.wait(_CHECK_EVERY_S):
            due_s = self._due_s
            if due_s is not None and time.monotonic() > due_s:
                self.missed = True
                self._process.kill()
                return
