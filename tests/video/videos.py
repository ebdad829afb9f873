"""Videos made with PyAV from the public-domain face."""

from __future__ import annotations

import io
from fractions import Fraction

import av

from tests.moving_face import draw

FPS = 25
CLOCK = 90_000
MATROSKA = "matroska"


def video(
    pictures=None,
    *,
    codec="libx264",
    container="mp4",
    times=None,
    rotation=0,
    mirrored=False,
    pixel_format="yuv420p",
    pixel_ratio=None,
    size=None,
    colors=None,
    options=None,
    sound=False,
    frames=20,
    header=None,
):
    """An encoded video's bytes.

    Args:
        pictures: (h, w, 3) RGB uint8 each; by default `frames` of the moving face.
        times: seconds of each picture; by default `FPS` a second.
        rotation: degrees counterclockwise by which players turn it.
        colors: what the stream says about its colors, such as its transfer curve.
        sound: whether to add a track of silence.
        header: options of the container.
    """
    pictures = list(pictures) if pictures is not None else [draw(n) for n in range(frames)]
    file = io.BytesIO()
    with av.open(file, "w", format=container, container_options=header or {}) as output:
        stream = output.add_stream(codec, rate=FPS, options=options or {})
        height, width = pictures[0].shape[:2]
        stream.width, stream.height = size or (width, height)
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = Fraction(1, CLOCK if times else FPS)
        for name, value in (colors or {}).items():
            setattr(stream.codec_context, name, value)
        if pixel_ratio:
            stream.codec_context.sample_aspect_ratio = pixel_ratio
        if rotation or mirrored:
            stream.set_display_rotation(rotation, hflip=mirrored)
        silence = output.add_stream("aac", rate=8000) if sound else None
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame = frame.reformat(*(size or (width, height)), format=pixel_format)
            frame.pts = round(times[number] * CLOCK) if times else number
            frame.time_base = stream.codec_context.time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
        if silence is not None:
            _add_silence(output, silence, len(pictures) / FPS)
    return file.getvalue()


def with_damaged_packets(numbers, count):
    """A video of `count` frames, in each packet a whole one; some packets cannot be decoded."""
    whole = video(codec="mjpeg", container=MATROSKA, pixel_format="yuvj420p", frames=count)
    with av.open(opened(whole)) as file:
        contents = [bytes(packet) for packet in file.demux(video=0) if packet.size]
    assert len(contents) == count
    data, end = bytearray(whole), 0
    for number, content in enumerate(contents):
        start = data.index(content, end)
        end = start + len(content)
        if number in numbers:
            data[start:end] = bytes(len(content))
    return bytes(data)


def _add_silence(output, stream, seconds):
    for start in range(0, int(seconds * 8000), 1024):
        frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts = 8000, start
        output.mux(stream.encode(frame))
    output.mux(stream.encode())


def sound_only():
    """An MP4 file with a second of silence and no video."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        _add_silence(output, output.add_stream("aac", rate=8000), 1)
    return file.getvalue()


def opened(data):
    return io.BytesIO(data)
