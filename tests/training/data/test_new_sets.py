"""FairFace, APPA-REAL and LFW as people download them."""

import numpy as np
import pytest

from facetraits.errors import BadData
from facetraits.reading.traits import EMOTIONS
from facetraits.training.data.appa_real import load_appa_real
from facetraits.training.data.datasets import Skipped
from facetraits.training.data.fairface import load_fairface
from facetraits.training.data.lfw import load_lfw
from tests.training.conftest import write_picture


def table(path, *rows):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")


@pytest.fixture
def fairface(tmp_path):
    rows = ["file,age,gender,race,service_test"]
    for number, age in enumerate(("0-2", "03-Sep", "Oct-19", "3-9", "more than 70")):
        write_picture(tmp_path / f"FairFace/train/{number}.jpg", number)
        rows.append(f"train/{number}.jpg,{age},Female,East Asian,TRUE")
    table(tmp_path / "FairFace/fairface_label_train.csv", *rows)
    write_picture(tmp_path / "FairFace/val/2.jpg", 90)
    table(
        tmp_path / "FairFace/fairface_label_val.csv",
        "file,age,gender,race,service_test",
        "val/2.jpg,30-39,Male,Black,FALSE",
    )
    return tmp_path


def test_fairface_has_bins_gender_and_race(fairface):
    samples = {s.name: s for s in load_fairface(fairface, Skipped())}

    test = samples["FairFace/val/2.jpg"]
    assert (test.split, test.age_bin, test.gender, test.race_name) == ("test", (30, 39), 0, "Black")
    assert test.age is None and test.dataset == "FairFace"
    train = [samples[f"FairFace/train/{number}.jpg"] for number in range(5)]
    # Spreadsheet programs take 3-9 and 10-19 for dates.
    assert [s.age_bin for s in train] == [(0, 2), (3, 9), (10, 19), (3, 9), (70, 100)]
    assert {s.split for s in train} <= {"train", "val"}
    assert train[0].load().shape == (48, 48, 3)


def test_near_duplicates_of_fairface_are_on_one_side(tmp_path):
    rows = ["file,age,gender,race,service_test"]
    for number in range(60):
        for copy in ("", "b"):
            write_picture(tmp_path / f"FairFace/train/{number}{copy}.jpg", number)
            rows.append(f"train/{number}{copy}.jpg,20-29,Male,White,TRUE")
    table(tmp_path / "FairFace/fairface_label_train.csv", *rows)

    splits = {s.name: s.split for s in load_fairface(tmp_path, Skipped())}

    assert set(splits.values()) == {"train", "val"}
    for number in range(60):
        copies = [splits[f"FairFace/train/{number}{copy}.jpg"] for copy in ("", "b")]
        assert copies[0] == copies[1]


def test_what_fairface_does_not_label_is_listed(fairface):
    write_picture(fairface / "FairFace/train/99.jpg", 99)
    skipped = Skipped()

    load_fairface(fairface, skipped)

    assert skipped.reasons == {"not in FairFace's tables": ["FairFace/train/99.jpg"]}


def test_a_damaged_picture_and_a_damaged_row_are_listed(fairface):
    (fairface / "FairFace/train/0.jpg").write_bytes(b"not a picture")
    with (fairface / "FairFace/fairface_label_val.csv").open("a") as file:
        file.write("val/4.jpg,middle-aged,Male,White,TRUE\n")
    skipped = Skipped()

    load_fairface(fairface, skipped)

    assert skipped.reasons == {
        "not a readable picture": ["FairFace/train/0.jpg"],
        "a row without file, age, gender, race": ["fairface_label_val.csv row 3"],
    }


@pytest.mark.parametrize(
    ("load", "folder"),
    [(load_fairface, "FairFace"), (load_appa_real, "APPA-REAL"), (load_lfw, "LFW")],
)
def test_pictures_without_their_table_are_an_error_and_none_are_nothing(tmp_path, load, folder):
    assert load(tmp_path, Skipped()) == []
    write_picture(tmp_path / folder / "a" / "1.jpg", 1)
    with pytest.raises(BadData, match=r"looked for \w+\.csv"):
        load(tmp_path, Skipped())


def test_appa_real_has_exact_ages(tmp_path):
    for number in range(3):
        write_picture(tmp_path / f"APPA-REAL/train/00000{number}.jpg", number)
    table(
        tmp_path / "APPA-REAL/gt_train.csv",
        "file_name,real_age",
        "000000.jpg,4",
        "000001.jpg,83",
        "000002.jpg,412",
    )
    skipped = Skipped()

    samples = load_appa_real(tmp_path, skipped)

    assert [(s.age, s.gender, s.emotion) for s in samples] == [(4, None, None), (83, None, None)]
    assert skipped.reasons == {"without an age in gt_train.csv": ["APPA-REAL/train/000002.jpg"]}


def test_lfw_tells_expressions_only_and_keeps_a_person_on_one_side(tmp_path):
    rows = ["image,emotion"]
    for person in range(40):
        for number in (1, 2):
            name = f"P_{person}_000{number}.jpg"
            write_picture(tmp_path / f"LFW/P_{person}/{name}", 2 * person + number)
            rows.append(f"{name},{'happiness' if number == 1 else 'Fear'}")
    table(tmp_path / "LFW/legend.csv", *rows)

    samples = load_lfw(tmp_path, Skipped())

    assert len(samples) == 80
    assert all(s.gender is None and s.age is None for s in samples)
    shares = {EMOTIONS[int(np.argmax(s.emotion))] for s in samples}
    assert shares == {"happiness", "fear"}
    assert all(sum(s.emotion) == pytest.approx(1) for s in samples)
    sides = {}
    for sample in samples:
        sides.setdefault(sample.name.split("/")[1], set()).add(sample.split)
    assert all(len(side) == 1 for side in sides.values())
    assert len({s.split for s in samples}) == 3
