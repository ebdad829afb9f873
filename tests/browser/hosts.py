"""Somebody else's site: a tiny server of pages that a test writes."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site:
    """`site.put("/a", html)` → its address. The name makes it another origin than the server's."""

    def __init__(self, port, name="127.0.0.1"):
        self.origin = f"http://{name}:{port}"
        self.pages = {}

    def put(self, path, html, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[path] = (html.encode(), names)
        return self.origin + path


@contextmanager
def started_site(port=0):
    """The site, served until the end."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            body, headers = site.pages.get(self.path.partition("?")[0], (b"", {}))
            self.send_response(200)
            for name, value in ({"Content-Type": "text/html; charset=utf-8"} | headers).items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Pytest's output is for the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    site = Site(server.server_address[1])
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
