"""What every runner of whole photos does: reads each file some times, and prints what it took.

A script in an environment of a peer's own: nothing of Facetraits is imported here.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from answering import peak_mb

Read = Callable[[str], int]
"""The path of a JPEG file → the number of faces found in it, each with its answers."""


def measure(read: Read) -> None:
    """Reads the photos of the job that the first argument names; prints one line of JSON.

    Of each photo the least wall-clock and processor time, in milliseconds, of a number of
    rounds, or of as many as fit into some seconds, but at least one. A first round, which also
    loads the networks, isn't counted.
    """
    job: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    found: list[dict[str, float]] = []
    for path in job["photos"]:
        faces = read(path)
        times = [_timed(read, path)]
        while len(times) < job["rounds"] and sum(wall for wall, _ in times) < job["most_ms"]:
            times.append(_timed(read, path))
        wall_ms, cpu_ms = (min(column) for column in zip(*times, strict=True))
        found.append({"faces": faces, "wall_ms": wall_ms, "cpu_ms": cpu_ms})
    print(json.dumps({"photos": found, "peak_mb": peak_mb()}))


def _timed(read: Read, path: str) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.process_time()
    read(path)
    return (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000
