"""Results in other sites, across origins, in a real Chromium."""

import jinja2
import pytest
from playwright.sync_api import expect

from facetraits.web.languages import Languages, tag
from tests.browser.conftest import CHROMIUM_FLAGS, ROOT, Watch, chromium_path
from tests.browser.hosts import (
    LISTEN,
    inside,
    keep,
    started_site,
    three_lines,
    wait_until_heard,
    wait_until_it_fits,
)
from tests.browser.test_upload import PORTRAIT
from tests.photos import FACE_MIDDLE, astronaut, encode

LIVE_IS_THERE = (ROOT / "templates/_live.html").exists()


@pytest.mark.parametrize("script", ['type="module"', "defer", ""])
def test_three_lines_show_a_result_that_fits(visit, site, kept, script):
    page = visit(site.put("/blog", three_lines(kept["url"], script=script)), script=LISTEN)
    wait_until_heard(page, "ready")
    expect(inside(page).get_by_test_id("face-card")).to_contain_text("Female")
    wide, height, _ = wait_until_it_fits(page)
    assert page.locator("facetraits-result >> iframe").bounding_box()["height"] == height
    page.set_viewport_size({"width": 380, "height": 700})
    embed = next(frame for frame in page.frames if "/embed/" in frame.url)
    embed.wait_for_function(f"() => innerWidth < {wide}")
    narrow, other_height, content = wait_until_it_fits(page)
    assert content == narrow
    assert other_height != height


def test_the_height_settles_where_scroll_bars_take_room(visit, site, kept):
    page = visit(site.put("/blog", three_lines(kept["url"])), script=LISTEN)
    wait_until_heard(page, "ready")
    wait_until_it_fits(page)
    page.evaluate(
        """() => { window.sizes = 0;
            addEventListener("message", ({ data }) => { sizes += data.type === "size" }) }"""
    )
    # A frame that went by its own height would answer each change with another.
    page.locator("facetraits-result").evaluate("e => { e.style.width = '501px' }")
    embed = next(frame for frame in page.frames if "/embed/" in frame.url)
    embed.wait_for_function("() => innerWidth === 501")
    wait_until_it_fits(page)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("sizes") <= 2


def paper(page):
    return inside(page).locator("body").evaluate("b => getComputedStyle(b).backgroundColor")


def test_the_theme_follows_without_loading_again(visit, site, kept):
    page = visit(site.put("/blog", three_lines(kept["url"], 'theme="dark"')), script=LISTEN)
    wait_until_heard(page, "ready")
    assert paper(page) == "rgb(25, 28, 34)"
    inside(page).locator("body").evaluate("b => { b.dataset.same = 'yes' }")
    element = page.locator("facetraits-result")
    element.evaluate("e => e.setAttribute('theme', 'light')")
    expect(inside(page).locator("html")).to_have_attribute("data-theme", "light")
    assert paper(page) == "rgb(255, 255, 255)"
    expect(inside(page).locator("body")).to_have_attribute("data-same", "yes")
    element.evaluate("e => e.removeAttribute('theme')")
    page.emulate_media(color_scheme="dark")
    expect(inside(page).locator("html")).to_have_attribute("data-theme", "auto")
    inside(page).locator("html").evaluate(
        """e => new Promise(done => {
            const look = () => getComputedStyle(document.body).backgroundColor === "rgb(25, 28, 34)"
                ? done() : requestAnimationFrame(look);
            look();
        })"""
    )


def test_other_parts_are_shown_when_asked_for(visit, site, kept):
    page = visit(site.put("/blog", three_lines(kept["url"], 'show="chart"')), script=LISTEN)
    expect(inside(page).get_by_test_id("chart")).to_be_visible()
    expect(inside(page).get_by_test_id("face-card")).to_be_hidden()
    expect(inside(page).get_by_test_id("overlay")).to_be_hidden()
    page.locator("facetraits-result").evaluate("e => e.setAttribute('show', 'cards')")
    expect(inside(page).get_by_test_id("face-card")).to_be_visible()
    expect(inside(page).get_by_test_id("chart")).to_have_count(0)


def test_neither_sites_styles_reach_the_other(visit, site, kept):
    styles = "iframe { border: 9px solid red !important } * { color: lime !important }"
    page = visit(
        site.put("/blog", f"<style>{styles}</style><p>Words</p>{three_lines(kept['url'])}")
    )
    frame = page.locator("facetraits-result >> iframe")
    assert frame.evaluate("f => getComputedStyle(f).borderTopWidth") == "0px"
    card = inside(page).get_by_test_id("age")
    assert card.evaluate("c => getComputedStyle(c).color") != "rgb(0, 255, 0)"
    assert page.evaluate("document.styleSheets.length") == 1
    assert page.locator("p").evaluate("p => getComputedStyle(p).fontFamily") != card.evaluate(
        "c => getComputedStyle(c).fontFamily"
    )


def test_the_frame_has_a_name_and_little_power(visit, site, kept):
    page = visit(site.put("/blog", three_lines(kept["url"])))
    frame = page.locator("facetraits-result >> iframe")
    assert frame.get_attribute("title") == "Faces in a photo, analyzed by Facetraits"
    assert frame.get_attribute("loading") == "lazy"
    assert frame.get_attribute("allow") == ""
    powers = frame.get_attribute("sandbox").split()
    assert not {"allow-top-navigation", "allow-forms", "allow-modals"} & set(powers)
    page.locator("facetraits-result").evaluate("e => e.setAttribute('aria-label', 'Eileen')")
    assert frame.get_attribute("title") == "Eileen"
    link = inside(page).get_by_test_id("credit")
    with page.context.expect_page() as opened:
        link.click()
    expect(opened.value.get_by_test_id("face-card")).to_be_visible()
    assert opened.value.evaluate("opener") is None


def test_a_site_that_is_not_on_the_list_is_refused(visit, kept, site):
    with started_site() as stranger:
        page = visit(stranger.put("/", three_lines(kept["url"])), fails=True, script=LISTEN)
        wait_until_heard(page, "problem", "no_answer")
        # The words that the host put there take its place.
        expect(page.get_by_text("Faces in a photo")).to_be_visible()
        plain = visit(stranger.put("/f", f'<iframe src="{kept["embed_url"]}">'), fails=True)
        expect(plain.frame_locator("iframe").locator("body")).to_contain_text("refused to connect")


def test_by_default_only_the_servers_own_pages_may_show_it(visit, server_url, site):
    theirs = keep(server_url)
    page = visit(site.put("/blog", three_lines(theirs["url"])), fails=True, script=LISTEN)
    wait_until_heard(page, "problem", "no_answer")
    page = visit(theirs["url"], fails=True)
    expect(page.get_by_test_id("embed-note")).to_contain_text("doesn’t let other sites")


def test_the_results_page_itself_is_never_framed(visit, site, kept):
    page = visit(site.put("/f", f'<iframe src="{kept["url"]}">'), fails=True)
    expect(page.frame_locator("iframe").locator("body")).to_contain_text("refused to connect")


def test_messages_of_others_are_not_believed(visit, site, kept):
    page = visit(site.put("/blog", three_lines(kept["url"])), script=LISTEN)
    wait_until_heard(page, "ready")
    _, height, _ = wait_until_it_fits(page)
    fake = '<script>parent.postMessage({source:"facetraits",type:"size",height:9999}, "*");'
    fake += 'parent.postMessage({source:"facetraits",type:"problem",code:"fake"}, "*");'
    site.put("/evil", fake + 'parent.postMessage("sent", "*")</script>')
    page.evaluate(
        """evil => new Promise(done => {
            addEventListener("message", ({ data }) => data === "sent" && done());
            postMessage({ source: "facetraits", type: "size", height: 9999 }, "*");
            const frame = document.createElement("iframe");
            frame.src = evil;
            document.body.append(frame);
        })""",
        "/evil",
    )
    assert page.locator("facetraits-result >> iframe").bounding_box()["height"] == height
    assert page.evaluate("heard.map(([type]) => type)") == ["ready"]


def test_the_embed_obeys_only_the_page_around_it(visit, site, kept):
    page = visit(site.put("/blog", three_lines(kept["url"], 'theme="light"')), script=LISTEN)
    wait_until_heard(page, "ready")
    inside(page).locator("body").evaluate(
        """() => new Promise(done => {
            addEventListener("message", () => done(), { once: true });
            postMessage({ source: "facetraits", type: "theme", theme: "dark" }, "*");
        })"""
    )
    expect(inside(page).locator("html")).to_have_attribute("data-theme", "light")


def test_an_address_of_somebody_else_is_not_loaded(visit, site, kept):
    evil = site.put("/embed/evil", "<p>Evil</p>")
    html = three_lines(kept["url"]).replace(f'src="{kept["url"]}"', f'src="{evil}"')
    page = visit(site.put("/blog", html), script=LISTEN)
    wait_until_heard(page, "problem", "bad_src")
    expect(page.get_by_text("Faces in a photo")).to_be_visible()
    assert [frame.url for frame in page.frames[1:]] == ["about:blank"]
    element = page.locator("facetraits-result")
    element.evaluate("(e, src) => { e.setAttribute('src', src) }", kept["url"])
    wait_until_heard(page, "ready")


def test_an_element_with_many_attributes_is_shown_once(visit, site, kept):
    attributes = 'theme="dark" show="cards" lang="de" aria-label="Eileen"'
    html = three_lines(kept["url"], attributes).replace(f'src="{kept["url"]}"', 'src="//nowhere"')
    page = visit(site.put("/blog", html), script=LISTEN)
    wait_until_heard(page, "problem", "bad_src")
    assert page.evaluate("heard") == [["problem", "bad_src"]]


def test_an_unknown_result_is_told_to_the_host(visit, site, sharing_url):
    page = visit(site.put("/blog", three_lines(f"{sharing_url}/results/nothing")), script=LISTEN)
    wait_until_heard(page, "problem", "not_found")
    expect(inside(page).get_by_test_id("problem")).to_be_visible()
    expect(inside(page).locator("nav")).to_have_count(0)


def test_a_strict_policy_needs_two_directives(visit, site, kept, sharing_url):
    policy = f"default-src 'none'; script-src {sharing_url}; frame-src {sharing_url}"
    html = three_lines(kept["url"])
    page = visit(site.put("/strict", html, Content_Security_Policy=policy))
    expect(inside(page).get_by_test_id("face-card")).to_be_visible()
    wait_until_it_fits(page)


def test_a_host_that_isolates_itself_still_gets_the_script(visit, site, kept):
    headers = {"Cross_Origin_Opener_Policy": "same-origin"}
    page = visit(site.put("/isolated", three_lines(kept["url"]), **headers))
    expect(inside(page).get_by_test_id("face-card")).to_be_visible()


@pytest.mark.parametrize("show", ["picture,cards", "chart"])
def test_a_sandbox_without_an_origin_shows_all_of_it(visit, site, kept, show):
    # What WordPress makes of every oEmbed frame: to its own page, even the embed is a stranger.
    frame = (
        '<iframe sandbox="allow-scripts" security="restricted" width="640" height="900" src="{}">'
    )
    page = visit(site.put("/post", frame.format(f"{kept['embed_url']}?show={show}")))
    inner, embed = page.frame_locator("iframe"), page.frames[-1]
    if show == "chart":
        expect(inner.get_by_test_id("chart")).to_be_visible()
        return
    expect(inner.get_by_test_id("face-card")).to_contain_text("Female")
    expect(inner.get_by_test_id("overlay")).to_be_visible()
    assert embed.evaluate("origin") == "null"
    embed.wait_for_function(
        """() => [...document.images].some(
            i => i.checkVisibility() && i.complete && i.naturalWidth > 100)"""
    )
    assert embed.evaluate("getComputedStyle(document.body).margin") == "0px"  # of app.css


def test_a_sandbox_without_scripts_shows_the_picture_with_its_boxes(visit, site, kept):
    html = f'<iframe sandbox="" width="640" height="900" src="{kept["embed_url"]}">'
    # The browser complains of each script that it does not run.
    page = visit(site.put("/post", html), fails=True)
    plain = page.frame_locator("iframe").get_by_test_id("plain-reading")
    picture = plain.locator("img")
    expect(picture).to_be_visible()
    assert picture.evaluate("p => p.decode().then(() => p.naturalWidth)") > 100
    expect(plain).to_contain_text("Face 1 looks")
    drawn, around = plain.locator("rect").bounding_box(), picture.bounding_box()
    x, y = (FACE_MIDDLE[i] / 512 * around[side] for i, side in enumerate(("width", "height")))
    assert drawn["x"] < around["x"] + x < drawn["x"] + drawn["width"]
    assert drawn["y"] < around["y"] + y < drawn["y"] + drawn["height"]


def test_two_results_and_a_script_that_is_there_twice(visit, site, sharing_url, kept):
    other = keep(sharing_url, encode(astronaut()[:400, :400].copy()))
    html = three_lines(kept["url"]) + three_lines(other["url"], 'show="chart"', "defer")
    page = visit(site.put("/two", html), script=LISTEN)
    page.wait_for_function("() => heard.filter(([type]) => type === 'ready').length === 2")
    page.wait_for_function(
        """() => {
            const frames = [...document.querySelectorAll("facetraits-result")]
                .map(e => e.shadowRoot.querySelector("iframe").clientHeight);
            return frames.length === 2 && frames[0] > 550 && frames[1] < 550;
        }"""
    )
    # The likeliest answers stand out in the face's color, as in its card.
    top = page.frames[-1].locator(".chart .bar.top .bar-fill")
    expect(top).to_have_css("background-color", "rgb(255, 214, 10)")


# The demo, served by the server and by somebody else


def demo_html(origin):
    loader = jinja2.FileSystemLoader(ROOT / "templates")
    environment = jinja2.Environment(loader=loader, autoescape=True)
    languages = Languages.read(ROOT / "static/locales")
    language = languages.english
    environment.globals.update(
        t=language.t,
        tag=tag,
        language=language,
        languages=languages,
        language_url=lambda other: f"?lang={other.code}",
    )
    return environment.get_template("demo.html").render(origin=origin, upload_url=f"{origin}/")


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_the_demo_shows_each_way(visit, site, sharing_url, kept, where):
    elsewhere = site.put("/demo", demo_html(sharing_url))
    demo = f"{sharing_url}/demo" if where == "here" else elsewhere
    page = visit(f"{demo}?result={kept['url']}")
    expect(page.get_by_test_id("word")).to_contain_text("shown in four ways")
    expect(page.get_by_test_id("figures")).to_contain_text("female")
    for way in ("element", "frame", "oembed"):
        place = page.get_by_test_id(way)
        place.scroll_into_view_if_needed()
        frame = page.frame_locator(f"[data-testid={way}] iframe")
        expect(frame.get_by_test_id("chart" if way == "frame" else "face-card")).to_be_visible()
    code = page.locator("#way-oembed").locator("xpath=../..").locator("code")
    expect(code).to_contain_text("DOMParser")


def test_the_demo_passes_no_right_to_delete_on(visit, sharing_url, kept):
    page = visit(f"{sharing_url}/demo")
    page.get_by_test_id("result").fill(f"{kept['url']}#delete={kept['delete_token']}")
    page.get_by_test_id("show").click()
    expect(page.get_by_test_id("word")).to_contain_text("shown in four ways")
    expect(page.get_by_test_id("result")).to_have_value(kept["url"])
    assert kept["delete_token"] not in page.content()


def test_the_demo_takes_a_photo_and_its_theme_reaches_the_embed(visit, sharing_url):
    page = visit(f"{sharing_url}/demo")
    page.get_by_test_id("photo").set_input_files([PORTRAIT])
    frame = page.frame_locator("[data-testid=element] iframe")
    expect(frame.get_by_test_id("face-card")).to_be_visible()
    page.get_by_test_id("theme").select_option("dark")
    expect(frame.locator("html")).to_have_attribute("data-theme", "dark")


# Live


FAKE_CAMERA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
LIVE = """<!doctype html><title>Blog</title><script type="module" src="{url}/embed.js"></script>
    <facetraits-live></facetraits-live>"""


def test_the_live_frame_may_ask_for_the_camera_and_the_result_may_not(visit, site, sharing_url):
    page = visit(site.put("/live", LIVE.format(url=sharing_url)), script=LISTEN)
    wait_until_heard(page, "ready")
    expect(inside(page, "facetraits-live").get_by_test_id("embed")).to_be_visible()
    allowed = "document.featurePolicy.allowsFeature('camera')"
    live = next(frame for frame in page.frames if "/embed/live" in frame.url)
    assert live.evaluate(allowed) is True


@pytest.mark.skipif(not LIVE_IS_THERE, reason="the live page is not there yet")
def test_the_live_embed_asks_for_the_camera_and_tells_its_readings(chromium, site, sharing_url):
    browser = chromium.browser_type.launch(
        executable_path=chromium_path(), args=[*CHROMIUM_FLAGS, *FAKE_CAMERA]
    )
    try:
        page = browser.new_page()
        page.set_default_timeout(20_000)
        watch = Watch(page, (sharing_url, site.origin))
        page.add_init_script(LISTEN)
        page.goto(site.put("/live", LIVE.format(url=sharing_url)))
        inside(page, "facetraits-live").get_by_test_id("start").click()
        wait_until_heard(page, "reading")
        assert watch.errors == []
    finally:
        browser.close()
