"""Rejects requests for other host names or from pages on other origins, before handling them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import Flask, request

from facetraits.errors import FacetraitsError, problem_body
from facetraits.web.http.csrf import Origins
from facetraits.web.http.hosts import TrustedHosts
from facetraits.web.http.problems import PROBLEM_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def register_guards(app: Flask, hosts: TrustedHosts, origins: Origins) -> None:
    """Checks the host of every request, and the origin of each that can change something."""

    @app.before_request
    def check() -> None:
        hosts.check(request.environ)
        if request.method not in _READING_METHODS:
            origins.check(request.environ)


def guarded_socketio(
    app: WSGIApplication, path: str, hosts: TrustedHosts, origins: Origins
) -> WSGIApplication:
    """The same for requests that Flask does not see: Socket.IO's, where a GET also connects."""

    def guarded(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").lstrip("/").startswith(path):
            try:
                hosts.check(environ)
                origins.check(environ)
            except FacetraitsError as error:
                body = json.dumps(problem_body(error)).encode()
                headers = [("Content-Type", PROBLEM_TYPE), ("Content-Length", str(len(body)))]
                start_response(f"{error.status} {error.title}", headers)
                return [body]
        return app(environ, start_response)

    return guarded
