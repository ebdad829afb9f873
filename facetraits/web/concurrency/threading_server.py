"""Serves with a thread for each connection."""

from __future__ import annotations

import logging
import sys
import threading
import time
from typing import Any

from facetraits.web.concurrency.draining import BACKLOG_S, has_backlog
from facetraits.web.concurrency.listening import Places, Refusals, is_out_of_files
from facetraits.web.concurrency.serving import (
    SILENCE_S,
    TRY_AGAIN_S,
    Serving,
    on_signal,
    wait_for_answers,
)
from facetraits.web.concurrency.tcp_nodelay import prompt_options

log = logging.getLogger(__name__)


def serve(serving: Serving) -> None:
    """See :func:`servers.serve`."""
    from werkzeug.serving import ThreadedWSGIServer

    places, refusals = Places(serving.most), Refusals()

    class BoundedServer(ThreadedWSGIServer):
        def get_request(self) -> Any:
            try:
                return super().get_request()
            except OSError as error:
                if is_out_of_files(error):
                    time.sleep(TRY_AGAIN_S)
                raise

        def process_request(self, request: Any, client_address: Any) -> None:
            if places.take():
                try:
                    super().process_request(request, client_address)
                except RuntimeError:  # no thread for it
                    places.give_back()
                    request.close()
            elif refusals.may_answer(request):
                threading.Thread(target=refusals.answer, args=(request,), daemon=True).start()

        def process_request_thread(self, request: Any, client_address: Any) -> None:
            try:
                super().process_request_thread(request, client_address)
            finally:
                places.give_back()

        def server_close(self) -> None:
            """Leaves the socket open: `serve_forever` calls this, but connections may wait."""

        def handle_error(self, request: Any, client_address: Any) -> None:
            if isinstance(sys.exc_info()[1], OSError):
                log.debug("a client disconnected")
            else:
                log.exception("a connection failed")

        def log(self, type: str, message: str, *args: Any) -> None:
            # Called in an exception handler; a client that disconnected or stalled is not an error.
            if not isinstance(sys.exc_info()[1], OSError):
                super().log(type, message, *args)

    class PatientHandler(prompt_options("threading")["request_handler"]):  # type: ignore[misc]
        timeout = SILENCE_S

        def connection_dropped(self, error: Any, environ: Any = None) -> None:
            self.close_connection = True  # bytes after a websocket are not a request

        def log_error(self, format: str, *args: Any) -> None:
            """Its own error pages repeat what the client sent."""

    host, port = serving.listener.getsockname()[:2]
    server = BoundedServer(
        host, port, serving.app, handler=PatientHandler, fd=serving.listener.fileno()
    )

    def stop_accepting() -> None:
        server.shutdown()
        server.timeout = 0
        ends_s = time.monotonic() + BACKLOG_S
        while has_backlog(serving.listener) and time.monotonic() < ends_s:
            server.handle_request()
        server.socket.close()
        serving.listener.close()

    ending = threading.Thread(
        target=serving.drain.run, args=(serving.listener, stop_accepting, time.sleep), daemon=True
    )
    on_signal(ending.start)
    server.serve_forever(poll_interval=0.1)
    ending.join()
    wait_for_answers(serving.app, time.sleep)
