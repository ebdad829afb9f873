"""The kinds of jobs, and the function that does each.

A function gets a `Task`, and leaves its results in ``task.out``. It belongs in its own file
in this folder, and calls the packages below for the work itself.
"""

from __future__ import annotations

from collections.abc import Callable

from facetraits.jobs.batch import read_batch
from facetraits.jobs.task import Task
from facetraits.jobs.video import read_video_file

KINDS: dict[str, Callable[[Task], None]] = {
    "batch": read_batch,
    "video": read_video_file,
}
