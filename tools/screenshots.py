"""Makes the README's pictures: NASA's portrait on the upload page, and a result that is shared.

`python tools/screenshots.py URL FOLDER`, with the server running at URL.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
from playwright.sync_api import Browser, FilePayload, sync_playwright
from skimage import data

VIEWS = {
    "upload": {"viewport": {"width": 1180, "height": 860}},
    "upload-dark": {"viewport": {"width": 1180, "height": 860}, "color_scheme": "dark"},
    "upload-phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}
RESULT_VIEW = {"viewport": {"width": 1180, "height": 860}}


def portrait() -> bytes:
    picture = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def shoot_result(browser: Browser, url: str, photo: FilePayload, file: Path) -> None:
    """The page of a result: made, shown and deleted again."""
    page = browser.new_page(**RESULT_VIEW)
    page.goto(url)
    page.get_by_test_id("choose").set_input_files([photo])
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


def main(url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    photo = FilePayload(name="eileen-collins.jpg", mimeType="image/jpeg", buffer=portrait())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        for name, view in VIEWS.items():
            page = browser.new_page(**view)
            page.goto(url)
            page.screenshot(path=folder / f"{name}-empty.png")
            page.get_by_test_id("choose").set_input_files([photo])
            page.get_by_test_id("face-card").first.wait_for()
            page.wait_for_timeout(400)
            page.screenshot(path=folder / f"{name}.png", full_page=name.endswith("phone"))
        shoot_result(browser, url, photo, folder / "result.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
