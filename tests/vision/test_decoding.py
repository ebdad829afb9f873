from __future__ import annotations

import io
import struct
import time
import tracemalloc
import zlib

import numpy as np
import pytest
from PIL import Image

from facetraits.errors import BadImage, FacetraitsError, TooLarge, UnsupportedType
from facetraits.vision import decoding
from facetraits.vision.decoding import decode_image
from facetraits.vision.formats import FORMATS, sniff

BYTES, PIXELS = 1_000_000, 1_000_000
ORANGE = (200, 120, 40)
# Pillow's names of the formats: how exactly a flat color comes back.
LOSS = {"JPEG": 3, "PNG": 0, "WEBP": 4, "AVIF": 4, "HEIF": 4, "GIF": 8, "BMP": 0}


def encoded(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def flat(mode: str = "RGB", size: tuple[int, int] = (24, 16)) -> Image.Image:
    return Image.new("RGB", size, ORANGE).convert(mode)


def decode(data: bytes) -> np.ndarray:
    return decode_image(data, BYTES, PIXELS)


def chunk(name: bytes, content: bytes) -> bytes:
    """A PNG's chunk."""
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_becomes_rgb(kind):
    pixels = decode(encoded(flat(), kind))

    assert pixels.shape == (16, 24, 3)
    assert pixels.dtype == np.uint8
    assert pixels.flags.writeable
    assert np.abs(pixels.astype(int) - ORANGE).max() <= LOSS[kind]


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("1", "PNG"),
        ("1", "BMP"),
        ("L", "PNG"),
        ("L", "JPEG"),
        ("LA", "PNG"),
        ("P", "PNG"),
        ("P", "GIF"),
        ("P", "BMP"),
        ("CMYK", "JPEG"),
        ("YCbCr", "JPEG"),
        ("RGBA", "PNG"),
        ("RGBA", "WEBP"),
        ("RGBA", "AVIF"),
        ("RGBA", "HEIF"),
    ],
)
def test_every_mode_becomes_what_it_shows(mode, kind):
    picture = flat(mode)
    shown = np.asarray(picture.convert("RGB")).astype(int)

    assert np.abs(decode(encoded(picture, kind)).astype(int) - shown).max() <= 4


def test_what_is_transparent_is_white():
    picture = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    picture.putpixel((1, 0), (200, 0, 0, 128))

    pixels = decode(encoded(picture))

    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels[0, 1].tolist() == pytest.approx([227, 127, 127], abs=1)


def test_a_palette_with_a_transparent_color_is_white_there():
    picture = Image.new("P", (2, 1), 0)
    picture.putpalette([0, 0, 0, *ORANGE])
    picture.putpixel((1, 0), 1)

    pixels = decode(encoded(picture, transparency=0))

    assert pixels[0].tolist() == [[255, 255, 255], list(ORANGE)]


def test_sixteen_bits_are_scaled_not_clipped():
    deep = np.array([[0, 257, 32_768, 65_535]], np.uint16)

    pixels = decode(encoded(Image.fromarray(deep)))

    assert pixels[0, :, 0].tolist() == [0, 1, 127, 255]


def test_sixteen_bits_a_channel_are_scaled_too():
    header = struct.pack(">IIBBBBB", 1, 1, 16, 2, 0, 0, 0)
    row = b"\0" + struct.pack(">HHH", 65_535, 32_768, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    data += chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")

    assert decode(data)[0, 0].tolist() == [255, 128, 0]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_upright(kind, orientation):
    # 3 x 2 blocks of 16 pixels, all different: red grows to the right, green downwards.
    blocks = np.zeros((2, 3, 3), np.uint8)
    blocks[..., 0] = [0, 120, 240]
    blocks[..., 1] = [[0], [200]]
    upright = np.kron(blocks, np.ones((16, 16, 1), np.uint8))
    turn_back = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: np.rot90(a, 1),
        7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
        8: lambda a: np.rot90(a, -1),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = Image.fromarray(np.ascontiguousarray(turn_back(upright)))

    pixels = decode(encoded(picture, kind, exif=exif.tobytes(), quality=90))

    assert pixels.shape == upright.shape
    centers = pixels[8::16, 8::16].astype(int)
    assert np.abs(centers - blocks.astype(int)).max() < 30


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_an_unreadable_exif_block_does_not_cost_the_picture():
    data = encoded(flat(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\xff" + b"\xff" * 40)

    assert decode(data).shape == (16, 24, 3)


def test_of_an_animation_the_first_frame_counts():
    frames = [Image.new("RGB", (4, 4), color) for color in ("red", "blue")]

    for kind in ("GIF", "WEBP", "AVIF", "PNG"):
        data = encoded(
            frames[0], kind, save_all=True, append_images=frames[1:], duration=50, quality=100
        )
        assert decode(data)[0, 0].tolist() == pytest.approx([255, 0, 0], abs=8), kind


def test_a_jpeg_with_several_pictures_gives_the_first():
    data = encoded(flat(), "MPO", save_all=True, append_images=[Image.new("RGB", (8, 8))])

    assert decode(data).shape == (16, 24, 3)


@pytest.mark.parametrize("size", [(1, 1), (20_000, 10), (10, 20_000)])
def test_odd_shapes_decode(size):
    assert decode(encoded(flat(size=size))).shape == (size[1], size[0], 3)


def test_the_name_of_a_format_does_not_matter_its_content_does():
    assert [sniff(encoded(flat(), kind)) for kind in FORMATS] == list(FORMATS)


@pytest.mark.parametrize(
    "data",
    [
        b"hello",
        b"BMW is a car and not a bitmap, whatever it begins with",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"%PDF-1.7 ...",
        b"\0\0\0\x18ftypisom\0\0\2\0isomiso2mp41",
        b"RIFF\x24\0\0\0WAVEfmt ",
        b"\0",
        encoded(flat(), "TIFF"),
        encoded(flat(), "ICO"),
        encoded(flat(), "PPM"),
    ],
)
def test_other_kinds_of_file_are_unsupported(data):
    with pytest.raises(UnsupportedType, match="not one of JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP"):
        decode(data)


def test_an_empty_file_is_a_bad_image():
    with pytest.raises(BadImage, match="empty"):
        decode(b"")


def test_too_many_bytes_are_refused_with_got_and_wanted():
    with pytest.raises(TooLarge, match=r"1,001 bytes; the limit is 1,000"):
        decode_image(bytes(1_001), 1_000, PIXELS)


@pytest.mark.parametrize("kind", FORMATS)
def test_too_many_pixels_are_refused_with_got_and_wanted(kind):
    data = encoded(flat(size=(64, 32)), kind)

    with pytest.raises(TooLarge, match=r"64 x 32 = 2,048 pixels; the limit is 2,047"):
        decode_image(data, BYTES, 2_047)


def test_as_many_pixels_as_the_limit_are_taken():
    assert decode_image(encoded(flat(size=(64, 32))), BYTES, 2_048).shape == (32, 64, 3)


@pytest.mark.parametrize("side", [9_500, 14_000, 60_000])
def test_a_small_file_that_unpacks_to_a_huge_picture_is_not_decoded(side):
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    data += chunk(b"IDAT", zlib.compress(bytes(1_000))) + chunk(b"IEND", b"")

    with pytest.raises(TooLarge, match="1,000,000"):
        decode(data)


@pytest.mark.parametrize("kind", FORMATS)
def test_a_truncated_file_is_a_bad_image(kind):
    # Noise: the pixels of one color may all lie in the first few bytes.
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)

    with pytest.raises(BadImage, match=f"the {FORMATS[kind]} file is damaged or cut short"):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize("kind", FORMATS)
def test_whatever_the_bytes_only_our_errors_come_out(kind):
    rng = np.random.default_rng(7)
    noise = rng.integers(0, 255, (24, 32, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    for number in range(120):
        broken = bytearray(data)
        for _ in range(1 + number % 4):
            broken[rng.integers(len(data))] = rng.integers(256)
        cut = int(rng.integers(len(data))) if number % 3 == 0 else len(data)
        try:
            pixels = decode_image(bytes(broken[:cut]), BYTES, 10_000)
        except FacetraitsError:
            continue
        assert pixels.ndim == 3 and pixels.dtype == np.uint8


def photo_like(side: int = 128) -> Image.Image:
    noise = np.random.default_rng(3).integers(0, 255, (side, side, 3), dtype=np.uint8)
    return Image.fromarray(noise)


@pytest.mark.parametrize("missing", [1, 2, 40])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_without_its_last_bytes_is_read_and_called_truncated(missing, progressive):
    data = encoded(photo_like(), "JPEG", progressive=progressive, quality=90)
    whole = decoding.decode(data, BYTES, PIXELS)

    cut = decoding.decode(data[:-missing], BYTES, PIXELS)

    assert not whole.truncated
    assert cut.truncated
    assert cut.pixels.shape == whole.pixels.shape
    # One row of blocks may be lost, and blends into the one above it.
    assert np.abs(cut.pixels[:110].astype(int) - whole.pixels[:110]).mean() < 1


def test_a_jpeg_that_ends_too_early_says_how_much_of_it_there_is():
    data = encoded(photo_like(), "JPEG", quality=90)

    with pytest.raises(BadImage, match=r"cut short: [1-9]\d of its 128 rows are there"):
        decode(data[: len(data) * 6 // 10])


def test_a_cut_jpeg_is_upright_too():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(photo_like().resize((128, 64)), "JPEG", exif=exif.tobytes())

    cut = decoding.decode(data[:-2], BYTES, PIXELS)

    assert cut.truncated and cut.pixels.shape == (128, 64, 3)


def test_bytes_after_the_end_of_a_jpeg_do_not_truncate_it():
    data = encoded(photo_like(), "JPEG") + b"\0" * 100

    assert not decoding.decode(data, BYTES, PIXELS).truncated


def test_a_cut_jpeg_takes_little_more_memory_than_its_pixels():
    data = encoded(Image.effect_noise((2000, 2000), 50).convert("RGB"), "JPEG")
    tracemalloc.start()
    try:
        cut = decoding.decode(data[:-2], 20_000_000, 4_000_000)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert cut.truncated
    # The pixels come out of Pillow as bytes and become an array; and the file, three times.
    assert peak < 2.2 * cut.pixels.nbytes + 4 * len(data)


@pytest.mark.parametrize(
    "options", [{"lossless": True}, {"lossless": False}, {"exif": b"Exif\0\0"}]
)
def test_a_webp_is_refused_by_its_size_before_pillow_opens_it(options, monkeypatch):
    data = encoded(Image.new("RGB", (4001, 1003), ORANGE), "WEBP", method=0, **options)
    monkeypatch.setattr(decoding.Image, "open", None)
    with pytest.raises(TooLarge, match=r"4001 x 1003 = 4,013,003 pixels; the limit is 1,000,000"):
        decode(data)


def test_what_looks_like_scans_in_a_video_or_a_note_is_not_counted():
    data = encoded(Image.new("RGB", (2000, 2000), ORANGE), "JPEG")
    video = b"\xff\xda\x12\x34" * 1000
    note = b"\xff\xe2" + struct.pack(">H", len(video) + 2) + video
    motion_photo = data[:2] + note + data[2:] + video
    assert decode_image(motion_photo, BYTES, 4_000_000).shape == (2000, 2000, 3)


@pytest.mark.parametrize("hiding", [b"\xff\x01\xff\xff", b"\xff\x02\xff\xff", b"\xff\xd0\xff\xff"])
def test_scans_do_not_hide_behind_markers_that_have_no_length(hiding):
    data = encoded(Image.new("RGB", (64, 64), ORANGE), "JPEG", progressive=True)
    scan = data[data.index(b"\xff\xda") : data.index(b"\xff\xd9")]
    hidden = data[:-2] + hiding + scan * 50 + data[-2:]
    assert decoding._count_scans(hidden) == hidden.count(b"\xff\xda") > 50


def test_a_jpeg_of_thousands_of_scans_is_refused_before_it_is_decoded():
    data = encoded(Image.new("RGB", (2_000, 2_000)), "JPEG", progressive=True)
    scan = data[data.rindex(b"\xff\xda") : -2]
    bomb = data[:-2] + scan * 2_000 + b"\xff\xd9"

    with pytest.raises(TooLarge, match=r"the JPEG has 2,0\d\d scans of 2000 x 2000 pixels"):
        decode_image(bomb, BYTES, 5_000_000)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_xmp_turns_no_picture(kind):
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf tiff:Orientation="6"/></x:xmpmeta>'
    if kind == "PNG":
        note = b"XML:com.adobe.xmp\0\0\0\0\0" + xmp
        plain = encoded(flat())
        data = plain[:33] + chunk(b"iTXt", note) + plain[33:]
    else:
        data = encoded(flat(), kind, xmp=xmp)
    assert Image.open(io.BytesIO(data)).getexif().get(0x0112) == 6  # what Pillow makes of it

    assert decode(data).shape == (16, 24, 3)


def sixteen_bit_png(color_type: int, values: tuple[int, ...], transparent: bytes) -> bytes:
    """One row of pixels, 16 bits a channel, with a transparent color."""
    channels = 3 if color_type == 2 else 1
    header = struct.pack(">IIBBBBB", len(values) // channels, 1, 16, color_type, 0, 0, 0)
    row = b"\0" + struct.pack(f">{len(values)}H", *values)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tRNS", transparent)
    return data + chunk(b"IDAT", zlib.compress(row)) + chunk(b"IEND", b"")


def test_a_transparent_gray_of_sixteen_bits_is_white():
    data = sixteen_bit_png(0, (1_000, 40_000), struct.pack(">H", 1_000))

    assert decode(data)[0, :, 0].tolist() == [255, 155]


def test_a_transparent_color_of_sixteen_bits_is_white():
    values = (1_000, 2_000, 3_000, 40_000, 0, 0)
    data = sixteen_bit_png(2, values, struct.pack(">HHH", 1_000, 2_000, 3_000))

    assert decode(data)[0].tolist() == [[255, 255, 255], [156, 0, 0]]


def test_what_a_gifs_first_frame_leaves_out_is_white():
    palette = bytes([200, 0, 0, 0, 0, 200])
    canvas = struct.pack("<HHBBB", 4, 4, 0x80, 0, 0) + palette
    frame = b"," + struct.pack("<HHHHB", 1, 1, 2, 2, 0)
    # Four pixels of color 1, as LZW codes of three bits: clear, 1, 1, 1, 1, end.
    codes = [4, 1, 1, 1, 1, 5]
    bits, at = 0, 0
    for number, code in enumerate(codes):
        bits |= code << at
        at += 3 if number < 4 else 4
    stream = bits.to_bytes((at + 7) // 8, "little")
    data = b"GIF89a" + canvas + frame + bytes([2, len(stream)]) + stream + b"\0;"

    pixels = decode(data)

    assert pixels[1:3, 1:3].reshape(-1, 3).tolist() == [[0, 0, 200]] * 4
    assert pixels[0].tolist() == pixels[3].tolist() == [[255, 255, 255]] * 4


def bitmap(width: int, height: int, bits: int, compression: int, body: bytes, extra: bytes = b""):
    """A BMP with a 40-byte header; extra is what stands between header and pixels."""
    offset = 54 + len(extra)
    sizes = struct.pack("<IiiHH", 40, width, height, 1, bits)
    rest = struct.pack("<IIiiII", compression, len(body), 0, 0, 256 if bits == 8 else 0, 0)
    file = b"BM" + struct.pack("<IHHI", offset + len(body), 0, 0, offset)
    return file + sizes + rest + extra + body


BLUES = b"".join(bytes([level, 0, 0, 0]) for level in range(256))


def test_run_lengths_of_a_bitmap_become_pixels():
    body = b"\x03\x05\0\0\x01\x07\x02\x09\0\1"

    pixels = decode(bitmap(3, 2, 8, 1, body, BLUES))

    # The lower row comes first.
    assert pixels[..., 2].tolist() == [[7, 9, 9], [5, 5, 5]]


@pytest.mark.parametrize(
    ("width", "height", "body"),
    [
        (700_000, 70, b"\0\0" * 70 + b"\0\1"),  # lines that end at once
        (7_000, 7_000, b"\0\2\xff\xff" * 7_000),  # jumps
    ],
)
def test_runs_that_fill_a_huge_bitmap_cost_little(width, height, body):
    started = time.monotonic()
    try:
        pixels = decode_image(bitmap(width, height, 8, 1, body, BLUES), BYTES, 50_000_000)
        assert pixels.shape == (height, width, 3)
    except BadImage:
        pass
    assert time.monotonic() - started < 3  # Pillow's own decoder: 9 s and gigabytes


def test_a_huge_bitmap_of_runs_is_refused_by_its_header():
    with pytest.raises(TooLarge, match="60000 x 60000"):
        decode(bitmap(60_000, 60_000, 8, 1, b"\0\1", BLUES))


@pytest.mark.parametrize(
    ("bits", "masks", "value", "shown"),
    [
        (16, (0xF00, 0x0F0, 0x00F), 0x0F84, [255, 136, 68]),  # four bits a channel
        (16, (0xF800, 0x7E0, 0x1F), 0xF800, [255, 0, 0]),
        (32, (0x3FF00000, 0xFFC00, 0x3FF), 0x3FF00000 | 512 << 10, [255, 128, 0]),  # ten bits
        (32, (0xFF, 0xFF00, 0xFF0000), 0x0A141E, [30, 20, 10]),
    ],
)
def test_bit_fields_of_any_width_are_scaled(bits, masks, value, shown):
    body = value.to_bytes(bits // 8, "little").ljust(4, b"\0")

    pixels = decode(bitmap(1, 1, bits, 3, body, struct.pack("<III", *masks)))

    assert pixels[0, 0].tolist() == shown


def test_bit_fields_that_end_early_are_a_bad_image():
    masks = struct.pack("<III", 0xF00, 0x0F0, 0x00F)

    with pytest.raises(BadImage, match="BMP file is damaged or cut short"):
        decode(bitmap(4, 4, 16, 3, b"\0" * 31, masks))


@pytest.mark.parametrize("kind", ["AVIF", "HEIF"])
def test_more_pixels_than_a_decoder_takes_are_too_large_and_not_damaged(kind):
    data = encoded(flat(size=(64, 64)), kind)
    huge = data.replace(struct.pack(">II", 64, 64), struct.pack(">II", 17_000, 17_000))
    assert huge != data

    with pytest.raises(TooLarge, match=r"289,000,000 pixels|more than 50,000,000 pixels"):
        decode_image(huge, BYTES, 50_000_000)


def test_too_little_memory_is_told_from_too_many_pixels(monkeypatch):
    def load(*_: object, **__: object) -> None:
        raise MemoryError

    data = encoded(flat())
    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)

    with pytest.raises(TooLarge, match="more memory than the server allows"):
        decode(data)


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "AVIF"])
def test_an_animation_is_called_one_and_its_first_frame_is_read(kind):
    other = Image.new("RGB", (24, 16), (20, 20, 200))
    moving = encoded(flat(), kind, save_all=True, append_images=[other])
    animation = decoding.decode(moving, BYTES, PIXELS)
    assert animation.animated
    assert np.abs(animation.pixels.astype(int) - ORANGE).max() <= 8
    assert not decoding.decode(encoded(flat(), kind), BYTES, PIXELS).animated


def test_a_gif_whose_second_frame_is_damaged_is_read():
    other = Image.new("RGB", (24, 16), (20, 20, 200))
    moving = encoded(flat(), "GIF", save_all=True, append_images=[other])
    assert decode(moving[: len(moving) - 20]).shape == (16, 24, 3)
