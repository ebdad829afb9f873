"""One attempt at a job, from the engine's side: starts its process and follows its messages."""

from __future__ import annotations

import logging
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from facetraits.errors import FacetraitsError, JobCancelled, JobFailed, JobSuperseded
from facetraits.jobs import messages
from facetraits.jobs.child import COMMAND
from facetraits.jobs.messages import Answer, Cancel, Done, Reported, Saved, Start
from facetraits.jobs.model import Claim, Report, SavedPlace
from facetraits.paths import Paths
from facetraits.serving.messages import Failed
from facetraits.serving.pipes import Pipe, PipeEnd, start
from facetraits.serving.tracing import Tracer
from facetraits.serving.worker import environment
from facetraits.settings import Settings

log = logging.getLogger(__name__)

_BEAT_EVERY_S = 1.0
# How long a canceled task may take to notice.
_CANCEL_S = 3.0


class Crashed(Exception):
    """The process ended without an answer."""


class Follower(Protocol):
    """What an engine does with the messages of an attempt.

    Whatever it raises ends the attempt and is raised by `run_attempt`.
    """

    def report(self, report: Report) -> None: ...

    def save(self, saved: SavedPlace) -> None: ...

    def beat(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Workplace:
    """The files of an attempt.

    Attributes:
        input: the uploaded file.
        out: the folder of the result files.
    """

    input: Path
    out: Path

    def restore(self, saved: SavedPlace | None) -> None:
        """Makes `out` what it was when the place was saved, or empty."""
        sizes = saved.sizes if saved else {}
        self.out.mkdir(mode=0o700, exist_ok=True)
        for path in list(self.out.iterdir()):
            if path.name in sizes:
                os.truncate(path, sizes[path.name])
            else:
                path.unlink()

    def clear(self) -> None:
        """Removes the result files of a job that did not finish."""
        shutil.rmtree(self.out, ignore_errors=True)

    def results(self) -> tuple[str, ...]:
        """The names of the result files."""
        return tuple(sorted(p.name for p in self.out.iterdir() if not p.name.startswith(".")))


def run_attempt(
    claim: Claim,
    workplace: Workplace,
    follower: Follower,
    *,
    settings: Settings,
    paths: Paths,
    tracer: Tracer,
) -> None:
    """Returns when the job's results are complete; the tracer gets a span of the attempt.

    Raises:
        Crashed: if its process ended without an answer.
        FacetraitsError: what its function raised, or JobFailed if it takes too long.
    """
    end_s = time.monotonic() + settings.job_timeout_s
    with (
        _traced(claim, tracer),
        _process(claim, workplace, settings, paths) as (process, pipe),
    ):
        try:
            while True:
                if time.monotonic() > end_s:
                    raise JobFailed(f"it takes longer than {settings.job_timeout_s:,} s")
                answer = _received(pipe)
                if answer is None:
                    follower.beat()
                elif _is_last(answer, follower, claim):
                    return
        except JobCancelled:
            _stop(process, pipe)
            raise


@contextmanager
def _traced(claim: Claim, tracer: Tracer) -> Iterator[None]:
    """A span of the attempt, below that of the request that submitted the job."""
    span = tracer.begin(f"job {claim.kind}", claim.origin.traceparent)
    outcome, failed = "done", False
    try:
        yield
    except Exception as error:
        outcome = type(error).__name__.lstrip("_")
        is_no_fault = isinstance(error, JobCancelled | JobSuperseded)
        failed = isinstance(error, FacetraitsError | Crashed) and not is_no_fault
        raise
    finally:
        attributes: dict[str, str | int] = {
            "facetraits.request_id": claim.origin.request_id,
            "facetraits.attempt": claim.attempts,
            "facetraits.outcome": outcome,
        }
        span.end(failed=failed, attributes=attributes)


def _is_last(answer: Answer, follower: Follower, claim: Claim) -> bool:
    if isinstance(answer, Failed):
        if answer.traceback:
            log.error("a job failed:\n%s", answer.traceback, extra=claim.log_fields)
        raise answer.exception()
    if isinstance(answer, Reported):
        follower.report(answer.report)
    elif isinstance(answer, Saved):
        follower.save(answer.saved)
    return isinstance(answer, Done)


def _received(pipe: PipeEnd) -> Answer | None:
    """The next message, or None if there is none for a while. Raises Crashed."""
    try:
        if not pipe.poll(_BEAT_EVERY_S):
            return None
        return messages.decode_answer(pipe.recv_bytes(messages.MAX_MESSAGE_BYTES))
    except (EOFError, OSError, msgspec.DecodeError) as error:
        raise Crashed(repr(error)) from error


def _stop(process: subprocess.Popen[bytes], pipe: PipeEnd) -> None:
    """Lets the task end by itself, so that it can clean up."""
    try:
        pipe.send_bytes(messages.encode(Cancel()))
        process.wait(_CANCEL_S)
    except (OSError, subprocess.TimeoutExpired):
        log.warning("a canceled job did not stop within %g s; killing it", _CANCEL_S)


@contextmanager
def _process(
    claim: Claim, workplace: Workplace, settings: Settings, paths: Paths
) -> Iterator[tuple[subprocess.Popen[bytes], PipeEnd]]:
    """The process of an attempt, killed at the end of the block if it still runs."""
    ours, theirs = Pipe()
    try:
        try:
            process = start(COMMAND, theirs, environment(os.environ, paths))
        finally:
            theirs.close()
    except OSError as error:
        ours.close()
        raise Crashed(f"the process did not start: {error.strerror}") from error
    try:
        with _as_crash():
            ours.send_bytes(messages.encode(_first(claim, workplace, settings)))
        yield process, ours
    finally:
        process.kill()
        process.wait()
        ours.close()


@contextmanager
def _as_crash() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Crashed(repr(error)) from error


def _first(claim: Claim, workplace: Workplace, settings: Settings) -> Start:
    return Start(
        kind=claim.kind,
        input=str(workplace.input),
        out=str(workplace.out),
        options=claim.options,
        place=claim.saved.place if claim.saved else None,
        settings=settings.without_secrets(),
        log_fields=claim.log_fields,
    )
