"""Who reads the pictures: processes of their own, so that a crash costs one picture.

Decoders and networks are native code fed with strangers' bytes. Each worker is a
process with one reader; it takes a job at a time over a pipe. It has nothing of the
server's environment but what a program needs to run, and limits on its memory and
processor time. One that dies or hangs is replaced by the pool, and the caller it was
working for gets WorkerDied, or TooLarge where the picture took too much.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import cv2
import msgspec
import numpy as np

from facetraits.errors import FacetraitsError, TooLarge, WorkerDied
from facetraits.networks.classifiers import CLASSIFIERS
from facetraits.paths import Paths
from facetraits.serving import job as jobs
from facetraits.serving import limits, messages
from facetraits.serving.deadline import Deadline
from facetraits.serving.job import Analysis, Job
from facetraits.serving.messages import Answer, Done, Failed, Ready, Setup
from facetraits.serving.pipes import Pipe, PipeEnd, inherited, start
from facetraits.settings import Settings
from facetraits.vision.detection import FaceDetector
from facetraits.vision.pipeline import FrameReader

log = logging.getLogger(__name__)

# A plain command: multiprocessing's own would import the main program again, and app.py makes
# the app when it is imported.
COMMAND = (sys.executable, "-m", "facetraits.serving.worker")
_START_S = 60.0
_END_S = 2.0
# What a program needs to find its files and libraries. Everything else stays with the server:
# the passwords in its settings, above all.
_INHERITED = frozenset(
    {
        "PATH",
        "HOME",
        "TZ",
        *("LANG", "LC_ALL", "LC_CTYPE"),
        *("TMPDIR", "TEMP", "TMP", "SYSTEMROOT"),
        *("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
        *("VIRTUAL_ENV", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE"),
    }
)
# Decoders comment on damaged files: strangers would write into the server's log.
_QUIET = {"PYTHONWARNINGS": "ignore", "OPENCV_LOG_LEVEL": "SILENT"}
# After a picture of at least so many bytes the worker's freed memory goes back to the system.
_LARGE_BYTES = 1_000_000


class Worker(Protocol):
    """Reads one picture at a time. Not for two threads at once."""

    @property
    def alive(self) -> bool: ...

    def run(self, job: Job) -> Analysis:
        """Reads a picture.

        Raises:
            BadImage, UnsupportedType, TooLarge: see `decoding.decode`.
            WorkerDied: where the worker did not survive it.
        """
        ...

    def close(self) -> None: ...


def make_reader(nets: str, max_faces: int, models_dir: Path) -> FrameReader:
    """A reader for one thread. Raises BadWeights where a network is not usable."""
    # One thread a worker: OpenCV's pool on top would fight over the cores.
    cv2.setNumThreads(1)
    detector = FaceDetector(models_dir=models_dir)
    reader = FrameReader(detector, CLASSIFIERS[nets](models_dir), nets, max_faces)
    # Once, so that everything is loaded. With a small picture: the detector keeps memory for each
    # size, which costs the first photo of one 15 ms, and a server of cameras needs none for photos.
    reader.read(np.full((120, 160, 3), 127, np.uint8), "warm-up")
    return reader


class LocalWorker:
    """A worker in the caller's thread, for tests and benchmarks.

    Args:
        settings: those of the server.
        reader: reads the pictures; by default with the networks that come with the package.

    Raises:
        BadWeights: where a network is not usable.
    """

    alive = True

    def __init__(self, settings: Settings, reader: FrameReader | None = None) -> None:
        self._settings = settings
        self._reader = reader or make_reader(
            settings.nets, settings.max_faces, Paths.found().models
        )

    def run(self, job: Job) -> Analysis:
        return jobs.run(job, self._reader, _most_bytes(self._settings), self._settings.max_pixels)

    def close(self) -> None:
        """There is nothing to end."""


class ProcessWorker:
    """A worker in a process of its own.

    Args:
        settings: those of the server.
        paths: where the networks are; by default those that come with the package.

    Raises:
        BadWeights: where a network is not usable.
        WorkerDied: where the process does not start.
    """

    def __init__(self, settings: Settings, paths: Paths | None = None) -> None:
        paths = paths or Paths.found()
        self._settings = settings
        self._pipe, theirs = Pipe()
        try:
            self._process = _start(theirs, paths)
        except OSError as error:
            self._pipe.close()
            raise WorkerDied(f"no process could be started: {error.strerror}") from error
        finally:
            theirs.close()
        self._deadline = Deadline(self._process)
        try:
            self._exchange(_setup(settings, paths), _START_S)
        except FacetraitsError:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def run(self, job: Job) -> Analysis:
        answer = self._exchange(job, self._settings.timeout_s)
        if not isinstance(answer, Done):
            self.close()
            raise WorkerDied("the worker's answer was not one to a picture")
        return answer.analysis

    def _exchange(self, message: Setup | Job, timeout_s: float) -> Answer:
        try:
            with self._deadline.within(timeout_s):
                self._pipe.send_bytes(messages.encode(message))
                received = self._pipe.recv_bytes(messages.MAX_ANSWER_BYTES)
            answer = messages.decode_answer(received)
        except (EOFError, OSError, msgspec.DecodeError):
            self.close()
            raise self._ended(timeout_s) from None
        if isinstance(answer, Failed):
            if answer.traceback:
                log.error("a worker failed:\n%s", answer.traceback)
            raise answer.exception()
        return answer

    def _ended(self, timeout_s: float) -> FacetraitsError:
        """Why there is no answer, once the process has ended."""
        if self._deadline.missed:
            return WorkerDied(f"the worker gave no answer within {timeout_s:g} s")
        if self._process.returncode == limits.OUT_OF_TIME_EXIT:
            seconds = self._settings.picture_cpu_s
            return TooLarge(f"reading the picture takes more than {seconds} s of processor time")
        return WorkerDied("the worker ended before it had answered")

    def close(self) -> None:
        """Ends the process, gently if it listens."""
        self._deadline.close()
        self._pipe.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _most_bytes(settings: Settings) -> int:
    """Of a photo or a camera's frame, whose own limits were applied when they arrived."""
    return max(settings.max_bytes, settings.live_max_bytes)


def _setup(settings: Settings, paths: Paths) -> Setup:
    return Setup(
        models=str(paths.models),
        nets=settings.nets,
        max_faces=settings.max_faces,
        max_bytes=_most_bytes(settings),
        max_pixels=settings.max_pixels,
        memory_bytes=settings.picture_memory_bytes,
        cpu_s=settings.picture_cpu_s,
    )


def _start(pipe: PipeEnd, paths: Paths) -> subprocess.Popen[bytes]:
    return start(COMMAND, pipe, environment(os.environ, paths))


def environment(server: Mapping[str, str], paths: Paths) -> dict[str, str]:
    """A worker's environment, made of the server's: without anything secret."""
    kept = {name: value for name, value in server.items() if name.upper() in _INHERITED}
    # The package may not be installed, and the server may be started from anywhere.
    folders = filter(None, (str(paths.import_from), server.get("PYTHONPATH")))
    return {**kept, **_QUIET, "PYTHONPATH": os.pathsep.join(folders)}


def main(pipe: PipeEnd) -> None:
    """The process: its setup first, then an answer to each job, until the pipe ends."""
    # Ctrl-C reaches the whole group, as SIGTERM does from some supervisors; the server decides
    # when its workers end, for they still have pictures to read.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    limits.no_core_dump()
    setup = messages.decode_setup(pipe.recv_bytes(messages.JOB_OVERHEAD_BYTES))
    try:
        reader = make_reader(setup.nets, setup.max_faces, Path(setup.models))
    except Exception as error:
        pipe.send_bytes(messages.encode(_failed(error)))
        return
    limits.limit_memory(setup.memory_bytes)
    pipe.send_bytes(messages.encode(Ready()))
    while True:
        try:
            data = pipe.recv_bytes(setup.max_bytes + messages.JOB_OVERHEAD_BYTES)
        except EOFError:
            return
        answer = _answered(data, reader, setup)
        pipe.send_bytes(messages.encode(answer))
        if len(data) >= _LARGE_BYTES:
            limits.give_memory_back()


def _answered(data: bytes, reader: FrameReader, setup: Setup) -> Answer:
    limits.limit_cpu(setup.cpu_s)
    try:
        job = messages.decode_job(data)
        return Done(jobs.run(job, reader, setup.max_bytes, setup.max_pixels))
    # Whatever it is, it is this picture's: the next one may be read.
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> Failed:
    if isinstance(error, FacetraitsError):
        return Failed(type(error).__name__, str(error))
    if _lacks_memory(error):
        return Failed("TooLarge", "reading the picture takes more memory than the server allows")
    return Failed("FacetraitsError", "", "".join(traceback.format_exception(error)))


def _lacks_memory(error: Exception) -> bool:
    if isinstance(error, cv2.error):
        return bool(error.code == cv2.Error.STS_NO_MEM)
    return isinstance(error, MemoryError)


if __name__ == "__main__":
    try:
        main(inherited(sys.argv[1]))
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # the server is gone
