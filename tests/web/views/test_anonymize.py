"""POST /api/v1/anonymize."""

from __future__ import annotations

import base64
import io

import pytest
from PIL import Image

from facetraits.errors import Overloaded
from tests.web.fakes import FakeService, form, noise, photo

URL = "/api/v1/anonymize"


def fields(data, **values):
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in values.items()
    )
    request = form(data)
    return {**request, "data": parts.encode() + request["data"]}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_answer_is_the_picture_in_its_own_format(client, kind):
    response = client.post(URL, **form(photo(64, 80, kind)))
    assert response.status_code == 200
    assert response.mimetype == Image.MIME[kind]
    assert response.headers["X-Faces-Hidden"] == "2"
    assert response.headers["Cache-Control"] == "no-store"
    assert Image.open(io.BytesIO(response.data)).size == (64, 80)


def test_the_style_comes_from_the_query_or_the_form(client):
    styles = [
        client.post(f"{URL}?style=cover", data=photo(), content_type="image/jpeg"),
        client.post(URL, **fields(photo(), style="cover")),
    ]
    blurred = client.post(URL, **form(photo()))
    assert styles[0].data == styles[1].data != blurred.data


def test_json_says_what_was_hidden_and_what_may_have_been_missed(client):
    response = client.post(
        f"{URL}?style=cover", headers={"Accept": "application/json"}, **form(photo())
    )
    answer = response.get_json()
    assert set(answer) == {
        "request_id", "width", "height", "style", "hidden", "notice", "media_type", "picture",
    }  # fmt: skip
    assert answer["hidden"][0]["box"] == {"x": 10.0, "y": 12.0, "width": 30.0, "height": 40.0}
    assert len(answer["hidden"]) == 2 and "missed" in answer["notice"]
    assert Image.open(io.BytesIO(base64.b64decode(answer["picture"]))).size == (64, 80)


@pytest.mark.parametrize(
    "query",
    [
        "style=erase",
        "style=",
        "style=blur&style=cover",
        "faces=0",
        "faces=one",
        "faces=",
        "faces=1&faces=2",
    ],
)
def test_options_that_are_not_clear_hide_nothing(client, service, query):
    response = client.post(f"{URL}?{query}", data=photo(), content_type="image/jpeg")
    assert (response.status_code, response.get_json()["code"]) == (400, "bad_request")
    assert service.seen == []


def test_exactly_one_picture(client):
    for request in (form(photo(), photo()), {"data": b""}):
        response = client.post(URL, **request)
        assert (response.status_code, response.get_json()["code"]) == (400, "bad_request")


def test_what_is_no_picture_is_a_problem(client):
    assert client.post(URL, data=b"text").get_json()["code"] == "unsupported_type"
    assert client.post(URL, data=noise(2_000)).get_json()["code"] == "bad_image"


def test_it_counts_towards_the_rate_limit(make_app):
    client = make_app(rate_limit="2/hour").test_client()
    codes = [client.post(URL, **form(photo())).status_code for _ in range(3)]
    assert codes == [200, 200, 429]


def test_other_sites_may_not_send_pictures(client):
    response = client.post(URL, headers={"Origin": "https://elsewhere.example"}, **form(photo()))
    assert (response.status_code, response.get_json()["code"]) == (403, "cross_origin")


def test_a_busy_server_says_so(make_app):
    client = make_app(FakeService(fails_with=Overloaded("full"))).test_client()
    response = client.post(URL, **form(photo()))
    assert response.status_code == 503 and response.headers["Retry-After"] == "2"
