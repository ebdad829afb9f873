"""Protection against cross-site requests: only our own pages and CORS_ORIGINS can write.

Browsers send some cross-site requests without a preflight, such as form submissions. They mark them
with `Sec-Fetch-Site`; older browsers, and all browsers over plain HTTP, only with `Origin`. Other
clients send neither and act for no visitor. (The same rules as Go's `CrossOriginProtection`.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from werkzeug.wsgi import get_host

from facetraits.errors import CrossOrigin

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Origins:
    """The other origins whose pages can write; ("*",) for all."""

    listed: tuple[str, ...]

    def check(self, environ: WSGIEnvironment) -> None:
        """Raises CrossOrigin for a request from a page on another origin."""
        if not self.may_write(environ.get("HTTP_ORIGIN"), environ):
            raise CrossOrigin(
                "the request came from a page on another origin; FACETRAITS_CORS_ORIGINS lists the "
                "allowed origins. A proxy has to forward the Host header"
            )

    def may_write(self, origin: str | None, environ: WSGIEnvironment) -> bool:
        """Whether the request is allowed; Engine.IO calls it with these arguments."""
        if self.listed == ("*",) or origin in self.listed:
            return True
        site = environ.get("HTTP_SEC_FETCH_SITE")
        if site is not None:
            return site in ("same-origin", "none")
        return origin is None or _netloc(origin) == (get_host(environ).lower() or None)


def _netloc(origin: str) -> str:
    """Host and port, or "" if it is not an origin (such as "null")."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
