"""Posts figures to an address, signed as Standard Webhooks (standardwebhooks.com) describes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import json
import logging
import queue
import threading
import time
import urllib.error
import urllib.request
import uuid
from typing import Any

from facetraits.cameras.addresses import shown

log = logging.getLogger(__name__)

_TIMEOUT_S = 10.0
# About four hours in all; then the next figures are more useful.
_WAITS_S = (5.0, 60.0, 600.0, 3600.0, 7200.0)
_MOST_WAITING = 200


def signature(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The header `webhook-signature`."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is a failure: the figures go where the operator said, and nowhere else."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


class WebhookSink:
    """A thread that posts, and tries again for some hours. At most 200 messages wait.

    Args:
        url: where to; nothing of it but the host is ever logged.
        secret: the key of the signature.
        waits_s: how long to wait after each failure; after the last, the message is dropped.
    """

    def __init__(self, url: str, secret: str, waits_s: tuple[float, ...] = _WAITS_S) -> None:
        self._url, self._secret, self._waits_s = url, secret, waits_s
        self._queue: queue.Queue[dict[str, Any]] = queue.Queue(_MOST_WAITING)
        self._closing = threading.Event()
        self._opener = urllib.request.build_opener(_NoRedirect)
        threading.Thread(target=self._run, name="webhook", daemon=True).start()

    def send(self, figures: dict[str, Any]) -> None:
        try:
            self._queue.put_nowait(figures)
        except queue.Full:
            log.error("figures for the webhook at %s are dropped: too many wait", shown(self._url))

    def close(self) -> None:
        self._closing.set()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                figures = self._queue.get(timeout=1)
            except queue.Empty:
                continue
            self._deliver(figures)

    def _deliver(self, figures: dict[str, Any]) -> None:
        # The same for each attempt, so that the receiver can detect a repetition.
        message_id, body = f"msg_{uuid.uuid4().hex}", json.dumps(figures).encode()
        for wait_s in (*self._waits_s, None):
            reason = self._post(message_id, body)
            if reason is None:
                return
            log.warning("the webhook at %s failed: %s", shown(self._url), reason)
            if wait_s is None or self._closing.wait(wait_s):
                log.error("figures for the webhook at %s are dropped", shown(self._url))
                return

    def _post(self, message_id: str, body: bytes) -> str | None:
        """Why it failed, or None."""
        timestamp = int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Facetraits",
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signature(self._secret, message_id, timestamp, body),
        }
        request = urllib.request.Request(self._url, body, headers, method="POST")
        try:
            with self._opener.open(request, timeout=_TIMEOUT_S):
                return None
        except urllib.error.HTTPError as error:
            with error:
                return f"status {error.code}"
        except (OSError, http.client.HTTPException, ValueError) as error:
            return type(getattr(error, "reason", error)).__name__
