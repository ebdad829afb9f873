"""Who reads the pictures: processes of their own, so that a crash costs one picture.

Decoders and networks are native code fed with strangers' bytes. Each worker is a
process with one reader; it takes a picture at a time over a pipe. One that dies or
hangs is replaced by the pool, and the caller it was working for gets WorkerDied.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from facetraits.errors import FacetraitsError, WorkerDied
from facetraits.networks.classifiers import CLASSIFIERS
from facetraits.paths import Paths
from facetraits.pixels import Pixels
from facetraits.reading.model import Reading
from facetraits.serving.pipes import Pipe, PipeEnd, inherited, start
from facetraits.settings import Settings
from facetraits.vision.decoding import decode_image
from facetraits.vision.detection import FaceDetector
from facetraits.vision.encoding import encode_copy
from facetraits.vision.pipeline import FrameReader, Hints, Stopwatch

_START_S = 60.0
_END_S = 2.0


class Worker(Protocol):
    """Reads one picture at a time. Not for two threads at once."""

    @property
    def alive(self) -> bool: ...

    def read(self, data: bytes, request_id: str, hints: Hints | None = None) -> Reading:
        """Encoded picture → reading; with hints, as a frame of a camera.

        Raises:
            BadImage, UnsupportedType, TooLarge: see :func:`decoding.decode_image`.
            WorkerDied: where the worker did not survive it.
        """
        ...

    def read_and_copy(self, data: bytes, request_id: str) -> tuple[Reading, bytes]:
        """The same for a picture, and its copy to keep: see :func:`encoding.encode_copy`."""
        ...

    def close(self) -> None: ...


def make_reader(nets: str, max_faces: int, models_dir: Path) -> FrameReader:
    """A reader for one thread. Raises BadWeights where a network is not usable."""
    return FrameReader(FaceDetector(), CLASSIFIERS[nets](models_dir), nets, max_faces)


class LocalWorker:
    """A worker in this process: what runs inside the others, and in tests.

    Args:
        settings: those of the server.
        reader: reads the pictures; by default with the networks of ``paths``.
        paths: where they are; by default those that come with the package.

    Raises:
        BadWeights: where a network is not usable.
    """

    alive = True

    def __init__(
        self,
        settings: Settings,
        reader: FrameReader | None = None,
        paths: Paths | None = None,
    ) -> None:
        # One thread a worker: OpenCV's pool on top would fight over the cores.
        cv2.setNumThreads(1)
        self._settings = settings
        self._reader = reader or make_reader(
            settings.nets, settings.max_faces, (paths or Paths.found()).models
        )
        # Once, so that the first answer is as fast as the rest.
        self._reader.read(np.full((480, 640, 3), 127, np.uint8), "warm-up")

    def read(self, data: bytes, request_id: str, hints: Hints | None = None) -> Reading:
        image, watch = self._decode(data)
        if hints is None:
            return self._reader.read(image, request_id, watch)
        return self._reader.follow(image, hints, request_id, watch)

    def read_and_copy(self, data: bytes, request_id: str) -> tuple[Reading, bytes]:
        image, watch = self._decode(data)
        return self._reader.read(image, request_id, watch), encode_copy(image)

    def _decode(self, data: bytes) -> tuple[Pixels, Stopwatch]:
        watch = Stopwatch()
        image = decode_image(data, self._settings.max_bytes, self._settings.max_pixels)
        watch.lap("decode")
        return image, watch

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
        self._timeout_s = settings.timeout_s
        self._pipe, theirs = Pipe()
        try:
            self._process = _start(theirs, paths)
        except OSError as error:
            self._pipe.close()
            raise WorkerDied(f"no process could be started: {error.strerror}") from error
        finally:
            theirs.close()
        try:
            self._pipe.send((settings, paths))
            self._answer(_START_S)
        except FacetraitsError:
            self.close()
            raise
        except OSError:
            self.close()
            raise WorkerDied("the worker ended before it had started") from None

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def read(self, data: bytes, request_id: str, hints: Hints | None = None) -> Reading:
        reading: Reading = self._ask("read", data, request_id, hints)
        return reading

    def read_and_copy(self, data: bytes, request_id: str) -> tuple[Reading, bytes]:
        both: tuple[Reading, bytes] = self._ask("read_and_copy", data, request_id)
        return both

    def _ask(self, verb: str, *arguments: Any) -> Any:
        try:
            self._pipe.send((verb, arguments))
        except OSError:
            self.close()
            raise WorkerDied("the worker ended before it took the picture") from None
        return self._answer(self._timeout_s)

    def _answer(self, timeout_s: float) -> Any:
        try:
            if not self._pipe.poll(timeout_s):
                self._process.kill()  # what hangs once would hang the next caller, too
                self.close()
                raise WorkerDied(f"the worker gave no answer within {timeout_s:g} s")
            answer = self._pipe.recv()
        except (EOFError, OSError):
            self.close()
            raise WorkerDied("the worker ended while it read the picture") from None
        if isinstance(answer, Exception):
            raise answer
        return answer

    def close(self) -> None:
        """Ends the process, gently if it listens."""
        self._pipe.close()
        try:
            self._process.wait(_END_S if self._process.poll() is None else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _start(pipe: PipeEnd, paths: Paths) -> subprocess.Popen[bytes]:
    # A plain command: multiprocessing's own would import the main program again,
    # and app.py makes the app when it is imported.
    command = [sys.executable, "-m", "facetraits.serving.worker"]
    return start(command, pipe, {**os.environ, "PYTHONPATH": _python_path(paths)})


def _python_path(paths: Paths) -> str:
    """The package may be no installed one, and the server started from anywhere."""
    return os.pathsep.join(filter(None, (str(paths.import_from), os.environ.get("PYTHONPATH"))))


def main(pipe: PipeEnd) -> None:
    """The process: settings in, then an answer or an error for each picture, to the pipe's end."""
    # Ctrl-C reaches the whole group; the server decides when its workers end.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        settings, paths = pipe.recv()
        worker = LocalWorker(settings, paths=paths)
    except FacetraitsError as error:
        pipe.send(error)
        return
    pipe.send("ready")
    verbs: dict[str, Callable[..., Any]] = {
        "read": worker.read,
        "read_and_copy": worker.read_and_copy,
    }
    while True:
        try:
            verb, arguments = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send(verbs[verb](*arguments))
        except FacetraitsError as error:
            pipe.send(error)


if __name__ == "__main__":
    try:
        main(inherited(sys.argv[1]))
    except (BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # the server is gone
