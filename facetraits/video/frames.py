"""A video file as upright RGB frames with their times, in constant memory.

Times are those that the file gives each frame, from the first frame on, so variable frame rates
stay right. Frames are turned as the file's display matrix says, and their pixels are made square.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO

import av
from av.video.stream import VideoStream

from facetraits.errors import BadVideo, UnsupportedType, VideoTooLarge
from facetraits.pixels import Pixels
from facetraits.video.colors import ToRgb, is_hdr
from facetraits.video.containers import (
    CONTAINERS,
    DECODERS,
    damage_as_bad_video,
    open_container,
)
from facetraits.video.display import display_matrix, is_on_its_side, square_size, turned
from facetraits.video.ticks import Ticks

READ_PX = 1280
"""Longest side of the frames; larger ones are shrunk in the same step that makes them RGB."""

# If a file names no frame rate, which only frames without a time need.
_USUAL_FPS = 25.0
# A video is truncated if it ends this much earlier than its header says.
_MISSING_S, _MISSING_SHARE = 0.5, 0.02


@dataclass(frozen=True, slots=True)
class VideoLimits:
    """What is refused: more bytes, longer videos, larger frames."""

    max_bytes: int = 500_000_000_000
    max_seconds: float = 24 * 3600.0
    max_pixels: int = 50_000_000


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """What a file says about its video.

    Attributes:
        width, height: pixels of a frame as players show it: upright, and with square pixels.
        duration_s: seconds by the header; None if it does not say.
        fps: the average number of frames per second; None if it does not say.
        container, codec: names for people, and FFmpeg's.
        hdr: whether the frames are tone-mapped.
        audio: whether there is sound.
    """

    width: int
    height: int
    duration_s: float | None
    fps: float | None
    container: str
    codec: str
    hdr: bool
    audio: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame.

    Attributes:
        number: from 0, counting every frame of the file.
        time_s: seconds after the first frame.
        pixels: (h, w, 3) RGB uint8, upright, at most ``READ_PX`` a side.
        due: whether it is one of those that were requested by their number per second.
        damaged: how many packets between the start and this frame could not be decoded.
    """

    number: int
    time_s: float
    pixels: Pixels
    due: bool = True
    damaged: int = 0


@dataclass(frozen=True, slots=True)
class Start:
    """Where to go on: after the frame of that number and time."""

    number: int
    time_s: float


class Video(AbstractContextManager["Video"]):
    """An open video file. Not safe for use by two threads at once.

    Attributes:
        info: what the file says.
        read_size: width and height of the frames as they are read, in pixels.
        damaged: how many packets after the start could not be decoded so far.

    Args:
        file: seekable; it stays open.
        limits: see ``VideoLimits``.

    Raises:
        UnsupportedType: if the container or the codec is not supported, or there is no video.
        VideoTooLarge: if it exceeds a limit.
        BadVideo: if not a single frame can be decoded.
    """

    def __init__(self, file: IO[bytes], limits: VideoLimits | None = None) -> None:
        self._file, self._limits = file, limits or VideoLimits()
        self._bytes = _checked_bytes(file, self._limits.max_bytes)
        self._open()
        self.damaged = 0
        self._last_s = 0.0
        with damage_as_bad_video():
            first = next(self._decoded(), None)
        if first is None:
            raise BadVideo("the video has no frame that can be decoded")
        self._first_s = _time_of(first)
        self._matrix = display_matrix(first)
        self._hdr = is_hdr(first)
        self._square = square_size(first.width, first.height, self._stream.sample_aspect_ratio)
        scale = min(1.0, READ_PX / max(self._square))
        width, height = (max(1, round(side * scale)) for side in self._square)
        self._to_rgb = ToRgb(width, height)
        self.read_size = (height, width) if is_on_its_side(self._matrix) else (width, height)
        self.info = self._info()

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()

    @property
    def position(self) -> float:
        """How much of the file was read so far, 0 to 1."""
        return self._file.tell() / self._bytes

    @property
    def truncated(self) -> bool:
        """Whether the frames, once all were read, ended before the header's end."""
        duration_s = self.info.duration_s
        if duration_s is None:
            return False
        missing_s = duration_s - self._last_s - 1 / (self.info.fps or _USUAL_FPS)
        return missing_s > max(_MISSING_S, _MISSING_SHARE * duration_s)

    def frames(
        self, per_second: float | None = None, start: Start | None = None, only_due: bool = True
    ) -> Iterator[Frame]:
        """The frames, in order of time; a frame that cannot be decoded is left out and counted.

        Args:
            per_second: how many are due; None for all.
            start: where to go on; None for the beginning.
            only_due: whether to leave out the others.

        Raises:
            VideoTooLarge: if it turns out to be longer, or to have larger frames, than allowed.
        """
        number, last_s = (start.number, start.time_s) if start else (-1, -math.inf)
        ticks = Ticks(per_second, last_s)
        for decoded, time_s in self._timed(start):
            number, self._last_s = number + 1, time_s
            self._check(decoded, time_s)
            due = ticks.due(time_s)
            if due or not only_due:
                yield Frame(number, time_s, self._upright(decoded), due, self.damaged)

    def _open(self) -> None:
        self._container = open_container(self._file, self._limits.max_pixels)
        videos = [s for s in self._container.streams.video if not _is_cover(s)]
        if not videos:
            raise UnsupportedType("the file has no video, only sound or pictures")
        self._stream = videos[0]
        context = self._stream.codec_context
        # FFmpeg's own allow-list covers only what it decodes itself while it probes a file.
        if context is None or context.name not in DECODERS:
            raise UnsupportedType("the video's codec is not supported")
        self._check_pixels(context.width, context.height)
        # Slices only: decoding whole frames in parallel keeps many of them in memory.
        self._stream.thread_type = "SLICE"

    def _decoded(self) -> Iterator[av.VideoFrame]:
        """Every frame that can be decoded; a damaged packet costs only its own."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                yield from packet.decode()
            except av.error.InvalidDataError:
                self.damaged += 1
                if packet is None or packet.size == 0:
                    return

    def _timed(self, start: Start | None) -> Iterator[tuple[av.VideoFrame, float]]:
        """Each frame after `start` with its time, which always increases."""
        after_s = start.time_s if start else -math.inf
        self._go_to(start)
        self.damaged = 0
        last_s, step_s = after_s, 1 / (self.info.fps or _USUAL_FPS)
        for decoded in self._decoded():
            time_s = _time_of(decoded) - self._first_s if decoded.pts is not None else None
            if time_s is None:
                time_s = max(0.0, last_s + step_s)
            elif start is not None and time_s <= after_s + 1e-6:
                self.damaged = 0
                continue  # before the place to go on from
            elif time_s <= last_s:
                # Some files repeat a time, or go back in it.
                time_s = last_s + 0.001
            last_s = time_s
            yield decoded, time_s

    def _go_to(self, start: Start | None) -> None:
        self._container.close()
        with damage_as_bad_video():
            self._open()
        if start is None:
            return
        base = self._stream.time_base
        assert base is not None  # streams of files have one
        # Two seconds earlier, because a few demuxers overshoot; what comes before is passed over.
        goal_s = max(0.0, start.time_s - 2) + self._first_s
        try:
            self._container.seek(int(goal_s / base), stream=self._stream)
            first = next(self._decoded(), None)
            early = first is not None and _time_of(first) - self._first_s <= start.time_s
        except av.FFmpegError:
            early = False
        self._container.close()
        self._open()
        if early:
            self._container.seek(int(goal_s / base), stream=self._stream)

    def _check(self, frame: av.VideoFrame, time_s: float) -> None:
        if time_s > self._limits.max_seconds:
            raise VideoTooLarge(f"the video is longer than {self._limits.max_seconds:,.0f} s")
        self._check_pixels(frame.width, frame.height)

    def _check_pixels(self, width: int, height: int) -> None:
        if width * height > self._limits.max_pixels:
            raise VideoTooLarge(
                f"a frame has {width} x {height} pixels; the limit is "
                f"{self._limits.max_pixels:,} in all"
            )

    def _upright(self, frame: av.VideoFrame) -> Pixels:
        return turned(self._to_rgb(frame), self._matrix)

    def _info(self) -> VideoInfo:
        width, height = self._square
        if is_on_its_side(self._matrix):
            width, height = height, width
        duration_s = _duration_s(self._container, self._stream)
        if duration_s is not None and duration_s > self._limits.max_seconds:
            raise VideoTooLarge(
                f"the video has {duration_s:,.0f} s; the limit is {self._limits.max_seconds:,.0f}"
            )
        rate = self._stream.average_rate
        return VideoInfo(
            width=width,
            height=height,
            duration_s=duration_s,
            fps=float(rate) if rate else None,
            container=CONTAINERS[self._container.format.name.split(",")[0]],
            codec=self._stream.codec_context.name,
            hdr=self._hdr,
            audio=bool(self._container.streams.audio),
        )


def _checked_bytes(file: IO[bytes], max_bytes: int) -> int:
    size = file.seek(0, os.SEEK_END)
    if size > max_bytes:
        raise VideoTooLarge(f"the file has {size:,} bytes; the limit is {max_bytes:,}")
    return size


def _is_cover(stream: VideoStream) -> bool:
    """Whether it is a still picture, such as an album cover."""
    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _time_of(frame: av.VideoFrame) -> float:
    return float(frame.time) if frame.pts is not None else 0.0


def _duration_s(container: av.container.InputContainer, stream: VideoStream) -> float | None:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    # The whole file's may be that of the sound.
    if container.duration and not container.streams.audio:
        return float(container.duration / av.time_base)
    return None
