"""Makes the README's pictures: the pages with NASA's portrait, in a real Chromium.

`python -m tools.screenshots URL FOLDER`, with the server running at URL.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, FilePayload, Playwright, sync_playwright

from tests.browser.conftest import CHROMIUM_FLAGS, chromium_path
from tests.moving_face import pan, write_mjpeg
from tests.photos import astronaut, encode
from tests.video.videos import video

VIEWS: dict[str, dict[str, Any]] = {
    "": {"viewport": {"width": 1180, "height": 860}},
    "-dark": {"viewport": {"width": 1180, "height": 860}, "color_scheme": "dark"},
    "-phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}
# Long enough for a line in the charts.
LIVE_S = 12


def main(url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as scratch:
        camera = write_mjpeg(Path(scratch) / "camera.mjpeg", pan())
        browser = launch(playwright, camera)
        for suffix, view in VIEWS.items():
            shoot_upload(browser, url, folder, suffix, view)
            shoot_live(browser, url, folder, suffix, view)
        shoot_first_page(browser, f"{url}/?lang=pl", folder / "upload-polish.png")
        shoot_group(browser, url, folder / "group.png")
        shoot_result(browser, url, folder / "result.png")
        shoot_video(browser, url, folder / "video.png")
        browser.close()


def launch(playwright: Playwright, shown: Path) -> Browser:
    """A Chromium whose camera shows a video."""
    camera = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={shown}",
    ]
    flags = [*CHROMIUM_FLAGS, *camera]
    return playwright.chromium.launch(executable_path=chromium_path(), args=flags)


def portrait() -> FilePayload:
    return FilePayload(name="eileen-collins.jpg", mimeType="image/jpeg", buffer=encode(astronaut()))


def shoot_video(browser: Browser, url: str, path: Path) -> None:
    """The page of a clip, some seconds into it."""
    clip = FilePayload(name="clip.mp4", mimeType="video/mp4", buffer=video(list(pan())))
    page = browser.new_page(viewport={"width": 1180, "height": 920})
    page.goto(url)
    page.get_by_test_id("choose").set_input_files(clip)
    lane = page.get_by_test_id("lane")
    lane.wait_for(timeout=120_000)
    size = lane.bounding_box()
    assert size is not None  # it is visible
    lane.click(position={"x": size["width"] * 0.6, "y": size["height"] / 2})
    page.wait_for_timeout(1000)
    page.mouse.move(0, 0)
    bottom = page.get_by_test_id("timeline").evaluate(
        "e => e.getBoundingClientRect().bottom + scrollY"
    )
    clip_to: Any = {"x": 0, "y": 0, "width": 1180, "height": bottom + 30}
    page.screenshot(path=path, full_page=True, clip=clip_to)


def shoot_first_page(browser: Browser, url: str, path: Path) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url)
    page.screenshot(path=path)
    page.close()


def shoot_upload(
    browser: Browser, url: str, folder: Path, suffix: str, view: dict[str, Any]
) -> None:
    page = browser.new_page(**view)
    page.goto(url)
    page.screenshot(path=folder / f"upload{suffix}-empty.png")
    page.get_by_test_id("choose").set_input_files([portrait()])
    page.get_by_test_id("face-card").first.wait_for()
    page.wait_for_timeout(400)
    page.screenshot(path=folder / f"upload{suffix}.png", full_page=suffix == "-phone")
    page.close()


def shoot_live(browser: Browser, url: str, folder: Path, suffix: str, view: dict[str, Any]) -> None:
    page = browser.new_page(**view)
    page.goto(f"{url}/live")
    page.screenshot(path=folder / f"live{suffix}-off.png")
    page.get_by_test_id("start").click()
    page.get_by_test_id("face-card").first.wait_for()
    page.wait_for_timeout(LIVE_S * 1000)
    # A face that is pointed at shows its landmarks; the pointer is to rest nowhere.
    page.mouse.move(0, 0)
    page.screenshot(path=folder / f"live{suffix}.png", full_page=True)
    page.close()


def shoot_group(browser: Browser, url: str, file: Path) -> None:
    """The sample of five faces, with the card of one of them."""
    page = browser.new_page(**VIEWS[""])
    page.goto(url)
    page.get_by_test_id("sample-conditions").click()
    page.get_by_test_id("face-card").nth(1).click()
    page.get_by_test_id("face-detail").wait_for()
    page.mouse.move(0, 0)
    page.wait_for_timeout(400)
    # Else the photo, which stays in view, is in the middle of the long picture.
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=file, full_page=True)
    page.close()


def shoot_result(browser: Browser, url: str, file: Path) -> None:
    """The page of a result: made, shown and deleted again."""
    page = browser.new_page(**VIEWS[""])
    page.goto(url)
    page.get_by_test_id("choose").set_input_files([portrait()])
    page.get_by_test_id("share").click()
    page.get_by_test_id("share-create").click()
    page.get_by_test_id("share-link").wait_for()
    page.goto(page.get_by_test_id("share-private").input_value())
    page.get_by_test_id("face-card").first.wait_for()
    page.wait_for_timeout(400)
    page.screenshot(path=file, full_page=True)
    page.get_by_test_id("delete").click()
    page.get_by_test_id("delete-really").click()
    page.get_by_test_id("gone").wait_for()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
