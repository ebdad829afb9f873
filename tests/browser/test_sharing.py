"""Results that are shared: the dialog and the result's page, in a real Chromium."""

import json
import re
import sqlite3

import pytest
from playwright.sync_api import expect

from tests.browser.hosts import (
    LISTEN,
    inside,
    keep,
    three_lines,
    wait_until_heard,
    wait_until_it_fits,
)
from tests.browser.test_upload import PORTRAIT, assert_on_the_face, boxes_of, choose, download
from tests.photos import encode, group

# The dialog


def create_link(page, keep="picture"):
    page.get_by_test_id("share").click()
    page.get_by_test_id(f"keep-{keep}").check()
    page.get_by_test_id("share-create").click()
    link = page.get_by_test_id("share-link")
    expect(link).to_be_visible()
    return link.input_value()


def test_a_link_is_made_opened_and_deleted(visit, sharing_url):
    page = visit(sharing_url)
    choose(page, PORTRAIT)
    page.get_by_test_id("share").click()
    dialog = page.get_by_test_id("share-dialog")
    expect(dialog).to_contain_text("24 hours")
    expect(dialog).to_contain_text("No part of the photo")
    page.get_by_test_id("share-create").click()
    expect(page.get_by_test_id("share-link")).to_be_visible()
    link = page.get_by_test_id("share-link").input_value()
    assert link.startswith(f"{sharing_url}/results/")
    expect(page.get_by_test_id("share-expiry")).to_have_text(
        re.compile("in (1 day|23 hours 59 minutes)")
    )
    expect(page.get_by_test_id("share-code")).to_have_value(copied_code(link))

    shared = visit(link)
    (box,), size = boxes_of(shared)
    assert_on_the_face(box, size)
    expect(shared.get_by_test_id("face-card")).to_contain_text("Female")
    expect(shared.get_by_test_id("manage")).to_be_hidden()

    page.get_by_test_id("delete").click()
    page.get_by_test_id("delete-really").click()
    expect(page.get_by_test_id("share-gone")).to_contain_text("deleted")
    assert shared.reload().status == 410
    expect(shared.get_by_test_id("gone")).to_contain_text("gone")


def copied_code(link):
    return "\n".join(
        (
            f'<script type="module" src="{link.partition("/results/")[0]}/embed.js"></script>',
            f'<facetraits-result src="{link}">',
            f'  <a href="{link}">Faces in a photo, analyzed by Facetraits</a></facetraits-result>',
        )
    )


def test_answers_alone_are_shown_without_a_picture(visit, sharing_url):
    page = visit(sharing_url)
    choose(page, PORTRAIT)
    shared = visit(create_link(page, "figures"))
    expect(shared.get_by_text("Only the results were stored")).to_be_visible()
    (box,), size = boxes_of(shared)
    assert_on_the_face(box, size)
    expect(shared.get_by_test_id("save-png")).to_be_hidden()
    assert shared.locator("img[src]").count() == 0


def test_copying_puts_the_link_into_the_clipboard(visit, sharing_url):
    page = visit(sharing_url, permissions=["clipboard-read", "clipboard-write"])
    choose(page, PORTRAIT)
    link = create_link(page)
    page.get_by_test_id("copy-link").click()
    expect(page.get_by_test_id("copy-link")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == link


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (507, "storage_full", "no space"),
        (503, "storage_unavailable", "can’t store"),
        (413, "too_large", "too large"),
        (429, "rate_limited", "Too many"),
        (0, "network", "Can’t reach"),
    ],
)
def test_what_goes_wrong_is_said_in_the_dialog(visit, sharing_url, status, code, words):
    page = visit(sharing_url, fails=True)
    choose(page, PORTRAIT)
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    body = json.dumps({"code": code, "detail": "d", "request_id": "r-1"})
    page.route(
        "**/api/v1/results",
        lambda route: route.fulfill(status=status, body=body) if status else route.abort(),
    )
    page.get_by_test_id("share").click()
    page.get_by_test_id("share-create").click()
    expect(page.get_by_test_id("share-problem")).to_contain_text(words)
    page.unroute("**/api/v1/results")
    page.get_by_test_id("share-create").click()
    expect(page.get_by_test_id("share-link")).to_be_visible()


# What an XMLHttpRequest hears, by what it listens to; "later" waits for `answer()`.
HEAR = """(heard) => {
    const answered = new Promise(done => { window.answer = done });
    const listen = EventTarget.prototype.addEventListener;
    XMLHttpRequest.prototype.addEventListener = function (type, listener) {
        const later = event => answered.then(() => listener(event));
        const [name, how = ""] = (heard[type] ?? type).split(" ");
        listen.call(this, name, how === "later" ? later : listener);
    };
}"""


def open_share(page):
    choose(page, PORTRAIT)
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    page.get_by_test_id("share").click()


def send_until_it_has_left(page):
    page.evaluate(HEAR, {"load": "load later"})
    page.get_by_test_id("share-create").click()
    # No value: all of the photo has left, and nobody knows how long the rest takes.
    page.wait_for_selector("[data-part=share-progress]:not([value])")
    page.mouse.click(3, 3)  # beside the dialog
    expect(page.get_by_test_id("sending-words")).to_have_text("Sending and analyzing the photo…")


def test_what_was_sent_and_cancelled_is_deleted_again(visit, sharing_url):
    page = visit(sharing_url, fails=True)
    open_share(page)
    send_until_it_has_left(page)
    page.keyboard.press("Escape")
    expect(page.get_by_test_id("sending-words")).to_have_text("Canceling…")
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as deleted:
        page.evaluate("answer()")
    assert deleted.value.status == 204
    expect(page.get_by_test_id("share-create")).to_be_visible()
    assert page.request.get(deleted.value.url).status == 410

    page.evaluate(
        """() => {
            const bar = document.querySelector("[data-part=share-progress]");
            new MutationObserver(() => { bar.dataset.began ??= String(bar.value) })
                .observe(bar, { attributes: true, attributeFilter: ["value"] });
        }"""
    )
    send_until_it_has_left(page)
    # It begins again, and not where the request before had ended.
    expect(page.locator("[data-part=share-progress]")).to_have_attribute("data-began", "0")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_test_id("sending-words")).to_have_text("Canceling…")
    page.route(
        "**/api/v1/results/*",
        lambda route: route.abort() if route.request.method == "DELETE" else route.continue_(),
    )
    page.evaluate("answer()")
    expect(page.get_by_test_id("made-problem")).to_contain_text("couldn’t be canceled")
    page.unroute("**/api/v1/results/*")
    page.get_by_test_id("delete").click()
    page.get_by_test_id("delete-really").click()
    expect(page.get_by_test_id("share-gone")).to_be_visible()


def test_without_an_answer_the_dialog_says_until_when_something_may_be_kept(visit, sharing_url):
    page = visit(sharing_url)
    open_share(page)
    page.evaluate(HEAR, {"load": "never", "error": "load"})
    page.get_by_test_id("share-create").click()
    problem = page.get_by_test_id("share-problem")
    expect(problem).to_have_attribute("data-code", "network")
    expect(problem).to_contain_text("stored it anyway, it will be deleted after 24 hours")


def test_a_link_outlives_its_photo_on_the_page(visit, sharing_url):
    page = visit(sharing_url)
    choose(page, PORTRAIT)
    link = create_link(page)
    page.keyboard.press("Escape")
    kept_links = page.get_by_test_id("kept-links")
    expect(kept_links).to_be_hidden()
    page.get_by_test_id("clear").click()
    expect(page.get_by_test_id("reading")).to_have_count(0)
    expect(kept_links).to_contain_text("portrait.jpg")
    assert page.evaluate("document.activeElement.dataset.part") == "choose"
    kept_links.get_by_role("button", name="Show link").click()
    expect(page.get_by_test_id("share-link")).to_have_value(link)
    page.get_by_test_id("delete").click()
    page.get_by_test_id("delete-really").click()
    expect(page.get_by_test_id("share-gone").get_by_role("button")).to_have_text("Close")
    expect(page.get_by_test_id("kept-link")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(kept_links).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.part") == "choose"
    assert page.locator("dialog").count() == 0


# The result's page


def test_the_page_tells_machines_what_it_is(visit, kept):
    page = visit(kept["url"])

    def content(name):
        return page.locator(f'meta[property="{name}"], meta[name="{name}"]').get_attribute(
            "content"
        )

    assert content("og:title") == "1 face in a photo"
    assert "female" in content("og:description")
    assert content("og:url") == kept["url"]
    assert content("twitter:card") == "summary_large_image"
    assert "noindex" in content("robots")
    assert page.request.get(content("og:image")).headers["content-type"] == "image/png"
    discovery = page.locator('link[type="application/json+oembed"]').get_attribute("href")
    assert "<iframe" in page.request.get(discovery).json()["html"]


def test_the_downloads_are_the_servers(visit, kept):
    page = visit(kept["url"])
    reading = json.loads(download(page, "save-json").path().read_text())
    assert reading == kept["reading"]
    assert "female" in download(page, "save-csv").path().read_text()


def test_the_private_link_deletes_and_does_not_stay_in_the_address(visit, sharing_url):
    mine = keep(sharing_url)
    page = visit(f"{mine['url']}#delete={mine['delete_token']}")
    expect(page.get_by_test_id("manage")).to_be_visible()
    assert page.url == mine["url"]
    page.reload()
    page.get_by_test_id("delete").click()
    page.get_by_test_id("delete-really").click()
    expect(page.get_by_test_id("gone")).to_contain_text("deleted")
    assert page.evaluate("document.querySelector('[data-reading]') === null")
    assert page.evaluate("sessionStorage.length") == 0
    assert page.reload().status == 410


def test_a_private_link_pasted_into_the_open_page_is_taken(visit, sharing_url):
    mine = keep(sharing_url)
    page = visit(mine["url"])
    for token in ("wrong", mine["delete_token"]):
        page.evaluate("hash => { location.hash = hash }", f"delete={token}")
        page.wait_for_url(mine["url"])
        expect(page.get_by_test_id("manage")).to_be_visible()
    page.get_by_test_id("delete").click()
    page.get_by_test_id("delete-really").click()
    expect(page.get_by_test_id("gone")).to_contain_text("deleted")


BLOCKED = """Object.defineProperty(window, "sessionStorage", {
    get() { throw new DOMException("blocked", "SecurityError") }
})"""


def test_where_site_data_is_blocked_the_page_does_without(visit, sharing_url):
    mine = keep(sharing_url)
    page = visit(f"{mine['url']}#delete={mine['delete_token']}", script=BLOCKED)
    expect(page.get_by_test_id("expiry")).to_contain_text("in ")
    assert page.url == mine["url"]
    page.get_by_test_id("delete").click()
    page.get_by_test_id("delete-really").click()
    expect(page.get_by_test_id("gone")).to_contain_text("deleted")


def test_a_picture_that_does_not_load_is_not_said_to_be_kept_nowhere(visit, kept):
    page = visit("about:blank", fails=True)
    page.route("**/picture*", lambda route: route.abort())
    page.goto(kept["url"])
    expect(page.get_by_text("The photo couldn’t be loaded.")).to_be_visible()
    expect(page.get_by_text("Only the results were stored")).to_have_count(0)


def test_a_wrong_token_deletes_nothing(visit, kept):
    page = visit(f"{kept['url']}#delete=wrong")
    page.get_by_test_id("delete").click()
    page.get_by_test_id("delete-really").click()
    expect(page.get_by_test_id("delete-problem")).to_contain_text("wasn’t deleted")
    assert page.reload().status == 200


@pytest.mark.parametrize("address", ["url", "embed_url"])
def test_at_zero_the_page_lets_go_of_the_result(visit, sharing_url, address):
    mine = keep(sharing_url)  # one of another test may be minutes old by now
    page = visit("about:blank")
    page.clock.install()
    page.goto(mine[address])
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    page.clock.fast_forward("23:59:10")
    expect(page.get_by_test_id("expiry")).to_contain_text("second")
    page.clock.fast_forward("01:00")
    expect(page.get_by_test_id("gone")).to_contain_text("expired")
    assert page.evaluate("document.querySelector('[data-reading], img[src], .card') === null")


def test_an_expired_result_has_its_own_page(visit, sharing_url, data_dir, site):
    mine = keep(sharing_url)
    with sqlite3.connect(data_dir / "results.sqlite3") as store:
        last = "(SELECT MAX(created_ms) FROM results)"
        changed = store.execute(f"UPDATE results SET expires_ms = 1 WHERE created_ms = {last}")
        assert changed.rowcount == 1
    store.close()
    page = visit(mine["url"])
    expect(page.get_by_test_id("gone")).to_contain_text("This result is gone")
    expect(page.locator(".site-head")).to_be_visible()
    host = visit(site.put("/expired", three_lines(mine["url"])), script=LISTEN)
    wait_until_heard(host, "problem", "expired")
    expect(inside(host).get_by_test_id("gone")).to_be_visible()
    expect(inside(host).locator(".site-head")).to_have_count(0)
    assert wait_until_it_fits(host)[1] < 420


def test_printed_it_has_the_answers_and_not_the_buttons(visit, kept):
    page = visit(kept["url"], color_scheme="dark")
    page.emulate_media(media="print")
    expect(page.get_by_test_id("face-card")).to_be_visible()
    expect(page.get_by_test_id("embed-section")).to_be_hidden()
    expect(page.get_by_text(f"{kept['url']} (expires")).to_be_visible()
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(20, 23, 31)"


@pytest.mark.parametrize(
    ("address", "width"),
    # Pages are for screens, embeds also for narrow columns.
    [("embed_url", 240), *((a, w) for a in ("url", "embed_url") for w in (320, 390, 768, 1280))],
)
def test_nothing_is_wider_than_the_window(visit, sharing_url, width, address):
    photo, _ = group(1, 3, 120, 1200, 500)
    kept = keep(sharing_url, encode(photo))
    query = "?show=picture,cards,chart" if address == "embed_url" else ""
    page = visit(kept[address] + query, viewport={"width": width, "height": 700})
    expect(page.get_by_test_id("face-card")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
