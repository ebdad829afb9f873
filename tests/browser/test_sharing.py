"""Results that are shared and embedded, in a real Chromium, across origins."""

import json
import re
import sqlite3
import urllib.request
from pathlib import Path

import jinja2
import pytest
from playwright.sync_api import expect

from ..photos import astronaut, encode, group
from .conftest import CHROMIUM_FLAGS, ROOT, Watch, chromium_path, started_server
from .hosts import started_site
from .test_upload import PORTRAIT, assert_on_the_face, boxes_of, choose, download

LIVE_IS_THERE = (Path(ROOT) / "templates/_live.html").exists()


@pytest.fixture(scope="module")
def site():
    """A site that the server knows."""
    with started_site() as known:
        yield known


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return tmp_path_factory.mktemp("kept")


@pytest.fixture(scope="module")
def sharing_url(site, data_dir):
    """A server that lets that site, and no other, frame its results."""
    with started_server(data_dir, FRAME_ANCESTORS=site.origin) as url:
        yield url


def keep(url, photo=None, what="picture"):
    """What a POST of the photo answers."""
    request = urllib.request.Request(
        f"{url}/api/v1/results?keep={what}",
        photo or PORTRAIT["buffer"],
        {"Content-Type": "image/jpeg"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


@pytest.fixture(scope="module")
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
    expect(dialog).to_contain_text("Not a pixel")
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
            f'  <a href="{link}">Faces in a photo, read by Facetraits</a></facetraits-result>',
        )
    )


def test_answers_alone_are_shown_without_a_picture(visit, sharing_url):
    page = visit(sharing_url)
    choose(page, PORTRAIT)
    shared = visit(create_link(page, "figures"))
    expect(shared.get_by_text("Only the answers were kept")).to_be_visible()
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
        (507, "storage_full", "no room"),
        (503, "storage_unavailable", "cannot keep"),
        (413, "too_large", "too large"),
        (429, "rate_limited", "Too many"),
        (0, "network", "could not be reached"),
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


def test_a_wrong_token_deletes_nothing(visit, kept):
    page = visit(f"{kept['url']}#delete=wrong")
    page.get_by_test_id("delete").click()
    page.get_by_test_id("delete-really").click()
    expect(page.get_by_test_id("delete-problem")).to_contain_text("Not deleted")
    assert page.reload().status == 200


@pytest.mark.parametrize("address", ["url", "embed_url"])
def test_at_zero_the_page_lets_go_of_the_result(visit, kept, address):
    page = visit("about:blank")
    page.clock.install()
    page.goto(kept[address])
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    page.clock.fast_forward("23:59:50")
    expect(page.get_by_test_id("expiry")).to_contain_text("second")
    page.clock.fast_forward("00:15")
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
    expect(page.get_by_text(f"{kept['url']} until")).to_be_visible()
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


# In another site


@pytest.mark.parametrize("script", ['type="module"', "defer", ""])
def test_three_lines_show_a_result_that_fits(visit, site, kept, script):
    page = visit(site.put("/blog", three_lines(kept["url"], script=script)), script=LISTEN)
    wait_until_heard(page, "ready")
    expect(inside(page).get_by_test_id("face-card")).to_contain_text("Female")
    wide, height, _ = wait_until_it_fits(page)
    assert page.locator("facetraits-result >> iframe").bounding_box()["height"] == height
    page.set_viewport_size({"width": 380, "height": 700})
    embed = next(frame for frame in page.frames if "/embed/" in frame.url)
    embed.wait_for_function(f"innerWidth < {wide}")
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
    embed.wait_for_function("innerWidth === 501")
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
    assert frame.get_attribute("title") == "Faces in a photo, read by Facetraits"
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
    expect(page.get_by_test_id("embed-note")).to_contain_text("lets no other site")


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


def test_two_results_and_a_script_that_is_there_twice(visit, site, sharing_url, kept):
    other = keep(sharing_url, encode(astronaut()[:400, :400].copy()))
    html = three_lines(kept["url"]) + three_lines(other["url"], 'show="chart"', "defer")
    page = visit(site.put("/two", html), script=LISTEN)
    page.wait_for_function("heard.filter(([type]) => type === 'ready').length === 2")
    page.wait_for_function(
        """() => {
            const frames = [...document.querySelectorAll("facetraits-result")]
                .map(e => e.shadowRoot.querySelector("iframe").clientHeight);
            return frames.length === 2 && frames[0] > 500 && frames[1] < 400;
        }"""
    )


# The demo, served by the server and by somebody else


def demo_html(origin):
    loader = jinja2.FileSystemLoader(ROOT / "templates")
    template = jinja2.Environment(loader=loader, autoescape=True).get_template("demo.html")
    return template.render(origin=origin)


@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_the_demo_shows_each_way(visit, site, sharing_url, kept, where):
    elsewhere = site.put("/demo", demo_html(sharing_url))
    demo = f"{sharing_url}/demo" if where == "here" else elsewhere
    page = visit(f"{demo}?result={kept['url']}")
    expect(page.get_by_test_id("word")).to_contain_text("in four ways")
    expect(page.get_by_test_id("figures")).to_contain_text("female")
    for way in ("element", "frame", "oembed"):
        place = page.get_by_test_id(way)
        place.scroll_into_view_if_needed()
        frame = page.frame_locator(f"[data-testid={way}] iframe")
        expect(frame.get_by_test_id("chart" if way == "frame" else "face-card")).to_be_visible()
    code = page.locator("#way-oembed").locator("xpath=../..").locator("code")
    expect(code).to_contain_text("DOMParser")


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
