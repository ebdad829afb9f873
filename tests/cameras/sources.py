"""Cameras for the tests: files, an RTSP server in a process of its own, an MJPEG server."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import av
import cv2

from tests.moving_face import draw
from tests.photos import encode
from tests.ports import free_port

SIZE = (320, 240)


def face_frames(count: int = 50, size: tuple[int, int] = SIZE):
    """(height, width, 3) uint8 RGB: the moving face."""
    for frame in range(count):
        yield cv2.resize(draw(frame * 2), size, interpolation=cv2.INTER_AREA)


def write_video(path: Path, count: int = 50, fps: int = 25, size: tuple[int, int] = SIZE) -> Path:
    """An H.264 file of the moving face, of that many frames."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=fps, options={"preset": "ultrafast", "g": "10"})
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = Fraction(1, fps)
        for pixels in face_frames(count, size):
            file.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        file.mux(stream.encode())
    return path


class RtspServer:
    """A server of a folder's files on the loopback, which tests stop, kill and start again."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None

    def url(self, name: str, loop: bool = True, login: str = "") -> str:
        end = "?play_count=0" if loop else ""
        return f"rtsp://{login}127.0.0.1:{self.port}/{name}{end}"

    def start(self) -> None:
        program = "from aio_rtsp_toolkit.server import serve; import asyncio, sys; "
        program += "asyncio.run(serve(sys.argv[1], host='127.0.0.1', port=int(sys.argv[2])))"
        command = [sys.executable, "-c", program, str(self._folder), str(self.port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while True:
            with closing(socket.socket()) as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None and time.monotonic() < deadline
            time.sleep(0.05)

    def stall(self) -> None:
        self._signal("SIGSTOP")

    def go_on(self) -> None:
        self._signal("SIGCONT")

    def _signal(self, name: str) -> None:
        assert self.process is not None
        os.kill(self.process.pid, getattr(signal, name))

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextmanager
def rtsp_server(folder: Path) -> Iterator[RtspServer]:
    server = RtspServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


class _Mjpeg(BaseHTTPRequestHandler):
    pictures: tuple[bytes, ...] = ()

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        try:
            for number in range(10_000):
                jpeg = self.pictures[number % len(self.pictures)]
                head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                self.wfile.write(head.encode() + jpeg + b"\r\n")
                time.sleep(0.04)
        except OSError:
            return

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def mjpeg_server(cut_end: bool = False, login: str = "") -> Iterator[str]:
    """The address of an endless MJPEG stream; with cut_end, JPEGs lack their end marker."""
    pictures = [encode(pixels) for pixels in face_frames(25)]
    if cut_end:
        assert all(jpeg.endswith(b"\xff\xd9") for jpeg in pictures)
        pictures = [jpeg[:-2] for jpeg in pictures]
    handler = type("Handler", (_Mjpeg,), {"pictures": pictures})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{login}127.0.0.1:{server.server_port}/video.mjpg"
    finally:
        server.shutdown()
        server.server_close()
