"""Every page by axe's rules: in light, dark, and forced colors, in English and in long words."""

import pytest

from tests import moving_face
from tests.browser.conftest import ROOT, started_server
from tests.browser.states import LANGUAGES, STATES, keep_results
from tests.pseudo_language import CODE

AXE = ROOT / "node_modules/axe-core/axe.min.js"
FLAGS = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
MODES = {
    "light": {"color_scheme": "light", "forced_colors": "none"},
    "dark": {"color_scheme": "dark", "forced_colors": "none"},
    "forced colors": {"color_scheme": "dark", "forced_colors": "active"},
    "forced colors, light": {"color_scheme": "light", "forced_colors": "active"},
}


@pytest.fixture(scope="session")
def open_url(tmp_path_factory):
    """A server that reads twenty faces, lets everyone frame it, and has the pseudo-language."""
    settings = {"MAX_FACES": 20, "FRAME_ANCESTORS": "*"}
    folder = tmp_path_factory.mktemp("states")
    program = ("-m", "tests.browser.app_with_pseudo_language", str(folder))
    with started_server(folder, program, **settings) as url:
        yield url


@pytest.fixture(scope="session")
def ids(open_url):
    return keep_results(open_url)


@pytest.fixture(scope="session")
def browser_with_camera(chromium_with, tmp_path_factory):
    frames = [moving_face.draw(0, 0.4, 0)] * 30
    video = moving_face.write_mjpeg(tmp_path_factory.mktemp("camera") / "face.mjpeg", frames)
    return chromium_with(*FLAGS, f"--use-file-for-fake-video-capture={video}")


@pytest.fixture
def in_state(open_page, open_url, ids, browser_with_camera):
    """`in_state(name)` → the page in that state; see states.py."""

    def open_it(name, lang="en", **options):
        state = STATES[name]
        path, mark, fragment = state.path.format(**ids).partition("#")
        if lang != "en":
            path += f"{'&' if '?' in path else '?'}lang={lang}"
        options = {"browser": browser_with_camera, "url": open_url, **options}
        page = open_page(path + mark + fragment, **options)
        state.prepare(page)
        return page

    return open_it


def violations(page):
    """axe's rules that the page breaks, with the elements that break them."""
    found = page.evaluate(
        """async () => {
            const rules = { "target-size": { enabled: true } };
            const { violations } = await axe.run(document, { rules, resultTypes: ["violations"] });
            return violations.flatMap(({ id, nodes }) =>
                nodes.map(n => `${id}: ${n.target.join(" ")}: ${n.failureSummary}`));
        }"""
    )
    return found


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", STATES)
def test_axe_finds_nothing_in_any_colors(in_state, name, lang):
    page = in_state(name, lang)
    page.evaluate(AXE.read_text())
    found = {}
    for mode, media in MODES.items():
        page.emulate_media(**media, reduced_motion="reduce")
        found[mode] = violations(page)
    assert found == {mode: [] for mode in MODES}


# A window of 1280 by 1024 pixels, magnified.
ZOOMED = {
    "200%": {"viewport": {"width": 640, "height": 512}, "device_scale_factor": 2},
    "400%": {"viewport": {"width": 320, "height": 256}, "device_scale_factor": 4},
}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def outside(page):
    """What sticks out at the sides, except where its box scrolls or clips it on purpose."""
    return page.evaluate(
        """() => {
            const held = (e) => e && e !== document.body
                && (getComputedStyle(e).overflowX !== "visible" || held(e.parentElement));
            const wide = [...document.body.querySelectorAll("*")].filter((e) => {
                const { left, right, width } = e.getBoundingClientRect();
                return width > 1 && e.checkVisibility() && (right > innerWidth + 1 || left < -1)
                    && !held(e.parentElement) && !e.matches(".skip-link");
            });
            const named = wide.map(e =>
                `${e.tagName} ${e.className} ${e.textContent.slice(0, 30)}`);
            const over = document.documentElement.scrollWidth - innerWidth;
            return over > 0 ? [...named, `scrolls by ${over} px`] : named;
        }"""
    )


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("zoom", ZOOMED)
@pytest.mark.parametrize("name", STATES)
def test_magnified_pages_scroll_one_way(in_state, name, zoom, lang):
    assert outside(in_state(name, lang, **ZOOMED[zoom])) == []


@pytest.mark.parametrize("lang", ["de", "es", "pl"])
@pytest.mark.parametrize(
    "name", ["upload", "upload-twenty-faces", "share-dialog", "live-running", "result", "demo"]
)
def test_no_word_is_too_long_for_the_narrowest_page(in_state, name, lang):
    assert outside(in_state(name, lang, **ZOOMED["400%"])) == []


LEFTS = "all => [...new Set(all.map(e => Math.round(e.getBoundingClientRect().left)))]"
# Of the traits that are in one row, how far their values are apart vertically, in pixels.
OFFSETS = """card => {
    const [one, other] = [...card.querySelectorAll(".trait")].map(trait => ({
        row: trait.getBoundingClientRect().top,
        value: trait.querySelector("dd").getBoundingClientRect().top,
    }));
    return one.row === other.row ? Math.round(one.value - other.value) : 0;
}"""


@pytest.mark.parametrize("lang", ["en", "de", "es", "pl", CODE])
def test_names_and_values_are_in_line_on_a_phone(in_state, lang):
    page = in_state("upload-one-face", lang, **PHONE)
    assert page.get_by_test_id("face-card").evaluate(OFFSETS) == 0
    tools = page.locator(".results-bar").bounding_box()
    clear = page.get_by_test_id("clear").bounding_box()
    assert clear["x"] + clear["width"] == pytest.approx(tools["x"] + tools["width"], abs=1)
    page = in_state("upload-twenty-faces", lang, **PHONE)
    assert len(page.locator(".group-tools select").evaluate_all(LEFTS)) == 1
    page = in_state("live-running", lang, **PHONE)
    assert len(page.locator(".hud dt").evaluate_all(LEFTS)) == 2


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("name", STATES)
def test_a_thumb_hits_everything_on_a_phone(in_state, name, lang):
    page = in_state(name, lang, **PHONE)
    # A label's area is its control's, too. Links within sentences are as high as these.
    assert (
        page.evaluate(
            """() => [...document.querySelectorAll("a, button, input, select, textarea, summary")]
            .filter(e => e.checkVisibility({ visibilityProperty: true }))
            .filter(e => !e.closest("p, .skip-link"))
            .map(e => [e, (e.closest("label") ?? e).getBoundingClientRect()])
            .filter(([, { width, height }]) => Math.min(width, height) < 44 && width * height > 1)
            .map(([e, { width, height }]) =>
                `${e.tagName} ${e.className} "${e.textContent.trim()}": ${width} × ${height}`)"""
        )
        == []
    )


FOCUSED = """() => {
    const e = document.activeElement;
    if (!e || e === document.body) return null;
    const styles = [e, e.closest("label, .button")].filter(Boolean).map(x => getComputedStyle(x));
    // A frame's own elements show theirs.
    const framed = e.shadowRoot || e.tagName === "IFRAME"
        || styles.some(s => s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2)
        || getComputedStyle(e.nextElementSibling ?? e).outlineStyle !== "none";
    const { top, bottom } = e.getBoundingClientRect();
    const all = [...document.querySelectorAll("*")];
    return { name: `${e.tagName} ${e.className}`, framed,
             inView: bottom > 0 && top < innerHeight, place: all.indexOf(e) };
}"""


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "name", ["upload-one-face", "upload-twenty-faces", "result", "demo", "live"]
)
def test_the_focus_is_seen_and_goes_down_the_page(in_state, name, mode):
    page = in_state(name, **MODES[mode], reduced_motion="reduce")
    page.evaluate("() => { document.activeElement.blur(); scrollTo(0, 0) }")
    page.locator("body").evaluate(
        "b => { b.tabIndex = -1; b.focus(); b.removeAttribute('tabindex') }"
    )
    seen = []
    for _ in range(12):
        page.keyboard.press("Tab")
        focused = page.evaluate(FOCUSED)
        if focused is None or (seen and focused["place"] <= seen[0]["place"]):
            break
        seen.append(focused)
    assert len(seen) >= 4
    assert [each["name"] for each in seen if not (each["framed"] and each["inView"])] == []
    places = [each["place"] for each in seen]
    assert places == sorted(places)


@pytest.mark.parametrize("name", STATES)
def test_what_is_read_first_is_higher_up(in_state, name):
    page = in_state(name, **PHONE)
    assert (
        page.evaluate(
            """() => {
            const parts = [...document.querySelectorAll("h1, h2, h3, [role=status], .button")]
                .filter(e => e.checkVisibility({ visibilityProperty: true }) && e.textContent.trim()
                    && e.getBoundingClientRect().height > 1
                    && (!document.querySelector("dialog[open]") || e.closest("dialog"))
                    && !e.closest(".stage"));
            const tops = parts.map(e => e.getBoundingClientRect());
            return parts.filter((e, i) => i > 0 && tops[i].bottom <= tops[i - 1].top)
                .map(e => `${e.tagName} ${e.textContent.trim().slice(0, 40)}`);
        }"""
        )
        == []
    )


@pytest.mark.parametrize("name", STATES)
def test_nothing_moves_for_those_who_asked_for_stillness(in_state, name):
    page = in_state(name, reduced_motion="reduce")
    assert page.evaluate("document.getAnimations().length") == 0
    for element in ("html", "body", "main", ".button", ".card", ".tile"):
        for found in page.locator(element).all()[:1]:
            style = found.evaluate(
                """e => { const s = getComputedStyle(e);
                    return [s.transitionDuration, s.scrollBehavior] }"""
            )
            assert style[0] in ("0s", "") and style[1] == "auto"


def test_a_screen_reader_hears_what_happens_and_not_each_frame(in_state):
    page = in_state("live-running")
    heard = page.evaluate(
        """() => new Promise(done => {
            const said = [];
            const live = document.querySelectorAll("[role=status], [role=alert], [aria-live]");
            const watch = new MutationObserver(() => said.push(1));
            for (const e of live)
                watch.observe(e, { childList: true, characterData: true, subtree: true });
            const read = document.querySelector("[data-testid=hud-read]");
            const start = Number(read.textContent);
            new MutationObserver(() => Number(read.textContent) >= start + 12 && done(said.length))
                .observe(read, { childList: true, characterData: true, subtree: true });
        })"""
    )
    assert heard <= 1
