from __future__ import annotations

import io
import struct
import zipfile
from contextlib import closing

import pytest

from facetraits.errors import (
    BadArchive,
    BadImage,
    BadRequest,
    FacetraitsError,
    TooLarge,
    UnsupportedType,
)
from facetraits.jobs.archive import PhotoArchive, numbered, without_number
from tests.jobs.archives import zipped
from tests.web.fakes import photo

MAX_BYTES = 100_000


def answers(tmp_path, data: bytes) -> dict[str, object]:
    """What each file's content is, or which error it raises."""
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    found: dict[str, object] = {}
    with closing(PhotoArchive(path, MAX_BYTES)) as archive:
        for item in archive.photos():
            try:
                found[item.name] = item.content()
            except FacetraitsError as error:
                found[item.name] = type(error)
    return found


def test_files_come_in_their_order_whatever_their_names(tmp_path):
    names = ["b", "../../etc/passwd", "/abs", "C:\\x", "a/ü.jpg", "=cmd()"]

    assert list(answers(tmp_path, zipped(dict.fromkeys(names, b"x")))) == names


def test_what_systems_add_is_skipped(tmp_path):
    files = {
        "a/.DS_Store": b"x",
        "__MACOSX/._a.jpg": b"x",
        "Thumbs.db": b"x",
        "a/": b"",
        "a.jpg": b"x",
    }

    assert answers(tmp_path, zipped(files)) == {"a.jpg": b"x"}


def test_a_photo_named_like_a_system_file_is_a_photo(tmp_path):
    files = {"Thumbs.db": photo(), "a/__MACOSX/b.jpg": photo(), ".DS_Store": b"x"}
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(files))

    with closing(PhotoArchive(path, MAX_BYTES)) as archive:
        found = {item.name: item.content() for item in archive.photos()}
        assert archive.skipped == 1

    assert found == {"Thumbs.db": photo(), "a/__MACOSX/b.jpg": photo()}


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_LZMA])
def test_a_system_file_that_cannot_be_read_is_a_problem_of_its_own(tmp_path, compression):
    data = bytearray(zipped({"desktop.ini": b"x"}, compression))
    if compression == zipfile.ZIP_STORED:  # then it is encrypted
        data[data.find(b"PK\x01\x02") + 8] |= 1

    assert answers(tmp_path, bytes(data)) == {"desktop.ini": UnsupportedType}


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_compression_that_unpacks_without_bound_is_refused(tmp_path, compression):
    # `zipfile` unpacks these whole, whatever is asked for: a few bytes become gigabytes.
    found = answers(tmp_path, zipped({"a.jpg": photo()}, compression))

    assert found == {"a.jpg": UnsupportedType}


def test_a_bomb_is_not_unpacked(tmp_path):
    files = {"bomb": bytes(50_000_000), "a.jpg": b"x"}

    assert answers(tmp_path, zipped(files, zipfile.ZIP_DEFLATED)) == {
        "bomb": TooLarge,
        "a.jpg": b"x",
    }


def test_a_bomb_that_lies_about_its_size_is_cut_off(tmp_path):
    data = bytearray(zipped({"bomb": bytes(50_000_000)}, zipfile.ZIP_DEFLATED))
    at = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, at + 24, 1_000)

    assert answers(tmp_path, bytes(data)) == {"bomb": BadImage}


def test_an_archive_in_the_archive_is_not_opened(tmp_path):
    assert answers(tmp_path, zipped({"in.zip": zipped({"a": b"x"})})) == {"in.zip": UnsupportedType}


def test_an_encrypted_file_is_a_problem_of_its_own(tmp_path):
    data = bytearray(zipped({"secret": b"x", "open": b"y"}))
    data[data.find(b"PK\x01\x02") + 8] |= 1

    assert answers(tmp_path, bytes(data)) == {"secret": UnsupportedType, "open": b"y"}


@pytest.mark.parametrize("method", [9, 97])
def test_an_unknown_compression_is_a_problem_of_its_own(tmp_path, method):
    data = bytearray(zipped({"odd": b"x", "open": b"y"}))
    struct.pack_into("<H", data, data.find(b"PK\x01\x02") + 10, method)

    assert answers(tmp_path, bytes(data)) == {"odd": UnsupportedType, "open": b"y"}


def test_a_damaged_file_is_a_problem_of_its_own(tmp_path):
    data = bytearray(zipped({"a": b"some words", "b": b"y"}))
    data[data.find(b"some")] ^= 0xFF

    assert answers(tmp_path, bytes(data)) == {"a": BadImage, "b": b"y"}


@pytest.mark.parametrize("data", [b"", b"PK\x05\x06", photo(), zipped({}), zipped({"a/": b""})])
def test_what_is_no_archive_or_empty_is_refused(tmp_path, data):
    with pytest.raises(BadArchive):
        answers(tmp_path, data)


def test_an_archive_of_too_many_files_is_refused_before_its_list_is_read(tmp_path, monkeypatch):
    data = bytearray(zipped({"a": b"x"}))
    end = data.rfind(b"PK\x05\x06")
    struct.pack_into("<HH", data, end + 8, 60_000, 60_000)

    with pytest.raises(BadRequest, match=r"60,000 photos; the limit is 10,000"):
        answers(tmp_path, bytes(data))


def test_an_archive_with_a_list_that_is_too_long_is_refused(tmp_path):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number in range(300):
            info = zipfile.ZipInfo(f"{number}")
            info.comment = bytes(60_000)
            archive.writestr(info, b"x")

    with pytest.raises(TooLarge, match="list of files"):
        answers(tmp_path, buffer.getvalue())


def test_files_that_overlap_are_damaged(tmp_path):
    data = bytearray(zipped({"a": b"x" * 100, "b": b"y" * 100}))
    second = data.rfind(b"PK\x01\x02")
    struct.pack_into("<L", data, second + 42, 0)

    assert answers(tmp_path, bytes(data))["b"] is BadImage


def test_a_random_cut_or_flip_is_an_answer_of_ours(tmp_path):
    whole = zipped({"a.jpg": photo(), "b.jpg": photo()}, zipfile.ZIP_DEFLATED)
    for at in range(0, len(whole), 37):
        flipped = bytearray(whole)
        flipped[at] ^= 0xFF
        for data in (whole[:at], bytes(flipped)):
            try:
                answers(tmp_path, data)
            except FacetraitsError:
                continue


def test_a_numbered_name_is_unique_and_gives_the_name_back():
    assert numbered("a/b.jpg", 7) == "7/a/b.jpg"
    assert without_number("7/a/b.jpg") == "a/b.jpg"
    # In an archive, these would be a folder or the end of the name.
    for name, kept in (("", "photo"), ("/", "photo"), ("a/b/", "a/b"), ("\0.jpg", "_.jpg")):
        assert numbered(name, 7) == f"7/{kept}"
