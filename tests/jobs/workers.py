"""`facetraits worker` as a process, which can be killed and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from facetraits.settings import Settings
from tests.jobs.test_local import ROOT


class Worker:
    """A worker for the jobs of some settings; `more` are environment variables."""

    def __init__(self, settings: Settings, folder: Path, name: str, **more: str) -> None:
        self._log = folder / f"{name}.log"
        self._environment = {
            **os.environ,
            "FACETRAITS_JOBS": settings.jobs,
            "FACETRAITS_JOBS_FILES": settings.jobs_files,
            "FACETRAITS_WORKERS": "1",
            "FACETRAITS_DATA_DIR": str(folder / name),
            **more,
        }

    def start(self) -> None:
        with self._log.open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "facetraits", "worker"],
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                # A process group of its own, so that all of it can be killed.
                start_new_session=True,
            )

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """As systemd does with what a killed process leaves behind."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    @property
    def busy_child(self) -> int | None:
        """Celery's process that runs a job, in yet another process."""
        busy = [c for c in children(self.process.pid) if children(c, "jobs.child")]
        return busy[0] if busy else None


@contextmanager
def worker(
    settings: Settings, folder: Path, name: str = "worker", **more: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A running worker."""
    one = Worker(settings, folder, name, **more)
    one.start()
    try:
        yield one.process
    finally:
        one.stop()


def children(pid: int, name: str = "") -> list[int]:
    found = subprocess.run(
        ["pgrep", "-P", str(pid), "-f", name or "."], capture_output=True, text=True, check=False
    )
    return [int(number) for number in found.stdout.split()]
