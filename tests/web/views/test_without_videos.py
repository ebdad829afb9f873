"""A server without the extra "video"."""

from __future__ import annotations

import json
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from facetraits.paths import Paths

_SERVE = """
import io, json, sys
sys.modules["av"] = None
from facetraits.settings import Settings
from facetraits.web import create_app
from tests.web.fakes import FakeService, form, photo

settings = Settings(async_mode="threading", data_dir=sys.argv[1])
app = create_app(settings, FakeService())
client = app.test_client()
answers = {
    "body": client.post("/api/v1/videos", data=b"x", content_type="video/mp4"),
    "form": client.post("/api/v1/videos", data={"video": (io.BytesIO(b"x"), "a.mp4")}),
    "video": client.get("/videos/unknown"),
    "embed": client.get("/embed/videos/unknown"),
    "page": client.get("/"),
    "photo": client.post("/api/v1/analyze", **form(photo())),
}
print(json.dumps({name: [answer.status_code, answer.text] for name, answer in answers.items()}))
app.extensions["facetraits_jobs"].close()
"""
ROOT = Paths.found().import_from


class _Shown(HTMLParser):
    """What people see of a page, hear of it, and can choose in it; without templates."""

    ATTRIBUTES = ("accept", "alt", "aria-label", "placeholder", "title", "value")

    def __init__(self) -> None:
        super().__init__()
        self.text = ""
        self.inside = 0

    def handle_starttag(self, tag, attrs):
        self.inside += tag in ("template", "script")
        if not self.inside:
            self.text += " ".join(value or "" for name, value in attrs if name in self.ATTRIBUTES)

    def handle_endtag(self, tag):
        self.inside -= tag in ("template", "script")

    def handle_data(self, data):
        if not self.inside:
            self.text += data


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """The status and the text of each answer."""
    command = [sys.executable, "-c", _SERVE, str(tmp_path_factory.mktemp("data"))]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("sent_as", ["body", "form"])
def test_a_video_is_refused_with_the_reason(answers, sent_as):
    status, text = answers[sent_as]
    problem = json.loads(text)

    assert (status, problem["code"]) == (501, "not_implemented")
    assert 'pip install "facetraits[video]"' in problem["detail"]
    assert problem["title"] == "This server cannot do that"


@pytest.mark.parametrize("page", ["video", "embed"])
def test_there_are_no_pages_of_videos(answers, page):
    assert answers[page][0] == 404


def test_the_upload_page_says_nothing_of_videos(answers):
    status, html = answers["page"]
    shown = _Shown()
    shown.feed(html)

    assert status == 200
    assert "data-videos-url" not in html
    assert "Drop photos here" in shown.text
    assert "video" not in shown.text.lower()


def test_photos_are_read_as_ever(answers):
    assert answers["photo"][0] == 200
