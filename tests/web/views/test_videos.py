"""Videos over HTTP: submitted, read in a process of their own, shown, and deleted."""

from __future__ import annotations

import io
import json

import pytest

from facetraits.video.frames import Video
from tests.jobs.waiting import ended, until
from tests.video.videos import opened, video
from tests.web.fakes import photo

URL = "/api/v1/videos"
FRAMES = 30


@pytest.fixture(scope="module")
def clip():
    return video(frames=FRAMES)


def submit(client, data, **query):
    response = client.post(URL, data=data, query_string=query, content_type="video/mp4")
    assert response.status_code == 202, response.data
    return response.get_json()


def wait(client, job):
    return ended(lambda: client.get(job["url"]).get_json())


def bearer(job):
    return {"Authorization": f"Bearer {job['delete_token']}"}


def test_a_video_is_read_and_has_a_page(client, clip):
    submitted = submit(client, clip)
    assert submitted["state"] == "queued"
    assert client.get(submitted["page_url"]).status_code == 200
    job = wait(client, submitted)
    assert job["state"] == "done", job
    assert job["detail"] == {"kept": "video", "frames": FRAMES, "seconds": 1.2, "faces": 1}
    assert job["result_url"] == submitted["page_url"]
    assert sorted(job["results"]) == [
        *("annotated.mp4", "anonymized.mp4", "boxes.jsonl", "copy.mp4"),
        *("frames.csv", "frames.jsonl", "summary.json"),
    ]
    lines = client.get(job["results"]["frames.jsonl"]).text.splitlines()
    assert [len(json.loads(line)["faces"]) for line in lines] == [1] * FRAMES
    page = client.get(submitted["page_url"])
    assert 'data-state="done"' in page.text
    assert "copy.mp4" in page.text
    assert submitted["embed_url"] in page.text
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["X-Robots-Tag"] == "noindex"


def test_a_player_can_ask_for_a_part_of_the_copy(client, clip):
    job = wait(client, submit(client, clip, annotate="false", anonymize="no"))
    url = job["results"]["copy.mp4"]
    whole = client.get(url)
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert whole.content_type == "video/mp4"
    part = client.get(url, headers={"Range": "bytes=100-199"}, buffered=True)
    assert part.status_code == 206
    assert part.data == whole.data[100:200]
    assert "annotated.mp4" not in job["results"]
    assert "anonymized.mp4" not in job["results"]


def test_as_a_form_with_options(client, clip):
    form = {"video": (io.BytesIO(clip), "clip.mp4"), "fps": "5", "keep": "figures"}
    response = client.post(URL, data=form)
    assert response.status_code == 202
    job = wait(client, response.get_json())
    assert sorted(job["results"]) == ["frames.csv", "frames.jsonl", "summary.json"]
    summary = client.get(job["results"]["summary.json"]).get_json()
    assert summary["per_second"] == 5
    assert summary["video"]["frames_read"] == 6
    # No picture of anyone is left, not even a small one.
    assert [face["thumbnail"] for face in summary["faces"]] == [None]
    page = client.get(response.get_json()["page_url"]).text
    assert "Only the results were kept" in page
    assert "<video" not in page


@pytest.mark.parametrize(
    "data", [b"#EXTM3U\nfile:///etc/passwd\n", b"ffconcat version 1.0\n", photo()]
)
def test_what_is_no_video_is_refused_at_once(client, data):
    response = client.post(URL, data=data, content_type="video/mp4")
    assert (response.status_code, response.get_json()["code"]) == (415, "unsupported_type")
    form = client.post(URL, data={"video": (io.BytesIO(data), "clip.mp4")})
    assert form.status_code == 415


@pytest.mark.parametrize(
    "query", [{"fps": "0"}, {"fps": "x"}, {"keep": "it"}, {"annotate": "maybe"}]
)
def test_bad_options(client, clip, query):
    response = client.post(URL, data=clip, query_string=query, content_type="video/mp4")
    assert (response.status_code, response.get_json()["code"]) == (400, "bad_request")
    assert next(iter(query)) in response.get_json()["detail"]


def test_a_request_without_a_video(client, clip):
    form = client.post(URL, data={"other": "x"}, content_type="multipart/form-data")
    assert form.get_json()["code"] == "bad_request"
    assert client.post(URL, data=b"").get_json()["code"] == "bad_request"
    assert client.post(URL, data={"video": (io.BytesIO(b""), "")}).status_code == 400
    assert client.post(URL, data={"video": (io.BytesIO(b""), "a.mp4")}).status_code == 415
    two = {"video": [(io.BytesIO(clip), "a.mp4"), (io.BytesIO(clip), "b.mp4")]}
    assert client.post(URL, data=two).status_code == 400


def test_the_limits(make_app, clip):
    small = make_app(upload_max_bytes=1000).test_client()
    response = small.post(URL, data=clip, content_type="video/mp4")
    assert (response.status_code, response.get_json()["code"]) == (413, "too_large")
    for limit in ({"video_max_seconds": 1}, {"video_max_pixels": 640 * 480 - 1}):
        client = make_app(**limit).test_client()
        submitted = submit(client, clip)
        job = wait(client, submitted)
        assert (job["state"], job["error"]["code"]) == ("failed", "too_large"), limit
        assert job["results"] == {}
        page = client.get(submitted["page_url"]).text
        assert "The video is too large" in page
        assert "<video" not in page


def test_a_damaged_video_fails_with_the_reason(client, clip):
    submitted = submit(client, clip[:40] + bytes(2000))
    job = wait(client, submitted)
    assert (job["state"], job["error"]["code"]) == ("failed", "bad_video")
    assert "The video cannot be read" in client.get(submitted["page_url"]).text
    # There is nothing to embed.
    assert client.get(submitted["embed_url"]).status_code == 404


def test_it_can_be_canceled_and_deleted(client, clip):
    submitted = submit(client, video(frames=500, options={"preset": "ultrafast"}))
    url = submitted["url"]
    assert client.post(f"{url}/cancel", headers=bearer(submitted)).status_code == 204
    job = wait(client, submitted)
    assert job["state"] == "cancelled"
    assert "canceled" in client.get(submitted["page_url"]).text
    assert client.delete(url, headers=bearer(submitted)).status_code == 204
    gone = client.get(submitted["page_url"])
    assert gone.status_code == 410


def test_a_page_of_another_kind_of_job_is_not_found(client):
    assert client.get("/videos/unknown").status_code == 404
    batch = client.post("/api/v1/batches", data={"image": (io.BytesIO(photo()), "a.jpg")})
    assert client.get(f"/videos/{batch.get_json()['id']}").status_code == 404
    wait(client, batch.get_json())


def test_the_embed_can_be_framed_by_those_who_may(make_app, clip):
    client = make_app(frame_ancestors="https://site.example").test_client()
    submitted = submit(client, clip, annotate="false", anonymize="false")
    wait(client, submitted)
    embed = client.get(submitted["embed_url"], query_string={"theme": "dark"})
    policy = embed.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self' https://site.example" in policy
    assert "sandbox allow-scripts" in policy
    assert 'data-theme="dark"' in embed.text
    assert "site-head" not in embed.text


def test_a_server_that_others_can_reach_wants_a_key(make_app, clip):
    client = make_app(host="0.0.0.0").test_client()
    response = client.post(URL, data=clip, content_type="video/mp4")
    assert response.status_code in (401, 403, 503)
    assert response.get_json()["code"] == "no_api_keys"
    html = client.get("/").text
    assert 'data-part="video-key" hidden' in html


def test_reading_goes_on_when_the_server_starts_again(make_app, tmp_path):
    frames = 700
    app = make_app()
    client = app.test_client()
    data = video(frames=frames, options={"preset": "ultrafast"})
    submitted = submit(client, data, annotate="false", anonymize="false")
    until(
        lambda: client.get(submitted["url"]).get_json(),
        lambda job: job["detail"].get("frames", 0) > 300,
    )
    app.extensions["facetraits_jobs"].close()
    again = make_app().test_client()
    seen = again.get(submitted["url"]).get_json()
    assert seen["state"] in ("queued", "running")
    job = wait(again, submitted)
    assert job["state"] == "done", job
    lines = again.get(job["results"]["frames.jsonl"]).text.splitlines()
    assert [json.loads(line)["frame"] for line in lines] == list(range(frames))
    copy = opened(again.get(job["results"]["copy.mp4"]).data)
    with Video(copy) as made:
        assert sum(1 for _ in made.frames()) == frames


def test_the_upload_page_takes_videos(client):
    html = client.get("/").text
    assert f'data-videos-url="{URL}"' in html
    assert "Drop photos or videos here" in html
    assert "stored while they are analyzed" in html
