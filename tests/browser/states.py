"""Every page in each state that people meet, for the tests that go through all of them."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.browser.hosts import keep
from tests.photos import astronaut, encode, group
from tests.pseudo_language import CODE

# What `?lang=` may be: English, and what is longer than any other language.
LANGUAGES = ("en", CODE)


def _as_it_loads(_page):
    """Nothing more to do."""


def _with_faces(count, photo):
    def choose(page):
        file = {"name": "photo.jpg", "mimeType": "image/jpeg", "buffer": photo()}
        page.get_by_test_id("choose").set_input_files([file])
        expect(page.get_by_test_id("status")).to_contain_text(str(count))
        expect(page.get_by_test_id("reading")).to_have_attribute("data-state", "read")

    return choose


def _with_problem(page):
    file = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"these are words"}
    page.get_by_test_id("choose").set_input_files([file])
    expect(page.get_by_test_id("problem")).to_be_visible()


def _with_dialog(page):
    _with_faces(1, lambda: encode(astronaut()))(page)
    page.get_by_test_id("share").click()
    expect(page.get_by_test_id("share-dialog")).to_be_visible()


def _with_link(page):
    _with_dialog(page)
    page.get_by_test_id("share-create").click()
    expect(page.get_by_test_id("share-link")).to_be_visible()


def _with_camera(page):
    page.get_by_test_id("start").click()
    expect(page.get_by_test_id("face-card").first).to_be_visible()
    expect(page.get_by_test_id("timeline")).to_be_visible()


def _with_result(page):
    expect(page.get_by_test_id("reading")).to_be_visible()


def _with_embeds(page):
    words = json.loads(page.locator("html").get_attribute("data-words"))
    expect(page.get_by_test_id("word")).to_have_text(words["shown"])
    expect(page.get_by_test_id("figures")).to_contain_text("female")


@dataclass(frozen=True)
class State:
    """A page's path, with {kept} and {gone} for the ids of results, and what brings it there."""

    path: str
    prepare: Callable[[Page], None] = _as_it_loads


STATES = {
    "upload": State("/"),
    "upload-one-face": State("/", _with_faces(1, lambda: encode(astronaut()))),
    "upload-twenty-faces": State("/", _with_faces(20, lambda: encode(twenty_faces()))),
    "upload-problem": State("/", _with_problem),
    "share-dialog": State("/", _with_dialog),
    "share-link": State("/", _with_link),
    "live": State("/live"),
    "live-running": State("/live", _with_camera),
    "result": State("/results/{kept}", _with_result),
    "result-owner": State("/results/{kept}#delete={token}", _with_result),
    "result-figures": State("/results/{figures}", _with_result),
    "embed": State("/embed/{kept}", _with_result),
    "embed-chart": State("/embed/{kept}?show=picture,cards,chart", _with_result),
    "embed-nobody": State("/embed/{nobody}", _with_result),
    "embed-live": State("/embed/live"),
    "embed-live-running": State("/embed/live", _with_camera),
    "demo": State("/demo"),
    "demo-filled": State("/demo?result={url}/results/{kept}", _with_embeds),
    "gone": State("/results/{gone}"),
    "embed-gone": State("/embed/{gone}"),
    "not-found": State("/nothing-here"),
    "embed-not-found": State("/embed/nothing-here"),
}


def twenty_faces():
    """(800, 1200, 3) uint8 RGB."""
    return group(4, 5, 90, 1200, 800)[0]


def keep_results(url):
    """The ids that paths name: a result of two faces, one without its picture, and so on."""
    kept = keep(url, encode(group(1, 2, 110, 700, 400)[0]))
    gone = keep(url)
    request = urllib.request.Request(
        f"{url}/api/v1/results/{gone['id']}",
        headers={"Authorization": f"Bearer {gone['delete_token']}"},
        method="DELETE",
    )
    urllib.request.urlopen(request).close()
    return {
        "url": url,
        "kept": kept["id"],
        "token": kept["delete_token"],
        "figures": keep(url, what="figures")["id"],
        "nobody": keep(url, encode(astronaut()[350:, 350:].copy()))["id"],
        "gone": gone["id"],
    }
