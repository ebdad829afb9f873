"""Encodes frames to a video that grows while it is written, and makes an MP4 file of it.

VP9, because its encoder (libvpx, BSD) and its format are free to ship and to use. The PyAV wheel
has H.264 as well, but as x264, which is under the GPL, of a format with patent fees. All of
today's browsers play VP9 in MP4. There is no sound: a voice would reveal more about a person
than a covered face does.

While frames are added, they are in an IVF file: a header of 32 bytes, and before each frame its
size and time. Unlike an MP4, it can be cut off at any frame and continued.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.video.codeccontext import VideoCodecContext

from facetraits.pixels import Pixels

CLOCK = 90_000
# A quality that shows no artifacts on faces, at about 1 Mbit/s for 640x480.
_QUALITY = 34
_KEY_EVERY = 100
_HEADER = struct.Struct("<4sHH4sHHIIII")
_FRAME = struct.Struct("<IQ")


class GrowingVideo:
    """Encodes frames to an IVF file. Not safe for use by two threads at once.

    Args:
        path: the file; one that is already there is continued, with a key frame.
        width, height: pixels of every frame.
    """

    def __init__(self, path: Path, width: int, height: int) -> None:
        self._file = path.open("ab")
        self._encoder = _encoder(width, height)
        if self._file.tell() == 0:
            self._file.write(_HEADER.pack(b"DKIF", 0, 32, b"VP90", width, height, CLOCK, 1, 0, 0))

    def add(self, pixels: Pixels, time_s: float) -> None:
        """(h, w, 3) RGB uint8, shown from that time on, which must increase."""
        frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
            format="yuv420p", dst_colorspace="itu709", threads=1
        )
        frame.pts, frame.time_base = round(time_s * CLOCK), Fraction(1, CLOCK)
        self._write(self._encoder.encode(frame))

    def flush(self) -> None:
        """Every frame that was added is in the file: the encoder holds none back."""
        self._file.flush()

    def close(self) -> None:
        self._write(self._encoder.encode(None))
        self._file.close()

    def _write(self, packets: list[Any]) -> None:
        for packet in packets:
            data = bytes(packet)
            self._file.write(_FRAME.pack(len(data), packet.pts) + data)


def _encoder(width: int, height: int) -> VideoCodecContext:
    encoder = av.CodecContext.create("libvpx-vp9", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, CLOCK), Fraction(30)
    encoder.bit_rate, encoder.gop_size, encoder.thread_count = 0, _KEY_EVERY, 2
    encoder.colorspace = encoder.color_primaries = encoder.color_trc = 1  # BT.709
    encoder.options = {
        "deadline": "realtime",
        "cpu-used": "8",
        "lag-in-frames": "0",
        "crf": str(_QUALITY),
        "row-mt": "1",
        "auto-alt-ref": "0",
    }
    return encoder


def make_mp4(growing: Path, path: Path) -> None:
    """An IVF file → an MP4 file that plays while it loads; the frames are not encoded again."""
    with (
        av.open(str(growing), "r", format="ivf") as source,
        av.open(str(path), "w", format="mp4", container_options={"movflags": "faststart"}) as made,
    ):
        stream = made.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                made.mux(packet)
