"""One runner, one process, one core: faces in, traits and what they cost out."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.peers.environments import HERE, ROOT, last_line, reason

RUNNERS = HERE / "runners"
# One core is given; a library that starts more threads than that would only trip over them.
_ONE_THREAD = {
    name: "1" for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
}

Answer = dict[str, Any] | None
"""A face's traits in the package's own words, or None where it found no face."""


class RunnerFailed(Exception):
    """A runner failed; the message is the last line of its output."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a runner may take: seconds, and bytes of memory (on Linux; None for any number)."""

    seconds: float = 3600.0
    memory_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What a runner printed.

    Attributes:
        answers: one a face.
        ms: one a face, the first answer of the process not among them.
        start_s: from the start of the process to its first answer.
        peak_mb: most memory it held (Linux's VmHWM).
    """

    answers: list[Answer]
    ms: list[float]
    start_s: float
    peak_mb: float


def run(command: list[str], runner: str, job: Path, folder: Path) -> Answered:
    """Runs runners/RUNNER on a job.

    Args:
        command: what starts it: an interpreter.
        folder: its working directory; Node's packages are looked for from there.

    Raises:
        RunnerFailed: where it ends in an error, or what it prints is not an answer a face.
    """
    began = time.time()
    return parse(
        printed(command, runner, job, folder), began, len(json.loads(job.read_text())["faces"])
    )


def printed(
    command: list[str], runner: str, job: Path, folder: Path, limits: Limits | None = None
) -> str:
    """The last line that runners/RUNNER prints for a job, on one core.

    Raises:
        RunnerFailed: where it ends in an error, or exceeds a limit.
    """
    limits = limits or Limits()
    order = [*_limited(limits.memory_bytes), *command, str(RUNNERS / runner), str(job)]
    try:
        with one_core():
            done = subprocess.run(
                order,
                cwd=folder,
                env=environ(),
                capture_output=True,
                text=True,
                timeout=limits.seconds,
            )
    except subprocess.TimeoutExpired as error:
        raise RunnerFailed(f"no answer within {limits.seconds:,.0f} s") from error
    except OSError as error:
        raise RunnerFailed(str(error)) from error
    if done.returncode:
        raise RunnerFailed(reason(done.stderr))
    return last_line(done.stdout)


def _limited(memory_bytes: int | None) -> list[str]:
    """What starts a command with a limit of its memory: util-linux's `prlimit`."""
    if memory_bytes is None or sys.platform != "linux":
        return []
    return ["prlimit", f"--data={memory_bytes}"]


def parse(output: str, began: float, faces: int) -> Answered:
    """The last line that a runner printed; libraries may have printed others before.

    Raises:
        RunnerFailed: where it is not an answer a face.
    """
    try:
        found = json.loads(last_line(output))
        answered = Answered(
            found["answers"],
            [float(ms) for ms in found["ms"]],
            float(found["first_answer_at"]) - began,
            float(found["peak_mb"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise RunnerFailed(f"its answer cannot be read: {error!r}") from error
    if len(answered.answers) != faces or len(answered.ms) != faces:
        raise RunnerFailed(f"{len(answered.answers)} answers for {faces} faces")
    return answered


def environ() -> dict[str, str]:
    """Our own environment, on the processor alone; our runner imports from the checkout."""
    ours = {"CUDA_VISIBLE_DEVICES": "-1", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONPATH": str(ROOT)}
    return {**os.environ, **_ONE_THREAD, **ours}


@contextlib.contextmanager
def one_core() -> Iterator[None]:
    """Processes started meanwhile share one core, where the system lets us choose."""
    if sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
