"""Serves with gevent."""

from __future__ import annotations

import logging
import signal
from typing import Any

from facetraits.web.concurrency.listening import Places, Refusals
from facetraits.web.concurrency.serving import SILENCE_S, Serving, wait_for_answers
from facetraits.web.concurrency.tcp_nodelay import prompt_options

log = logging.getLogger(__name__)


def serve(serving: Serving) -> None:
    """See :func:`servers.serve`."""
    import gevent
    from gevent import pywsgi

    places, refusals = Places(serving.most), Refusals()

    class FairHandler(prompt_options("gevent")["handler_class"]):  # type: ignore[misc]
        def handle_one_request(self) -> Any:
            gevent.sleep(0)  # requests that were sent at once would follow each other without
            return super().handle_one_request()

        def _handle_client_error(self, ex: Exception) -> Any:
            # No traceback for a client that stalled or disconnected.
            known = ValueError("it ended") if isinstance(ex, OSError) else ex
            return super()._handle_client_error(known)

        def handle_one_response(self) -> None:
            super().handle_one_response()
            if "websocket" in self.environ.get("HTTP_UPGRADE", "").lower():
                self.close_connection = True  # bytes after a websocket are not a request

    class BoundedServer(pywsgi.WSGIServer):
        def handle(self, sock: Any, address: Any) -> None:
            if not places.take():
                if refusals.may_answer(sock):
                    refusals.answer(sock)
                return
            try:
                sock.settimeout(SILENCE_S)
                super().handle(sock, address)
            except OSError:
                log.debug("a client disconnected")
            finally:
                places.give_back()

    from gevent.socket import socket as green_socket

    fd = serving.listener.detach()
    listener = green_socket(fileno=fd)
    # Its own error pages repeat what the client sent.
    server = BoundedServer(
        listener, serving.app, log=None, error_log=None, handler_class=FairHandler
    )

    ending: list[Any] = []

    def stop() -> None:
        for watched in watching:
            watched.cancel()
        ending.append(gevent.spawn(serving.drain.run, listener, server.close, gevent.sleep))

    # Python's own signal handlers run only when something else wakes gevent's loop.
    watching = [gevent.signal_handler(number, stop) for number in (signal.SIGTERM, signal.SIGINT)]
    server.serve_forever()
    gevent.joinall(ending)
    wait_for_answers(serving.app, gevent.sleep)
