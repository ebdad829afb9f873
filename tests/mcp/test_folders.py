"""Which files assistants can read and write."""

import os
import shutil
import sys

import pytest

from facetraits.errors import (
    BadImage,
    BadRequest,
    BadSetting,
    NotWritten,
    OutsideFolders,
    TooLarge,
)
from facetraits.mcp.folders import Folders, printable
from facetraits.vision.anonymize import Anonymized

PICTURE = Anonymized(b"new", "image/jpeg", ())


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(b"old")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    return folder


@pytest.fixture
def folders(album):
    return Folders([album], max_bytes=1000)


def write(folders, name, *, source=None, overwrite=False):
    return folders.write(folders.locate(name), PICTURE, source=source, overwrite=overwrite)


def test_files_in_a_folder_and_its_subfolders(folders, album):
    (album / "deep").mkdir()
    (album / "deep" / "b.jpg").write_bytes(b"deep")
    for name in ("a.jpg", "deep/../a.jpg", str(album / "a.jpg")):
        assert folders.read(folders.locate(name)) == b"old"
    assert folders.read(folders.locate("deep/b.jpg")) == b"deep"


def test_a_relative_path_is_found_in_the_folder_that_has_it(album, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    folders = Folders([other, album], max_bytes=1000)
    assert folders.locate("a.jpg") == album.resolve() / "a.jpg"
    assert folders.locate("new.jpg") == other.resolve() / "new.jpg"


@pytest.mark.parametrize(
    "name", ["../secret.jpg", "/etc/passwd", "/", "..", "deep/../../secret.jpg"]
)
def test_what_is_outside_is_refused_whether_it_exists_or_not(folders, tmp_path, name):
    with pytest.raises(OutsideFolders, match="is not in an allowed folder"):
        folders.locate(name)
    with pytest.raises(OutsideFolders):
        folders.locate(str(tmp_path / "album-2" / "a.jpg"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets only administrators make links")
def test_links_count_by_where_they_lead(folders, album, tmp_path):
    (album / "inside.jpg").symlink_to(album / "a.jpg")
    assert folders.read(folders.locate("inside.jpg")) == b"old"
    (album / "out.jpg").symlink_to(tmp_path / "secret.jpg")
    (album / "up").symlink_to(tmp_path)
    for name in ("out.jpg", "up/secret.jpg", "up/new.jpg"):
        with pytest.raises(OutsideFolders):
            folders.locate(name)
    (album / "circle.jpg").symlink_to(album / "circle.jpg")
    with pytest.raises(BadImage, match="cannot be opened"):
        folders.read(folders.locate("circle.jpg"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets only administrators make links")
def test_a_link_that_appears_after_the_check_is_not_followed(folders, album, tmp_path):
    path = folders.locate("a.jpg")
    path.unlink()
    path.symlink_to(tmp_path / "secret.jpg")
    with pytest.raises(BadImage, match="cannot be opened"):
        folders.read(path)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
def test_what_is_no_file_does_not_block(folders, album):
    os.mkfifo(album / "pipe.jpg")
    with pytest.raises(BadImage, match="is not a file"):
        folders.read(folders.locate("pipe.jpg"))


@pytest.mark.parametrize("name", [".", "missing.jpg", "x" * 300])
def test_what_cannot_be_opened_says_so(folders, name):
    with pytest.raises(BadImage, match="cannot be opened"):
        folders.read(folders.locate(name))


def test_a_null_character(folders):
    with pytest.raises(BadRequest, match="null character"):
        folders.locate("a\0.jpg")


def test_a_file_that_is_too_large(folders, album):
    (album / "a.jpg").write_bytes(bytes(1001))
    with pytest.raises(TooLarge, match=r"1,001 bytes; the limit is 1,000"):
        folders.read(folders.locate("a.jpg"))


def test_without_folders_nothing_is_allowed(album):
    with pytest.raises(OutsideFolders, match="no folder is allowed"):
        Folders([], max_bytes=1000).locate(str(album / "a.jpg"))


def test_a_folder_that_is_none_is_refused_at_the_start(album):
    with pytest.raises(BadSetting, match=r"--folder .*a\.jpg is not a folder"):
        Folders([album / "a.jpg"], max_bytes=1000)


def test_names_that_are_not_utf8_can_be_shown(album):
    assert printable("a\udcff.jpg") == r"a\udcff.jpg"
    odd = album / "dir\udcfe"
    odd.mkdir()
    with pytest.raises(BadSetting, match="its name is not UTF-8"):
        Folders([odd], max_bytes=1000)


def test_a_new_file_with_its_folders_and_the_suffix_of_its_format(folders, album):
    path = write(folders, "deep/er/new.heic")
    assert path == album.resolve() / "deep" / "er" / "new.jpg"
    assert path.read_bytes() == b"new"
    assert write(folders, "new.JPEG").name == "new.JPEG"


def test_what_exists_is_replaced_only_if_asked(folders, album):
    with pytest.raises(NotWritten, match="exists"):
        write(folders, "a.jpg")
    assert (album / "a.jpg").read_bytes() == b"old"
    write(folders, "a.jpg", overwrite=True)
    assert (album / "a.jpg").read_bytes() == b"new"
    assert os.listdir(album) == ["a.jpg"]


def test_the_picture_itself_is_never_replaced(folders, album):
    source = folders.locate("a.jpg")
    os.link(source, album / "same.jpg")
    for name in ("a.jpg", "a.png", "same.jpg"):
        with pytest.raises(NotWritten, match="the picture itself"):
            write(folders, name, source=source, overwrite=True)
    assert source.read_bytes() == b"old"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets only administrators make links")
def test_nothing_is_written_through_a_link_that_has_the_new_suffix(folders, album, tmp_path):
    (album / "x.jpg").symlink_to(tmp_path / "secret.jpg")
    (album / "y.jpg").symlink_to(tmp_path / "missing.jpg")
    for name in ("x.png", "y.png"):
        with pytest.raises(NotWritten, match="exists"):
            write(folders, name)
        write(folders, name, overwrite=True)
    assert (tmp_path / "secret.jpg").read_bytes() == b"secret"
    assert not (tmp_path / "missing.jpg").exists()


@pytest.mark.parametrize("name", [".", "deep"])
def test_a_folder_is_no_name_for_a_file(folders, album, name):
    (album / "deep").mkdir()
    with pytest.raises(NotWritten, match="is a folder"):
        write(folders, name)
    assert sorted(os.listdir(album.parent)) == ["album", "secret.jpg"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_what_the_system_refuses_says_so_and_leaves_nothing(folders, album, overwrite):
    (album / "deep.jpg").mkdir()
    for name, reason in [
        ("a.jpg/new.jpg", "File exists"),
        ("x" * 300, "File name too long"),
        ("deep.png", "Is a directory" if overwrite else "exists: choose"),
    ]:
        with pytest.raises(NotWritten, match=reason):
            write(folders, name, overwrite=overwrite)
    assert sorted(os.listdir(album)) == ["a.jpg", "deep.jpg"]


def test_an_allowed_folder_that_is_gone_is_not_made_again(folders, album):
    place = folders.locate("new.jpg")
    shutil.rmtree(album)
    with pytest.raises(NotWritten, match="the allowed folder no longer exists"):
        folders.write(place, PICTURE, source=None, overwrite=False)
    assert not album.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets only administrators make links")
def test_nothing_is_written_through_a_folder_that_became_a_link(folders, album, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (album / "new").mkdir()
    place = folders.locate("new/deeper/a.jpg")
    (album / "new").rmdir()
    (album / "new").symlink_to(elsewhere)
    (elsewhere / "deeper").mkdir()
    with pytest.raises(NotWritten, match="leads out of the allowed folders"):
        folders.write(place, PICTURE, source=None, overwrite=False)
    assert not any((elsewhere / "deeper").iterdir())
