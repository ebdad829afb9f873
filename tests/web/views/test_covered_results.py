"""Kept results whose picture has its faces hidden."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from facetraits.serving.worker import LocalWorker
from facetraits.settings import Settings
from facetraits.store.sqlite import SqliteStore
from facetraits.vision.decoding import decode_image
from facetraits.vision.encoding import encode_copy
from tests.photos import astronaut, encode
from tests.web.fakes import FakeService
from tests.web.keeping import URL, keep


class RealService(FakeService):
    """Answers as a worker does, with the real networks."""

    def __init__(self):
        super().__init__()
        self.run = LocalWorker(Settings()).run


def test_with_the_faces_covered_no_uncovered_pixel_is_stored(make_app, tmp_path):
    """With the real reader: neither the picture, nor any file of the store, shows the face."""
    data = encode(astronaut())
    store = SqliteStore(tmp_path)
    client = make_app(RealService(), store=store).test_client()
    kept = keep(client, data, query_string={"keep": "covered"})
    assert kept["kept"] == "covered" and len(kept["reading"]["faces"]) == 1

    stored = decode_image(store.get(kept["id"]).picture, 10**8, 10**8)
    x, y, width, height = (int(v) for v in kept["reading"]["faces"][0]["box"].values())
    face = stored[y : y + height, x : x + width].astype(np.float32)
    before = astronaut()[y : y + height, x : x + width].astype(np.float32)
    detail = [np.abs(cv2.Laplacian(part, cv2.CV_32F)).mean() for part in (face, before)]
    assert detail[0] < 0.25 * detail[1]
    uncovered = encode_copy(decode_image(data, 10**8, 10**8))
    for file in tmp_path.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        # Below the face: above it, the two pictures' bytes are the same.
        for picture in (data, uncovered):
            middle = len(picture) // 2
            assert picture[middle : middle + 50] not in content
    store.close()


@pytest.mark.parametrize("what", ["picture", "covered", "figures"])
def test_it_says_what_was_kept(client, what):
    kept = keep(client, query_string={"keep": what})
    assert kept["kept"] == client.get(f"{URL}/{kept['id']}").get_json()["kept"] == what
