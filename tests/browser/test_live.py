"""The live page in a real Chromium with a camera that shows a video made here."""

import csv
import io
import json
import os
import re
import signal

import cv2
import numpy as np
import pytest
from playwright.sync_api import expect

from tests import moving_face
from tests.browser.conftest import Server

FAKE_CAMERA = "--use-fake-device-for-media-stream"
ALLOWED = "--use-fake-ui-for-media-stream"
# Left of the middle, in the camera's own picture.
STILL_AT = 0.27


@pytest.fixture(scope="session")
def camera(chromium_with, tmp_path_factory):
    """`camera(name)` → a browser whose camera shows a face "still", "moving", or a "couple"."""
    folder = tmp_path_factory.mktemp("camera")
    paths = {
        "still": moving_face.write_mjpeg(
            folder / "still.mjpeg", [moving_face.draw(0, STILL_AT, 0)] * 30
        ),
        "couple": moving_face.write_mjpeg(folder / "couple.mjpeg", [moving_face.couple()] * 30),
        "moving": moving_face.write_mjpeg(folder / "moving.mjpeg", moving_face.scene()),
    }
    return lambda name: chromium_with(
        FAKE_CAMERA, ALLOWED, f"--use-file-for-fake-video-capture={paths[name]}"
    )


@pytest.fixture
def open_live(open_page, camera):
    """`open_live()` → the live page, started, with its faces."""

    def open_it(video="still", faces=1, **options):
        page = open_page("/live", browser=camera(video), **options)
        page.get_by_test_id("start").click()
        expect(page.get_by_test_id("face-card")).to_have_count(faces)
        return page

    return open_it


def boxes_of(page):
    """Boxes drawn now as shares of the canvas: left, top, width, height."""
    canvas = page.get_by_test_id("overlay")
    expect(canvas).not_to_have_attribute("data-boxes", "[]")
    return canvas.evaluate(
        """c => JSON.parse(c.dataset.boxes).map(({x, y, width, height}) => {
            const [w, h] = [c.clientWidth, c.clientHeight];
            return [x / w, y / h, width / w, height / h];
        })"""
    )


def frames_read(page):
    return int(page.get_by_test_id("hud-read").inner_text())


def wait_for_more(page, count=5):
    """Until so many more frames are read."""
    wanted = frames_read(page) + count
    page.wait_for_function(
        "n => Number(document.querySelector('[data-testid=hud-read]').textContent) >= n", arg=wanted
    )


def wait_for_overlay(page, test, *given):
    """Until `test`, a JavaScript function of the canvas and of what is given, is true."""
    page.wait_for_function(
        f"given => ({test})(document.querySelector('[data-testid=overlay]'), ...given)",
        arg=list(given),
    )


def download(page, test_id):
    with page.expect_download() as started:
        page.get_by_test_id(test_id).click()
    return started.value


def alpha_at(page, x, y):
    """Of the canvas, at shares of its size: 0 where the video shows through."""
    return page.get_by_test_id("overlay").evaluate(
        "(c, [x, y]) => c.getContext('2d').getImageData(x * c.width, y * c.height, 1, 1).data[3]",
        [x, y],
    )


def test_the_box_is_on_the_face_and_mirrored_like_the_video(open_live):
    page = open_live()
    ((left, top, width, height),) = boxes_of(page)
    assert left + width / 2 == pytest.approx(1 - STILL_AT, abs=0.04)
    assert top < moving_face.FACE_AT < top + height
    assert 0.1 < width < 0.3
    page.get_by_test_id("mirror").uncheck()
    wait_for_overlay(page, "c => JSON.parse(c.dataset.boxes)[0].x < c.clientWidth / 2")
    ((left, _, width, _),) = boxes_of(page)
    assert left + width / 2 == pytest.approx(STILL_AT, abs=0.04)


def test_the_boxes_follow_a_face_that_moves(open_live):
    page = open_live("moving")
    low, high, widths = page.evaluate(
        """async () => {
            const c = document.querySelector('[data-testid=overlay]');
            let [low, high] = [1, 0], widths = [];
            const end = performance.now() + 15000;
            while (performance.now() < end && high - low < 0.36) {
                await new Promise(requestAnimationFrame);
                for (const b of JSON.parse(c.dataset.boxes)) {
                    const middle = (b.x + b.width / 2) / c.clientWidth;
                    [low, high] = [Math.min(low, middle), Math.max(high, middle)];
                    widths.push(b.width / c.clientWidth);
                }
            }
            return [low, high, widths];
        }"""
    )
    swing = moving_face.SWING
    assert high - low >= 0.36
    # A box leads its face, and a little further where the face turns back.
    assert 0.5 - swing - 0.1 < low
    assert high < 0.5 + swing + 0.1
    assert np.median(widths) == pytest.approx(0.16, abs=0.05)


@pytest.mark.parametrize("width", [390, 1280])
def test_the_canvas_lies_exactly_on_the_video(open_live, width):
    page = open_live(device_scale_factor=2, viewport={"width": 1000, "height": 800})
    page.set_viewport_size({"width": width, "height": 800})
    video, canvas = page.get_by_test_id("video"), page.get_by_test_id("overlay")
    assert canvas.bounding_box() == pytest.approx(video.bounding_box(), abs=0.5)
    wait_for_overlay(page, "c => c.width === Math.round(2 * c.clientWidth)")
    assert video.evaluate("v => v.videoWidth / v.videoHeight - v.clientWidth / v.clientHeight") == (
        pytest.approx(0, abs=0.01)
    )
    ((left, _, box, _),) = boxes_of(page)
    assert left + box / 2 == pytest.approx(1 - STILL_AT, abs=0.04)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_head_up_line_counts_up_and_its_figures_are_plausible(open_live):
    page = open_live()
    wait_for_more(page, 10)
    assert 0 < float(page.get_by_test_id("hud-fps").inner_text()) <= 31
    trip, server = (
        int(page.get_by_test_id(f"hud-{name}").inner_text().removesuffix(" ms"))
        for name in ("trip", "server")
    )
    assert 0 < server <= trip
    expect(page.get_by_test_id("status")).to_have_text("Live: analyzing faces.")


def test_a_card_is_updated_in_place_and_says_how_many_frames_stand_behind_it(open_live):
    page = open_live()
    card = page.get_by_test_id("face-card")
    kept = page.evaluate(
        """() => new Promise(resolve => {
            const cards = new Map();
            let [readings, kept] = [0, 0];
            document.addEventListener('facetraits-reading', ({detail}) => {
                for (const {track_id: track} of detail.faces) {
                    const card = document.querySelector(`[data-track="${track}"]`);
                    if (cards.has(track)) kept += cards.get(track) === card ? 1 : -1000;
                    cards.set(track, card);
                }
                readings += 1;
                if (readings === 10) resolve(kept);
            });
        })"""
    )
    assert kept >= 5
    expect(card).to_contain_text("frames")
    expect(card).to_contain_text("Female")
    card.get_by_role("button", name="Face").click()
    expect(card.get_by_role("button", name="Face")).to_have_attribute("aria-pressed", "true")


def test_each_reading_is_an_event_for_an_embed(open_live):
    page = open_live()
    first, second = page.evaluate(
        """() => new Promise(resolve => {
            const heard = [];
            document.addEventListener('facetraits-reading', ({detail}) => {
                heard.push(detail);
                if (heard.length === 2) resolve(heard);
            });
        })"""
    )
    assert second["seq"] > first["seq"]
    assert first["faces"][0]["track_id"] >= 1


def test_stop_releases_the_camera_and_start_takes_it_again(open_live):
    page = open_live()
    page.evaluate("window.track = document.querySelector('video').srcObject.getVideoTracks()[0]")
    assert page.evaluate("track.readyState") == "live"
    track = int(page.get_by_test_id("face-card").get_attribute("data-track"))
    page.get_by_test_id("stop").click()
    assert page.evaluate("track.readyState") == "ended"
    assert page.get_by_test_id("video").evaluate("v => v.srcObject") is None
    expect(page.get_by_test_id("face-card")).to_have_count(0)
    expect(page.get_by_test_id("overlay")).to_have_attribute("data-boxes", "[]")
    # From the keyboard: the focus is where the next step is.
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    # Another session's face does not go on under an old number.
    assert int(page.get_by_test_id("face-card").get_attribute("data-track")) > track


def test_stop_while_the_browser_still_asks_lets_go_of_the_camera(open_page, camera):
    page = open_page(
        "/live",
        browser=camera("still"),
        init_script="""
            const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            navigator.mediaDevices.getUserMedia = what => new Promise(resolve => {
                window.allow = async () => resolve(window.given = await real(what));
            });""",
    )
    page.get_by_test_id("start").click()
    expect(page.get_by_test_id("status")).to_contain_text("Starting the camera")
    page.get_by_test_id("stop").click()
    page.evaluate("allow()")
    page.wait_for_function("() => given.getTracks()[0].readyState === 'ended'")
    expect(page.get_by_test_id("status")).to_have_text("The camera is off.")
    expect(page.get_by_test_id("problem")).to_be_hidden()


HIDE = """hidden => {
    Object.defineProperty(document, 'hidden', {value: hidden, configurable: true});
    document.dispatchEvent(new Event('visibilitychange'));
}"""


def test_a_hidden_page_sends_nothing(open_page, camera):
    page = open_page("/live", browser=camera("still"))
    frames = []

    def watch(socket):
        socket.on("framesent", lambda data: frames.append(data) if len(data) > 1000 else None)

    page.on("websocket", watch)
    page.get_by_test_id("start").click()
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    page.evaluate(HIDE, True)
    expect(page.get_by_test_id("status")).to_contain_text("Paused")
    before = len(frames)
    assert before > 0
    # Long enough for ten frames and more.
    page.wait_for_timeout(1500)
    # One may have been on its way.
    assert len(frames) <= before + 1
    page.evaluate(HIDE, False)
    expect(page.get_by_test_id("status")).to_have_text("Live: analyzing faces.")
    wait_for_more(page)
    assert len(frames) >= before + 5


def test_the_timeline_is_drawn_and_saved_as_csv(open_live):
    page = open_live()
    wait_for_more(page, 10)
    expect(page.get_by_test_id("timeline").locator("canvas")).to_have_count(2)
    expect(page.get_by_test_id("timeline")).to_contain_text(re.compile(r"Seconds ago:?\s*0\.0"))
    track = page.get_by_test_id("face-card").get_attribute("data-track")
    expect(page.get_by_test_id("timeline-track")).to_have_value(track)
    rows = list(csv.DictReader(io.StringIO(download(page, "timeline-csv").path().read_text())))
    assert len(rows) >= 2
    assert track in {row["track"] for row in rows}
    assert rows[-1]["gender"] == "female"
    assert 20 < float(rows[-1]["age"]) < 60
    # A minute passes for neither the chart nor the table when the camera stops.
    page.get_by_test_id("stop").click()
    expect(page.get_by_test_id("timeline")).to_be_visible()
    expect(page.get_by_test_id("timeline-words")).to_contain_text("seconds ago")
    # Lines are drawn and not styled: another theme has to draw them anew.
    canvas = page.get_by_test_id("timeline").locator("canvas").first
    before = canvas.evaluate("c => c.toDataURL()")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.wait_for_function(
        "([c, before]) => c.toDataURL() !== before", arg=[canvas.element_handle(), before]
    )


def test_two_faces_have_a_card_a_line_and_rows_each(open_live):
    page = open_live("couple", faces=2)
    wait_for_more(page, 10)
    boxes, labels = (
        json.loads(page.get_by_test_id("overlay").get_attribute(f"data-{name}"))
        for name in ("boxes", "labels")
    )
    for i, label in enumerate(labels):
        other = boxes[1 - i]
        assert (
            label["x"] >= other["x"] + other["width"]
            or other["x"] >= label["x"] + label["width"]
            or label["y"] >= other["y"] + other["height"]
            or other["y"] >= label["y"] + label["height"]
        )
    cards = page.get_by_test_id("face-card")
    tracks = [cards.nth(i).get_attribute("data-track") for i in range(2)]
    for card, track in zip(cards.all(), tracks, strict=True):
        card.get_by_role("button", name=f"Face {track}").click()
        expect(page.get_by_test_id("timeline-track")).to_have_value(track)
        expect(page.get_by_test_id("timeline-words")).to_contain_text(f"Face {track}:")
    shown = page.get_by_test_id("timeline-track")
    shown.select_option("Face in view")
    expect(shown).to_have_value(re.compile(r"[1-9]"))
    rows = csv.DictReader(io.StringIO(download(page, "timeline-csv").path().read_text()))
    assert {row["track"] for row in rows} >= set(tracks)


def test_frames_keep_to_what_the_server_asks(open_live):
    with Server(WORKERS="1", LIVE_MAX_WIDTH="320") as server:
        page = open_live(url=server.url)
        expect(page.get_by_test_id("hud-sent")).to_contain_text("320 × 240", timeout=15_000)
        wait_for_more(page, 10)
        expect(page.get_by_test_id("hud-sent")).to_contain_text("320 × 240")


def test_a_snapshot_has_the_picture_and_its_boxes(open_live):
    page = open_live()
    file = download(page, "snapshot")
    assert file.suggested_filename.endswith(".png")
    picture = cv2.cvtColor(cv2.imread(str(file.path())), cv2.COLOR_BGR2RGB)
    height, width, _ = picture.shape
    assert width / height == pytest.approx(4 / 3, abs=0.01)
    camera = cv2.resize(moving_face.draw(0, STILL_AT, 0), (width, height))
    changed = np.abs(picture.astype(int) - camera).max(2) > 60
    # Not mirrored, mostly the camera's picture, with ink around the face.
    assert 0.001 < changed.mean() < 0.15
    assert changed[:, : width // 2].sum() > changed[:, width // 2 :].sum()


def test_a_snapshot_becomes_a_link_when_asked_and_not_while_faces_are_blurred(open_live):
    page = open_live()
    share = page.get_by_test_id("share")
    expect(share).to_be_visible()
    page.get_by_test_id("blur").check()
    expect(share).to_be_hidden()
    page.get_by_test_id("blur").uncheck()
    share.click()
    page.get_by_test_id("share-create").click()
    private = page.get_by_test_id("share-private")
    expect(private).to_be_visible()
    page.goto(private.input_value())
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    page.get_by_test_id("delete").click()
    page.get_by_test_id("delete-really").click()
    expect(page.get_by_test_id("gone")).to_be_visible()


def test_a_link_is_within_reach_when_the_camera_is_off(open_live):
    page = open_live()
    share, dialog = page.get_by_test_id("share"), page.get_by_test_id("share-dialog")
    share.click()
    # The camera goes while somebody is at it: the dialog stays, and has the picture.
    unplug(page)
    expect(page.get_by_test_id("start")).to_be_visible()
    page.get_by_test_id("share-create").click()
    link = page.get_by_test_id("share-link")
    expect(link).to_be_visible()
    made = link.input_value()
    page.keyboard.press("Escape")
    row = page.get_by_test_id("kept-link")
    expect(row).to_contain_text("Snapshot from")
    expect(row.get_by_test_id("share")).to_be_focused()
    # Of another moment another can be made, and only that one goes with the camera.
    page.get_by_test_id("start").click()
    expect(share).to_have_count(2)
    expect(share.locator("visible=true")).to_have_count(2)
    page.get_by_test_id("blur").check()
    expect(share.locator("visible=true")).to_have_count(1)
    row.get_by_test_id("share").click()
    opened = dialog.locator("visible=true")
    expect(opened.get_by_test_id("share-link")).to_have_value(made)
    opened.get_by_test_id("delete").click()
    opened.get_by_test_id("delete-really").click()
    expect(row).to_have_count(1)
    page.keyboard.press("Escape")
    expect(row).to_have_count(0)
    assert page.evaluate("document.activeElement.dataset.part") == "stop"


def unplug(page):
    page.get_by_test_id("video").evaluate(
        "v => v.srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))"
    )


# Whether the picture is seen, at its corner, before anything is known of it.
SEEN_AFTER_SWITCH = """async () => {
    const part = name => document.querySelector(`[data-testid=${name}]`);
    const [video, canvas] = [part("video"), part("overlay")];
    const before = video.srcObject;
    let read = false, seen = 0;
    document.addEventListener("facetraits-reading", () => {
        read ||= video.srcObject !== before && video.readyState >= 2;
    });
    part("cameras").dispatchEvent(new Event("change"));
    while (!read) {
        // A task after the frame: by then everything that draws has drawn.
        await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
        if (read || video.srcObject === before || video.readyState < 2) continue;
        const [, , , alpha] = canvas.getContext("2d").getImageData(0, canvas.height - 1, 1, 1).data;
        seen += alpha < 255 ? 1 : 0;
    }
    return seen;
}"""


def test_under_blur_nothing_of_another_camera_is_seen_before_it_is_read(open_live):
    page = open_live()
    page.get_by_test_id("blur").check()
    wait_for_overlay(page, "c => JSON.parse(c.dataset.boxes).length === 1")
    assert page.evaluate(SEEN_AFTER_SWITCH) == 0
    # Then the face alone is hidden again.
    wait_for_overlay(
        page, "c => c.getContext('2d').getImageData(0, c.height - 1, 1, 1).data[3] === 0"
    )


def test_blur_hides_the_face_on_the_screen_and_in_the_snapshot(open_live):
    page = open_live()
    ((left, top, width, height),) = boxes_of(page)
    middle = left + width / 2, top + height / 2
    assert alpha_at(page, *middle) == 0
    sharp = cv2.imread(str(download(page, "snapshot").path()))
    page.get_by_test_id("blur").check()
    # The face is covered and nothing else is.
    wait_for_overlay(
        page,
        """(c, [x, y]) => {
            const alpha = (x, y) => c.getContext('2d').getImageData(x, y, 1, 1).data[3];
            return alpha(x * c.width, y * c.height) === 255 && alpha(0, c.height - 1) === 0;
        }""",
        middle,
    )
    soft = cv2.imread(str(download(page, "snapshot").path()))

    def detail(picture):
        h, w, _ = picture.shape
        # The snapshot is not mirrored.
        x, y = int((1 - left - width) * w), int(top * h)
        face = picture[y : y + int(height * h), x : x + int(width * w)]
        inside = face[len(face) // 4 : -len(face) // 4, face.shape[1] // 4 : -face.shape[1] // 4]
        return cv2.Laplacian(cv2.cvtColor(inside, cv2.COLOR_BGR2GRAY), cv2.CV_64F).var()

    assert detail(soft) < detail(sharp) / 5


def expect_problem(page, code, *words):
    problem = page.get_by_test_id("problem")
    expect(problem).to_be_visible()
    expect(problem).to_have_attribute("data-code", code)
    for word in words:
        expect(problem).to_contain_text(word)


def test_a_refused_permission_says_how_to_allow_it(open_page, chromium_with):
    page = open_page("/live", browser=chromium_with(FAKE_CAMERA))
    page.get_by_test_id("start").click()
    expect_problem(page, "denied", "blocked", "address bar", "Try again")
    expect(page.get_by_test_id("start")).to_be_visible()


def test_no_camera_says_to_connect_one(open_page, chromium_with):
    page = open_page("/live", browser=chromium_with(ALLOWED))
    page.get_by_test_id("start").click()
    expect_problem(page, "none", "No camera", "Try again")


def test_an_insecure_address_says_what_address_to_use(open_page, chromium_with, server_url):
    browser = chromium_with(ALLOWED, "--host-resolver-rules=MAP facetraits.test 127.0.0.1")
    page = open_page(
        "/live", browser=browser, url=server_url.replace("127.0.0.1", "facetraits.test")
    )
    page.get_by_test_id("start").click()
    expect_problem(page, "insecure", "https://", "Upload a photo instead")
    # The browser itself notes that such an address has no use for one of our headers.
    page.watch.errors = [e for e in page.watch.errors if "untrustworthy" not in e]


def test_a_camera_in_use_can_be_tried_again(open_page, camera):
    page = open_page(
        "/live",
        browser=camera("still"),
        init_script="""
            const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            let tries = 0;
            navigator.mediaDevices.getUserMedia = async what => {
                tries += 1;
                if (tries === 1) throw new DOMException('in use', 'NotReadableError');
                return real(what);
            };
            navigator.mediaDevices.enumerateDevices = async () => ['a', 'b'].map(deviceId => (
                { kind: 'videoinput', deviceId, label: `Camera ${deviceId}` }));""",
    )
    cameras = page.get_by_test_id("cameras")
    expect(cameras).to_be_hidden()
    page.get_by_test_id("start").click()
    expect_problem(page, "busy", "in use", "another camera")
    # Another one can be chosen although none is on.
    expect(cameras).to_be_visible()
    expect(cameras.locator("option")).to_have_text(["Choose a camera", "Camera a", "Camera b"])
    page.get_by_test_id("problem-button").click()
    expect(page.get_by_test_id("face-card")).to_have_count(1)
    expect(page.get_by_test_id("problem")).to_be_hidden()
    assert page.evaluate("document.activeElement.dataset.part") == "stop"
    expect(cameras).to_be_visible()
    page.get_by_test_id("stop").click()
    expect(cameras).to_be_hidden()


def test_a_camera_that_sends_no_frame_is_given_up(open_page, camera):
    page = open_page(
        "/live",
        browser=camera("still"),
        init_script="""
            const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
            let tries = 0;
            navigator.mediaDevices.getUserMedia = what => {
                tries += 1;
                // A track into which nothing is ever written.
                const silent = new MediaStreamTrackGenerator({kind: "video"});
                return tries === 1 ? Promise.resolve(new MediaStream([silent])) : real(what);
            };""",
    )
    page.clock.install()
    page.get_by_test_id("start").click()
    expect(page.get_by_test_id("status")).to_contain_text("Starting")
    page.wait_for_function("() => document.querySelector('[data-part=video]').srcObject")
    page.clock.fast_forward(9000)
    expect_problem(
        page, "no_frames", "isn’t sending a picture", "Try again", "Upload a photo instead"
    )
    page.clock.resume()
    page.get_by_test_id("problem-button").click()
    expect(page.get_by_test_id("face-card")).to_have_count(1)


def test_a_covered_lens_is_not_called_an_empty_room(open_page, chromium_with, tmp_path):
    dark = np.full((480, 640, 3), 14, np.uint8)
    video = moving_face.write_mjpeg(tmp_path / "dark.mjpeg", [dark] * 30)
    browser = chromium_with(FAKE_CAMERA, ALLOWED, f"--use-file-for-fake-video-capture={video}")
    page = open_page("/live", browser=browser)
    page.get_by_test_id("start").click()
    expect(page.get_by_test_id("in-view")).to_contain_text("Uncover the lens")


def test_a_camera_that_is_unplugged_can_be_started_again(open_live):
    page = open_live()
    unplug(page)
    expect_problem(page, "unplugged", "disconnected")
    page.get_by_test_id("problem-button").click()
    expect(page.get_by_test_id("face-card")).to_have_count(1)


def test_a_lost_link_is_said_and_comes_back_by_itself(open_live):
    with Server(WORKERS="1") as server:
        page = open_live(url=server.url)
        track = int(page.get_by_test_id("face-card").get_attribute("data-track"))
        server.kill()
        expect_problem(page, "lost", "Connection lost")
        server.start()
        expect(page.get_by_test_id("problem")).to_be_hidden()
        expect(page.get_by_test_id("status")).to_contain_text("Reconnected")
        wait_for_more(page)
        # A new connection's tracks are new faces: they do not go on under an old number.
        expect(page.get_by_test_id("face-card")).to_have_count(1)
        assert int(page.get_by_test_id("face-card").get_attribute("data-track")) > track
        expect(page.get_by_test_id("status")).to_have_text("Live: analyzing faces.", timeout=15_000)
        # The browser itself logs each attempt while the server is down.
        page.watch.errors = [e for e in page.watch.errors if "ERR_CONNECTION_REFUSED" not in e]


def test_where_no_websocket_passes_readings_come_by_http(open_live):
    # As behind a proxy that knows no WebSocket.
    page = open_live(
        init_script="""window.WebSocket = class {
            constructor() { setTimeout(() => { this.onerror?.({}); this.onclose?.({}); }, 10); }
            close() {}
        };"""
    )
    wait_for_more(page)


def test_silence_is_said_until_there_are_answers(open_live):
    with Server(WORKERS="1") as server:
        page = open_live(url=server.url)
        os.kill(server.process.pid, signal.SIGSTOP)
        try:
            expect(page.get_by_test_id("problem")).to_be_visible(timeout=15_000)
            expect_problem(page, "silent", "No results")
        finally:
            os.kill(server.process.pid, signal.SIGCONT)
        expect(page.get_by_test_id("problem")).to_be_hidden()
        wait_for_more(page)


def test_a_full_server_is_said_and_tried_again(open_live, open_page, camera):
    with Server(WORKERS="1", LIVE_CLIENTS="1") as server:
        first = open_live(url=server.url)
        second = open_page("/live", browser=camera("still"), url=server.url)
        second.get_by_test_id("start").click()
        expect_problem(second, "refused", "full", "cameras is connected: 1")
        first.get_by_test_id("stop").click()
        second.get_by_test_id("problem-button").click()
        expect(second.get_by_test_id("face-card")).to_have_count(1)
        expect(second.get_by_test_id("problem")).to_be_hidden()


def test_the_keyboard_reaches_everything(open_live):
    page = open_live()
    wait_for_more(page)
    reached = set()
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.part ?? ''"))
    wanted = {"stop", "snapshot", "mirror", "blur", "select", "timeline-track", "timeline-csv"}
    assert wanted <= reached


def test_states_are_announced_and_readings_are_not(open_live):
    page = open_live()
    live = page.locator("[aria-live], [role=status], [role=alert]")
    said = live.evaluate_all("all => all.map(e => e.textContent)")
    wait_for_more(page, 10)
    assert live.evaluate_all("all => all.map(e => e.textContent)") == said
    assert json.loads(page.get_by_test_id("overlay").get_attribute("data-labels"))[0]["text"]
