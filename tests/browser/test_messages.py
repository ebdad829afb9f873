"""The scripts' messages: loaded in the page's language, or else in English."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import ROOT, await_scripts
from tests.photos import astronaut, encode

PORTRAIT = {"name": "portrait.jpg", "mimeType": "image/jpeg", "buffer": encode(astronaut())}
FILES = "**/static/locales/*"


@pytest.fixture
def german():
    """English messages, of which a few are German."""
    messages = json.loads((ROOT / "static/locales/en.json").read_text("utf-8"))
    messages["words"]["title"] = "Gesicht {{number}}"
    messages["labels"]["gender"]["female"] = "weiblich"
    return messages


def in_german(route):
    answer = route.fetch()
    html = answer.text().replace('<html lang="en"', '<html lang="de"')
    assert 'lang="de"' in html
    route.fulfill(response=answer, body=html)


def test_a_reading_is_in_the_language_of_the_page_and_its_download_in_english(open_page, german):
    page = open_page()
    page.route(page.url, in_german)
    page.route(FILES, lambda route: route.fulfill(json=german))
    page.reload()
    await_scripts(page)
    page.get_by_test_id("choose").set_input_files([PORTRAIT])
    card = page.get_by_test_id("face-card")
    expect(card).to_contain_text("Gesicht 1")
    expect(card).to_contain_text("Weiblich")
    assert re.search(r"\d\N{NO-BREAK SPACE}%", card.inner_text())
    (label,) = json.loads(page.get_by_test_id("overlay").get_attribute("data-labels"))
    assert "weiblich" in label["text"]
    with page.expect_download() as download:
        page.get_by_test_id("save-json").click()
    reading = json.loads(download.value.path().read_text("utf-8"))
    assert reading["faces"][0]["gender"]["value"] == "female"


def test_messages_that_cannot_be_read_are_replaced_by_the_english_ones(open_page):
    page = open_page()
    page.route(page.url, in_german)
    page.route(
        FILES,
        # Only the page's own have a version.
        lambda route: route.fulfill(body="{") if "?" in route.request.url else route.fallback(),
    )
    page.reload()
    await_scripts(page)
    page.get_by_test_id("choose").set_input_files([PORTRAIT])
    card = page.get_by_test_id("face-card")
    expect(card).to_contain_text("Face 1")
    assert re.search(r"\d%", card.inner_text())


def test_a_photo_that_is_chosen_before_the_messages_are_there_is_read_then(open_page):
    page = open_page()
    page.route(FILES, lambda route: None)  # held until the end of the route
    with page.expect_request(FILES):
        page.reload(wait_until="commit")
    page.get_by_test_id("choose").set_input_files([PORTRAIT])
    page.unroute(FILES)
    expect(page.get_by_test_id("face-card")).to_contain_text("Face 1")
