"""JPEGs through libjpeg-turbo: Pillow's pixels, exactly, and Pillow where it cannot."""

import io
import struct
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageOps

from facetraits.errors import BadImage, TooLarge
from facetraits.vision import decoding
from facetraits.vision.decoding import decode
from tests.photos import astronaut, encode

LIMITS = (10_000_000, 10_000_000)
# Odd sides: blocks of 8 and 16 pixels do not fit.
PHOTO = Image.fromarray(astronaut()[:301, :403])


def jpeg(picture, **options):
    file = io.BytesIO()
    picture.save(file, "JPEG", **options)
    return file.getvalue()


def by_pillow(data):
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))


@pytest.fixture
def no_pillow(monkeypatch):
    """Fails the test where Pillow decodes pixels."""

    def load(*_, **__):
        raise AssertionError("decoded by Pillow")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"quality": 35},
        {"quality": 100, "subsampling": "4:4:4"},
        {"subsampling": "4:2:2"},
        {"subsampling": "4:2:0"},
        {"progressive": True},
        {"keep_rgb": True},
        {"optimize": True, "restart_marker_blocks": 7},
    ],
    ids=str,
)
def test_the_pixels_are_pillows(options, request):
    data = jpeg(PHOTO, **options)
    expected = by_pillow(data)
    request.getfixturevalue("no_pillow")

    decoded = decode(data, *LIMITS)

    assert not decoded.truncated
    assert np.array_equal(decoded.pixels, expected)
    assert decoded.pixels.flags.writeable and decoded.pixels.flags.c_contiguous


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_every_orientation_is_pillows(orientation, mode, request):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = jpeg(PHOTO.convert(mode), exif=exif.tobytes())
    expected = by_pillow(data)
    request.getfixturevalue("no_pillow")

    pixels = decode(data, *LIMITS).pixels

    assert np.array_equal(pixels, expected)
    assert pixels.flags.writeable and pixels.flags.c_contiguous


@pytest.mark.parametrize("size", [(1, 1), (7, 1), (1, 9), (16, 16), (17, 33)])
def test_the_smallest_pictures_are_pillows(size, no_pillow, monkeypatch):
    data = jpeg(PHOTO.resize(size))
    pixels = decode(data, *LIMITS).pixels
    monkeypatch.undo()

    assert np.array_equal(pixels, by_pillow(data))


def test_four_inks_are_left_to_pillow():
    data = jpeg(PHOTO.convert("CMYK"))

    assert np.array_equal(decode(data, *LIMITS).pixels, by_pillow(data))


def test_without_the_library_the_pixels_are_the_same(monkeypatch):
    data = jpeg(PHOTO)
    pixels = decode(data, *LIMITS).pixels
    monkeypatch.setattr(decoding, "simplejpeg", None)

    assert np.array_equal(decode(data, *LIMITS).pixels, pixels)


@pytest.mark.parametrize("missing", [1, 2, 200])
def test_a_cut_jpeg_is_pillows_as_far_as_it_goes(missing, monkeypatch):
    data = jpeg(PHOTO, quality=95)[:-missing]
    decoded = decode(data, *LIMITS)
    monkeypatch.setattr(decoding, "simplejpeg", None)

    expected = decode(data, *LIMITS)

    assert decoded.truncated and expected.truncated
    assert np.array_equal(decoded.pixels, expected.pixels)


def test_damage_in_the_middle_is_judged_by_pillow_as_before(monkeypatch):
    rng = np.random.default_rng(4)
    whole = jpeg(PHOTO, quality=80)

    def outcome(data):
        try:
            decoded = decode(data, *LIMITS)
        except BadImage as error:
            return str(error)
        return decoded.truncated, decoded.pixels.tobytes()

    damaged = []
    for _ in range(40):
        data = bytearray(whole)
        data[rng.integers(700, len(data))] = rng.integers(256)
        damaged.append(bytes(data))
    outcomes = [outcome(data) for data in damaged]
    monkeypatch.setattr(decoding, "simplejpeg", None)

    assert outcomes == [outcome(data) for data in damaged]


def halved(picture):
    return np.asarray(picture.reduce(2))


EVEN = PHOTO.crop((0, 0, 402, 300))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_half_the_size_is_upright_too(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = jpeg(EVEN, quality=95, exif=exif)
    decoded = decode(data, *LIMITS, may_halve=True)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    assert decoded.scale == 2
    assert decoded.size == upright.size
    assert np.abs(decoded.pixels - halved(upright).astype(int)).mean() < 2


@pytest.mark.parametrize(
    "data",
    [
        jpeg(PHOTO),
        jpeg(PHOTO.crop((0, 0, 402, 301))),
        jpeg(EVEN.convert("CMYK")),
        jpeg(EVEN)[:-300],
        encode(astronaut(), ".png"),
    ],
    ids=["odd sides", "an odd height", "CMYK", "cut short", "PNG"],
)
def test_what_cannot_be_halved_is_decoded_as_it_is(data):
    whole, decoded = decode(data, *LIMITS), decode(data, *LIMITS, may_halve=True)
    assert decoded.scale == 1
    assert decoded.truncated == whole.truncated
    assert np.array_equal(decoded.pixels, whole.pixels)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_half_the_size_has_three_channels_and_can_be_written(mode):
    decoded = decode(jpeg(EVEN.convert(mode)), *LIMITS, may_halve=True)
    assert decoded.pixels.shape == (150, 201, 3)
    decoded.pixels[:] = 0


def lossless_jpeg(pixels):
    """(h, w, 3) uint8 → a lossless JPEG (SOF3, each pixel predicted by its left neighbor)."""
    before = np.roll(pixels.astype(int), 1, axis=1)
    before[1:, 0], before[0, 0] = pixels[:-1, 0], 128
    bits = []
    for off in (pixels - before).ravel():
        length = abs(int(off)).bit_length()
        value = off if off > 0 else off + (1 << length) - 1
        bits.append(f"{length:05b}" + (f"{value:0{length}b}" if length else ""))
    coded = "".join(bits)
    coded += "1" * (-len(coded) % 8)

    def segment(marker, content):
        return bytes([0xFF, marker]) + struct.pack(">H", len(content) + 2) + content

    height, width, _ = pixels.shape
    channels = range(1, 4)
    return b"".join(
        (
            b"\xff\xd8",
            segment(0xEE, b"Adobe\x00\x64" + bytes(5)),  # RGB
            segment(0xC3, struct.pack(">BHHB", 8, height, width, 3) + b"".join(
                bytes([channel, 0x11, 0]) for channel in channels
            )),
            segment(0xC4, bytes([0, 0, 0, 0, 0, 17]) + bytes(11) + bytes(range(17))),
            segment(0xDA, bytes([3, 1, 0, 2, 0, 3, 0, 1, 0, 0])),
            int(coded, 2).to_bytes(len(coded) // 8, "big").replace(b"\xff", b"\xff\x00"),
            b"\xff\xd9",
        )
    )  # fmt: skip


def test_lossless_jpegs_are_decoded_in_full():
    # libjpeg-turbo does not scale them, and would write four times as much as there is room for.
    pixels = np.ascontiguousarray(astronaut()[:48, :64])
    decoded = decode(lossless_jpeg(pixels), *LIMITS, may_halve=True)
    assert decoded.scale == 1
    assert np.array_equal(decoded.pixels, pixels)


def test_lossless_jpegs_with_a_thumbnail_are_decoded_in_full():
    pixels = np.ascontiguousarray(astronaut()[:48, :64])
    thumbnail = jpeg(EVEN.resize((32, 24)))
    exif = b"\xff\xe1" + struct.pack(">H", len(thumbnail) + 8) + b"Exif\0\0" + thumbnail
    data = lossless_jpeg(pixels)
    decoded = decode(data[:2] + exif + data[2:], *LIMITS, may_halve=True)
    assert decoded.scale == 1
    assert np.array_equal(decoded.pixels, pixels)


def test_a_lossless_jpeg_that_is_not_recognized_does_no_harm():
    # In a process of its own: what is written beyond a buffer ends it.
    code = """
import sys
from facetraits.vision import decoding
decoding._LOSSLESS_FRAMES = ()
decoding.decode(sys.stdin.buffer.read(), 10**7, 10**7, may_halve=True)
"""
    data = lossless_jpeg(np.ascontiguousarray(astronaut()[:240, :320]))
    subprocess.run([sys.executable, "-c", code], input=data, check=True)


def test_limits_hold_for_the_size_before_halving():
    with pytest.raises(TooLarge, match="402 x 300"):
        decode(jpeg(EVEN), 10_000_000, 402 * 300 - 1, may_halve=True)
