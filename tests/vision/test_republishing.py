"""What is handed out has the picture's pixels, and nothing else of its file."""

import io

import numpy as np
import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from facetraits.errors import TooLarge
from facetraits.vision import republishing
from facetraits.vision.decoding import decode_image
from facetraits.vision.republishing import encode_like
from tests.photos import astronaut

SECRET = b"SECRET-of-the-camera"


def exif():
    tags = Image.Exif()
    tags[0x010F] = SECRET.decode()
    tags[0x8825] = {1: "N", 2: (48.0, 8.0, 0.0), 29: SECRET.decode()}
    return tags


def saved(kind, image=None, **options):
    file = io.BytesIO()
    Image.fromarray(astronaut() if image is None else image).save(file, kind, **options)
    return file.getvalue()


def republished(data, opaque=None):
    pixels = decode_image(data, 10**8, 10**8)
    opaque = np.zeros(pixels.shape[:2], np.uint8) if opaque is None else opaque
    return encode_like(data, pixels, opaque)


def opened(encoded):
    return Image.open(io.BytesIO(encoded.data))


@pytest.mark.parametrize(
    ("kind", "media_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("WEBP", "image/webp"),
        ("AVIF", "image/jpeg"),
        ("HEIF", "image/jpeg"),
        ("GIF", "image/png"),
        ("BMP", "image/png"),
    ],
)
def test_each_format_becomes_what_everyone_can_open(kind, media_type):
    encoded = republished(saved(kind))
    assert encoded.media_type == media_type
    assert Image.MIME[opened(encoded).format] == media_type
    assert np.abs(np.asarray(opened(encoded)).astype(int) - astronaut()).mean() < 12


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_metadata_and_what_follows_the_picture_stay_behind(kind):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">' + SECRET + b"</x:xmpmeta>"
    options = {"exif": exif().tobytes()}
    if kind == "PNG":
        info = PngInfo()
        info.add_text("Comment", SECRET.decode())
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options["pnginfo"] = info
    else:
        options["xmp"] = xmp
    if kind == "JPEG":
        options["comment"] = SECRET
    data = saved(kind, **options) + SECRET
    assert data.count(SECRET) >= 3
    encoded = republished(data)
    assert SECRET not in encoded.data
    picture = opened(encoded)
    picture.load()
    assert not picture.getexif() and set(picture.info) <= {
        "jfif",
        "jfif_version",
        "jfif_unit",
        "jfif_density",
        "loop",
        "background",
        "timestamp",
        "duration",
    }


def test_the_thumbnail_stays_behind():
    thumbnail = saved("JPEG", astronaut()[::8, ::8])
    block = b"Exif\0\0" + thumbnail
    data = saved("JPEG", exif=exif().tobytes())
    data = data[:2] + b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block + data[2:]
    assert thumbnail in data
    encoded = republished(data)
    assert thumbnail[20:80] not in encoded.data and encoded.data.count(b"\xff\xd8\xff") == 1


def test_a_turned_photo_comes_out_upright():
    tags = Image.Exif()
    tags[0x0112] = 6
    data = saved("JPEG", astronaut()[:300], exif=tags.tobytes())
    picture = opened(republished(data))
    assert picture.size == (300, 512) and not picture.getexif()


@pytest.mark.parametrize(
    ("kind", "media_type"), [("PNG", "image/png"), ("WEBP", "image/webp"), ("AVIF", "image/png")]
)
def test_transparency_is_kept_except_where_a_face_was(kind, media_type):
    alpha = np.tile(np.linspace(0, 255, 512).astype(np.uint8), (512, 1))
    opaque = np.zeros((512, 512), np.uint8)
    opaque[100:200, 0:100] = 255
    encoded = republished(saved(kind, np.dstack((astronaut(), alpha)), lossless=True), opaque)
    assert encoded.media_type == media_type
    got = np.asarray(opened(encoded).convert("RGBA"))
    assert (got[100:200, 0:100, 3] == 255).all()
    assert np.abs(got[300:, :, 3].astype(int) - alpha[300:]).max() <= 3
    # The color shows through as before where it is more than faintly there.
    assert np.abs(got[300:, 256:, :3].astype(int) - astronaut()[300:, 256:]).mean() < 12


def test_what_transparent_pixels_hide_stays_behind():
    hidden = np.dstack((astronaut(), np.zeros((512, 512), np.uint8)))
    got = np.asarray(opened(republished(saved("PNG", hidden))))
    assert (got[..., :3] == 255).all() and (got[..., 3] == 0).all()


def test_colors_are_converted_rather_than_the_profile_kept():
    swapped = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    assert not opened(republished(saved("JPEG", icc_profile=swapped))).info.get("icc_profile")
    same = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    encoded = republished(saved("PNG", icc_profile=same))
    assert "icc_profile" not in opened(encoded).info
    assert np.abs(np.asarray(opened(encoded)).astype(int) - astronaut()).max() <= 2


@pytest.mark.parametrize("profile", [b"no profile", b"\0" * 200])
def test_a_damaged_profile_costs_nothing(profile):
    encoded = republished(saved("PNG", icc_profile=profile))
    assert (np.asarray(opened(encoded)) == astronaut()).all()


def test_too_large_an_answer_is_said(monkeypatch):
    monkeypatch.setattr(republishing, "MAX_OUTPUT_BYTES", 1000)
    with pytest.raises(TooLarge, match="the limit is 1,000"):
        republished(saved("PNG"))
