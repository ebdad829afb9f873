"""The picture that is kept of a result."""

from __future__ import annotations

import io

from PIL import Image

from tests.web.fakes import photo
from tests.web.keeping import keep


def phone_photo() -> bytes:
    """1000 x 300 pixels lying on their side, with a place and a camera's name beside them."""
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "A camera with a name"
    exif.get_ifd(0x8825)[1] = "N"
    pixels = Image.new("RGB", (1000, 300), "white")
    pixels.paste("black", (0, 0, 500, 300))
    pixels.save(file, "JPEG", exif=exif, comment=b"a comment", quality=95)
    return file.getvalue()


def test_the_picture_that_is_kept_is_upright_and_has_nothing_beside_its_pixels(client):
    kept = keep(client, phone_photo())

    response = client.get(f"/results/{kept['id']}/picture")
    assert response.content_type == "image/jpeg"
    picture = Image.open(io.BytesIO(response.data))
    assert picture.size == (300, 1000)
    # The left half of what lay on its side is the top.
    assert picture.getpixel((150, 100))[0] < 60 and picture.getpixel((150, 900))[0] > 200
    assert not picture.getexif() and "comment" not in picture.info
    assert b"camera" not in response.data and b"Exif" not in response.data


def test_a_large_picture_is_kept_smaller_and_its_boxes_still_fit(client):
    kept = keep(client, photo(1200, 800))
    kept_large = keep(client, photo(2_500, 300))

    picture = Image.open(io.BytesIO(client.get(f"/results/{kept['id']}/picture").data))
    assert picture.size == (1200, 800)
    picture = Image.open(io.BytesIO(client.get(f"/results/{kept_large['id']}/picture").data))
    assert picture.size == (1600, 192)
    assert kept_large["reading"]["width"] == 2_500


def test_the_drawn_picture_has_the_boxes(client):
    kept = keep(client, photo(2_400, 400))

    response = client.get(f"/results/{kept['id']}/annotated.png")
    drawn = Image.open(io.BytesIO(response.data)).convert("RGB")
    assert (response.content_type, drawn.size) == ("image/png", (1200, 200))
    # The box goes from (10, 12) to (40, 52) in the photo, which is drawn at half its size.
    blue, brown = drawn.getpixel((5, 24)), drawn.getpixel((600, 100))
    assert blue[2] > 180 and blue[0] < 120
    assert brown[2] < 60 and brown[0] > 180
