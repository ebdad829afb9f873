"""Serves with eventlet, the default."""

from __future__ import annotations

import logging
import math
import time
from typing import Any

from facetraits.web.concurrency.draining import BACKLOG_S
from facetraits.web.concurrency.event_loops import make_loop
from facetraits.web.concurrency.fair_websocket import shut_down
from facetraits.web.concurrency.listening import Places, Refusals, is_out_of_files
from facetraits.web.concurrency.offload import import_eventlet, make_pause
from facetraits.web.concurrency.serving import (
    GRACE_S,
    SILENCE_S,
    TRY_AGAIN_S,
    Serving,
    on_signal,
)
from facetraits.web.concurrency.tcp_nodelay import prompt_options

log = logging.getLogger(__name__)

_KEEP_ALIVE_S = 75
# When the server ends, a new connection may still send its first request for so long.
_FIRST_REQUEST_S = 1.0


def serve(serving: Serving) -> None:
    """See :func:`servers.serve`."""
    eventlet = import_eventlet()
    from eventlet.greenio import GreenSocket

    loop = make_loop("eventlet")
    loop.start()
    main = eventlet.getcurrent()
    hub = eventlet.hubs.get_hub()

    def stop_accepting() -> None:
        # The accept loop then ends, closes idle connections, and waits for the rest.
        hub.schedule_call_global(0, main.throw, SystemExit)

    def end() -> None:
        serving.drain.run(serving.listener, stop_accepting, eventlet.sleep)
        eventlet.sleep(GRACE_S)
        hub.schedule_call_global(0, main.throw, SystemExit)

    on_signal(lambda: loop.post(lambda: eventlet.spawn(end)))
    try:
        eventlet.wsgi.server(
            _Accepting(GreenSocket(serving.listener), serving.most, eventlet),
            serving.app,
            max_size=serving.most + 1,
            protocol=_eventlet_protocol(),
            log_output=False,
            socket_timeout=SILENCE_S,
            keepalive=_KEEP_ALIVE_S,
        )
    except SystemExit:
        log.warning("responses that took too long were cut off")


class _Accepting:
    """Eventlet's listening socket, whose `accept` survives file shortages and has a limit."""

    def __init__(self, listener: Any, most: int, eventlet: Any) -> None:
        self._listener = listener
        self._eventlet = eventlet
        self._places = Places(most)
        self._refusals = Refusals()
        self._ends_s = math.inf

    def __getattr__(self, name: str) -> Any:
        return getattr(self._listener, name)

    def accept(self) -> tuple[Any, Any]:
        while time.monotonic() < self._ends_s:
            try:
                connection, address = self._listener.accept()
            except SystemExit:
                # Closing the socket would reset the connections that wait; a second time, it does.
                is_first = self._ends_s == math.inf
                self._ends_s = time.monotonic() + (BACKLOG_S if is_first else 0.0)
                self._listener.setblocking(False)
                continue
            except BlockingIOError:
                break  # none waits any more
            except OSError as error:
                if not is_out_of_files(error):
                    raise
                self._eventlet.sleep(TRY_AGAIN_S)
                continue
            if self._places.take():
                return _Counted(connection, self._places, self._eventlet), address
            if self._refusals.may_answer(connection):
                self._eventlet.spawn_n(self._refusals.answer, connection)
        self._listener.close()  # or the system would go on accepting connections
        raise SystemExit


class _Counted:
    """A connection that releases its slot when it is closed, which eventlet does twice.

    Attributes:
        is_new: whether it has sent no request yet. A server that ends shuts down idle connections,
            but this one's request may be on its way, and a proxy would take the end for an error.
    """

    def __init__(self, connection: Any, places: Places, eventlet: Any) -> None:
        self._connection = connection
        self._places: Places | None = places
        self._eventlet = eventlet
        self.is_new = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def shutdown(self, how: int) -> None:
        if self.is_new:
            self._eventlet.spawn_after(_FIRST_REQUEST_S, self._shut_down_if_new)
        else:
            self._connection.shutdown(how)

    def close(self) -> None:
        self._connection.close()
        places, self._places = self._places, None
        if places is not None:
            places.give_back()

    def _shut_down_if_new(self) -> None:
        if self.is_new:
            shut_down(self._connection)


def _eventlet_protocol() -> type:
    pause = make_pause("eventlet")

    class FairProtocol(prompt_options("eventlet")["protocol"]):  # type: ignore[misc]
        def handle_one_request(self) -> None:
            pause()  # requests that were sent at once would follow each other without
            super().handle_one_request()
            self.connection.is_new = False

        def get_environ(self) -> Any:
            self.connection.is_new = False
            environ = super().get_environ()
            # Eventlet ends a chunked body itself but does not say so, and Werkzeug would see
            # none. Of others Werkzeug must count the bytes: eventlet takes a cut body as whole.
            if environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked":
                environ["wsgi.input_terminated"] = True
            # Eventlet cuts idle connections as soon as it stops accepting new ones. A websocket
            # would call this to count as one, but its camera has to be told to move first.
            environ["eventlet.set_idle"] = lambda: None
            return environ

    return FairProtocol
