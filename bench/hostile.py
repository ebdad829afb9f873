"""Clients that do not play by the rules, over raw sockets: for tests, `soak` and `fuzz`."""

from __future__ import annotations

import base64
import os
import select
import socket
import struct
import threading
import time
from pathlib import Path

from facetraits.web.concurrency.websocket_mask import apply_mask

TEXT, BINARY, PONG = 1, 2, 10
HANDSHAKE = (
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: {version}\r\n"
    "Sec-WebSocket-Key: {key}\r\n\r\n"
)
MASK = b"\x12\x34\x56\x78"


def frame(data: str | bytes, kind: int | None = None, final: bool = True) -> bytes:
    """A masked websocket frame."""
    payload = data.encode() if isinstance(data, str) else data
    if kind is None:
        kind = TEXT if isinstance(data, str) else BINARY
    size = len(payload)
    if size < 126:
        length = bytes([128 | size])
    elif size < 65536:
        length = struct.pack("!BH", 128 | 126, size)
    else:
        length = struct.pack("!BQ", 128 | 127, size)
    return bytes([kind | (128 if final else 0)]) + length + MASK + apply_mask(payload, list(MASK))


_PING, _PONG = "2", "3"


class RawClient:
    """A websocket that sends what it is told to, joined to /live unless told otherwise."""

    def __init__(
        self, port: int, join: bool = True, version: str = "13", roomy: bool = False
    ) -> None:
        self.socket = socket.socket()
        if not roomy:
            # What it does not fetch stays with the server: its own system would take 6 MB.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
            # … and what the server has not read is gone when it closes.
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 16_384)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.settimeout(10)
        try:
            self.socket.connect(("127.0.0.1", port))
            self._begin(version, join)
        except BaseException:
            self.socket.close()
            raise

    def _begin(self, version: str, join: bool) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(HANDSHAKE.format(key=key, version=version).encode())
        self._buffer = b""
        self.status = self._read_head()
        if join:
            assert self.status == 101
            self.send("40/live,")
            self.wait_for('42/live,["settings"')

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *error: object) -> None:
        self.socket.close()

    def _read_head(self) -> int:
        while b"\r\n\r\n" not in self._buffer:
            self._buffer += self._receive()
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        return int(head.split()[1])

    def _receive(self) -> bytes:
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed")
        return data

    def send(self, *messages: str | bytes) -> None:
        self.socket.sendall(b"".join(map(frame, messages)))

    def receive(self) -> str:
        """The next text message; raises ConnectionError at the end."""
        while True:
            while (size := self._size()) is None:
                self._buffer += self._receive()
            head, length = size
            kind, payload = self._buffer[0] & 15, self._buffer[head : head + length]
            self._buffer = self._buffer[head + length :]
            if kind == 8:
                raise ConnectionError("closed")
            if kind == TEXT:
                return payload.decode()

    def _size(self) -> tuple[int, int] | None:
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        head, length = 2, buffer[1] & 127
        if length == 126:
            head, length = 4, int.from_bytes(buffer[2:4], "big")
        elif length == 127:
            head, length = 10, int.from_bytes(buffer[2:10], "big")
        return (head, length) if len(buffer) >= head + length else None

    def wait_for(self, beginning: str) -> str:
        while not (message := self.receive()).startswith(beginning):
            if message == _PING:  # whoever does not answer is gone after 45 s
                self.send(_PONG)
        return message

    def drain(self) -> None:
        """Throws away the messages that have come; raises ConnectionError at the end."""
        while select.select([self.socket], [], [], 0)[0] or self._size() is not None:
            self.receive()

    def is_cut(self, within_s: float) -> bool:
        """Whether the server closes the connection within a number of seconds."""
        self.socket.settimeout(within_s)
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            return True
        return True


class Flood:
    """Sends the same bytes over and over, as fast as they are taken, until it is left."""

    def __init__(self, client: RawClient, data: bytes, reads: bool = False) -> None:
        self._client = client
        self._data = data
        self._ended = threading.Event()
        self.sent = 0
        self._threads = [threading.Thread(target=self._send)]
        if reads:
            self._threads.append(threading.Thread(target=self._read))

    def __enter__(self) -> Flood:
        self._client.socket.settimeout(0.5)
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def _send(self) -> None:
        data = memoryview(self._data)
        while not self._ended.is_set():
            try:
                # Where a send was cut short the next goes on: half a frame would end the link.
                self.sent += self._client.socket.send(data[self.sent % len(data) :])
            except TimeoutError:
                continue
            except OSError:
                return

    def _read(self) -> None:
        while not self._ended.is_set():
            try:
                if not self._client.socket.recv(65536):
                    return
            except TimeoutError:
                continue
            except OSError:
                return


def memory_mb(pid: int) -> float:
    """Resident memory of one process."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def wait_until(is_so: object, within_s: float = 10.0) -> bool:
    """Whether `is_so()` becomes true in time."""
    assert callable(is_so)
    deadline = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
