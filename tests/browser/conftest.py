"""The real server in a process of its own, and a real Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from .hosts import keep, started_site

ROOT = Path(__file__).resolve().parents[2]
# No look-ups of the browser's own: pages must load with no internet.
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_ready(url, process, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"{url} was not ready within {seconds} s")


@contextmanager
def started_server(data_dir, **settings):
    """`python app.py`, as a person starts it; its address."""
    port = free_port()
    given = {"PORT": port, "MAX_BYTES": 3_000_000, "DATA_DIR": data_dir, **settings}
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=os.environ | {f"FACETRAITS_{name}": str(value) for name, value in given.items()},
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_until_ready(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(scope="session")
def server_url(tmp_path_factory):
    with started_server(tmp_path_factory.mktemp("results")) as url:
        yield url


def chromium_path():
    names = (os.environ.get("FACETRAITS_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


class Watch:
    """What must not happen on a page: errors in its console, requests to elsewhere."""

    def __init__(self, page, url):
        self.errors, self.elsewhere = [], []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._hear)
        page.on("request", lambda request: self._see(request.url, url))

    def _hear(self, message):
        # A refused upload is logged by the browser as a failed resource: that is expected.
        if message.type == "error" and "status of 4" not in message.text:
            self.errors.append(message.text)

    def _see(self, address, url):
        ours = (url,) if isinstance(url, str) else url
        if not address.startswith((*ours, "blob:", "data:", "about:")):
            self.elsewhere.append(address)


@pytest.fixture
def open_page(chromium, server_url):
    """`open_page(**options)` → the upload page in a context of its own."""
    opened = []

    def open_it(path="/", **options):
        context = chromium.new_context(**options)
        page = context.new_page()
        page.set_default_timeout(20_000)
        watch = Watch(page, server_url)
        opened.append((context, watch))
        page.goto(server_url + path)
        return page

    yield open_it
    for context, watch in opened:
        context.close()
        assert watch.errors == []
        assert watch.elsewhere == []


@pytest.fixture(scope="session")
def site():
    """A site that the server knows."""
    with started_site() as known:
        yield known


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="session")
def sharing_url(site, data_dir):
    """A server that lets that site, and no other, frame its results."""
    with started_server(data_dir, FRAME_ANCESTORS=site.origin) as url:
        yield url


@pytest.fixture(scope="session")
def kept(sharing_url):
    return keep(sharing_url)


@pytest.fixture
def visit(chromium, sharing_url, site):
    """`visit(url, **options)` → a page there; at the end nothing may have gone wrong on it."""
    opened = []

    def go(url, fails=False, script=None, **options):
        context = chromium.new_context(**options)
        page = context.new_page()
        page.set_default_timeout(20_000)
        if script:
            page.add_init_script(script)
        watch = Watch(page, (sharing_url, site.origin))
        opened.append((context, watch, fails))
        page.goto(url)
        return page

    yield go
    for context, watch, fails in opened:
        context.close()
        assert fails or watch.errors == []
        assert fails or watch.elsewhere == []
