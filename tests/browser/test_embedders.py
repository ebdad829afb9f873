"""Results in WordPress, Ghost, Notion and Moodle, by what these document; see embedders.py."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.embedders import SECRET, ghost, moodle, notion, wordpress
from tests.browser.hosts import keep, three_lines
from tests.photos import encode, group

FRAME = '<iframe src="{}" width="640" height="700" title="Faces"></iframe>'


def assert_whole(frame):
    """The card, the boxes and the picture, in the sheet's own look."""
    expect(frame.get_by_test_id("face-card").first).to_contain_text("Female")
    expect(frame.get_by_test_id("overlay")).to_be_visible()
    photo = frame.locator("[data-part=photo]")
    expect(photo).to_be_visible()
    assert photo.evaluate("p => p.naturalWidth") > 100
    assert frame.locator("body").evaluate("b => getComputedStyle(b).margin") == "0px"


def test_wordpress_shows_the_result_in_its_height(visit, site, sharing_url):
    wide = keep(sharing_url, encode(group(1, 1, 110, 800, 260)[0]))
    page = visit(site.put("/post", wordpress(wide["url"])))
    frame = page.frame_locator("iframe")
    assert_whole(frame)
    embed = page.frames[-1]
    assert embed.evaluate("origin") == "null"
    assert page.locator("iframe").get_attribute("sandbox") == "allow-scripts"
    embed.wait_for_function(
        """() => Math.ceil(document.querySelector("main").getBoundingClientRect().height)
            === innerHeight"""
    )
    assert 200 < page.locator("iframe").evaluate("f => f.clientHeight") < 1000


def test_wordpress_opens_the_link_that_its_sandbox_blocks(visit, site, kept):
    page = visit(site.put("/post", wordpress(kept["url"])))
    page.frame_locator("iframe").get_by_test_id("credit").click()
    page.wait_for_function("() => links.length === 1")
    assert page.evaluate("links") == [kept["url"]]


def test_wordpress_scrolls_what_is_higher_than_it_allows(visit, site, sharing_url):
    long = keep(sharing_url, encode(group(3, 1, 110, 300, 700)[0]))
    page = visit(site.put("/post", wordpress(long["url"])))
    page.wait_for_function("() => document.querySelector('iframe').clientHeight === 1000")
    embed = page.frames[-1]
    assert embed.evaluate("() => { scrollTo(0, 9999); return scrollY }") > 0
    assert (
        embed.evaluate("() => getComputedStyle(document.documentElement).scrollbarWidth") == "auto"
    )


def test_a_secret_for_somebody_else_gets_no_answer(visit, site, kept):
    html = wordpress(kept["url"]).replace(f'data-secret="{SECRET}"', 'data-secret="other"')
    page = visit(site.put("/post", html))
    assert_whole(page.frame_locator("iframe"))
    assert page.locator("iframe").evaluate("f => f.clientHeight") == 900


def test_ghost_shows_what_oembed_answers(visit, site, kept):
    page = visit(site.put("/post", ghost(kept["url"])))
    assert_whole(page.frame_locator("iframe"))
    with page.context.expect_page() as opened:
        page.frame_locator("iframe").get_by_test_id("credit").click()
    expect(opened.value.get_by_test_id("face-card")).to_be_visible()


def test_notion_frames_the_address_of_the_embed(visit, site, kept):
    page = visit(site.put("/page", notion(kept["embed_url"])))
    assert_whole(page.frame_locator("iframe"))
    page = visit(site.put("/page", notion(kept["url"])), fails=True)
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("refused to connect")


def test_moodle_keeps_a_teachers_frame_and_of_a_students_element_the_link(visit, site, kept):
    page = visit(site.put("/teacher", moodle(FRAME.format(kept["embed_url"]), trusted=True)))
    assert_whole(page.frame_locator("iframe"))
    page = visit(site.put("/student", moodle(three_lines(kept["url"]), trusted=False)))
    assert page.locator("iframe, script, facetraits-result").count() == 0
    expect(page.get_by_role("link", name="Faces in a photo")).to_have_attribute("href", kept["url"])


def test_an_address_with_a_slash_is_the_same(visit, site, kept):
    page = visit(site.put("/post", wordpress(f"{kept['url']}/")))
    assert_whole(page.frame_locator("iframe"))
    src = page.locator("iframe").get_attribute("src")
    assert re.fullmatch(rf"{kept['embed_url']}#\?secret={SECRET}", src)


def test_storage_that_throws_stops_nothing(visit, site, kept):
    page = visit(site.put("/post", wordpress(kept["url"])))
    assert_whole(page.frame_locator("iframe"))
    with pytest.raises(Exception, match="SecurityError"):
        page.frames[-1].evaluate("localStorage.length")


def test_the_live_page_without_an_origin_says_what_is_wrong(visit, site, sharing_url):
    live = f"{sharing_url}/embed/live"
    html = f'<iframe sandbox="allow-scripts" width="640" height="900" src="{live}"></iframe>'
    # The browser logs that the camera is not allowed.
    page = visit(site.put("/live", html), fails=True)
    frame = page.frame_locator("iframe")
    frame.get_by_test_id("start").click()
    expect(frame.get_by_test_id("problem")).to_contain_text("doesn’t share the camera")
