"""What every Python runner does: reads a job's faces one by one, times, prints one line of JSON.

A script in an environment of a peer's own: nothing of Facetraits is imported here.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

Face = tuple[np.ndarray, list[int]]
"""(h, w, 3) RGB uint8, and the face's box in it: left, top, right, bottom."""

Read = Callable[[Face], dict[str, Any] | None]


def read_job() -> dict[str, Any]:
    """The job whose path is the first argument."""
    job: dict[str, Any] = json.loads(Path(sys.argv[1]).read_text())
    return job


def faces(job: dict[str, Any]) -> Iterator[Face]:
    with open(job["pixels"], "rb") as file:
        for shape in job["faces"]:
            height, width = shape["height"], shape["width"]
            content = file.read(height * width * 3)
            yield np.frombuffer(content, np.uint8).reshape(height, width, 3), shape["box"]


def measure(job: dict[str, Any], read: Read) -> dict[str, Any]:
    """All answers, and what they cost. The first face is answered twice: once to start up."""
    read(next(faces(job)))
    result: dict[str, Any] = {"first_answer_at": time.time(), "answers": [], "ms": []}
    for face in faces(job):
        began = time.perf_counter()
        result["answers"].append(read(face))
        result["ms"].append((time.perf_counter() - began) * 1000)
    return result | {"peak_mb": peak_mb()}


def peak_mb() -> float:
    """Linux's own count of this process: getrusage would count the parent that forked us."""
    found = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())
    return int(found.group(1)) / 1024 if found else 0.0


def say(result: dict[str, Any]) -> None:
    print(json.dumps(result))
