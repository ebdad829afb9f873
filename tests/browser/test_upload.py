"""The upload page in a real Chromium, against the real server and networks."""

import csv
import io
import json

import cv2
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from facetraits.vision.decoding import decode_image
from tests.photos import FACE_MIDDLE, astronaut, encode, group

PORTRAIT = {"name": "portrait.jpg", "mimeType": "image/jpeg", "buffer": encode(astronaut())}
NOBODY = {
    "name": "nobody.png",
    "mimeType": "image/png",
    "buffer": encode(np.full((300, 400, 3), 127, np.uint8), ".png"),
}
TEXT = {"name": "notes.jpg", "mimeType": "image/jpeg", "buffer": b"these are words"}
CUT = {"name": "cut.jpg", "mimeType": "image/jpeg", "buffer": encode(astronaut())[:9000]}


def choose(page, *files):
    page.get_by_test_id("choose").set_input_files(list(files))


def boxes_of(page):
    """Boxes drawn on the first canvas, in CSS pixels of the canvas."""
    canvas = page.get_by_test_id("overlay").first
    expect(canvas).not_to_have_attribute("data-boxes", "[]")
    size = canvas.evaluate("c => [c.clientWidth, c.clientHeight]")
    return json.loads(canvas.get_attribute("data-boxes")), size


def box_sides(box):
    if isinstance(box, dict):
        left = box.get("x", box.get("left"))
        top = box.get("y", box.get("top"))
        return left, top, box["width"], box["height"]
    return box


def assert_on_the_face(box, size):
    left, top, width, height = box_sides(box)
    x, y = (FACE_MIDDLE[i] / 512 * size[i] for i in (0, 1))
    assert left < x < left + width
    assert top < y < top + height


def test_a_portrait_gets_its_card_and_its_box(open_page):
    page = open_page()
    choose(page, PORTRAIT)
    card = page.get_by_test_id("face-card")
    expect(card).to_have_count(1)
    expect(card).to_contain_text("female", ignore_case=True)
    expect(card).to_contain_text("%")
    expect(page.get_by_test_id("status")).to_contain_text("1 face")
    boxes, size = boxes_of(page)
    assert len(boxes) == 1
    assert_on_the_face(boxes[0], size)


@pytest.mark.parametrize("photo", ["one face", "a group"])
def test_what_is_beside_the_photo_begins_at_its_top(open_page, photo):
    page = open_page(viewport={"width": 1180, "height": 860})
    choose(page, PORTRAIT if photo == "one face" else GROUP)
    expect(page.get_by_test_id("face-card").first).to_be_visible()
    # Both at once, and again: the page may still move while pictures and words arrive.
    page.wait_for_function(
        """(ids) => {
            const [top, other] = ids.map((id) =>
                document.querySelector(`[data-testid="${id}"]`).getBoundingClientRect().top);
            return Math.abs(top - other) <= 1;
        }""",
        arg=["overlay", "face-card" if photo == "one face" else "summary"],
    )


def test_the_canvas_has_ink_where_the_box_is(open_page):
    page = open_page(device_scale_factor=2)
    choose(page, PORTRAIT)
    (box,), size = boxes_of(page)
    left, top, width, _ = box_sides(box)
    canvas = page.get_by_test_id("overlay").first
    # High-density screens get a backing store of as many pixels as they show.
    assert canvas.evaluate("c => c.width") == pytest.approx(2 * size[0], abs=2)
    ink = canvas.evaluate(
        """(c, [x, y, w]) => {
            const s = c.width / c.clientWidth;
            const area = [x - 4, y - 4, w + 8, 8].map(v => v * s);
            const strip = c.getContext("2d").getImageData(...area);
            return strip.data.filter((v, i) => i % 4 === 3 && v > 0).length;
        }""",
        [left, top, width],
    )
    assert ink > width / 4


@pytest.mark.parametrize("width", [360, 700, 1500])
def test_the_overlay_stays_right_when_the_window_changes(open_page, width):
    page = open_page()
    choose(page, PORTRAIT)
    boxes_of(page)
    page.set_viewport_size({"width": width, "height": 800})
    page.wait_for_timeout(300)
    (box,), size = boxes_of(page)
    assert_on_the_face(box, size)
    photo = page.locator("[data-part=photo]").first.bounding_box()
    canvas = page.get_by_test_id("overlay").first.bounding_box()
    assert canvas == pytest.approx(photo, abs=1.5)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_every_face_of_a_group(open_page):
    photo, _ = group(1, 4, 90, 1200, 500)
    page = open_page()
    choose(page, {"name": "group.png", "mimeType": "image/png", "buffer": encode(photo, ".png")})
    expect(page.get_by_test_id("face-card")).to_have_count(4)
    assert len(boxes_of(page)[0]) == 4


GROUP = {
    "name": "group.png",
    "mimeType": "image/png",
    "buffer": encode(group(1, 5, 90, 1400, 500)[0], ".png"),
}


def test_a_tile_of_a_group_opens_its_card_and_the_photo_stays_in_view(open_page):
    page = open_page(viewport={"width": 1180, "height": 700})
    choose(page, GROUP)
    tiles = page.get_by_test_id("face-card")
    expect(tiles).to_have_count(5)
    expect(page.get_by_test_id("histogram").locator("li")).to_have_count(7)
    detail = page.get_by_test_id("face-detail")
    tiles.nth(2).click()
    expect(detail).to_have_count(1)
    expect(detail).to_contain_text("Face 3")
    expect(tiles.nth(2)).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_test_id("overlay")).to_have_attribute("data-active", "2")
    page.mouse.wheel(0, 10_000)
    expect(page.get_by_test_id("overlay")).to_be_in_viewport(ratio=0.9)
    page.keyboard.press("Escape")
    expect(detail).to_have_count(0)


def test_the_keyboard_leads_through_the_faces_of_a_group(open_page):
    page = open_page()
    choose(page, GROUP)
    tiles = page.get_by_test_id("face-card")
    expect(tiles).to_have_count(5)
    reached = page.evaluate("[...document.querySelectorAll('.tile')].map(t => t.tabIndex)")
    assert reached == [0, -1, -1, -1, -1]
    tiles.first.focus()
    page.keyboard.press("ArrowRight")
    expect(tiles.nth(1)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("face-detail")).to_contain_text("Face 2")
    page.keyboard.press("End")
    expect(tiles.nth(4)).to_be_focused()


def test_faces_of_a_group_are_sorted_and_selected(open_page):
    page = open_page()
    choose(page, GROUP)
    tiles = page.get_by_test_id("face-card")
    expect(tiles).to_have_count(5)
    page.get_by_test_id("order").select_option("oldest")
    ages = [int(text) for text in page.locator(".tile-age").all_inner_texts()]
    assert ages == sorted(ages, reverse=True)
    doubtful = page.locator(".tile-doubt:visible").count()
    page.get_by_test_id("selection").select_option("unsure")
    expect(tiles).to_have_count(doubtful)
    expect(page.get_by_test_id("listed")).to_contain_text("of the 5" if not doubtful else "of 5")


def test_more_faces_than_the_limit_are_counted(open_page):
    page = open_page()
    crowd = encode(group(2, 4, 80, 1200, 700)[0], ".png")
    choose(page, {"name": "crowd.png", "mimeType": "image/png", "buffer": crowd})
    expect(page.get_by_test_id("reading")).to_contain_text("5 of 8 faces")
    expect(page.get_by_test_id("reading")).to_contain_text("FACETRAITS_MAX_FACES")


def test_an_animation_says_that_its_first_frame_is_analyzed(open_page):
    frames = [Image.fromarray(astronaut()), Image.new("RGB", (512, 512), "white")]
    file = io.BytesIO()
    frames[0].save(file, "WEBP", save_all=True, append_images=frames[1:])
    page = open_page()
    choose(page, {"name": "a.webp", "mimeType": "image/webp", "buffer": file.getvalue()})
    expect(page.get_by_test_id("reading")).to_contain_text("only its first frame is analyzed")


def test_one_bad_file_costs_the_others_nothing(open_page):
    page = open_page()
    choose(page, TEXT, PORTRAIT, CUT, NOBODY)
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    expect(page.get_by_test_id("problem").locator("visible=true")).to_have_count(2)
    expect(page.get_by_test_id("no-face").locator("visible=true")).to_have_count(1)
    # An empty frame beside a text file would look like a photo that is still loading.
    text = page.get_by_test_id("reading").filter(has_text=TEXT["name"])
    expect(text.get_by_test_id("problem")).to_be_visible()
    expect(text.get_by_test_id("overlay")).to_be_hidden()
    portrait = page.get_by_test_id("reading").filter(has_text=PORTRAIT["name"])
    expect(portrait.get_by_test_id("overlay")).to_be_visible()


def test_the_focus_is_not_lost_with_the_block_that_had_it(open_page):
    page = open_page()
    page.route("**/api/v1/**", lambda route: route.abort())
    choose(page, PORTRAIT)
    page.get_by_test_id("retry").focus()
    page.unroute("**/api/v1/**")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    assert page.evaluate("document.activeElement.dataset.part") == "name"
    # The browser itself logs what was not sent.
    page.watch.errors = [e for e in page.watch.errors if "ERR_FAILED" not in e]


def test_a_proxys_limit_is_not_called_the_servers(open_page):
    page = open_page()
    page.route(
        "**/api/v1/**",
        lambda route: route.fulfill(status=413, content_type="text/html", body="<h1>nginx</h1>"),
    )
    choose(page, PORTRAIT)
    problem = page.get_by_test_id("problem").locator("visible=true")
    expect(problem).to_contain_text("proxy")
    expect(problem).not_to_contain_text("3 MB")


def test_a_file_above_the_limit_is_said_plainly(open_page):
    page = open_page()
    noise = np.random.default_rng(0).integers(0, 256, (1200, 1200, 3), np.uint8)
    big = encode(noise, ".png")
    assert len(big) > 3_000_000
    choose(page, {"name": "big.png", "mimeType": "image/png", "buffer": big})
    expect(page.get_by_test_id("problem").locator("visible=true")).to_contain_text("large")


def download(page, test_id):
    with page.expect_download() as started:
        page.get_by_test_id(test_id).first.click()
    return started.value


def test_downloads(open_page):
    page = open_page()
    choose(page, PORTRAIT)
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    reading = json.loads(download(page, "save-json").path().read_text())
    assert reading["faces"][0]["gender"]["value"] == "female"
    (row,) = csv.DictReader(io.StringIO(download(page, "save-csv").path().read_text()))
    assert row["gender"] == "female"
    png = cv2.imread(str(download(page, "save-png").path()))
    assert png.shape == (512, 512, 3)
    original = cv2.cvtColor(astronaut(), cv2.COLOR_RGB2BGR)
    assert (np.abs(png.astype(int) - original) > 60).any()


@pytest.mark.parametrize("style", ["blur", "pixelate", "cover"])
def test_faces_are_hidden_with_one_click(open_page, style):
    page = open_page()
    choose(page, PORTRAIT)
    page.get_by_test_id("hide-style").select_option(style)
    started = download(page, "hide-faces")
    assert started.suggested_filename == "portrait-anonymized.jpg"
    expect(page.get_by_test_id("hide-words")).to_contain_text("1 face is hidden. Faces may")
    expect(page.get_by_test_id("hide-faces")).to_be_enabled()
    hidden = started.path().read_bytes()
    pixels = np.asarray(Image.open(io.BytesIO(hidden)).convert("RGB")).astype(int)
    middle = tuple(slice(int(at) - 30, int(at) + 30) for at in reversed(FACE_MIDDLE))
    assert np.abs(pixels[middle] - astronaut()[middle]).mean() > 10
    page.get_by_test_id("clear").click()
    choose(page, {**PORTRAIT, "buffer": hidden})
    if style == "blur":
        # The shape of a head remains, and may be found; nothing about it can be relied on.
        doubts = page.get_by_test_id("unsure")
        expect(doubts).to_contain_text("expression: the face is blurred")
    else:
        expect(page.get_by_test_id("no-face")).to_be_visible()


def test_only_the_chosen_faces_are_hidden(open_page):
    photo, middles = group(1, 3, 110, 1000, 400)
    page = open_page()
    choose(page, {"name": "three.png", "mimeType": "image/png", "buffer": encode(photo, ".png")})
    boxes, size = boxes_of(page)
    chosen = page.get_by_test_id("hide-face")
    expect(chosen).to_have_count(3)
    page.get_by_test_id("hide-which").locator("summary").click()
    for box in chosen.all():
        box.uncheck()
    expect(page.get_by_test_id("hide-faces")).to_be_disabled()
    chosen.nth(1).check()
    hidden = download(page, "hide-faces").path().read_bytes()
    expect(page.get_by_test_id("hide-words")).to_contain_text("1 face is hidden")
    pixels = np.asarray(Image.open(io.BytesIO(hidden)).convert("RGB")).astype(int)
    left, _, width, _ = box_sides(boxes[1])
    second = (left + width / 2) * photo.shape[1] / size[0]
    changed = []
    for x, y in middles:
        middle = tuple(slice(int(at) - 20, int(at) + 20) for at in (y, x))
        changed.append(np.abs(pixels[middle] - photo[middle]).mean() > 10)
    assert changed == [abs(x - second) < 50 for x, _ in middles]
    assert sum(changed) == 1


def test_a_single_face_leaves_no_choice_of_faces(open_page):
    page = open_page()
    choose(page, PORTRAIT)
    expect(page.get_by_test_id("hide-faces")).to_be_visible()
    expect(page.get_by_test_id("hide-which")).to_be_hidden()


def test_why_faces_could_not_be_hidden_is_said(open_page):
    page = open_page()
    choose(page, PORTRAIT)
    # An answer that isn't the picture, as from a proxy.
    page.route("**/api/v1/anonymize", lambda route: route.fulfill(json={}))
    page.get_by_test_id("hide-faces").click()
    expect(page.get_by_test_id("hide-problem")).to_contain_text("Unexpected response")
    expect(page.get_by_test_id("hide-faces")).to_be_enabled()


def test_hovering_a_card_marks_its_box(open_page):
    photo, _ = group(1, 2, 90, 700, 400)
    page = open_page()
    choose(page, {"name": "two.png", "mimeType": "image/png", "buffer": encode(photo, ".png")})
    cards = page.get_by_test_id("face-card")
    expect(cards).to_have_count(2)
    canvas = page.get_by_test_id("overlay").first
    page.wait_for_timeout(400)
    before = canvas.evaluate("c => c.toDataURL()")
    cards.nth(1).hover()
    page.wait_for_timeout(400)
    assert canvas.evaluate("c => c.toDataURL()") != before


def test_dropping_a_file(open_page):
    page = open_page()
    data = page.evaluate_handle(
        """async bytes => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([new Uint8Array(bytes)], "drop.jpg", {type: "image/jpeg"}));
            return transfer;
        }""",
        list(PORTRAIT["buffer"]),
    )
    page.dispatch_event("body", "dragenter", {"dataTransfer": data})
    page.dispatch_event("body", "drop", {"dataTransfer": data})
    expect(page.get_by_test_id("face-card")).to_have_count(1)


def test_a_sample_is_analyzed_with_one_click(open_page):
    page = open_page()
    page.get_by_test_id("sample-portrait").click()
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    expect(page.get_by_test_id("reading")).to_contain_text("eileen-collins.jpg")
    expect(page.get_by_test_id("samples")).to_be_hidden()


def test_results_survive_a_visit_to_another_page_in_this_tab_alone(open_page):
    page = open_page()
    choose(page, PORTRAIT)
    expect(page.get_by_test_id("share")).to_be_visible()
    page.goto(page.url + "live")
    page.get_by_role("link", name="Upload", exact=True).click()
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    expect(page.get_by_test_id("reading")).to_contain_text("From earlier in this tab")
    (box,), size = boxes_of(page)
    assert_on_the_face(box, size)
    other = page.context.new_page()
    other.goto(page.url)
    expect(other.get_by_test_id("samples")).to_be_visible()
    expect(other.get_by_test_id("face-card")).to_have_count(0)
    page.get_by_test_id("clear").click()
    page.reload()
    expect(page.get_by_test_id("samples")).to_be_visible()
    expect(page.get_by_test_id("face-card")).to_have_count(0)
    assert page.evaluate("sessionStorage.length") == 0


def dialogs_of(page):
    """The types of the page's dialogs from now on, each of which is accepted."""
    types = []

    def note(dialog):
        types.append(dialog.type)
        dialog.accept()

    page.on("dialog", note)
    return types


def test_leaving_asks_only_while_a_photo_is_being_analyzed(open_page):
    page = open_page()
    asked = dialogs_of(page)
    choose(page, PORTRAIT)
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    page.reload()
    assert asked == []
    page.route("**/api/v1/analyze", lambda route: None)
    choose(page, NOBODY)
    expect(page.get_by_test_id("progress").first).to_be_visible()
    page.reload()
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("what", ["analyze", "anonymize", "results", "videos"])
def test_leaving_asks_whatever_is_being_sent(open_page, what):
    page = open_page()
    asked = dialogs_of(page)
    page.route(f"**/api/v1/{what}", lambda route: None)
    with page.expect_request(f"**/api/v1/{what}"):
        if what == "videos":
            choose(page, {"name": "clip.mp4", "mimeType": "video/mp4", "buffer": b"frames"})
        else:
            choose(page, PORTRAIT)
        if what == "anonymize":
            page.get_by_test_id("hide-faces").click()
        if what == "results":
            page.get_by_test_id("share").click()
            page.get_by_test_id("share-create").click()
    page.reload()
    assert asked == ["beforeunload"]


def test_the_button_for_the_picture_shows_that_it_works(open_page):
    page = open_page()
    choose(page, PORTRAIT)
    button = page.get_by_test_id("save-png")
    expect(button).to_be_visible()
    seen = page.evaluate(
        """() => new Promise(resolve => {
            const button = document.querySelector("[data-part=save-png]");
            const seen = [];
            new MutationObserver(() => {
                seen.push([button.textContent, button.disabled]);
                if (seen.length > 1 && !button.disabled) resolve(seen);
            }).observe(button, {attributes: true, childList: true});
            button.click();
        })"""
    )
    assert seen[0] == ["Drawing…", True]
    expect(button).to_have_text("Annotated PNG")
    expect(button).to_be_enabled()


def test_the_keyboard_reaches_everything(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    choose(page, PORTRAIT)
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.part ?? ''"))
    assert {"choose", "select", "save-png", "save-json", "save-csv"} <= reached


def test_dark_mode_changes_the_page(open_page):
    def paper(scheme):
        page = open_page(color_scheme=scheme)
        return page.evaluate("getComputedStyle(document.body).backgroundColor")

    assert paper("dark") != paper("light")


def test_a_missing_page_says_so(open_page):
    page = open_page("/nowhere")
    expect(page.get_by_test_id("problem")).to_contain_text("not_found")


def stored_as(upright, orientation):
    """An upright picture → a lossless WebP whose EXIF block says how it has to be turned."""
    # What a decoder does to make it upright, undone.
    undo = {
        1: lambda p: p,
        2: np.fliplr,
        3: lambda p: np.rot90(p, 2),
        4: np.flipud,
        5: lambda p: p.transpose(1, 0, 2),
        6: lambda p: np.rot90(p, 1),
        7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
        8: lambda p: np.rot90(p, -1),
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(undo[orientation](upright))).save(
        file, "WEBP", lossless=True, exif=exif
    )
    return file.getvalue()


CORNERS = """photo => {
  const canvas = document.createElement("canvas");
  canvas.width = photo.naturalWidth;
  canvas.height = photo.naturalHeight;
  const context = canvas.getContext("2d");
  context.drawImage(photo, 0, 0);
  const [w, h] = [canvas.width - 1, canvas.height - 1];
  const at = (x, y) => [...context.getImageData(x, y, 1, 1).data].slice(0, 3);
  return [[w + 1, h + 1], at(0, 0), at(w, 0), at(0, h)];
}"""


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_webp_is_shown_as_the_server_reads_it(open_page, orientation):
    upright = np.full((90, 120, 3), 127, np.uint8)
    upright[:45, :60], upright[:45, 60:], upright[45:, :60] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    stored = stored_as(upright, orientation)
    assert np.array_equal(decode_image(stored, 10**6, 10**6), upright)
    page = open_page()
    choose(page, {"name": "turned.webp", "mimeType": "image/webp", "buffer": stored})
    expect(page.get_by_test_id("status")).to_contain_text("1 photo analyzed")
    shown = page.locator("img.photo").evaluate(CORNERS)
    assert shown == [[120, 90], [255, 0, 0], [0, 255, 0], [0, 0, 255]]
