"""The API and the pages of cameras."""

from __future__ import annotations

import csv
import io
import json

import cv2
import jsonschema
import numpy as np
import pytest

from facetraits.api_keys import hash_of
from facetraits.cameras.camera import Shot
from facetraits.cameras.figures import SLOT_MS
from facetraits.cameras.store import LostCamera, SqliteFigures
from facetraits.cameras.wall import shown_picture
from facetraits.store.database import Database
from facetraits.store.records import now_ms
from tests.cameras.sources import write_video
from tests.cameras.test_figures import appearance
from tests.photos import astronaut, encode
from tests.store.clients import wait_until

HOUR_MS = 3_600_000
KEY = "ft_0123456789abcdef"


@pytest.fixture
def figures(tmp_path):
    """The figures of the app's own store, as another process writes them."""
    figures = SqliteFigures(Database(tmp_path / "data", 10**8))
    yield figures
    figures.close()


@pytest.fixture
def last_hour(figures):
    """23 appearances in the hour before this one, of the camera "door"."""
    at = now_ms() // HOUR_MS * HOUR_MS - HOUR_MS
    for slot in range(2):
        count = (20, 3)[slot]
        figures.add("door", 1, at + slot * SLOT_MS, [appearance()] * count)
    state = {"state": "live", "since_ms": at, "detail": "", "frames": 9, "read": 8}
    state |= {"reconnects": 1, "width": 320, "height": 240, "title": "Door", "kind": "rtsp"}
    state |= {"picture": "off", "expression": False, "expression_reason": "", "appearance_s": 2.0}
    figures.put_states({"door": state}, now_ms())
    return at


def test_without_cameras_the_list_is_empty(client):
    assert client.get("/api/v1/cameras").json == {"cameras": []}
    assert client.get("/api/v1/cameras/door/figures").status_code == 404


def test_cameras_of_another_process_are_shown(client, last_hour):
    (camera,) = client.get("/api/v1/cameras").json["cameras"]

    assert (camera["name"], camera["state"], camera["title"]) == ("door", "live", "Door")


def test_a_state_that_is_old_is_unknown(client, last_hour, figures):
    state = figures.states()["door"]
    figures.put_states({"door": state}, now_ms() - 60_000)

    (camera,) = client.get("/api/v1/cameras").json["cameras"]
    assert (camera["state"], camera["detail"] != "") == ("unknown", True)


def test_the_hour_is_published_in_steps(client, last_hour):
    figures = client.get("/api/v1/cameras/door/figures").json

    hours = [period for period in figures["periods"] if period["appearances"]]
    (hour,) = hours
    assert hour["appearances"] == {"count": 25, "low": 23, "high": 27}
    assert hour["complete"] is True
    assert len(figures["periods"]) in (24, 25)


def test_answers_are_as_described(client, last_hour):
    description = client.get("/api/v1/openapi.json").json
    for url, name in (
        ("/api/v1/cameras", "Cameras"),
        ("/api/v1/cameras/door/figures?by=day", "CameraFigures"),
    ):
        schema = {**description, "$ref": f"#/components/schemas/{name}"}
        jsonschema.Draft202012Validator(schema).validate(client.get(url).json)


def test_the_csv_has_a_row_for_each_period(client, last_hour):
    answer = client.get("/api/v1/cameras/door/figures.csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    (row,) = [row for row in rows if row["appearances"]]
    assert (row["appearances"], row["gender_female"], row["gender_male"]) == ("25", "20", "")
    assert row["camera"] == "door" and row["complete"] == "true"


def test_metrics_have_states_and_the_last_hour(client, last_hour):
    text = client.get("/api/v1/cameras/metrics").text

    assert 'facetraits_camera_up{camera="door"} 1.0' in text
    last = 'facetraits_camera_last_hour_appearances{camera="door",group="all",trait="all"} 25.0'
    assert last in text


@pytest.mark.parametrize(
    "query", ["by=week", "from=yesterday", "from=2026-01-02&to=2026-01-01", "from=2020-01-01"]
)
def test_a_wrong_span_is_refused(client, last_hour, query):
    answer = client.get(f"/api/v1/cameras/door/figures?{query}")

    assert (answer.status_code, answer.json["code"]) == (400, "bad_request")


@pytest.mark.parametrize(
    "path", ["", "/metrics", "/door/figures", "/door/figures.csv", "/door/picture"]
)
def test_cameras_need_a_key_where_keys_are_wanted(make_app, last_hour, path):
    client = make_app(api_keys=(hash_of(KEY),)).test_client()

    assert client.get(f"/api/v1/cameras{path}").status_code == 401
    answer = client.get(f"/api/v1/cameras{path}", headers={"Authorization": f"Bearer {KEY}"})
    assert answer.status_code == (404 if path == "/door/picture" else 200)


def test_the_page_has_nothing_without_the_key(make_app, last_hour):
    page = make_app(api_keys=(hash_of(KEY),)).test_client().get("/cameras")

    assert page.status_code == 200
    assert b'data-part="key-form"' in page.data and b"Door" not in page.data


def test_retention_deletes_old_figures(figures, last_hour):
    figures.sweep(last_hour + SLOT_MS)

    assert list(figures.slots("door", 0, now_ms())) == [last_hour + SLOT_MS]


def test_figures_of_a_former_owner_are_refused(figures, last_hour):
    figures.claim("door", 7)
    with pytest.raises(LostCamera):
        figures.add("door", 6, last_hour, [appearance()])

    assert sum(s.appearances for s in figures.slots("door", 0, now_ms()).values()) == 23


def test_the_wall_blurs_faces():
    jpeg = encode(astronaut())
    shot = Shot(jpeg, ((170.0, 60.0, 110.0, 140.0),), 0.0)

    clear, blurred = (
        cv2.imdecode(np.frombuffer(shown_picture(shot, clear), np.uint8), 1)
        for clear in (True, False)
    )
    face, elsewhere = (slice(80, 180), slice(190, 260)), (slice(300, 500), slice(300, 500))
    detail = [float(cv2.Laplacian(image[face], cv2.CV_64F).var()) for image in (clear, blurred)]
    assert detail[1] < detail[0] / 20
    assert np.abs(clear[elsewhere].astype(int) - blurred[elsewhere]).mean() < 3


def test_a_server_reads_the_cameras_of_its_file(make_app, tmp_path):
    write_video(tmp_path / "door.mp4", 25)
    text = '[cameras.door]\nsource = "door.mp4"\nloop = true\npicture = "blurred"\n'
    text += '[notice]\noperator = "Shop <b>'
    (tmp_path / "cameras.toml").write_text(text + '"\n')
    app = make_app(cameras=str(tmp_path / "cameras.toml"))
    client, wall = app.test_client(), app.extensions["facetraits_wall"]
    wall.start()

    def state():
        return client.get("/api/v1/cameras").json["cameras"][0]["state"]

    wait_until(lambda: state() == "live", 30)
    wait_until(lambda: client.get("/api/v1/cameras/door/picture").status_code == 200, 30)
    assert client.get("/api/v1/cameras/door/picture").data[:3] == b"\xff\xd8\xff"
    notice = client.get("/cameras/notice")
    assert b"Shop &lt;b&gt;" in notice.data
    assert b"Cameras" in client.get("/").data
    assert "door.mp4" not in json.dumps(client.get("/api/v1/cameras").json)
