"""The real server in a process of its own, and a real Chromium."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import Error, sync_playwright

from tests.browser.hosts import keep, started_site
from tests.ports import free_port

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


class Server:
    """`python app.py`, as a person starts it; `settings` as MAX_BYTES="3000000".

    `program` has the arguments of `python` that start another one.
    """

    def __init__(self, program=("app.py",), **settings):
        self.program = program
        self.settings = {"PORT": str(free_port()), **settings}
        self.url = f"http://127.0.0.1:{self.settings['PORT']}"
        self.process = None

    def start(self):
        env = {f"FACETRAITS_{name}": value for name, value in self.settings.items()}
        command = [sys.executable, *self.program]
        self.process = subprocess.Popen(command, cwd=ROOT, env=os.environ | env)
        wait_until_ready(self.url, self.process)
        return self

    def kill(self):
        self.process.kill()
        self.process.wait(10)

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.kill()
            raise

    def __exit__(self, *_):
        self.kill()


@contextlib.contextmanager
def started_server(data_dir, program=("app.py",), **settings):
    """A server that keeps its results in data_dir; its address."""
    # facetraits.test: the address that is not this computer's own, mapped by Chromium.
    given = {"MAX_BYTES": 3_000_000, "DATA_DIR": data_dir, "TRUSTED_HOSTS": "facetraits.test"}
    given |= settings
    with Server(program, **{name: str(value) for name, value in given.items()}) as server:
        yield server.url


@pytest.fixture(scope="session")
def server_url(tmp_path_factory):
    # One test visits it by a name that is neither the loopback's nor secure.
    folder = tmp_path_factory.mktemp("results")
    with started_server(folder, TRUSTED_HOSTS="facetraits.test") as url:
        yield url


def chromium_path():
    names = (os.environ.get("FACETRAITS_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((path for name in names if name and (path := shutil.which(name))), None)


@pytest.fixture(scope="session")
def playwright():
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="session")
def chromium(playwright):
    browser = playwright.chromium.launch(executable_path=chromium_path(), args=CHROMIUM_FLAGS)
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def chromium_with(playwright):
    """`chromium_with(*flags)` → a browser with those flags, too, started once for each set."""
    browsers = {}

    def launch(*flags):
        if flags not in browsers:
            browsers[flags] = playwright.chromium.launch(
                executable_path=chromium_path(), args=[*CHROMIUM_FLAGS, *flags]
            )
        return browsers[flags]

    yield launch
    for browser in browsers.values():
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


def await_scripts(page):
    """Waits until the page listens: its scripts wait for messages, also after it has loaded."""
    # A page that moves on by itself, as that of a job that has ended, waits in vain.
    with contextlib.suppress(Error):
        page.evaluate(
            """() => {
                const scripts = [...document.querySelectorAll("script[type=module][src]")];
                return Promise.allSettled(scripts.map(({ src }) => import(src)));
            }"""
        )


@pytest.fixture
def open_page(chromium, server_url):
    """`open_page(path, **options)` → a page in a context of its own, the upload page by default.

    `browser` and `url` choose another browser and another server, `init_script` runs before
    the page's own scripts.
    """
    opened = []

    def open_it(path="/", *, browser=chromium, url=server_url, init_script="", **options):
        context = browser.new_context(**options)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.add_init_script(init_script)
        page.watch = Watch(page, url)
        opened.append((context, page.watch))
        page.goto(url + path)
        await_scripts(page)
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
        await_scripts(page)
        return page

    yield go
    for context, watch, fails in opened:
        context.close()
        assert fails or watch.errors == []
        assert fails or watch.elsewhere == []
