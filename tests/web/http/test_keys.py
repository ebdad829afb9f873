"""Which requests need a key."""

from __future__ import annotations

import pytest

from facetraits.api_keys import hash_of
from facetraits.errors import BadSetting
from facetraits.settings import Settings
from facetraits.web.http.keys import ApiKeys
from tests.web.fakes import form, photo

KEY = "ft_0123456789abcdef"
KEYS = (hash_of(KEY),)
URL = "/api/v1/key"


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


def test_on_this_machine_no_key_is_needed(client):
    assert client.get(URL).status_code == 204


def test_a_header_that_cannot_be_decoded_is_no_key(client, make_app):
    odd = {"Authorization": "Basic \xff"}
    assert client.get(URL, headers=odd).status_code == 204
    guarded = make_app(api_keys=KEYS).test_client()
    assert guarded.get(URL, headers=odd).json["code"] == "unauthorized"


@pytest.mark.parametrize("reachable", [{"host": "0.0.0.0"}, {"host": "::"}, {"proxies": 1}])
def test_beyond_this_machine_nothing_works_until_a_key_is_set(make_app, reachable):
    answer = make_app(**reachable).test_client().get(URL)

    assert (answer.status_code, answer.json["code"]) == (403, "no_api_keys")
    assert "FACETRAITS_API_KEYS" in answer.json["detail"]
    assert "facetraits key" in answer.json["detail"]


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via", "x-forwarded-proto", "CF-Connecting-IP"],
)
def test_through_an_unannounced_proxy_nothing_works_either(client, header):
    for url in (URL, "/api/v1/cameras"):
        answer = client.get(url, headers={header: "192.0.2.1"})

        assert (answer.status_code, answer.json["code"]) == (403, "no_api_keys")
        assert "FACETRAITS_PROXIES" in answer.json["detail"]
    submitted = client.post("/api/v1/videos", data=b"video", headers={header: "192.0.2.1"})
    assert submitted.json["code"] == "no_api_keys"
    # The pages ask for the key, and photos stay open.
    assert b'data-part="key-form"' in client.get("/", headers={header: "x"}).data
    assert b'data-part="key-form"' not in client.get("/").data
    photos = client.post("/api/v1/analyze", **form(photo()), headers={header: "192.0.2.1"})
    assert photos.status_code == 200


def test_through_an_unannounced_proxy_a_key_works(make_app):
    client = make_app(api_keys=KEYS).test_client()
    forwarded = {"X-Forwarded-For": "192.0.2.1"}

    assert client.get(URL, headers=forwarded).json["code"] == "unauthorized"
    assert client.get(URL, headers=forwarded | bearer(KEY)).status_code == 204


@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1"])
def test_with_keys_one_is_needed(make_app, host):
    client = make_app(host=host, api_keys=KEYS).test_client()

    missing, wrong = client.get(URL), client.get(URL, headers=bearer("ft_wrong"))
    assert (missing.status_code, missing.json["code"]) == (401, "unauthorized")
    assert (wrong.status_code, wrong.json["code"]) == (401, "wrong_key")
    for answer in (missing, wrong):
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert client.get(URL, headers=bearer(KEY)).status_code == 204


@pytest.mark.parametrize("given", [f"Basic {KEY}", KEY, "Bearer", f"Bearer {hash_of(KEY)}"])
def test_a_key_in_another_form_is_none(make_app, given):
    client = make_app(api_keys=KEYS).test_client()

    assert client.get(URL, headers={"Authorization": given}).status_code == 401


@pytest.mark.parametrize("url", ["/api/v1/analyze", "/api/v1/results"])
def test_photos_stay_open_unless_everything_needs_a_key(make_app, url):
    by_default = make_app(api_keys=KEYS, host="0.0.0.0").test_client()
    closed = make_app(api_keys=KEYS, host="0.0.0.0", keys_for="everything").test_client()

    assert by_default.post(url, **form(photo())).status_code in (200, 201)
    assert closed.post(url, **form(photo())).json["code"] == "unauthorized"
    assert closed.post(url, **form(photo()), headers=bearer(KEY)).status_code in (200, 201)


def test_live_video_needs_one_then_too(make_app):
    app = make_app(api_keys=KEYS, keys_for="everything")
    socketio = app.extensions["socketio"]

    without = socketio.test_client(app, namespace="/live", auth={})
    wrong = socketio.test_client(app, namespace="/live", auth={"key": "ft_wrong"})
    right = socketio.test_client(app, namespace="/live", auth={"key": KEY})
    assert [c.is_connected("/live") for c in (without, wrong, right)] == [False, False, True]
    right.disconnect("/live")


def test_everything_without_a_key_is_refused_at_the_start():
    with pytest.raises(BadSetting, match=r"FACETRAITS_KEYS_FOR='everything' needs"):
        ApiKeys.of(Settings(keys_for="everything"))


def test_pages_have_the_field_where_it_is_needed(make_app):
    closed = make_app(api_keys=KEYS, keys_for="everything").test_client()
    by_default = make_app(api_keys=KEYS).test_client()

    for path in ("/", "/live"):
        assert b'data-part="key-form"' in closed.get(path).data
    # The upload page takes videos, too, which need one.
    assert b'data-part="key-form"' not in by_default.get("/live").data
