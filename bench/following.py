"""`python -m bench tracking`: what searching where the faces were saves, and what it misses."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator

from bench.video import Mover, frames
from facetraits.paths import Paths
from facetraits.pixels import Pixels
from facetraits.reading.model import (
    FoundFace,
)
from facetraits.serving.search_plan import SearchPlan
from facetraits.serving.worker import make_reader
from facetraits.settings import DEFAULT_NETS
from facetraits.vision.detection import FaceDetector
from facetraits.vision.hints import Hints
from facetraits.vision.pipeline import FrameReader
from facetraits.vision.tracking import Tracker

FPS = 15.0
SECONDS = 12.0
SCENES = {
    "one face, slow": [Mover(110, 8)],
    "one face, fast": [Mover(110, 1.5)],
    "small and large": [Mover(150, 9), Mover(40, 6, 0.5)],
    "three, two come and go": [
        Mover(90, 9),
        Mover(70, 8, 0.33, from_s=3.1, to_s=8.3),
        Mover(60, 7, 0.66, from_s=5.2),
    ],
}

Find = Callable[[Pixels], list[FoundFace]]


def ways(detector: FaceDetector) -> dict[str, Callable[[], Find]]:
    """Way → a maker of a fresh search."""
    return {
        "whole frame at 640": lambda: lambda frame: detector.find_within(frame, 640),
        "whole frame at 320": lambda: lambda frame: detector.find_within(frame, 320),
        "tracks, as live does": lambda: _following(
            make_reader(DEFAULT_NETS, 5, Paths.found().models)
        ),
    }


def _following(reader: FrameReader) -> Find:
    tracker, plan, count = Tracker(), SearchPlan(), iter(range(10**9))

    def find(frame: Pixels) -> list[FoundFace]:
        number = next(count)
        hints = Hints(tracker.boxes, plan.search_px(number / FPS, False), tracker.width)
        found = list(reader.find_again(frame, hints).faces)
        tracker.place(found, number / FPS)
        return found

    return find


def hits(found: list[FoundFace], truth: list[tuple[float, float, int]]) -> Iterator[bool]:
    """For each face that is there, whether it was found."""
    for x, y, _ in truth:
        yield any(
            face.box.x < x < face.box.x + face.box.width
            and face.box.y < y < face.box.y + face.box.height
            for face in found
        )


def main() -> None:
    print(f"\nFinding faces in {SECONDS:g} s of video at {FPS:g} frames a second")
    print(f"  {'scene':26}{'way':24}{'recall':>8}{'false':>7}{'mean ms':>9}{'p95 ms':>8}")
    detector = FaceDetector()
    for scene, movers in SCENES.items():
        for way, make in ways(detector).items():
            find, seen, false, times = make(), [], 0, []
            for frame, truth in frames(movers, SECONDS, FPS):
                began = time.perf_counter()
                found = find(frame)
                times.append((time.perf_counter() - began) * 1000)
                right = list(hits(found, truth))
                seen += right
                false += max(0, len(found) - sum(right))
            print(
                f"  {scene:26}{way:24}{statistics.mean(seen):8.3f}{false:7d}"
                f"{statistics.mean(times):9.2f}{sorted(times)[int(0.95 * len(times))]:8.2f}",
                flush=True,
            )
