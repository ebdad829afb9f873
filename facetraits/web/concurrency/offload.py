"""Runs blocking work off the event loop.

Under eventlet and gevent, all requests are green threads of one native thread, so a
network that computes for 20 ms would block every other request for 20 ms. Blocking work
therefore runs in a native thread, and only the green thread that needs the result waits.

Nothing is monkey-patched. The servers of both modes have their own green sockets,
nothing here opens a connection, and the workers need the native threads and locks that
patching would replace. Locks shared by both sides (for logging and metrics) are held
for microseconds and never across a switch of green threads.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Offload = Callable[..., Any]
"""`offload(function, *arguments)` → what the function returns, or raises what it raises."""


def make_offload(async_mode: str, places: int) -> Offload:
    """How to call a blocking function under a Flask-SocketIO mode.

    Args:
        async_mode: "eventlet", "gevent", or "threading".
        places: how many calls the function accepts at a time. There is one more thread, so
            that it can refuse an excess call immediately.
    """
    if async_mode == "eventlet":
        return _eventlet_offload(places + 1)
    if async_mode == "gevent":
        return _gevent_offload(places + 1)
    # Under threading, each request already has its own native thread.
    return lambda function, *arguments: function(*arguments)


def make_pause(async_mode: str) -> Callable[[], None]:
    """A call that yields to other green threads: code that never waits never yields."""
    if async_mode == "eventlet":
        eventlet = import_eventlet()
        return lambda: eventlet.sleep(0)
    if async_mode == "gevent":
        import gevent

        return lambda: gevent.sleep(0)
    return lambda: None


def import_eventlet() -> Any:
    """Eventlet with the parts that are used here, without its deprecation warning."""
    with warnings.catch_warnings():
        # It warns that it is deprecated at each import; docs/adr/0001 explains why it is used.
        warnings.simplefilter("ignore")
        import eventlet
        import eventlet.event
        import eventlet.hubs
        import eventlet.tpool
        import eventlet.wsgi
    return eventlet


def _eventlet_offload(threads: int) -> Offload:
    tpool = import_eventlet().tpool
    # Must be set before the pool's first use; the default of 20 may be too few.
    tpool.set_num_threads(threads)
    return lambda function, *arguments: _outcome(tpool.execute(_call, function, arguments))


def _gevent_offload(threads: int) -> Offload:
    import gevent

    def run(function: Callable[..., Any], *arguments: Any) -> Any:
        # The calling thread's hub: an app can be created and served in different threads.
        pool = gevent.get_hub().threadpool
        pool.maxsize = max(pool.maxsize, threads)
        return _outcome(pool.apply(_call, (function, arguments)))

    return run


@dataclass(frozen=True, slots=True)
class _Raised:
    error: Exception


def _call(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """What the function returns, or the error it raises as a value.

    A thread pool that raises it keeps it in a frame that its own traceback refers to, and with
    it all arguments, such as an uploaded picture, until Python next looks for such cycles.
    """
    try:
        return function(*arguments)
    except Exception as error:
        return _Raised(error)


def _outcome(returned: Any) -> Any:
    if not isinstance(returned, _Raised):
        return returned
    try:
        raise returned.error
    finally:
        del returned
