"""oEmbed for videos: discovered on their pages, as long as these are there."""

from __future__ import annotations

import html
import re

import pytest

from tests.jobs.archives import zipped
from tests.jobs.waiting import ended
from tests.video.videos import video
from tests.web.fakes import photo
from tests.web.views.test_oembed import ask, frame_of


def submit(client):
    query = {"annotate": "false", "anonymize": "false"}
    answer = client.post(
        "/api/v1/videos", data=video(frames=5), query_string=query, content_type="video/mp4"
    )
    return answer.get_json()


def discovered(client, page_url):
    """The addresses of oEmbed answers that a page names."""
    found = re.findall(r'type="application/json\+oembed" href="([^"]+)"', client.get(page_url).text)
    return [html.unescape(url) for url in found]


def test_a_videos_page_leads_to_its_frame_until_it_is_deleted(client):
    job = submit(client)
    if client.get(job["url"]).get_json()["state"] != "done":
        assert ask(client, job["page_url"]).status_code == 404
    assert ended(lambda: client.get(job["url"]).get_json())["state"] == "done"

    (url,) = discovered(client, job["page_url"])
    answer = client.get(url).get_json()
    assert (answer["type"], answer["title"]) == ("rich", "Facetraits: video with 1 face")
    assert 86_000 < answer["cache_age"] <= 86_400
    frame = frame_of(answer)
    assert frame["src"] == job["embed_url"]
    assert client.get(frame["src"]).status_code == 200
    assert (answer["width"], answer["height"]) == (640, 550)
    small = ask(client, f"{job['embed_url']}?theme=dark&evil=1", maxwidth=320, maxheight=200)
    assert frame_of(small.get_json())["src"] == f"{job['embed_url']}?theme=dark"
    assert (small.get_json()["width"], small.get_json()["height"]) == (320, 200)

    client.delete(job["url"], headers={"Authorization": f"Bearer {job['delete_token']}"})
    gone = client.get(url)
    assert (gone.status_code, gone.get_json()["code"]) == (410, "expired")
    assert discovered(client, job["page_url"]) == []


@pytest.mark.parametrize(
    "path", ["videos/unknown", "videos/", "embed/videos/", "videos/a/b", "embed/videos/a/b"]
)
def test_other_addresses_are_not_found(client, path):
    response = ask(client, f"http://localhost/{path}")

    assert (response.status_code, response.get_json()["code"]) == (404, "not_found")


def test_a_batch_is_no_video(client):
    data = zipped({"a.jpg": photo()})
    job = client.post("/api/v1/batches", data=data, content_type="application/zip").get_json()
    assert ended(lambda: client.get(job["url"]).get_json())["state"] == "done"

    assert ask(client, f"http://localhost/videos/{job['id']}").status_code == 404
