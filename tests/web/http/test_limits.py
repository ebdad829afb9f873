"""What is refused before or while it arrives: bytes, memory, too many of one client."""

from __future__ import annotations

import io
import tempfile

import pytest
import werkzeug.formparser

from tests.web.fakes import form, noise, photo

URL = "/api/v1/analyze"


@pytest.mark.parametrize("as_form", [True, False])
def test_too_many_bytes_are_refused(make_app, service, as_form):
    client = make_app(max_bytes=5_000).test_client()
    data = noise(5_001)

    body = form(data) if as_form else {"data": data, "content_type": "image/jpeg"}
    response = client.post(URL, **body)

    assert (response.status_code, response.get_json()["code"]) == (413, "too_large")
    assert "5,001 bytes; the limit is 5,000" in response.get_json()["detail"]
    assert service.seen == []


def test_a_request_that_announces_too_much_is_refused_unread(make_app):
    client = make_app(max_bytes=5_000).test_client()

    class NeverRead(io.RawIOBase):
        def readinto(self, buffer: bytearray) -> int:
            raise AssertionError("the body was read")

    for content_type in ("image/jpeg", "multipart/form-data; boundary=x"):
        response = client.post(
            URL,
            content_type=content_type,
            environ_overrides={"wsgi.input": NeverRead(), "CONTENT_LENGTH": "1000000"},
        )
        assert (response.status_code, response.get_json()["code"]) == (413, "too_large")
        assert "1,000,000 bytes" in response.get_json()["detail"]


def test_a_body_without_a_length_is_bounded_too(make_app):
    client = make_app(max_bytes=5_000).test_client()
    chunked = {"environ_overrides": {"wsgi.input_terminated": True}}

    def post(data: bytes) -> int:
        stream = io.BytesIO(data)
        response = client.post(URL, input_stream=stream, content_type="image/jpeg", **chunked)
        return response.status_code

    assert post(photo()) == 200
    assert post(noise(5_001)) == 413
    assert post(noise(500_000)) == 413


def test_nothing_is_written_to_disk(client, monkeypatch):
    def refuse(*args: object, **kwargs: object) -> None:
        raise AssertionError("a temporary file was made")

    # The one thing here that is not ours: what Werkzeug would spool into.
    monkeypatch.setattr(werkzeug.formparser, "SpooledTemporaryFile", refuse)
    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(tempfile, "NamedTemporaryFile", refuse)
    with pytest.raises(AssertionError):
        werkzeug.formparser.default_stream_factory(10**6, "image/jpeg", "me.jpg")

    assert client.post(URL, **form(noise(2_000_000))).status_code == 422


def test_the_memory_for_uploads_is_bounded_and_given_back(make_app):
    # One picture in work, none waiting, five besides: six times 5,000 bytes.
    app = make_app(max_bytes=5_000, workers=1, queue_size=0)
    client = app.test_client()
    memory = app.extensions["facetraits_uploads"]._memory
    whole = memory._left
    assert whole == 30_000

    for _ in range(20):
        assert client.post(URL, **form(noise(4_900), noise(4_900))).status_code == 200
    assert client.post(URL, data=b"--x\r\nbroken", content_type="multipart/form-data; boundary=x")
    assert memory._left == whole

    memory.take(28_000)
    response = client.post(URL, **form(noise(4_900)))
    assert (response.status_code, response.get_json()["code"]) == (503, "overloaded")
    assert response.headers["Retry-After"] == "2"
    memory.give_back(28_000)
    assert memory._left == whole


def test_too_many_pictures_of_one_client_are_429_with_retry_after(make_app):
    app = make_app(rate_limit="4/hour")
    client = app.test_client()

    assert client.post(URL, **form(photo(), photo(), photo())).status_code == 200
    assert client.post(URL, **form(photo())).status_code == 200
    response = client.post(URL, **form(photo()))

    assert (response.status_code, response.get_json()["code"]) == (429, "rate_limited")
    assert 3_000 < int(response.headers["Retry-After"]) <= 3_600
    assert response.get_json()["detail"] == "the limit is 4/hour"
    # Another client has its own share, and pages are not counted.
    other = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
    assert client.post(URL, **form(photo()), **other).status_code == 200
    assert client.get("/").status_code == 200


def test_more_pictures_than_the_limit_ever_allows_are_no_matter_of_waiting(make_app):
    client = make_app(rate_limit="2/hour").test_client()
    response = client.post(URL, **form(photo(), photo(), photo()))
    assert (response.status_code, response.get_json()["code"]) == (400, "bad_request")
    assert response.get_json()["detail"] == "the request has 3 pictures; the limit is 2/hour"
    # It cost one, as every request does, and no more.
    assert client.post(URL, **form(photo())).status_code == 200


def test_an_ipv6_client_is_its_network_and_an_ipv4_one_its_address(make_app):
    client = make_app(rate_limit="1/hour").test_client()

    def post(address: str) -> int:
        options = {"environ_base": {"REMOTE_ADDR": address}}
        return client.post(URL, **form(photo()), **options).status_code

    assert [post("2001:db8:1:2::1"), post("2001:db8:1:2:ffff::7"), post("2001:db8:1:3::1")] == [
        200,
        429,
        200,
    ]
    assert [post("192.0.2.1"), post("::ffff:192.0.2.1"), post("192.0.2.2")] == [200, 429, 200]


@pytest.mark.parametrize(("proxies", "status"), [(0, 429), (1, 200)])
def test_behind_a_proxy_the_client_is_who_the_proxy_says(make_app, proxies, status):
    client = make_app(rate_limit="1/hour", proxies=proxies).test_client()
    statuses = [
        client.post(URL, **form(photo()), headers={"X-Forwarded-For": address}).status_code
        for address in ("192.0.2.1", "192.0.2.2")
    ]
    assert statuses == [200, status]
