from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape

import numpy as np
import pytest

from facetraits.errors import StorageFull, StorageUnavailable
from facetraits.reading.geometry import Box
from facetraits.reading.model import BoxRatio
from facetraits.store import KeptResult, new_result
from facetraits.vision.encoding import encode_copy
from tests.reading.old_readings import SEED, TRAITNET
from tests.web.fakes import canned_face, canned_reading, form, photo
from tests.web.keeping import BROWSER, URL, VIEWS, bearer, keep


class BrokenStore:
    """A store that raises the same whatever it is asked."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def put(self, result: KeptResult) -> None:
        raise self.error

    def get(self, result_id: str) -> KeptResult:
        raise self.error

    def delete(self, result_id: str, token: str) -> None:
        raise self.error

    def close(self) -> None:
        pass


def test_a_photo_is_read_and_kept(client):
    response = client.post(URL, **form(photo(64, 80)))

    kept = response.get_json()
    assert response.status_code == 201
    assert response.headers["Location"] == kept["url"]
    assert kept["url"] == f"http://localhost/results/{kept['id']}"
    assert kept["embed_url"] == f"http://localhost/embed/{kept['id']}"
    assert len(kept["id"]) >= 22 and len(kept["delete_token"]) >= 22
    assert kept["kept"] == "picture"
    assert (kept["reading"]["width"], kept["reading"]["height"]) == (64, 80)
    assert kept["reading"]["request_id"] == response.headers["X-Request-Id"]


def test_it_is_kept_for_as_long_as_the_settings_say(make_app):
    kept = keep(make_app(result_ttl_s=7_200).test_client())

    expires = datetime.strptime(kept["expires_at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    left = expires - datetime.now(UTC)
    assert timedelta(seconds=7_100) < left <= timedelta(seconds=7_200)


def test_the_photo_may_be_the_body(client):
    response = client.post(URL, data=photo(), content_type="application/x-www-form-urlencoded")

    assert response.status_code == 201
    assert response.get_json()["kept"] == "picture"


@pytest.mark.parametrize("as_field", [True, False])
def test_the_figures_alone_are_kept_on_request(client, as_field):
    if as_field:
        fields = {"image": (io.BytesIO(photo()), "a.jpg"), "keep": "figures"}
        kept = client.post(URL, data=fields).get_json()
    else:
        kept = keep(client, query_string={"keep": "figures"})

    assert kept["kept"] == "figures"
    for part in ("picture", "annotated.png"):
        response = client.get(f"/results/{kept['id']}/{part}")
        assert (response.status_code, response.get_json()["code"]) == (404, "not_found")
    assert client.get(f"/results/{kept['id']}/reading.json").get_json() == kept["reading"]
    for page in ("results", "embed"):
        html = client.get(f"/{page}/{kept['id']}", headers=BROWSER).get_data(as_text=True)
        assert "/picture" not in html and "annotated.png" not in html


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (form(photo(), photo()), "the request has 2 pictures; send exactly one"),
        (form(), "send one picture"),
        ({**form(photo()), "query_string": {"keep": "all"}}, "keep='all' is not one of"),
    ],
)
def test_what_is_no_such_request_is_a_bad_one(client, service, request_, said):
    response = client.post(URL, **request_)

    assert (response.status_code, response.get_json()["code"]) == (400, "bad_request")
    assert said in response.get_json()["detail"]
    assert service.seen == []


def with_keep(*values: str, file: bool = False) -> dict[str, object]:
    """A form with a picture and so many fields, or files, named keep."""
    name = '; filename="keep.txt"' if file else ""
    head = f'--x\r\nContent-Disposition: form-data; name="keep"{name}\r\n\r\n'
    request = form(photo())
    fields = "".join(f"{head}{value}\r\n" for value in values).encode()
    return {**request, "data": fields + request["data"]}


@pytest.mark.parametrize(
    "request_",
    [
        with_keep(""),
        with_keep("figures", file=True),
        with_keep("picture", "figures"),
        with_keep("figures", "figures"),
        with_keep("Figures"),
        {**form(photo()), "query_string": "keep="},
        {**form(photo()), "query_string": "keep=picture&keep=figures"},
        {**with_keep("figures"), "query_string": "keep=picture"},
        {"data": photo(), "query_string": "keep="},
    ],
)
def test_a_keep_that_is_not_clear_keeps_nothing(client, service, request_):
    response = client.post(URL, **request_)

    assert (response.status_code, response.get_json()["code"]) == (400, "bad_request")
    assert "keep" in response.get_json()["detail"]
    assert service.seen == []


@pytest.mark.parametrize("view", VIEWS)
def test_a_slash_at_the_end_makes_no_difference(client, view):
    kept = keep(client)
    path = view.format(kept["id"])

    assert client.get(f"{path}/").status_code == client.get(path).status_code == 200


def test_a_photo_that_cannot_be_read_is_not_kept(client):
    response = client.post(URL, **form(b"words"))

    assert (response.status_code, response.get_json()["code"]) == (415, "unsupported_type")
    assert "facetraits_results_kept_total 0.0" in client.get("/metrics").get_data(as_text=True)


def test_json_and_csv_are_files(client):
    kept = keep(client)

    as_json = client.get(f"/results/{kept['id']}/reading.json")
    assert as_json.get_json() == kept["reading"]
    assert as_json.content_type == "application/json"
    as_csv = client.get(f"/results/{kept['id']}/faces.csv")
    rows = list(csv.DictReader(io.StringIO(as_csv.get_data(as_text=True))))
    assert [row["face"] for row in rows] == ["1", "2"]
    assert (rows[0]["age_range"], rows[0]["gender"]) == ("28-45", "female")
    for response in (as_json, as_csv):
        disposition = response.headers["Content-Disposition"]
        assert disposition.startswith('attachment; filename="facetraits-')
        assert kept["id"] not in disposition


def test_the_page_has_what_link_previews_and_oembed_need(client):
    kept = keep(client)
    html = client.get(f"/results/{kept['id']}", headers=BROWSER).get_data(as_text=True)

    assert f'content="{kept["url"]}"' in html
    assert f'content="{kept["url"]}/annotated.png"' in html
    assert 'property="og:title"' in html
    assert kept["delete_token"] not in html
    link = next(tag for tag in re.findall("<link[^>]*>", html) if "application/json+oembed" in tag)
    (address,) = re.findall('href="([^"]*)"', link)
    assert address.startswith("http://localhost/oembed?")
    assert client.get(unescape(address)).get_json()["title"] == "Facetraits: 2 faces"


def test_the_api_tells_what_is_kept_but_not_its_token(client):
    kept = keep(client)
    token = kept.pop("delete_token")

    response = client.get(f"{URL}/{kept['id']}")
    assert response.get_json() == kept
    assert token not in response.get_data(as_text=True)


def test_a_result_is_deleted_with_its_token(client):
    kept, other = keep(client), keep(client)

    response = client.delete(f"{URL}/{kept['id']}", headers=bearer(kept))

    assert (response.status_code, response.data) == (204, b"")
    for view in VIEWS:
        response = client.get(view.format(kept["id"]))
        assert (response.status_code, response.get_json()["code"]) == (410, "expired"), view
        assert client.get(view.format(other["id"])).status_code == 200, view
    assert client.delete(f"{URL}/{kept['id']}", headers=bearer(kept)).status_code == 410


@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer "}, {"Authorization": "Basic Z3Vlc3M6Z3Vlc3M="}],
)
def test_without_a_token_it_is_not_and_the_answer_says_what_is_wanted(client, headers):
    kept = keep(client)

    response = client.delete(f"{URL}/{kept['id']}", headers=headers)

    assert (response.status_code, response.get_json()["code"]) == (401, "unauthorized")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="Facetraits"'
    assert client.get(f"/results/{kept['id']}").status_code == 200


def test_with_another_token_it_is_not(client):
    kept = keep(client)

    response = client.delete(f"{URL}/{kept['id']}", headers={"Authorization": "Bearer guess"})

    assert (response.status_code, response.get_json()["code"]) == (403, "forbidden")
    assert "WWW-Authenticate" not in response.headers
    assert client.get(f"/results/{kept['id']}").status_code == 200


def test_another_results_token_does_not_do(client):
    one, other = keep(client), keep(client)

    assert client.delete(f"{URL}/{one['id']}", headers=bearer(other)).status_code == 403


@pytest.mark.parametrize("view", VIEWS)
def test_what_never_was_is_not_found(client, view):
    response = client.get(view.format("A" * 22))

    assert (response.status_code, response.get_json()["code"]) == (404, "not_found")
    assert client.delete(f"{URL}/x", headers={"Authorization": "Bearer x"}).status_code == 404


@pytest.mark.parametrize("view", VIEWS)
def test_what_has_expired_is_410_and_a_page_for_people(make_app, view):
    app = make_app()
    expired, _ = new_result('{"faces":[]}', photo(), ttl_s=-1)
    app.extensions["facetraits_store"].put(expired)
    client = app.test_client()

    response = client.get(view.format(expired.id))
    assert (response.status_code, response.get_json()["code"]) == (410, "expired")
    page = client.get(view.format(expired.id), headers=BROWSER)
    assert page.status_code == 410
    assert (page.mimetype == "text/html") == (not view.startswith("/api/"))


def kept_before(store, reading):
    """A result that is in the store already, whoever wrote its reading."""
    result, _ = new_result(reading, encode_copy(np.full((80, 64, 3), 120, np.uint8)), 60)
    store.put(result)
    return result.id


def test_a_face_whose_box_rounds_to_nothing_is_in_every_file(make_app):
    app = make_app()
    box = Box(63.98, 10.0, 0.02, 40.0)
    faces = (replace(canned_face(), box=box, box_ratio=BoxRatio.of(box, 64, 80)),)
    reading = replace(canned_reading(), faces=faces).to_json()
    name = kept_before(app.extensions["facetraits_store"], reading)
    client = app.test_client()

    answers = {view: client.get(view.format(name)) for view in VIEWS}

    assert {view: answer.status_code for view, answer in answers.items()} == dict.fromkeys(
        VIEWS, 200
    )
    (row,) = csv.DictReader(io.StringIO(answers["/results/{}/faces.csv"].text))
    assert (row["x"], row["width"], row["height"]) == ("64.0", "0.0", "40.0")
    assert answers["/results/{}/annotated.png"].data.startswith(b"\x89PNG")


@pytest.mark.parametrize("text, nets", [(SEED, "baseline"), (TRAITNET, "traitnet")])
def test_what_an_earlier_version_kept_is_seen_everywhere(make_app, text, nets):
    app = make_app()
    client = app.test_client()
    name = kept_before(app.extensions["facetraits_store"], text)

    assert {client.get(view.format(name)).status_code for view in VIEWS} == {200}
    told = client.get(f"/api/v1/results/{name}").get_json()["reading"]
    assert told == json.loads(text) | {"nets": nets}
    assert client.get(f"/results/{name}/reading.json").get_json() == told


def test_where_there_is_no_room_the_answer_is_507_and_the_rest_goes_on(make_app):
    client = make_app(store=BrokenStore(StorageFull("the room is used up"))).test_client()

    response = client.post(URL, **form(photo()))

    assert (response.status_code, response.get_json()["code"]) == (507, "storage_full")
    assert response.get_json()["detail"] == "the room is used up"
    assert client.post("/api/v1/analyze", **form(photo())).status_code == 200


def test_a_store_that_does_not_answer_is_503_with_retry_after(make_app):
    client = make_app(store=BrokenStore(StorageUnavailable("try again"))).test_client()

    for response in (
        client.post(URL, **form(photo())),
        client.get("/results/x"),
        client.delete(f"{URL}/x", headers={"Authorization": "Bearer x"}),
    ):
        assert (response.status_code, response.get_json()["code"]) == (503, "storage_unavailable")
        assert response.headers["Retry-After"] == "5"
    assert client.post("/api/v1/analyze", **form(photo())).status_code == 200


def test_keeping_counts_for_the_rate_limit(make_app):
    client = make_app(rate_limit="2/hour").test_client()

    assert client.post("/api/v1/analyze", **form(photo())).status_code == 200
    assert client.post(URL, **form(photo())).status_code == 201
    assert client.post(URL, **form(photo())).status_code == 429


def test_metrics_count_what_is_kept_and_deleted(client):
    kept = keep(client)
    keep(client)
    client.delete(f"{URL}/{kept['id']}", headers=bearer(kept))

    text = client.get("/metrics").get_data(as_text=True)
    assert "facetraits_results_kept_total 2.0" in text
    assert "facetraits_results_deleted_total 1.0" in text
    assert "facetraits_readings_total 2.0" in text
    assert kept["id"] not in text


def test_an_address_that_is_no_id_is_escaped(client):
    html = client.get("/results/%3Cscript%3E", headers=BROWSER).get_data(as_text=True)

    assert "<script>" not in html


def test_what_is_kept_is_json_as_it_was_told(make_app):
    app = make_app()
    client = app.test_client()
    kept = keep(client)

    stored = app.extensions["facetraits_store"].get(kept["id"])
    assert json.loads(stored.reading) == kept["reading"]
