"""The web server: pages and the HTTP API."""

from facetraits.web.factory import create_app
from facetraits.web.server import one_line_errors, run, serve

__all__ = ["create_app", "one_line_errors", "run", "serve"]
