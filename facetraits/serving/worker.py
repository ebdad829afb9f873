"""Worker processes that analyze pictures, so that a crash costs only one picture.

Decoders and networks are native code that handles strangers' bytes. Each worker is a
process with one reader, and takes one job at a time over a pipe. It inherits only the
environment variables that a program needs to run, and its memory and processor time are
limited. The pool replaces a worker that dies or hangs; the caller it was working for gets
WorkerDied, or TooLarge if the picture exceeded a limit.
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
from facetraits.networks.classifiers import load_classifier
from facetraits.paths import Paths
from facetraits.serving import job as jobs
from facetraits.serving import limits, messages
from facetraits.serving.deadline import Deadline
from facetraits.serving.job import Analysis, Job
from facetraits.serving.messages import Answer, Done, Failed, Ready, Setup
from facetraits.serving.pipes import Pipe, PipeEnd, inherited, start
from facetraits.settings import Settings
from facetraits.vision.detection import FaceDetector
from facetraits.vision.memory import lacks_memory
from facetraits.vision.pipeline import FrameReader

log = logging.getLogger(__name__)

# A plain command, not multiprocessing, which would import the main program again: app.py
# creates the app on import.
COMMAND = (sys.executable, "-m", "facetraits.serving.worker")
_TOO_MUCH_MEMORY = "analyzing the picture takes more memory than the server allows"
_START_S = 60.0
_END_S = 2.0
# What a program needs to find its files and libraries. Everything else stays with the server,
# above all the passwords in its settings.
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
_FIXED = {
    # Decoders warn about damaged files, which would let strangers write to the server's log.
    "PYTHONWARNINGS": "ignore",
    "OPENCV_LOG_LEVEL": "SILENT",
    # NumPy's threads wait for each other by spinning, on cores that other workers need.
    "OPENBLAS_NUM_THREADS": "1",
}
# After a picture of at least this many bytes, freed memory is returned to the system.
_LARGE_BYTES = 1_000_000


class Worker(Protocol):
    """Analyzes one picture at a time. Not safe for use by two threads at once."""

    @property
    def alive(self) -> bool: ...

    def run(self, job: Job) -> Analysis:
        """Analyzes a picture.

        Raises:
            BadImage, UnsupportedType, TooLarge: see `decoding.decode`.
            WorkerDied: if the worker crashed or hung on it.
        """
        ...

    def close(self) -> None: ...

    def kill(self) -> None:
        """Kills it immediately, from any thread; its current job fails with WorkerDied."""
        ...


def make_reader(nets: str, max_faces: int, models_dir: Path) -> FrameReader:
    """A reader for one thread. Raises BadWeights if a network is not usable."""
    # One thread per worker: with OpenCV's thread pool as well, they would compete for the cores.
    cv2.setNumThreads(1)
    detector = FaceDetector(models_dir=models_dir)
    reader = FrameReader(detector, load_classifier(nets, models_dir), nets, max_faces)
    # Warm up once, so that everything is loaded. The picture is small because the detector keeps
    # memory for each size: a larger one would save the first photo of its size 15 ms, but waste
    # memory on a server that only sees cameras.
    reader.read(np.full((120, 160, 3), 127, np.uint8), "warm-up")
    # OpenBLAS allocates its memory on first use, and ends the process if there is none left.
    np.linalg.svd(np.ones((200, 200)) @ np.ones((200, 200)))
    return reader


class LocalWorker:
    """A worker in the caller's thread, for tests and benchmarks.

    Args:
        settings: the server's settings.
        reader: analyzes the pictures; by default, with the networks that come with the package.

    Raises:
        BadWeights: if a network is not usable.
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
        """Does nothing: there is no process to end."""

    def kill(self) -> None:
        """Does nothing: there is no process to kill."""


class ProcessWorker:
    """A worker in its own process.

    Args:
        settings: the server's settings.
        paths: location of the networks; by default, those that come with the package.

    Raises:
        BadWeights: if a network is not usable.
        WorkerDied: if the process does not start.
    """

    def __init__(self, settings: Settings, paths: Paths | None = None) -> None:
        paths = paths or Paths.found()
        self._settings = settings
        self._pipe, theirs = Pipe()
        try:
            self._process = _start(theirs, paths)
        except OSError as error:
            self._pipe.close()
            raise WorkerDied(f"the worker process did not start: {error.strerror}") from error
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
            raise WorkerDied("the worker sent an unexpected response")
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
        """The reason why there is no answer, once the process has ended."""
        if self._deadline.missed:
            return WorkerDied(f"the worker did not respond within {timeout_s:g} s")
        if self._process.returncode == limits.OUT_OF_TIME_EXIT:
            seconds = self._settings.picture_cpu_s
            return TooLarge(f"analyzing the picture takes more than {seconds} s of CPU time")
        if self._process.returncode == limits.OUT_OF_MEMORY_EXIT:
            return TooLarge(_TOO_MUCH_MEMORY)
        return WorkerDied("the worker ended before it responded")

    def close(self) -> None:
        """Ends the process: lets it exit on its own, then kills it if it does not."""
        self._deadline.close()
        self._pipe.close()
        try:
            self._process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def kill(self) -> None:
        self._process.kill()


def _most_bytes(settings: Settings) -> int:
    """The larger of the limits for photos and frames; each one's own was applied on arrival."""
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
    """A worker's environment variables: the server's, without anything secret."""
    kept = {name: value for name, value in server.items() if name.upper() in _INHERITED}
    # The package may not be installed, and the server may be started from any folder.
    folders = filter(None, (str(paths.import_from), server.get("PYTHONPATH")))
    return {**kept, **_FIXED, "PYTHONPATH": os.pathsep.join(folders)}


def main(pipe: PipeEnd) -> None:
    """The worker process: receives its setup, then answers each job until the pipe closes."""
    # Ctrl-C reaches the whole process group, as SIGTERM does from some supervisors. The server
    # decides when its workers end, because they may still have pictures to analyze.
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
    # Whatever the error is, it concerns this picture only: the next one may succeed.
    except Exception as error:
        return _failed(error)


def _failed(error: Exception) -> Failed:
    if isinstance(error, FacetraitsError):
        return Failed(type(error).__name__, str(error))
    if lacks_memory(error):
        return Failed("TooLarge", _TOO_MUCH_MEMORY)
    return Failed("FacetraitsError", "", "".join(traceback.format_exception(error)))


if __name__ == "__main__":
    try:
        main(inherited(sys.argv[1]))
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # the server is gone
    except MemoryError:  # in mid-message: where the next message begins is now unknown
        sys.exit(limits.OUT_OF_MEMORY_EXIT)
