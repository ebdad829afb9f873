"""Somebody else's site: a tiny server of pages that a test writes, and what it can see of ours."""

from __future__ import annotations

import json
import threading
import urllib.request
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.photos import astronaut, encode


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


def keep(url, photo=None, what="picture"):
    """What a POST of the photo answers."""
    request = urllib.request.Request(
        f"{url}/api/v1/results?keep={what}",
        photo or encode(astronaut()),
        {"Content-Type": "image/jpeg"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


# Heard before anything can be said.
LISTEN = """
    window.heard = [];
    for (const type of ["ready", "reading", "problem"])
      addEventListener(`facetraits:${type}`, ({ detail }) => heard.push([type, detail.code ?? ""]));
"""


def three_lines(url, attributes="", script='type="module"'):
    """An otherwise empty page with what people copy."""
    src = url.partition("/results/")[0] + "/embed.js"
    return f"""<!doctype html><title>Blog</title>
        <script {script} src="{src}"></script>
        <facetraits-result src="{url}" {attributes}>
        <a href="{url}">Faces in a photo</a></facetraits-result>"""


def inside(page, tag="facetraits-result"):
    """What is in the element's frame."""
    return page.frame_locator(f"{tag} >> iframe")


def wait_until_heard(page, type_, code=""):
    page.wait_for_function("wanted => heard.some(h => h.join() === wanted)", arg=f"{type_},{code}")


def wait_until_it_fits(page):
    """The frame as high as what is in it, which cannot be asked from the page around it."""
    embed = next(frame for frame in page.frames if "/embed/" in frame.url)
    embed.wait_for_function(
        """() => Math.ceil(document.querySelector("main").getBoundingClientRect().height)
            === innerHeight && innerHeight !== 420"""
    )
    return embed.evaluate("[innerWidth, innerHeight, document.documentElement.scrollWidth]")
