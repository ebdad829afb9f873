from __future__ import annotations

import json

import pytest

from facetraits.errors import BadWeights, Overloaded
from facetraits.pixels import Pixels
from facetraits.reading.model import Reading
from tests.web.fakes import FakeService, canned_reading, form, noise, photo

URL = "/api/v1/analyze"


def test_a_form_with_a_photo_gets_its_reading(client, service):
    response = client.post(URL, **form(photo(64, 80)))

    assert response.status_code == 200
    assert response.content_type == "application/json"
    reading = response.get_json()
    assert (reading["width"], reading["height"], len(reading["faces"])) == (64, 80, 2)
    assert reading["request_id"] == response.headers["X-Request-Id"]


def test_the_body_is_exactly_the_readings_json(make_app):
    class Exact(FakeService):
        def read(self, pixels: Pixels, request_id: str) -> Reading:
            return canned_reading()

    response = make_app(Exact()).test_client().post(URL, **form(photo()))

    assert response.get_data(as_text=True) == canned_reading().to_json()


@pytest.mark.parametrize(
    "content_type",
    # What curl --data-binary declares and what eventlet makes of no declaration, too.
    [
        "image/jpeg",
        "image/png",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
        "text/plain",
        None,
    ],
)
def test_a_photo_may_be_the_body_whatever_its_declared_type(client, content_type):
    response = client.post(URL, data=photo(), content_type=content_type)

    assert response.status_code == 200
    assert len(response.get_json()["faces"]) == 2


def test_several_photos_get_a_reading_each_in_their_order(client):
    response = client.post(URL, **form(photo(30, 20), photo(50, 40, "PNG")))

    readings = response.get_json()["readings"]
    assert [(r["width"], r["height"]) for r in readings] == [(30, 20), (50, 40)]
    request_id = response.headers["X-Request-Id"]
    assert [r["request_id"] for r in readings] == [f"{request_id}-1", f"{request_id}-2"]


def test_of_several_photos_a_bad_one_has_its_problem_in_its_place(client):
    response = client.post(URL, **form(b"words", photo(), noise(500), b""))

    assert response.status_code == 200
    first, second, third, fourth = response.get_json()["readings"]
    assert (first["problem"]["code"], first["problem"]["status"]) == ("unsupported_type", 415)
    assert len(second["faces"]) == 2
    assert third["problem"]["code"] == "bad_image"
    assert fourth["problem"]["code"] == "bad_image"


def test_of_several_photos_one_that_is_too_large_has_its_problem(make_app):
    client = make_app(max_bytes=5_000).test_client()

    response = client.post(URL, **form(noise(5_001), photo(), noise(6_000)))

    first, second, third = response.get_json()["readings"]
    assert first["problem"]["detail"] == "the file has 5,001 bytes; the limit is 5,000"
    assert len(second["faces"]) == 2
    assert third["problem"]["status"] == 413


def test_when_the_server_is_busy_the_rest_of_several_photos_is_not_tried(make_app):
    service = FakeService(fails_with=Overloaded("busy"))

    response = make_app(service).test_client().post(URL, **form(photo(), photo(), photo()))

    codes = [item["problem"]["code"] for item in response.get_json()["readings"]]
    assert codes == ["overloaded"] * 3
    assert len(service.seen) == 1


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"data": b"", "content_type": "image/jpeg"},
        {"data": {"image": "not a file"}},
        {"data": {"other": "words"}},
        {"data": b"no boundary", "content_type": "multipart/form-data"},
        {"data": b"--x\r\nbroken", "content_type": "multipart/form-data; boundary=x"},
        form(b"", name=""),
    ],
)
def test_a_request_without_a_photo_is_a_bad_request(client, request_):
    response = client.post(URL, **request_)

    assert response.status_code == 400
    assert response.get_json()["code"] == "bad_request"
    assert "'image'" in response.get_json()["detail"]


def test_a_photo_in_another_field_is_no_photo(client):
    assert client.post(URL, **form(photo(), field="file")).get_json()["code"] == "bad_request"


def test_too_many_photos_are_a_bad_request(client):
    assert client.post(URL, **form(*[photo()] * 20)).status_code == 200

    response = client.post(URL, **form(*[photo()] * 21))

    assert response.status_code == 400
    assert response.get_json()["detail"] == "the request has 21 pictures; the limit is 20"


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_type"),
        (b'{"image": "abc"}', 415, "unsupported_type"),
        (photo()[:200], 422, "bad_image"),
        (photo(2_000, 600), 413, "too_large"),
    ],
)
@pytest.mark.parametrize("as_form", [True, False])
def test_what_is_wrong_with_a_photo_is_told(client, data, status, code, as_form):
    body = form(data) if as_form else {"data": data, "content_type": "image/jpeg"}
    response = client.post(URL, **body)

    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    problem = response.get_json()
    assert set(problem) == {"type", "title", "status", "detail", "code", "request_id"}
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["request_id"] == response.headers["X-Request-Id"]


def test_an_overloaded_service_is_503_with_retry_after(make_app):
    service = FakeService(fails_with=Overloaded("too many pictures are waiting"))

    response = make_app(service).test_client().post(URL, **form(photo()))

    assert (response.status_code, response.get_json()["code"]) == (503, "overloaded")
    assert response.headers["Retry-After"] == "2"
    assert response.get_json()["detail"] == "too many pictures are waiting"


@pytest.mark.parametrize("error", [RuntimeError("secret path"), BadWeights("secret path")])
def test_an_unexpected_error_is_500_and_tells_nothing(make_app, caplog, error):
    client = make_app(FakeService(fails_with=error)).test_client()

    for data in (form(photo()), form(photo(), photo())):
        response = client.post(URL, **data, headers={"X-Request-Id": "my-request"})
        assert "secret" not in response.get_data(as_text=True)
        body = response.get_json()
        problem = body["readings"][0]["problem"] if "readings" in body else body
        assert problem["status"] == 500
        assert problem["request_id"] == "my-request"
    assert response.status_code == 200

    assert "my-request" in caplog.text and "secret path" in caplog.text


def test_no_face_is_no_error(make_app):
    class Faceless(FakeService):
        def read(self, pixels: Pixels, request_id: str) -> Reading:
            return Reading(request_id, "baseline", 640, 480, {"total": 1.0})

    response = make_app(Faceless()).test_client().post(URL, **form(photo()))

    assert (response.status_code, response.get_json()["faces"]) == (200, [])


def test_the_log_has_a_line_a_request_without_names_or_content(make_app, caplog):
    client = make_app().test_client()

    with caplog.at_level("INFO", "facetraits"):
        client.post(URL, **form(photo(), name="holiday-with-Ada.jpg"))
        client.get("/no%0Asuch page")

    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("POST /api/v1/analyze 200 ")
    assert " ms request_id=" in first and first.endswith("faces=2")
    assert second.startswith("GET - 404 ") and second.endswith("faces=-")
    assert "Ada" not in caplog.text


def test_the_log_level_of_the_settings_counts(make_app, caplog):
    make_app(log_level="WARNING").test_client().get("/healthz")

    assert caplog.records == []


def test_json_of_a_batch_is_what_each_reading_says(client):
    text = client.post(URL, **form(photo(), photo())).get_data(as_text=True)

    for item in json.loads(text)["readings"]:
        assert json.dumps(item, separators=(",", ":")) in text
