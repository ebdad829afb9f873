"""Whose pages may make a visitor's browser write here: our own, and those that CORS_ORIGINS lists.

Browsers send some requests of any page without asking first, a form's for instance. They say so in
`Sec-Fetch-Site`; older ones, and over plain HTTP all of them, in `Origin` alone. What is no browser
sends neither, and has no visitor to act for. (The same rules as Go's `CrossOriginProtection`.)
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
    """The origins besides our own whose pages may write; ("*",) for all."""

    listed: tuple[str, ...]

    def check(self, environ: WSGIEnvironment) -> None:
        """Raises CrossOrigin for a request that the page of a stranger made."""
        if not self.may_write(environ.get("HTTP_ORIGIN"), environ):
            raise CrossOrigin(
                "the request came from a page on another origin; FACETRAITS_CORS_ORIGINS lists the "
                "allowed origins. A proxy has to forward the Host header"
            )

    def may_write(self, origin: str | None, environ: WSGIEnvironment) -> bool:
        """Whether it is none; Engine.IO calls it with these arguments."""
        if self.listed == ("*",) or origin in self.listed:
            return True
        site = environ.get("HTTP_SEC_FETCH_SITE")
        if site is not None:
            return site in ("same-origin", "none")
        return origin is None or _netloc(origin) == (get_host(environ).lower() or None)


def _netloc(origin: str) -> str:
    """Host and port; "" for what is no origin, "null" for one."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""
