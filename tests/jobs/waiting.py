"""Waiting for jobs, with a limit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from facetraits.jobs.model import ACTIVE

_LONGEST_S = 60.0


def ended(look: Callable[[], Any]) -> Any:
    """The job, as soon as it has ended. It is a record, or what the API shows."""
    return until(look, lambda job: state_of(job) not in ACTIVE)


def until(look: Callable[[], Any], is_so: Callable[[Any], bool]) -> Any:
    """What one sees as soon as it is so."""
    deadline = time.monotonic() + _LONGEST_S
    while not is_so(seen := look()):
        assert time.monotonic() < deadline, f"it did not come: {seen}"
        time.sleep(0.02)
    return seen


def state_of(job: Any) -> str:
    return job["state"] if isinstance(job, dict) else job.state
