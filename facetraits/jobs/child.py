"""The process of one attempt at a job: `python -m facetraits.jobs.child PIPE`.

It exits as soon as the engine that started it is gone, so that no attempt continues unseen.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import threading
import traceback
from pathlib import Path

import msgspec

from facetraits.errors import FacetraitsError
from facetraits.jobs import messages
from facetraits.jobs.kinds import KINDS
from facetraits.jobs.messages import Answer, Done, Reported, Saved, Start
from facetraits.jobs.model import Report, SavedPlace
from facetraits.jobs.task import Link, Task
from facetraits.logs import set_up_logging
from facetraits.serving.limits import limit_memory, no_core_dump
from facetraits.serving.messages import Failed
from facetraits.serving.pipes import PipeEnd, inherited
from facetraits.settings import Settings
from facetraits.vision.memory import lacks_memory

COMMAND = (sys.executable, "-m", "facetraits.jobs.child")
# People who wait for a photo or look at a camera come first.
_NICENESS = 10


class PipeLink:
    """Sends a task's reports to the engine, and watches for its end and for a cancellation."""

    def __init__(self, pipe: PipeEnd) -> None:
        self.cancelled = False
        self._pipe = pipe
        self._sending = threading.Lock()
        threading.Thread(target=self._watch, name="engine-watch", daemon=True).start()

    def report(self, report: Report) -> None:
        self.send(Reported(report))

    def save(self, saved: SavedPlace) -> None:
        self.send(Saved(saved))

    def send(self, answer: Answer) -> None:
        with self._sending:
            try:
                self._pipe.send_bytes(messages.encode(answer))
            except OSError:
                os._exit(1)  # the engine is gone

    def _watch(self) -> None:
        try:
            while True:
                messages.decode_cancel(self._pipe.recv_bytes(messages.MAX_MESSAGE_BYTES))
                self.cancelled = True
        except (EOFError, OSError, msgspec.DecodeError):
            os._exit(1)


def main(pipe: PipeEnd) -> None:
    """Runs the task of the first message."""
    # As in `serving.worker`: the engine decides when its processes end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    no_core_dump()
    give_way()
    start = messages.decode_start(pipe.recv_bytes(messages.MAX_MESSAGE_BYTES))
    settings = Settings.from_values(start.settings)
    set_up_logging(settings.log_format, lambda: start.log_fields)
    logging.getLogger("facetraits").setLevel(settings.log_level)
    link = PipeLink(pipe)
    # A few bytes of a video can make FFmpeg list millions of frames, which no header shows.
    limit_memory(settings.job_memory_bytes)
    link.send(outcome(start, settings, link))


def give_way() -> None:
    """Lowers the priority of this process, where there is such a thing and it is allowed."""
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(_NICENESS)


def outcome(start: Start, settings: Settings, link: Link) -> Answer:
    """Runs the task of a message; says how it ended."""
    task = Task(
        input=Path(start.input),
        out=Path(start.out),
        options=start.options,
        place=start.place,
        settings=settings,
        link=link,
    )
    try:
        KINDS[start.kind](task)
    except FacetraitsError as error:
        return Failed(type(error).__name__, str(error))
    except Exception as error:
        if lacks_memory(error):
            return Failed("JobFailed", "it takes more memory than the server allows")
        return Failed("FacetraitsError", "", "".join(traceback.format_exception(error)))
    return Done()


if __name__ == "__main__":
    main(inherited(sys.argv[1]))
