"""A clip dropped on the page, read by the real server, and played in Chromium."""

from __future__ import annotations

import json
import math

import pytest
import requests
from playwright.sync_api import expect

from tests.browser.conftest import Server, started_server
from tests.browser.test_accessibility import AXE, MODES, violations
from tests.jobs.waiting import ended, until
from tests.moving_face import FACE_AT, FPS, SECONDS, SWING
from tests.video.videos import FPS as VIDEO_FPS
from tests.video.videos import video

FRAMES = 100
# Half of a frame's width, as a share of the picture: the box must not be that of another frame.
_FRAME_S = 1 / VIDEO_FPS


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    path.write_bytes(video(frames=FRAMES, codec="libx264", sound=True))
    return path


@pytest.fixture(scope="module")
def videos_url(tmp_path_factory):
    with started_server(tmp_path_factory.mktemp("videos"), FRAME_ANCESTORS="*") as url:
        yield url


@pytest.fixture(scope="module")
def read(videos_url, clip):
    """The clip, read."""
    with clip.open("rb") as file:
        answer = requests.post(f"{videos_url}/api/v1/videos", data=file, timeout=30)
    assert answer.status_code == 202, answer.text
    job = answer.json()
    done = ended(lambda: requests.get(job["url"], timeout=10).json())
    assert done["state"] == "done", done
    return job


def middle(time_s):
    """Where the face is drawn at a time, as shares of the picture."""
    turn = 2 * math.pi * time_s * VIDEO_FPS / (FPS * SECONDS)
    return 0.5 + SWING * math.sin(turn), FACE_AT


def drawn(page):
    """The time that the overlay is of, and its boxes' middles as shares of the picture."""
    overlay = page.get_by_test_id("overlay")
    size = overlay.bounding_box()
    boxes = json.loads(overlay.get_attribute("data-boxes"))
    middles = [
        ((b["x"] + b["width"] / 2) / size["width"], (b["y"] + b["height"] / 2) / size["height"])
        for b in boxes
    ]
    return float(overlay.get_attribute("data-time")), middles


def shown_at(page, time_s):
    """Waits until the overlay shows that time, with its boxes."""
    page.wait_for_function(
        """time => {
          const { dataset } = document.querySelector('[data-testid="overlay"]');
          return Math.abs(Number(dataset.time) - time) < 0.05 && dataset.boxes !== "[]";
        }""",
        arg=time_s,
    )
    return drawn(page)


def check_box(time_s, middles):
    """The box is on the face of that frame, or of one before or after it."""
    ((x, y),) = middles
    expected = [middle(time_s + step * _FRAME_S) for step in (-1, 0, 1)]
    # The box's middle is a little beside the face's, always the same.
    assert min(abs(x - ex) for ex, _ in expected) < 0.02, (time_s, x, expected)
    assert abs(y - expected[1][1]) < 0.05


def test_a_clip_that_is_dropped_becomes_a_timeline(open_page, videos_url, clip):
    page = open_page(url=videos_url)
    page.get_by_test_id("choose").set_input_files(clip)
    page.wait_for_url("**/videos/*")
    page.get_by_test_id("face-row").wait_for(timeout=60_000)
    assert "delete=" not in page.url
    assert page.get_by_test_id("face-row").count() == 1
    assert "looks" in page.get_by_test_id("face-row").inner_text()
    assert "seen for 4.0 s" in page.get_by_test_id("face-row").inner_text()
    # Whoever sent it can delete it.
    page.get_by_test_id("delete").click()
    page.get_by_test_id("delete-really").click()
    page.get_by_test_id("gone").wait_for()


def test_the_page_stays_while_it_has_the_private_link_of_another_video(open_page):
    page = open_page()
    page.route(
        "**/api/v1/videos",
        lambda route: route.fulfill(
            json={"id": "a", "page_url": "/videos/a", "delete_token": "t"}, status=202
        ),
    )
    files = [{"name": f"{name}.mp4", "mimeType": "video/mp4", "buffer": b"frames"} for name in "ab"]
    page.get_by_test_id("choose").set_input_files(files)
    links = page.get_by_test_id("video-open")
    expect(links.nth(0)).to_be_visible()
    expect(links.nth(1)).to_be_visible()
    page.wait_for_timeout(200)
    assert "/videos/" not in page.url


def test_the_boxes_are_on_the_face_while_it_plays(open_page, read, videos_url):
    page = open_page("/videos/" + read["id"], url=videos_url)
    page.get_by_test_id("face-row").wait_for()
    element = page.get_by_test_id("video")
    element.evaluate("video => video.play()")
    page.wait_for_function("() => document.querySelector('video').currentTime > 1")
    element.evaluate("video => video.pause()")
    page.wait_for_timeout(100)
    time_s, middles = drawn(page)
    assert time_s > 0.9
    assert abs(time_s - element.evaluate("video => video.currentTime")) < 2 * _FRAME_S
    check_box(time_s, middles)


@pytest.mark.parametrize("share", [0.25, 0.6, 0.9])
def test_a_click_in_the_timeline_goes_there(open_page, read, videos_url, share):
    page = open_page("/videos/" + read["id"], url=videos_url)
    lane = page.get_by_test_id("lane")
    lane.wait_for()
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    box = lane.bounding_box()
    lane.click(position={"x": box["width"] * share, "y": box["height"] / 2})
    time_s, middles = shown_at(page, share * FRAMES / VIDEO_FPS)
    check_box(time_s, middles)
    # The keys go on from there.
    before = float(lane.get_attribute("aria-valuenow"))
    assert before == pytest.approx(time_s, abs=0.1)
    lane.press("ArrowLeft")
    time_s, middles = shown_at(page, before - 1)
    check_box(time_s, middles)


def test_the_downloads_are_there(open_page, read, videos_url):
    page = open_page("/videos/" + read["id"], url=videos_url)
    links = page.get_by_test_id("downloads").get_by_role("link")
    assert links.count() == 5
    with page.expect_download() as started:
        page.get_by_test_id("download-frames.csv").click()
    lines = started.value.path().read_text().splitlines()
    assert len(lines) == FRAMES + 1


def test_it_can_be_embedded(open_page, read, videos_url):
    page = open_page("/embed/videos/" + read["id"] + "?theme=dark", url=videos_url)
    page.get_by_test_id("face-row").wait_for()
    page.wait_for_function("() => document.querySelector('video').readyState >= 2")
    time_s, middles = shown_at(page, 0)
    check_box(time_s, middles)
    assert page.get_by_test_id("credit").is_visible()


def test_axe_finds_nothing_on_the_page_of_a_video(open_page, read, videos_url):
    page = open_page("/videos/" + read["id"], url=videos_url)
    page.get_by_test_id("face-row").wait_for()
    page.evaluate(AXE.read_text())
    found = {}
    for mode, media in MODES.items():
        page.emulate_media(**media, reduced_motion="reduce")
        found[mode] = violations(page)
    assert found == {mode: [] for mode in MODES}


def test_a_file_that_is_no_video_says_so_on_the_page(open_page, videos_url, tmp_path):
    playlist = tmp_path / "list.mp4"
    playlist.write_text("#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n")
    page = open_page(url=videos_url)
    page.get_by_test_id("choose").set_input_files(playlist)
    problem = page.get_by_test_id("video-problem")
    problem.wait_for()
    assert "not supported" in problem.inner_text()
    assert "photo" not in problem.inner_text().lower()


def test_reading_goes_on_after_the_server_was_killed(open_page, tmp_path):
    data = video(frames=900, options={"preset": "ultrafast"})
    with Server(DATA_DIR=str(tmp_path), WORKERS="1", LOG_LEVEL="WARNING") as server:
        api = f"{server.url}/api/v1/videos?annotate=false&anonymize=false"
        job = requests.post(api, data=data, timeout=30).json()
        page = open_page("/videos/" + job["id"], url=server.url)
        until(
            lambda: requests.get(job["url"], timeout=10).json(),
            lambda seen: seen["detail"].get("frames", 0) > 300,
        )
        server.kill()
        page.get_by_text("can’t be reached").wait_for()
        # The browser says itself that it cannot reach it.
        page.watch.errors.clear()
        server.start()
        page.get_by_test_id("face-row").wait_for(timeout=90_000)
        page.watch.errors.clear()
        assert "900 frames" in page.get_by_test_id("facts").inner_text()
        done = requests.get(job["url"], timeout=10).json()
        lines = requests.get(done["results"]["frames.jsonl"], timeout=10).text.splitlines()
        assert [json.loads(line)["frame"] for line in lines] == list(range(900))
