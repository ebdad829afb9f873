"""`python -m tests.jobs.peak_memory FOLDER` reads FOLDER/input as a video, and prints the most
memory that the job's process took, in bytes.
"""

from __future__ import annotations

import contextlib
import resource
import sys
from pathlib import Path

from facetraits.errors import FacetraitsError
from facetraits.jobs.attempt import Workplace, run_attempt
from facetraits.jobs.model import Claim, Report, SavedPlace
from facetraits.paths import Paths
from facetraits.serving.tracing import NoTracer
from facetraits.settings import Settings


class Nobody:
    """Is told, and does nothing."""

    def report(self, report: Report) -> None: ...

    def save(self, saved: SavedPlace) -> None: ...

    def beat(self) -> None: ...


if __name__ == "__main__":
    workplace = Workplace(Path(sys.argv[1]) / "input", Path(sys.argv[1]) / "out")
    workplace.restore(None)
    claim = Claim("key", "video", {"keep": "figures"}, "attempt", 1)
    paths, settings = Paths.found(), Settings(job_memory_bytes=1_000_000_000)
    with contextlib.suppress(FacetraitsError):
        run_attempt(claim, workplace, Nobody(), settings=settings, paths=paths, tracer=NoTracer())
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
