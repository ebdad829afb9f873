from __future__ import annotations

import io
import json

import pytest

from tests.jobs.archives import zipped
from tests.jobs.waiting import ended
from tests.photos import astronaut, encode
from tests.web.fakes import photo

URL = "/api/v1/batches"


def submit(client, files=None, **options):
    data = zipped(files or {"a.jpg": photo()})
    response = client.post(URL, data=data, content_type="application/zip", **options)
    assert response.status_code == 202, response.data
    return response.get_json()


def bearer(job):
    return {"Authorization": f"Bearer {job['delete_token']}"}


def wait(client, job):
    return ended(lambda: client.get(job["url"]).get_json())


def lines(client, job):
    return [json.loads(line) for line in client.get(job["result_url"]).text.splitlines()]


def test_a_batch_is_read_and_its_results_can_be_downloaded(client):
    face = encode(astronaut())
    response = client.post(
        URL, data=zipped({"in/a.jpg": face, "b.jpg": b"words"}), content_type="application/zip"
    )

    submitted = response.get_json()
    assert response.status_code == 202
    assert response.headers["Location"] == submitted["url"]
    assert submitted["state"] == "queued" and submitted["result_url"] is None
    job = wait(client, submitted)
    assert (job["state"], job["progress"], job["error"]) == ("done", 1, None)
    assert job["detail"] == {"photos": 2, "total": 2, "failed": 1, "skipped": 0, "faces": 1}
    first, second = lines(client, job)
    assert (first["number"], first["name"]) == (1, "in/a.jpg")
    assert len(first["reading"]["faces"]) == 1
    assert (second["number"], second["name"]) == (2, "b.jpg")
    assert second["problem"]["code"] == "unsupported_type"
    rows = client.get(job["results"]["faces.csv"])
    assert rows.content_type == "text/csv; charset=utf-8"
    assert [row.split(",")[0] for row in rows.text.splitlines()] == ["file", "in/a.jpg"]


def test_a_part_of_a_result_can_be_downloaded(client):
    job = wait(client, submit(client))
    whole = client.get(job["result_url"])
    with client.get(job["result_url"], headers={"Range": "bytes=2-9"}) as part:
        assert (part.status_code, part.data) == (206, whole.data[2:10])
    outside = client.get(job["result_url"], headers={"Range": "bytes=999999-"})

    assert outside.status_code == 416
    assert (
        client.get(job["result_url"], headers={"If-None-Match": whole.headers["ETag"]}).data == b""
    )
    assert client.get(job["result_url"] + "x").status_code == 404
    assert client.get(f"{job['url']}/results/..%2Finput").status_code == 404


def test_a_list_of_photos_keeps_their_names_and_order(client):
    images = [(io.BytesIO(photo()), name) for name in ("b.jpg", "../a.jpg", "b.jpg")]
    response = client.post(URL, data={"image": images, "other": "1"})

    job = wait(client, response.get_json())
    assert [line["name"] for line in lines(client, job)] == ["b.jpg", "../a.jpg", "b.jpg"]


def test_a_photo_without_a_usable_name_is_read_and_a_field_without_a_file_is_not(client):
    head = '--b\r\nContent-Disposition: form-data; name="image"; filename="{}"\r\n\r\n'
    parts = [("", photo()), ("", b""), ("a/", photo()), ("\0.jpg", photo())]
    body = b"".join(head.format(name).encode() + data + b"\r\n" for name, data in parts)
    response = client.post(
        URL, data=body + b"--b--\r\n", content_type="multipart/form-data; boundary=b"
    )

    job = wait(client, response.get_json())
    assert [line["name"] for line in lines(client, job)] == ["photo", "a", "_.jpg"]
    assert job["detail"]["failed"] == 0


def test_an_archive_can_be_a_field(client):
    data = {"archive": (io.BytesIO(zipped({"a.jpg": photo()})), "photos.zip")}

    assert wait(client, client.post(URL, data=data).get_json())["state"] == "done"


def test_deleting_needs_the_token_and_leaves_nothing(client, tmp_path):
    job = submit(client)
    wait(client, job)

    assert client.delete(job["url"]).status_code == 401
    wrong = client.delete(job["url"], headers={"Authorization": "Bearer wrong"})
    assert (wrong.status_code, wrong.get_json()["code"]) == (403, "forbidden")
    assert client.delete(job["url"], headers=bearer(job)).status_code == 204
    assert client.get(job["url"]).get_json()["code"] == "expired"
    assert client.delete(job["url"], headers=bearer(job)).status_code == 410
    assert list((tmp_path / "data" / "jobs").iterdir()) == [tmp_path / "data" / "jobs" / "incoming"]


def test_a_cancelled_job_keeps_its_record_and_no_files(client, tmp_path):
    job = submit(client, {f"{n}.jpg": photo() for n in range(500)})

    assert client.post(f"{job['url']}/cancel").status_code == 401
    assert client.post(f"{job['url']}/cancel", headers=bearer(job)).status_code == 204
    assert wait(client, job)["state"] == "cancelled"
    assert client.get(job["url"]).get_json()["expires_at"] is not None
    assert client.delete(job["url"], headers=bearer(job)).status_code == 204


def test_an_unknown_job_is_not_found(client):
    for url in ("/api/v1/jobs/x", "/api/v1/jobs/x/results/y"):
        assert client.get(url).get_json()["code"] == "not_found"
    assert (
        client.post("/api/v1/jobs/x/cancel", headers=bearer({"delete_token": "x"})).status_code
        == 404
    )


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 422, "bad_archive"),
        (b"words", 422, "bad_archive"),
        (photo(), 422, "bad_archive"),
        (zipped({}), 422, "bad_archive"),
        (zipped({"__MACOSX/a": b"x", "b/": b""}), 422, "bad_archive"),
        (zipped({"a.jpg": photo()})[:-30], 422, "bad_archive"),
        (zipped({str(n): b"" for n in range(10_001)}), 400, "bad_request"),
    ],
)
def test_a_bad_archive_is_refused_at_once(client, body, status, code):
    response = client.post(URL, data=body, content_type="application/zip")

    assert (response.status_code, response.get_json()["code"]) == (status, code)


def test_a_form_without_photos_or_with_both_is_refused(client):
    archive = (io.BytesIO(zipped({"a.jpg": photo()})), "a.zip")
    image = (io.BytesIO(photo()), "a.jpg")
    for data in ({}, {"image": "text"}, {"archive": archive, "image": image}):
        response = client.post(URL, data=data, content_type="multipart/form-data")
        assert response.get_json()["code"] == "bad_request", data
    response = client.post(URL, data=b"words", content_type="multipart/form-data; boundary=x")
    assert response.get_json()["code"] == "bad_request"


def test_uploads_are_limited(make_app, tmp_path):
    client = make_app(upload_max_bytes=1_000).test_client()
    stream = io.BytesIO(zipped({"a.jpg": bytes(2_000)}))

    assert client.post(URL, data=stream.getvalue()).get_json()["code"] == "too_large"
    chunked = client.post(
        URL, input_stream=stream, environ_overrides={"wsgi.input_terminated": True}
    )
    assert chunked.get_json()["code"] == "too_large"
    assert list((tmp_path / "data" / "jobs" / "incoming").iterdir()) == []


def test_a_batch_counts_as_its_photos_up_to_the_whole_limit(make_app):
    client = make_app(rate_limit="3/minute").test_client()

    submit(client, {f"{n}.jpg": photo() for n in range(10)})
    refused = client.post(URL, data=zipped({"a.jpg": photo()}))
    assert refused.get_json()["code"] == "rate_limited"


def test_a_reachable_server_wants_a_key(make_app):
    client = make_app(host="0.0.0.0").test_client()

    assert client.post(URL, data=zipped({"a.jpg": photo()})).get_json()["code"] == "no_api_keys"
    assert client.get("/api/v1/jobs/x").status_code == 404
