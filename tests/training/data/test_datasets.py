"""UTKFace, facial-age and CK+48 as people download them."""

import io
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from facetraits.errors import BadData
from facetraits.training.data import splits
from facetraits.training.data.datasets import (
    Skipped,
    load_ckplus,
    load_utkface,
    parse_utkface_name,
)
from facetraits.training.data.splits import difference_hash, digest, write_table
from tests.training.conftest import write_picture


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A split table of our own pictures: `known(path, split)` enters one."""
    rows = {}

    def known(path, split):
        with Image.open(path) as picture:
            rows[difference_hash(picture)] = split
        write_table(rows.items(), tmp_path / "table.npz")
        splits._table.cache_clear()
        return path

    monkeypatch.setattr(splits, "TABLE", tmp_path / "table.npz")
    write_table([], tmp_path / "table.npz")
    splits._table.cache_clear()
    yield known
    splits._table.cache_clear()


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("31_1_2_20170116174525125.jpg.chip.jpg", (31, 1, 2)),
        ("24_0_1_20170116220224657 .jpg.chip.jpg", (24, 0, 1)),
        ("39_1_20170116174525125.jpg.chip.jpg", None),
        ("61_3_0_20170109150557335.jpg", None),
        ("55_0_9_20170109150557335.jpg", None),
        ("300_0_0_20170109150557335.jpg", None),
        ("holiday.jpg", None),
    ],
)
def test_utkface_names(name, labels):
    assert parse_utkface_name(name) == labels


def test_utkface_splits_by_pixels_and_lists_what_it_leaves_out(tmp_path, table):
    folder = tmp_path / "data" / "UTKFace"
    table(write_picture(folder / "part1" / "31_1_2_20170116174525125.png", 1), "val")
    write_picture(folder / "20_0_0_20170116174525125.png", 2)
    write_picture(folder / "20_0_20170116174525125.png", 3)
    (folder / "21_0_0_20170116174525125.jpg").write_bytes(b"not a picture")
    skipped = Skipped()
    (sample,) = load_utkface(tmp_path / "data", skipped)
    assert (sample.split, sample.age, sample.gender, sample.race) == ("val", 31, 1, 2)
    assert sorted(skipped.reasons) == [
        "looks like no picture of the split table (may be held out elsewhere)",
        "not a readable picture",
        "the name is not age_gender_race_date",
    ]


def test_a_copy_in_facial_age_is_on_the_same_side_and_used_once(tmp_path, table):
    data = tmp_path / "data"
    first = table(write_picture(data / "UTKFace" / "5_1_2_20170116174525125.png", 1), "test")
    copy = data / "facial-age" / "005" / "9.png"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(first.read_bytes())
    table(write_picture(data / "facial-age" / "007" / "3.png", 4), "train")
    skipped = Skipped()
    found = {s.name: (s.split, s.age, s.gender) for s in load_utkface(data, skipped)}
    assert found == {
        "UTKFace/5_1_2_20170116174525125.png": ("test", 5, 1),
        "facial-age/007/3.png": ("train", 7, None),
    }
    assert skipped.reasons == {"the same file twice": ["facial-age/005/9.png"]}


def test_utkface_inside_its_tar(tmp_path, table):
    path = table(write_picture(tmp_path / "31_1_2_20170116174525125.png", 1), "train")
    data = tmp_path / "data"
    data.mkdir()
    with tarfile.open(data / "UTKFace.tar.gz", "w:gz") as tar:
        tar.add(path, f"UTKFace/{path.name}")
    (sample,) = load_utkface(data, Skipped())
    assert sample.load().shape == (48, 48, 3)


def test_a_broken_tar_is_one_line(tmp_path):
    (tmp_path / "utkface.tar").write_bytes(b"junk" * 300)
    with pytest.raises(BadData, match="not a readable tar"):
        load_utkface(tmp_path, Skipped())


@pytest.mark.parametrize("form", ["", "gz", "xz"])
def test_a_tar_that_is_cut_is_one_line(tmp_path, form):
    whole = tmp_path / "whole"
    with tarfile.open(whole, f"w:{form}") as tar:
        for seed in range(3):
            tar.add(write_picture(tmp_path / f"{seed}.png", seed), f"UTKFace/{seed}.png")
    data = tmp_path / "data"
    data.mkdir()
    content = whole.read_bytes()
    (data / "utkface.tar").write_bytes(content[: 8_000 if form == "" else len(content) // 2])
    with pytest.raises(BadData, match="not a readable tar") as error:
        load_utkface(data, Skipped())
    assert "\n" not in str(error.value)


def test_where_every_picture_is_left_out_the_error_says_why(tmp_path, table):
    table(write_picture(tmp_path / "other.png", 1), "train")
    (tmp_path / "UTKFace").mkdir()
    write_picture(tmp_path / "UTKFace" / "31_1_2_20170116174525125.png", 2)
    with pytest.raises(BadData, match=r"skipped 1: looks like no picture of .*: UTKFace/31_1_2"):
        load_utkface(tmp_path, Skipped())


@pytest.mark.parametrize("load", [load_utkface, load_ckplus])
def test_missing_data_names_what_was_looked_for(tmp_path, load):
    with pytest.raises(BadData, match="looked for") as error:
        load(tmp_path, Skipped())
    assert "\n" not in str(error.value)


def test_a_data_folder_that_is_not_there(tmp_path):
    with pytest.raises(BadData, match="is not a folder"):
        load_utkface(tmp_path / "nowhere", Skipped())


def test_ckplus_keeps_a_person_on_one_side(tmp_path):
    for person in range(10, 40):
        for frame in range(3):
            name = f"S{person:03d}_001_{frame:08d}.png"
            write_picture(tmp_path / "CK+48" / "happy" / name, person, channels=1)
    write_picture(tmp_path / "CK+48" / "calm" / "S001_1.png", 1)
    skipped = Skipped()
    samples = load_ckplus(tmp_path, skipped)
    sides = {}
    for sample in samples:
        sides.setdefault(sample.name.split("/")[-1][:4], set()).add(sample.split)
    assert len(samples) == 90
    assert all(len(side) == 1 for side in sides.values())
    assert {s for side in sides.values() for s in side} == {"train", "val", "test"}
    assert skipped.reasons == {"not CLASS/S###_….png": ["CK+48/calm/S001_1.png"]}


def test_the_hash_ignores_size_and_compression(tmp_path):
    rng = np.random.default_rng(0)
    picture = Image.fromarray(rng.integers(0, 256, (16, 17), np.uint8)).resize((340, 320))
    picture.save(tmp_path / "copy.jpg", quality=95)
    with Image.open(tmp_path / "copy.jpg") as copy:
        assert digest(copy) == digest(picture)


def test_one_picture_on_two_sides_is_refused(tmp_path):
    with pytest.raises(BadData, match="both train and test"):
        write_table([(bytes(32), "train"), (bytes(32), "test")], tmp_path / "t.npz")


def test_the_committed_table_has_the_given_sizes():
    with np.load(splits.TABLE) as table:
        counts = np.bincount(table["split"], minlength=3)
    # Groups of near-duplicates, not pictures: 22,503 pictures in 22,128 groups.
    assert counts.tolist() == [18778, 2220, 1130]


def utkface_name(age):
    return f"{age}_1_2_20170116174525125.jpg.chip.jpg"


@pytest.fixture
def chip(tmp_path, table):
    """A picture of the table, 200 pixels wide."""
    return table(write_picture(tmp_path / "chip.jpg", 5, side=200), "val")


def put(path, chip):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(chip.read_bytes())
    return path


@pytest.mark.parametrize(
    "folder", ["UTKFace", "utkface", "crop_part1", "part2", "UTKFace/part1", "archive/UTKFace", "."]
)
def test_utkface_in_any_of_its_distributions(tmp_path, chip, folder):
    put(tmp_path / "data" / folder / utkface_name(31), chip)
    (sample,) = load_utkface(tmp_path / "data", Skipped())
    assert (sample.dataset, sample.age, sample.split) == ("UTKFace", 31, "val")


def test_the_data_folder_may_be_utkface_itself(tmp_path, chip):
    put(tmp_path / "UTKFace" / utkface_name(31), chip)
    (sample,) = load_utkface(tmp_path / "UTKFace", Skipped())
    assert sample.name == f"UTKFace/{utkface_name(31)}"


def archived(path, files):
    """An archive of (name, content) pairs, by its ending."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files:
                archive.writestr(name, content)
        return
    with tarfile.open(path, "w:gz" if path.name.endswith(("gz", "tgz")) else "w") as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("archive", ["UTKFace.tgz", "UTKFace.zip", "utkface.tar.gz", "all.tar"])
@pytest.mark.parametrize("prefix", ["UTKFace/", "./UTKFace/", "utkface/", "crop_part1/"])
def test_utkface_in_any_archive(tmp_path, chip, archive, prefix):
    # A Mac's tar begins with a file of attributes, and has one beside each picture.
    files = [("./._UTKFace", b"attributes"), (f"{prefix}._{utkface_name(31)}", b"attributes")]
    files.append((f"{prefix}{utkface_name(31)}", chip.read_bytes()))
    archived(tmp_path / "data" / archive, files)
    (tmp_path / "data" / f"{archive}.md5").write_text("d41d8cd98f00b204e9800998ecf8427e")
    skipped = Skipped()
    (sample,) = load_utkface(tmp_path / "data", skipped)
    assert (sample.age, sample.split, skipped.reasons) == (31, "val", {})
    assert sample.load().shape == (200, 200, 3)


@pytest.mark.parametrize(("side", "quality"), [(200, 75), (224, 95), (128, 95), (64, 95)])
def test_a_copy_that_was_compressed_again_or_resized_is_on_its_side(tmp_path, chip, side, quality):
    path = tmp_path / "data" / "UTKFace" / utkface_name(31)
    path.parent.mkdir(parents=True)
    with Image.open(chip) as picture:
        picture.resize((side, side)).save(path, quality=quality)
    (sample,) = load_utkface(tmp_path / "data", Skipped())
    assert sample.split == "val"


def test_what_is_there_instead_is_said(tmp_path):
    (tmp_path / "holiday.jpg").touch()
    with pytest.raises(BadData, match=r"looked for .*; .* holds holiday\.jpg$"):
        load_utkface(tmp_path, Skipped())


@pytest.mark.parametrize("folder", ["CK+48", "CK+", "ck+48", "data/CK+48"])
def test_ckplus_under_its_names(tmp_path, folder):
    write_picture(tmp_path / folder / "happy" / "S010_001_01.png", 1, channels=1)
    (sample,) = load_ckplus(tmp_path, Skipped())
    assert sample.name == "CK+48/happy/S010_001_01.png"


def test_ckplus_in_its_zip(tmp_path):
    picture = write_picture(tmp_path / "a.png", 1, channels=1).read_bytes()
    archived(tmp_path / "data" / "CK+48.zip", [("CK+48/anger/S010_001_01.png", picture)])
    (sample,) = load_ckplus(tmp_path / "data", Skipped())
    assert sample.load().shape == (48, 48, 3)


def test_ckextended_names_no_persons_so_that_none_is_held_out(tmp_path):
    pixels = " ".join(["9"] * 48 * 48)
    rows = ["emotion,pixels,Usage", f"0,{pixels},Training", f"7,{pixels},PrivateTest", "8,1 2,x"]
    (tmp_path / "ckextended.csv").write_text("\n".join(rows))
    skipped = Skipped()
    samples = load_ckplus(tmp_path, skipped)
    assert [(s.dataset, s.split) for s in samples] == [("CK+48", "train")] * 2
    assert [int(np.argmax(s.emotion)) for s in samples] == [4, 7]  # anger, contempt
    assert samples[0].load().shape == (48, 48)
    assert skipped.reasons == {"a row without emotion and pixels": ["ckextended.csv row 4"]}
