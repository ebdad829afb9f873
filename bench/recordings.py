"""`python -m bench recordings`: how many times faster than it plays a video is read."""

from __future__ import annotations

import io
import os
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any

import av

from bench.video import SIZE, Mover, frames
from facetraits.networks.classifiers import unsure_below
from facetraits.paths import Paths
from facetraits.serving.worker import make_reader
from facetraits.settings import DEFAULT_NETS
from facetraits.video.read import read_video
from facetraits.video.wanted import Wanted
from facetraits.vision.tracking import Tracker

FPS = 25
SECONDS = 30
_FILES = {
    "every frame": Wanted(csv=True, json=True),
    "5 frames a second": Wanted(per_second=5, csv=True, json=True),
    "and a copy": Wanted(csv=True, json=True, copy=True, boxes=True, thumbnails=True),
    "and with boxes": Wanted(csv=True, json=True, copy=True, annotate=True),
    "and with faces blurred": Wanted(csv=True, json=True, copy=True, anonymize=True),
}


class _Nobody:
    """Hears no progress."""

    def report(self, progress: float, **detail: Any) -> None:
        pass

    def save_place(self, place: dict[str, Any]) -> None:
        pass


def clip(faces: int = 1) -> bytes:
    """A 640x480 H.264 video with moving faces of 90 pixels."""
    movers = [Mover(90, 4.0, phase=number / faces) for number in range(faces)]
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for pixels, _ in frames(movers, SECONDS, FPS):
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode())
    return file.getvalue()


def speed(data: bytes, wanted: Wanted) -> tuple[float, float]:
    """Seconds of video for each second of reading, and for each second of processor time."""
    models = Paths.found().models
    reader = make_reader(DEFAULT_NETS, 5, models)
    make_tracker = partial(Tracker, unsure_below(DEFAULT_NETS, models), DEFAULT_NETS)
    with tempfile.TemporaryDirectory() as folder:
        began_s, began_cpu_s = time.perf_counter(), time.process_time()
        read_video(
            io.BytesIO(data),
            Path(folder),
            wanted,
            reader=reader,
            make_tracker=make_tracker,
            progress=_Nobody(),
            nets=DEFAULT_NETS,
        )
        took_s, cpu_s = time.perf_counter() - began_s, time.process_time() - began_cpu_s
    return SECONDS / took_s, SECONDS / cpu_s


def main() -> None:
    """Prints the table."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"\nVideo, 640x480, {FPS} frames/s, {cores} cores: times as fast as it plays")
    print("                              in all   one core")
    one = clip()
    for name, wanted in _FILES.items():
        print("  {:<26} {:7.1f} {:10.1f}".format(name, *speed(one, wanted)))
    print(
        "  {:<26} {:7.1f} {:10.1f}".format(
            "every frame, 3 faces", *speed(clip(3), Wanted(csv=True))
        )
    )
