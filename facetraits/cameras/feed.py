"""The owner's side of a decoder process: its frames, and a watchdog that ends it if it hangs."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import AbstractContextManager

import msgspec

from facetraits.cameras.config import CameraConfig
from facetraits.cameras.feed_messages import MAX_BYTES, Ended, Open, Picture, decode_said, encode
from facetraits.paths import Paths
from facetraits.serving.deadline import Deadline
from facetraits.serving.pipes import Pipe, start
from facetraits.serving.worker import environment
from facetraits.settings import CAMERA_MEMORY_BYTES

COMMAND = (sys.executable, "-m", "facetraits.cameras.decoder")
# Loading FFmpeg and connecting takes longer than the next frame.
_START_S = 15.0


class FeedEnded(Exception):
    """The stream is over.

    Attributes:
        reason: why, for people; "" if it ended without an error.
        stalled: whether it was ended because nothing came.
    """

    def __init__(self, reason: str = "", stalled: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.stalled = stalled


class Feed(AbstractContextManager["Feed"]):
    """A camera's frames, from a separate process. Used by one thread; `kill` by any.

    Args:
        camera: what to open.
        paths: where the package is.
        start_s: how long the first frame may take, in addition to ``camera.stall_s``.
        memory_bytes: the most memory that decoding can take.

    Raises:
        OSError: if the process cannot be started.
    """

    def __init__(
        self,
        camera: CameraConfig,
        paths: Paths,
        start_s: float = _START_S,
        memory_bytes: int = CAMERA_MEMORY_BYTES,
    ) -> None:
        self._stall_s = camera.stall_s
        self._wait_s = camera.stall_s + start_s
        self._pipe, theirs = Pipe()
        try:
            self._process = start(COMMAND, theirs, environment(os.environ, paths))
        except OSError:
            self._pipe.close()
            raise
        finally:
            theirs.close()
        self._deadline = Deadline(self._process)
        self._opening: Open | None = Open(
            kind=camera.kind,
            source=camera.source,
            fps=camera.fps,
            width=camera.width,
            loop=camera.loop,
            timeout_s=camera.stall_s,
            memory_bytes=memory_bytes,
        )

    def __exit__(self, *error: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        return self._process.pid

    def next(self) -> Picture:
        """The next frame. Raises FeedEnded, also if none comes in time."""
        try:
            with self._deadline.within(self._wait_s):
                if self._opening is not None:
                    self._pipe.send_bytes(encode(self._opening))
                    self._opening = None
                said = decode_said(self._pipe.recv_bytes(MAX_BYTES))
        except (EOFError, OSError, msgspec.DecodeError):
            if self._deadline.missed:
                raise FeedEnded(f"no frame came for {self._wait_s:g} s", stalled=True) from None
            raise FeedEnded("its decoder ended unexpectedly") from None
        if isinstance(said, Ended):
            raise FeedEnded(said.reason)
        self._wait_s = self._stall_s
        return said

    def kill(self) -> None:
        """Ends the process; a call of `next` in progress raises FeedEnded."""
        self._process.kill()

    def close(self) -> None:
        self._deadline.close()
        self._pipe.close()
        self._process.kill()  # there is nothing that it has to finish
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:  # in the kernel, as with a device that hangs
            return
