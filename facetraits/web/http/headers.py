"""What every response carries: an id, a security policy, a line in the log."""

from __future__ import annotations

import functools
import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Flask, Response, g, request

from facetraits.web.http.metrics import Metrics

log = logging.getLogger("facetraits.access")

# blob: is the preview of a photo that has not left the browser.
_CONTENT_POLICY = (
    "default-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What the browser can do with a response; the default fits most pages.

    Attributes:
        frame_ancestors: whose pages can embed it, in Content-Security-Policy syntax.
        camera: who can use the camera in it, in Permissions-Policy syntax.
        sandbox: the sandbox flags to allow; None for no sandbox.
        isolated: whether it is isolated from windows of other origins. Responses for other
            sites are not, but pages that isolate themselves must be able to load them.
        open: whether pages from any origin can load and read it.
        listed: whether search engines can index it.
    """

    frame_ancestors: str = "'none'"
    camera: str = "(self)"
    sandbox: str | None = None
    isolated: bool = True
    open: bool = False
    listed: bool = True

    def headers(self) -> Iterator[tuple[str, str]]:
        """(name, value) of each."""
        content = [*_CONTENT_POLICY, f"frame-ancestors {self.frame_ancestors}"]
        if self.sandbox is not None:
            content.append(f"sandbox {self.sandbox}")
        yield "Content-Security-Policy", "; ".join(content)
        yield "X-Content-Type-Options", "nosniff"
        yield "Referrer-Policy", "same-origin"
        yield "Permissions-Policy", f"camera={self.camera}, microphone=(), geolocation=()"
        if self.isolated:
            yield "Cross-Origin-Opener-Policy", "same-origin"
        else:
            yield "Cross-Origin-Embedder-Policy", "require-corp"
        if self.open or not self.isolated:
            yield "Cross-Origin-Resource-Policy", "cross-origin"
        if self.open:
            yield "Access-Control-Allow-Origin", "*"
        if not self.listed:
            yield "X-Robots-Tag", "noindex"


_DEFAULT = Policy()
# Systems like WordPress put embeds into a sandbox without an origin, so to the iframe, its own
# scripts and styles are cross-origin.
OPEN = Policy(open=True)
View = Callable[..., Any]


def with_policy(policy: Policy) -> Callable[[View], View]:
    """Decorates a view: its responses, including problems, get this policy."""

    def decorate(view: View) -> View:
        @functools.wraps(view)
        def under_policy(*args: Any, **kwargs: Any) -> Any:
            g.policy = policy
            return view(*args, **kwargs)

        return under_policy

    return decorate


# Other characters in a client's ID could forge log lines.
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SECRET_IN_RULE = "<result_id>"
_LONGEST_METHOD = 20
_PREFLIGHT_AGE_S = 600


def frame_sources(frame_ancestors: str) -> list[str]:
    """The setting → the sources of a `frame-ancestors` directive; empty for none."""
    if frame_ancestors in ("none", "*"):
        return [] if frame_ancestors == "none" else ["*"]
    return ["'self'", *(name for name in frame_ancestors.split(",") if name != "self")]


def register_headers(app: Flask, metrics: Metrics, cors_origins: tuple[str, ...]) -> None:
    """Gives each request its id and each response its headers, log line and figures."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
        g.began = time.perf_counter()
        if request.endpoint == "static":
            g.policy = OPEN

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in g.get("policy", _DEFAULT).headers():
            response.headers.setdefault(name, value)
        response.headers["X-Request-Id"] = g.request_id
        # Static files have their own max-age; missing files do not.
        response.headers.setdefault("Cache-Control", "no-store")
        is_open = "Access-Control-Allow-Origin" in response.headers
        if request.path.startswith("/api/") and cors_origins and not is_open:
            _allow_origin(response, cors_origins)
        _note(response, metrics)
        return response


def _allow_origin(response: Response, allowed: tuple[str, ...]) -> None:
    """CORS, without credentials: there are none, so "*" reveals nothing.

    Not Flask-Cors: it guesses which origins are regular expressions (`http://[::1]:8000` would be
    one), and sends no `Vary` if an origin is not allowed.
    """
    origin = request.headers.get("Origin", "")
    if allowed != ("*",):
        # Also if it is not allowed: a cache must not mix up the responses.
        response.headers.add("Vary", "Origin")
    if not (allowed == ("*",) or origin in allowed):
        return
    response.headers["Access-Control-Allow-Origin"] = "*" if allowed == ("*",) else origin
    response.headers["Access-Control-Expose-Headers"] = "X-Request-Id, Retry-After"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = (
            "Authorization, Content-Type, X-Request-Id"
        )
        response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_AGE_S)


def _note(response: Response, metrics: Metrics) -> None:
    """One log line, without the content or name of any picture."""
    seconds = time.perf_counter() - g.began
    rule = request.url_rule.rule if request.url_rule else None
    metrics.saw_request(
        rule or "none", method=request.method, status=response.status_code, seconds=seconds
    )
    log.info(
        "%s %s %d %.1f ms request_id=%s faces=%s",
        # Quoted, or a control character could reach the terminal of whoever reads the log.
        quote(request.method)[:_LONGEST_METHOD],
        # Never the path: it can contain a result's ID, which is a secret.
        # If no rule matches, we cannot tell which part might be an ID.
        rule.replace(_SECRET_IN_RULE, "ID") if rule else "-",
        response.status_code,
        seconds * 1000,
        g.request_id,
        g.get("faces", "-"),
    )
