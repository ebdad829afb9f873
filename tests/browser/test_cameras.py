"""The wall of cameras in a real browser: a key, a camera's picture, and its hours."""

from __future__ import annotations

import os
import re

import pytest

from facetraits.api_keys import hash_of, new_key
from facetraits.cameras.appearances import Appearance
from facetraits.cameras.figures import SLOT_MS
from facetraits.cameras.store import SqliteFigures
from facetraits.store.database import Database
from facetraits.store.records import now_ms
from tests.browser.conftest import started_server
from tests.browser.test_accessibility import AXE, MODES, violations
from tests.cameras.sources import write_video

HOUR_MS = 3_600_000
KEY = new_key()
# What a shop's day may look like, by the hours before this one.
BUSY = (0, 3, 8, 14, 22, 31, 40, 33, 18, 9, 4, 0)


def write_figures(folder):
    """Half a day of the camera "entrance"."""
    figures = SqliteFigures(Database(folder, 10**8))
    hour = now_ms() // HOUR_MS * HOUR_MS
    for back, count in enumerate(BUSY, 1):
        seen = [_appearance(number) for number in range(count)]
        if seen:
            figures.add("entrance", 0, hour - back * HOUR_MS + SLOT_MS, seen)
    figures.close()


def _appearance(number):
    ages = ("10-20", "21-27", "28-45", "28-45", "46-65", "28-45", "66-116")
    likely = ages[number % len(ages)]
    shares = {name: 0.05 for name in ("1-2", "3-9", *dict.fromkeys(ages))}
    shares[likely] += 1 - sum(shares.values())
    return Appearance(8 + number % 9, 3 + number % 4, shares, 0.9 if number % 5 < 3 else 0.08)


@pytest.fixture(scope="module")
def cameras_url(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cameras")
    write_video(folder / "entrance.mp4", 100, size=(640, 480))
    (folder / "cameras.toml").write_text(
        '[cameras.entrance]\nsource = "entrance.mp4"\ntitle = "Entrance"\nloop = true\n'
        'picture = "blurred"\n'
        '[cameras.yard]\nsource = "rtsp://me:s3cret@127.0.0.1:9/yard"\ntitle = "Yard"\n'
        '[notice]\noperator = "Example Shop"\n'
    )
    write_figures(folder / "data")
    file = str(folder / "cameras.toml")
    with started_server(folder / "data", CAMERAS=file, API_KEYS=hash_of(KEY)) as url:
        yield url


def test_with_the_key_the_wall_shows_cameras_and_their_hours(open_page, cameras_url, tmp_path):
    page = open_page("/cameras", url=cameras_url, viewport={"width": 1180, "height": 1180})
    page.get_by_test_id("status").get_by_text("requires an API key").wait_for()
    assert page.get_by_test_id("camera").count() == 0

    page.get_by_test_id("key-field").fill("ft_wrong-wrong-wrong")
    page.get_by_test_id("key-use").click()
    page.get_by_text("not one of the server’s keys").wait_for()
    page.get_by_test_id("key-field").fill(KEY)
    page.get_by_test_id("key-use").click()

    entrance = page.get_by_test_id("camera").filter(has_text="Entrance")
    entrance.get_by_text("Live", exact=True).wait_for()
    entrance.locator("img").wait_for()
    assert entrance.locator("img").get_attribute("alt") == "Entrance, faces blurred"
    yard = page.get_by_test_id("camera").filter(has_text="Yard")
    yard.get_by_text("Reconnecting").wait_for()
    assert "s3cret" not in page.content()

    page.get_by_test_id("bar").nth(17).click()
    words = page.get_by_test_id("period-words").inner_text()
    assert re.match(r"About \d+ appearances, \d+ s each on average", words)
    assert page.locator(".whisker").count() >= 6
    folder = os.environ.get("SCREENSHOTS")
    if folder:
        page.mouse.move(0, 0)
        page.screenshot(path=f"{folder}/cameras.png", full_page=True)

    page.evaluate(AXE.read_text())
    for mode, media in MODES.items():
        page.emulate_media(**media, reduced_motion="reduce")
        assert violations(page) == [], mode

    with page.expect_download() as saved:
        page.get_by_test_id("save-csv").click()
    assert saved.value.suggested_filename == "entrance-by-hour.csv"
    rows = saved.value.path().read_text().splitlines()
    assert len(rows) >= 25 and rows[0].startswith("camera,start,end,complete,appearances")

    page.get_by_test_id("by-day").click()
    page.wait_for_function("() => document.querySelectorAll('[data-testid=bar]').length > 28")


def test_a_key_is_kept_in_the_tab_and_removed_from_it(open_page, cameras_url):
    page = open_page("/cameras", url=cameras_url)
    page.get_by_test_id("key-field").fill(KEY)
    page.get_by_test_id("key-use").click()
    page.get_by_test_id("camera").first.wait_for()
    page.reload()
    page.get_by_test_id("camera").first.wait_for()
    assert page.context.cookies() == []

    page.get_by_test_id("key-forget").click()
    page.get_by_test_id("status").get_by_text("requires an API key").wait_for()
    assert page.get_by_test_id("camera").count() == 0


def test_the_notice_is_a_page_to_print(open_page, cameras_url):
    page = open_page("/cameras/notice", url=cameras_url)
    page.emulate_media(media="print")

    assert page.get_by_text("Example Shop").is_visible()
    page.evaluate(AXE.read_text())
    assert violations(page) == []
    assert not page.locator(".site-head").is_visible()
    assert not page.locator(".notice-how").is_visible()
