"""What every response carries: a security policy, and what caches and other origins may do."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask, Response, g, request

from facetraits.web.concurrency.draining import Readiness

# blob: is the preview of a photo that has not left the browser.
HIDDEN_HEADER = "X-Faces-Hidden"
"""How many faces are hidden in an anonymized picture."""

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


_PREFLIGHT_AGE_S = 600


def frame_sources(frame_ancestors: str) -> list[str]:
    """The setting → the sources of a `frame-ancestors` directive; empty for none."""
    if frame_ancestors in ("none", "*"):
        return [] if frame_ancestors == "none" else ["*"]
    return ["'self'", *(name for name in frame_ancestors.split(",") if name != "self")]


def register_headers(app: Flask, cors_origins: tuple[str, ...], readiness: Readiness) -> None:
    """Gives each response its headers."""

    @app.before_request
    def begin() -> None:
        if request.endpoint == "static":
            g.policy = OPEN

    @app.after_request
    def finish(response: Response) -> Response:
        for name, value in g.get("policy", _DEFAULT).headers():
            response.headers.setdefault(name, value)
        # Static files have their own max-age; missing files do not.
        response.headers.setdefault("Cache-Control", "no-store")
        if readiness.draining:
            # A proxy that keeps connections must not use this one for a later request.
            response.headers["Connection"] = "close"
        is_open = "Access-Control-Allow-Origin" in response.headers
        if request.path.startswith("/api/") and cors_origins and not is_open:
            _allow_origin(response, cors_origins)
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
    response.headers["Access-Control-Expose-Headers"] = (
        f"X-Request-Id, Retry-After, {HIDDEN_HEADER}"
    )
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, DELETE, OPTIONS"
        response.headers["Access-Control-Allow-Headers"] = (
            "Authorization, Content-Type, X-Request-Id"
        )
        response.headers["Access-Control-Max-Age"] = str(_PREFLIGHT_AGE_S)
