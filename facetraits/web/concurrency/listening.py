"""The listening socket, and the limit on its open connections."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import sys
import threading
from typing import Any

log = logging.getLogger(__name__)

# A burst of connections waits here until it is accepted; the system may allow fewer.
_BACKLOG = 1024
# How much the system buffers of responses that a client has not fetched and of messages that
# are not read yet. The default is 4 to 6 MB each, all of which must be processed after a flood.
_BUFFER_BYTES = 256 * 1024
# Open files that are not connections: worker pipes, the store, libraries, and the log.
_OTHER_FILES = 256
_FEWEST_CONNECTIONS = 16
# No file descriptor or memory for another connection until one ends.
_OUT_OF = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_BUSY_BODY = (
    b'{"type":"about:blank","title":"The server is busy","status":503,"code":"overloaded",'
    b'"detail":"the maximum number of connections is open"}'
)
BUSY = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
    b"Retry-After: 2\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
    % (len(_BUSY_BODY), _BUSY_BODY)
)
_MOST_REFUSED_AT_ONCE = 64
_DRAIN_BYTES = 65_536
_DRAIN_S = 0.5


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises OSError if the address is invalid or in use."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _, _, _, address = found[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Connections inherit it.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER_BYTES)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER_BYTES)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def connections_allowed(wanted: int) -> int:
    """The number of connections to allow: as many as wanted, or fewer if files are limited.

    First raises the process's soft limit on open files as needed.
    """
    if sys.platform == "win32":
        return wanted
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    allowed = max(_FEWEST_CONNECTIONS, min(wanted, soft - _OTHER_FILES))
    if allowed < wanted:
        log.warning(
            "the limit of open files is %d: accepting %d connections instead of %d",
            soft,
            allowed,
            wanted,
        )
    return allowed


def is_out_of_files(error: OSError) -> bool:
    return error.errno in _OUT_OF


class Places:
    """Counts open connections. Thread-safe."""

    def __init__(self, most: int) -> None:
        self._free = most
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Takes a slot and returns whether there was one."""
        with self._lock:
            if self._free <= 0:
                return False
            self._free -= 1
            return True

    def give_back(self) -> None:
        with self._lock:
            self._free += 1


class Refusals:
    """Answers excess connections with 503, a few at a time; the rest are just closed."""

    def __init__(self) -> None:
        self._places = Places(_MOST_REFUSED_AT_ONCE)

    def may_answer(self, connection: Any) -> bool:
        """Whether to call :meth:`answer`; otherwise, close the connection."""
        if self._places.take():
            return True
        connection.close()
        return False

    def answer(self, connection: Any) -> None:
        """Sends 503 and waits a moment, or a reset would overtake the response."""
        try:
            with contextlib.suppress(OSError):
                connection.settimeout(_DRAIN_S)
                connection.sendall(BUSY)
                connection.shutdown(socket.SHUT_WR)
                left = _DRAIN_BYTES
                while left > 0 and (data := connection.recv(left)):
                    left -= len(data)
        finally:
            connection.close()
            self._places.give_back()
