"""Makes the README's picture: the upload page with NASA's portrait, in a real Chromium.

`python tools/screenshots.py URL FOLDER`, with the server running at URL.
"""

from __future__ import annotations

import sys
from pathlib import Path

import cv2
from playwright.sync_api import sync_playwright
from skimage import data

VIEWS = {
    "upload": {"viewport": {"width": 1180, "height": 860}},
    "upload-dark": {"viewport": {"width": 1180, "height": 860}, "color_scheme": "dark"},
    "upload-phone": {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2},
}


def portrait() -> bytes:
    picture = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes()


def main(url: str, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    photo = {"name": "eileen-collins.jpg", "mimeType": "image/jpeg", "buffer": portrait()}
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
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
