"""The three servers, with connection limits, resilience to file shortages, and clean shutdown.

On SIGTERM and SIGINT, a server is drained (`draining.py`), and then finishes the responses
in progress, for at most :data:`serving.GRACE_S` seconds. A second signal ends it immediately.
"""

from __future__ import annotations

from facetraits.web.concurrency import eventlet_server, gevent_server, threading_server
from facetraits.web.concurrency.serving import Serving

_SERVERS = {
    "eventlet": eventlet_server.serve,
    "gevent": gevent_server.serve,
    "threading": threading_server.serve,
}


def serve(async_mode: str, serving: Serving) -> None:
    """Serves until a signal arrives, then finishes the responses in progress."""
    _SERVERS[async_mode](serving)
