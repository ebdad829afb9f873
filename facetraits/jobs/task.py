"""What the function of a job's kind gets: its input, its options, and a way to report.

The function runs in its own process, which may be killed at any moment. It is then called
again with the place that it saved last, and with exactly the result files of that moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from facetraits.errors import JobCancelled
from facetraits.jobs.model import Report, SavedPlace
from facetraits.paths import Paths
from facetraits.settings import Settings

# People look at the progress once a second; more reports would only cost time.
_REPORT_EVERY_S = 0.25
# Before that, an estimate says more about the start than about the rest.
_ESTIMATE_AFTER_S = 1.0


class Link(Protocol):
    """Where a task's reports go."""

    @property
    def cancelled(self) -> bool: ...

    def report(self, report: Report) -> None: ...

    def save(self, saved: SavedPlace) -> None: ...


@dataclass(slots=True)
class NoLink:
    """Keeps the last report and place: for the command line, and for tests."""

    cancelled: bool = False
    last_report: Report | None = None
    last_saved: SavedPlace | None = None

    def report(self, report: Report) -> None:
        self.last_report = report

    def save(self, saved: SavedPlace) -> None:
        self.last_saved = saved


@dataclass(slots=True)
class Task:
    """One attempt at a job.

    Attributes:
        input: the uploaded file. It is deleted when the job ends.
        out: a folder for result files, without subfolders. Between two saved places, a file in
            it may only grow. Write one that does not (an MP4, say) after the last saved place, or
            under a name with a leading dot: such files are neither saved nor results.
        options: as submitted.
        place: what `save_place` saved last, or None at the start. `out` is as it was then.
        settings: limits and networks; without the server's secrets.
        paths: where the networks are.
        link: where reports go.
        clock_s: a monotonic clock, in seconds.
    """

    input: Path
    out: Path
    options: dict[str, Any] = field(default_factory=dict)
    place: dict[str, Any] | None = None
    settings: Settings = field(default_factory=Settings)
    paths: Paths = field(default_factory=Paths.found)
    link: Link = field(default_factory=NoLink)
    clock_s: Callable[[], float] = time.monotonic
    _began: tuple[float, float] | None = field(default=None, init=False)
    _reported_s: float = field(default=float("-inf"), init=False)

    def report(self, progress: float, **detail: Any) -> None:
        """Reports the job's progress; cheap enough to be called for every frame.

        Args:
            progress: how much is done, 0 to 1.
            detail: a few figures for people, such as ``photos=12``; JSON values.

        Raises:
            JobCancelled: if the job was canceled. Let it pass.
        """
        if self.link.cancelled:
            raise JobCancelled("the job was canceled")
        now_s, progress = self.clock_s(), min(1.0, max(0.0, progress))
        if self._began is None:
            self._began = (now_s, progress)
        if now_s - self._reported_s >= _REPORT_EVERY_S or progress == 1.0:
            self._reported_s = now_s
            self.link.report(Report(progress, detail, self._eta_s(now_s, progress)))

    def save_place(self, place: dict[str, Any]) -> None:
        """Saves where the job continues after an interruption; call it every few seconds.

        Args:
            place: what the function needs for that; JSON, a few kilobytes.
        """
        files = sorted(path for path in self.out.iterdir() if not path.name.startswith("."))
        self.link.save(SavedPlace(place, {path.name: path.stat().st_size for path in files}))

    def _eta_s(self, now_s: float, progress: float) -> float | None:
        """The seconds that the rest takes at the speed of this attempt so far."""
        assert self._began is not None
        took_s, did = now_s - self._began[0], progress - self._began[1]
        if took_s < _ESTIMATE_AFTER_S or did <= 0:
            return None
        return round(took_s / did * (1 - progress), 1)
