"""Runs blocking work off the event loop.

Under eventlet and gevent every request is a green thread of one native thread: a
network that computes for 20 ms there stops every other request for 20 ms. So it is
handed to a native thread, and only the green thread that asked waits.

Nothing is monkey-patched. The servers of both modes bring green sockets of their own,
nothing here opens a connection, and the workers need the native threads and locks that
patching would take away. Locks that both sides take (logging's, the metrics') are held
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
    """How to call a blocking function under that mode of Flask-SocketIO.

    Args:
        async_mode: "eventlet", "gevent" or "threading".
        places: how many calls the function lets in at a time. There is one thread more, so
            that it can refuse a call too many at once instead of never hearing of it.
    """
    if async_mode == "eventlet":
        return _eventlet_offload(places + 1)
    if async_mode == "gevent":
        return _gevent_offload(places + 1)
    # Under threading the request has a native thread of its own already.
    return lambda function, *arguments: function(*arguments)


def make_pause(async_mode: str) -> Callable[[], None]:
    """A call that lets others have their turn: what never waits never yields the event loop."""
    if async_mode == "eventlet":
        eventlet = import_eventlet()
        return lambda: eventlet.sleep(0)
    if async_mode == "gevent":
        import gevent

        return lambda: gevent.sleep(0)
    return lambda: None


def import_eventlet() -> Any:
    """Eventlet with the parts that are used here, without its word on its own age."""
    with warnings.catch_warnings():
        # It says at each import that it is deprecated; docs/adr/0001 has why it stays.
        warnings.simplefilter("ignore")
        import eventlet
        import eventlet.event
        import eventlet.hubs
        import eventlet.tpool
        import eventlet.wsgi
    return eventlet


def _eventlet_offload(threads: int) -> Offload:
    tpool = import_eventlet().tpool
    # Acts until the pool's first use; the default of 20 may be less than the places.
    tpool.set_num_threads(threads)
    return lambda function, *arguments: _outcome(tpool.execute(_call, function, arguments))


def _gevent_offload(threads: int) -> Offload:
    import gevent

    def run(function: Callable[..., Any], *arguments: Any) -> Any:
        # Of the calling thread's hub: an app may be made in one thread and served in another.
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
