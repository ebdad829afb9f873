"""A camera's decoder process: opens the stream, and sends its newest frames as JPEGs.

Streams are decoded by native code that reads what a network sends, and that can hang: so it
runs in its own process, which its owner can kill at any moment.
"""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator

import av
import cv2
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream

from facetraits.cameras.addresses import scrubbed
from facetraits.cameras.feed_messages import Ended, Open, Picture, decode_open, encode
from facetraits.serving import limits
from facetraits.serving.pipes import PipeEnd, inherited
from facetraits.video.containers import DECODERS, decoder_options
from facetraits.vision.memory import lacks_memory

_JPEG_QUALITY = 85
# Of a stream, before its first frame; by default, FFmpeg may take five seconds.
_ANALYZED_US = "1000000"
_MOST_PIXELS = 4096 * 4096
# Each kind may use only the protocols that it needs: a stream cannot name a file or another server.
_PROTOCOLS = {
    "rtsp": "rtsp,rtsps,rtp,srtp,udp,tcp,tls,crypto",
    "mjpeg": "http,https,tcp,tls,crypto",
    "file": "file",
    "device": "",
}
_DEVICE_FORMATS = {"linux": "v4l2", "darwin": "avfoundation", "win32": "dshow"}
# Containers of video files; no playlists, which name other files.
_FILE_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,mjpeg,mpjpeg,h264,hevc,ogg"


def main(pipe: PipeEnd) -> None:
    """Sends frames until the stream ends or the owner closes the pipe."""
    # Ctrl-C reaches the whole process group; the owner decides when this process ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limits.no_core_dump()
    av.logging.set_level(None)  # FFmpeg's messages can contain the address
    wanted = decode_open(pipe.recv_bytes())
    limits.limit_memory(wanted.memory_bytes)
    reason = ""
    try:
        for picture in _pictures(wanted):
            pipe.send_bytes(encode(picture))
    except (BrokenPipeError, ConnectionResetError):
        return
    except Exception as error:
        reason = scrubbed(words(error), wanted.source)
    pipe.send_bytes(encode(Ended(reason)))


def words(error: Exception) -> str:
    """Why a stream could not be read: "Connection refused", and never more than a line."""
    if lacks_memory(error):
        return "decoding takes more memory than FACETRAITS_CAMERA_MEMORY_BYTES"
    words = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return str(words).splitlines()[0][:200]


def _pictures(wanted: Open) -> Iterator[Picture]:
    while True:
        with _opened(wanted) as container:
            stream = container.streams.video[0]
            stream.thread_type = "SLICE"
            paced = _paced if wanted.kind == "file" else _newest
            for frame in paced(container, stream, wanted.fps):
                yield _picture(frame, wanted.width)
        if not wanted.loop:
            return


def _opened(wanted: Open) -> InputContainer:
    options = {"protocol_whitelist": _PROTOCOLS[wanted.kind]}
    form = None
    if wanted.kind == "rtsp":
        options |= {"rtsp_transport": "tcp", "analyzeduration": _ANALYZED_US}
        form = "rtsp"
    elif wanted.kind == "mjpeg":
        form = "mpjpeg"
    elif wanted.kind == "device":
        options, form = {}, _DEVICE_FORMATS[sys.platform]
    else:
        options["format_whitelist"] = _FILE_FORMATS
    if wanted.kind != "device":  # whose pictures are often raw
        options |= decoder_options(_MOST_PIXELS)
    container = av.open(wanted.source, format=form, options=options, timeout=wanted.timeout_s)
    if not container.streams.video:
        container.close()
        raise ValueError("the stream has no video")
    codec = container.streams.video[0].codec_context
    if wanted.kind != "device" and (codec is None or codec.name not in DECODERS):
        container.close()
        raise ValueError("the stream's codec is not supported")
    return container


def _newest(container: InputContainer, stream: VideoStream, fps: float) -> Iterator[av.VideoFrame]:
    """A live stream's frames as they come, at most that many per second; the others are skipped."""
    due_s = 0.0
    for packet in container.demux(stream):
        now_s = time.monotonic()
        # Each picture of MJPEG stands alone, so one that is not due need not be decoded.
        if stream.codec_context.name == "mjpeg" and now_s < due_s:
            continue
        for frame in _decoded(packet):
            if now_s >= due_s:
                due_s = max(due_s + 1 / fps, now_s)
                yield frame


def _paced(container: InputContainer, stream: VideoStream, fps: float) -> Iterator[av.VideoFrame]:
    """A file's frames at the times that it gives them, at most that many per second."""
    began_s, first_s, due_s = time.monotonic(), None, 0.0
    for packet in container.demux(stream):
        for frame in _decoded(packet):
            at_s = frame.time if frame.time is not None else due_s
            first_s = at_s if first_s is None else first_s
            at_s -= first_s
            if at_s + 1e-6 < due_s:
                continue
            due_s = max(due_s, at_s) + 1 / fps
            time.sleep(max(0.0, began_s + at_s - time.monotonic()))
            yield frame


def _decoded(packet: av.Packet[VideoStream]) -> list[av.VideoFrame]:
    """The packet's frames; a damaged one, as after a lost packet, is left out."""
    try:
        frames = packet.decode()
    except av.error.InvalidDataError:
        return []
    for frame in frames:
        if frame.width * frame.height > _MOST_PIXELS:
            raise ValueError(f"a frame has {frame.width} x {frame.height} pixels, too many")
    return frames


def _picture(frame: av.VideoFrame, most_width: int) -> Picture:
    width = min(frame.width, most_width) // 2 * 2
    height = max(2, round(frame.height * width / frame.width) // 2 * 2)
    bgr = frame.to_ndarray(width=width, height=height, format="bgr24")
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return Picture(np.asarray(encoded).tobytes(), width, height)


if __name__ == "__main__":
    cv2.setNumThreads(1)
    try:
        main(inherited(sys.argv[1]))
    except (EOFError, BrokenPipeError, ConnectionResetError):
        sys.exit(0)  # the owner is gone
