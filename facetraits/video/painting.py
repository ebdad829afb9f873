"""The videos that are made of one: a plain copy, one with boxes, and one with faces blurred.

They are encoded in a separate thread, alongside the reading of the next frames.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facetraits.pixels import Pixels
from facetraits.reading.reports import annotated
from facetraits.video.covering import Covering
from facetraits.video.painters import HeldBack, Painted, Painter, Plain
from facetraits.video.pictures import GrowingVideo, make_mp4

COPY, ANNOTATED, ANONYMIZED = "copy.mp4", "annotated.mp4", "anonymized.mp4"
GROWING = ".ivf"
"""The ending of a video's name while it grows."""

_WAITING_FRAMES = 8

PAINTERS: dict[str, Callable[[], Painter]] = {
    COPY: Plain,
    ANNOTATED: lambda: Plain(annotated),
    ANONYMIZED: Covering,
}


@dataclass(slots=True)
class _Mark:
    """Is reached once all frames before it are done.

    Attributes:
        last: whether no frame follows, so that none is held back any more.
    """

    last: bool
    reached: threading.Event = field(default_factory=threading.Event)


class Paintings(AbstractContextManager["Paintings"]):
    """Paints and encodes in a thread.

    Args:
        folder: where the videos are; what is there is continued.
        names: of the videos, keys of ``PAINTERS``.
        width, height: pixels of the frames.

    An error of the thread is raised by the next call.
    """

    def __init__(self, folder: Path, names: Sequence[str], width: int, height: int) -> None:
        self._folder = folder
        self._jobs = [
            (PAINTERS[name](), GrowingVideo(folder / f"{name}{GROWING}", width, height), name)
            for name in names
        ]
        self._waiting: queue.Queue[Painted | _Mark | None] = queue.Queue(_WAITING_FRAMES)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="paintings", daemon=True)
        self._thread.start()

    def __exit__(self, *error: object) -> None:
        self._stop()
        for _, video, _ in self._jobs:
            video.close()

    def add(self, frame: Painted) -> None:
        """The next frame; waits while too many are waiting."""
        self._check()
        self._waiting.put(frame)

    def flush(self) -> HeldBack:
        """Every frame so far is in the files, except those that are held back.

        Returns:
            What is held back, of all videos together; see `restore`.
        """
        self._reach(_Mark(last=False))
        held = {name: painter.held_back() for painter, _, name in self._jobs}
        most = max(held.values(), key=lambda one: one.frames)
        return most._replace(state={name: one.state for name, one in held.items()})

    def restore(self, state: Any, frames: Iterable[tuple[Pixels, float]]) -> None:
        """Goes on where a `flush` was; to be called before `add`.

        Args:
            state: what that returned.
            frames: the last ones before it, as many as it said, each with its time.
        """
        frames = list(frames)
        for painter, _, name in self._jobs:
            painter.restore(state[name], frames)

    def finish(self) -> None:
        """Makes the MP4 files. Nothing can be added any more."""
        self._reach(_Mark(last=True))
        self._stop()
        for _, video, name in self._jobs:
            video.close()
            growing = self._folder / f"{name}{GROWING}"
            make_mp4(growing, self._folder / name)
            growing.unlink()
        self._jobs = []

    def _reach(self, mark: _Mark) -> None:
        self._waiting.put(mark)
        mark.reached.wait()
        self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _stop(self) -> None:
        if self._thread.is_alive():
            self._waiting.put(None)
            self._thread.join()

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None:
            try:
                if self._error is None:
                    self._do(item)
            except BaseException as error:
                self._error = error
            finally:
                if isinstance(item, _Mark):
                    item.reached.set()

    def _do(self, item: Painted | _Mark) -> None:
        for painter, video, _ in self._jobs:
            if isinstance(item, Painted):
                ready = painter.paint(item)
            else:
                ready = painter.rest() if item.last else []
            for pixels, time_s in ready:
                video.add(pixels, time_s)
            if isinstance(item, _Mark):
                video.flush()
