"""FER2013 in its three layouts."""

import csv
import tarfile

import numpy as np
import pytest

from facetraits.errors import BadData
from facetraits.reading.traits import EMOTIONS, FER2013_CLASSES
from facetraits.training.data.datasets import Skipped
from facetraits.training.data.fer2013 import load_fer2013, vote_shares
from tests.training.conftest import write_picture, write_votes


def shares(**votes):
    return tuple(votes.get(name, 0.0) for name in EMOTIONS)


def test_ferplus_folders(fer_folder):
    skipped = Skipped()
    samples = load_fer2013(fer_folder, skipped)
    assert [(s.split, s.emotion) for s in samples] == [
        ("test", shares(contempt=0.7, neutral=0.3)),
        ("train", shares(neutral=0.4, sadness=0.6)),
        ("train", shares(happiness=1.0)),
        ("val", shares(surprise=0.5, fear=0.5)),
    ]
    assert samples[0].load().shape == (48, 48, 3)
    assert list(skipped.reasons.values()) == [["FER2013/FER2013Test/fer0032220.png"]]


def test_folders_without_votes_are_refused(fer_folder):
    (fer_folder / "fer2013new.csv").unlink()
    with pytest.raises(BadData, match=r"looked for fer2013new\.csv"):
        load_fer2013(fer_folder, Skipped())


def test_a_file_of_votes_with_other_columns_is_refused(fer_folder):
    (fer_folder / "fer2013new.csv").write_text("a,b\n1,2\n")
    with pytest.raises(BadData, match="not the FER\\+ table"):
        load_fer2013(fer_folder, Skipped())


@pytest.mark.parametrize("end", ["Training,fer0000009.png,3", "Training,fer\xff"])
def test_a_file_of_votes_that_is_cut_or_no_text_is_one_line(fer_folder, end):
    with (fer_folder / "fer2013new.csv").open("ab") as file:
        file.write(end.encode("latin-1"))
    with pytest.raises(BadData, match=r"fer2013new\.csv is not") as error:
        load_fer2013(fer_folder, Skipped())
    assert "\n" not in str(error.value)


def test_a_csv_without_pixels_says_what_its_rows_lack(tmp_path):
    (tmp_path / "fer2013.csv").write_text("emotion,Usage\n3,Training\n")
    with pytest.raises(BadData, match="skipped 1: a row without emotion, pixels, Usage"):
        load_fer2013(tmp_path, Skipped())


def write_fer_csv(path, rows):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["emotion", "pixels", "Usage"])
        writer.writerows(rows)


PIXELS = " ".join(["7"] * 48 * 48)


def test_the_single_csv_uses_its_own_labels(tmp_path):
    write_fer_csv(
        tmp_path / "fer2013.csv",
        [(3, PIXELS, "Training"), (0, PIXELS, "PublicTest"), (6, PIXELS, "PrivateTest")],
    )
    samples = load_fer2013(tmp_path, Skipped())
    assert [s.split for s in samples] == ["train", "val", "test"]
    assert [s.emotion for s in samples] == [shares(happiness=1), shares(anger=1), shares(neutral=1)]
    assert np.array_equal(samples[0].load(), np.full((48, 48), 7))


def test_the_single_csv_uses_votes_where_they_are(tmp_path):
    write_fer_csv(tmp_path / "fer2013.csv", [(3, PIXELS, "Training")])
    write_votes(tmp_path / "ferplus.csv", [("Training", "fer0000000.png", {"fear": 5})])
    assert load_fer2013(tmp_path, Skipped())[0].emotion == shares(fear=1)


def test_malformed_rows_are_listed_and_short_pictures_do_not_load(tmp_path):
    rows = [("9", PIXELS, "Training"), (3, PIXELS, "Other"), (3, "1 2 3", "Training")]
    write_fer_csv(tmp_path / "fer2013.csv", rows)
    skipped = Skipped()
    (short,) = load_fer2013(tmp_path, skipped)
    assert next(skipped.lines()).endswith("fer2013.csv row 2, fer2013.csv row 3")
    with pytest.raises(ValueError, match="3 pixels"):
        short.load()


def test_class_folders(tmp_path):
    for seed, path in enumerate(
        ["train/happy/Training_1.jpg", "test/sad/PrivateTest_2.jpg", "test/angry/PublicTest_3.jpg"]
    ):
        write_picture(tmp_path / path, seed, channels=1)
    write_picture(tmp_path / "train/cats/Training_4.jpg", 9)
    skipped = Skipped()
    found = {s.name: (s.split, s.emotion) for s in load_fer2013(tmp_path, skipped)}
    assert found == {
        "train/happy/Training_1.jpg": ("train", shares(happiness=1)),
        "test/sad/PrivateTest_2.jpg": ("test", shares(sadness=1)),
        "test/angry/PublicTest_3.jpg": ("val", shares(anger=1)),
    }
    assert "train/cats/Training_4.jpg" in next(skipped.lines())


def test_class_folders_without_usage_keep_a_tenth_for_val(tmp_path):
    for seed in range(60):
        write_picture(tmp_path / f"train/fear/im{seed}.png", seed, side=16, channels=1)
    splits = [s.split for s in load_fer2013(tmp_path, Skipped())]
    assert 1 <= splits.count("val") <= 15
    assert splits.count("val") + splits.count("train") == 60


def test_missing_data_names_what_was_looked_for(tmp_path):
    with pytest.raises(BadData, match=r"fer2013\.csv.*train/CLASS") as error:
        load_fer2013(tmp_path, Skipped())
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("votes", [{"NF": 6, "neutral": 4}, {"unknown": 5, "fear": 5}, {}])
def test_pictures_without_an_emotion_have_no_shares(votes):
    row = dict.fromkeys([*EMOTIONS, "unknown", "NF"], "0") | {k: str(v) for k, v in votes.items()}
    assert vote_shares(row) is None


def test_fer2013s_own_labels_stand_beside_the_votes(fer_folder):
    (fer_folder / "fer2013_labels.csv").write_text(
        "image,fer2013_label,match\nfer0000000.png,sad,0.970\nfer0000001.png,happy,0.610\n"
    )
    found = {s.name.split("/")[-1]: s.emotion_fer for s in load_fer2013(fer_folder, Skipped())}
    assert found["fer0000000.png"] == FER2013_CLASSES.index("sadness")
    assert found["fer0000001.png"] is None  # the match is too poor to be a label
    assert found["fer0028638.png"] is None


def test_a_foreign_table_of_labels_is_named(fer_folder):
    (fer_folder / "fer2013_labels.csv").write_text("image,label\nfer0000000.png,sad\n")
    with pytest.raises(
        BadData, match=r"fer2013_labels\.csv must have the columns image, fer2013_label, match"
    ):
        load_fer2013(fer_folder, Skipped())


def test_votes_meet_their_own_rows(tmp_path):
    """FER+'s names count only the rows that have one; its rows are FER2013's, in order."""
    write_fer_csv(tmp_path / "fer2013.csv", [(3, PIXELS, "Training")] * 4)
    votes = [
        ("Training", "fer0000000.png", {"fear": 5}),
        ("Training", "", {"NF": 10}),
        ("Training", "fer0000001.png", {"anger": 5}),
        ("Training", "fer0000002.png", {"sadness": 5}),
    ]
    write_votes(tmp_path / "fer2013new.csv", votes)
    skipped = Skipped()

    samples = load_fer2013(tmp_path, skipped)

    assert [s.emotion for s in samples] == [shares(fear=1), shares(anger=1), shares(sadness=1)]
    assert [s.name[-14:] for s in samples] == [f"fer000000{i}.png" for i in range(3)]
    assert skipped.reasons == {"the crowd saw no face or no emotion": ["fer2013.csv row 3"]}


@pytest.mark.parametrize("rows", [1, 2])
def test_votes_of_another_table_are_refused(tmp_path, rows):
    write_fer_csv(tmp_path / "fer2013.csv", [(3, PIXELS, "Training")] * 2)
    votes = [("Training", "fer0000000.png", {"fear": 5}), ("PublicTest", "b.png", {"fear": 5})]
    write_votes(tmp_path / "ferplus.csv", votes[:rows])
    with pytest.raises(BadData, match=r"does not match fer2013\.csv row 3"):
        load_fer2013(tmp_path, Skipped())


@pytest.mark.parametrize("path", ["fer2013/fer2013.csv", "data/FER2013.csv", "icml_face_data.csv"])
@pytest.mark.parametrize("header", ["emotion,pixels,Usage", "emotion, pixels, Usage"])
def test_the_table_is_found_below_and_with_blanks_in_its_header(tmp_path, path, header):
    (tmp_path / path).parent.mkdir(exist_ok=True)
    (tmp_path / path).write_text(f"{header}\n3,{PIXELS},PublicTest\n")
    (sample,) = load_fer2013(tmp_path, Skipped())
    assert (sample.split, sample.emotion) == ("val", shares(happiness=1))


def test_a_table_that_a_spreadsheet_saved(tmp_path):
    text = f"emotion;pixels;Usage\r\n3;{PIXELS};Training\r\n"
    (tmp_path / "fer2013.csv").write_text(text, encoding="utf-8-sig", newline="")
    (sample,) = load_fer2013(tmp_path, Skipped())
    assert sample.emotion == shares(happiness=1)


def test_the_table_inside_its_archive(tmp_path):
    inner = tmp_path / "fer2013.csv"
    write_fer_csv(inner, [(3, PIXELS, "Training")])
    data = tmp_path / "data"
    data.mkdir()
    with tarfile.open(data / "fer2013.tar.gz", "w:gz") as tar:
        tar.add(inner, "fer2013/fer2013.csv")
        tar.add(inner, "fer2013/._fer2013.csv")
    assert len(load_fer2013(data, Skipped())) == 1


def test_kaggles_train_and_test_tables(tmp_path):
    (tmp_path / "train.csv").write_text(f"emotion,pixels\n3,{PIXELS}\n6,{PIXELS}\n")
    (tmp_path / "test.csv").write_text(f"pixels\n{PIXELS}\n")
    samples = load_fer2013(tmp_path, Skipped())
    assert [s.split for s in samples] == ["train", "train"]
    write_fer_csv(tmp_path / "icml_face_data.csv", [(0, PIXELS, "PrivateTest")])
    # The whole table, which says each row's Usage, comes first.
    (sample,) = load_fer2013(tmp_path, Skipped())
    assert sample.split == "test"


def test_a_train_table_of_something_else_is_not_fer2013(tmp_path):
    (tmp_path / "train.csv").write_text("id,price\n1,2\n")
    with pytest.raises(BadData, match="no FER2013 pictures"):
        load_fer2013(tmp_path, Skipped())


@pytest.mark.parametrize("root", ["", "FER-2013/", "data/archive/"])
def test_class_folders_with_a_validation_folder(tmp_path, root):
    for number, folder in enumerate(("train", "validation", "test")):
        path = tmp_path / f"{root}{folder}/Happy/im{number + 40}.png"
        write_picture(path, number, channels=1)
    found = {s.name.split("/")[0]: s.split for s in load_fer2013(tmp_path, Skipped())}
    assert found == {"train": "train", "validation": "val", "test": "test"}


def test_ferplus_folders_beside_the_votes(fer_folder):
    for folder in (fer_folder / "FER2013").iterdir():
        folder.rename(fer_folder / folder.name)
    samples = load_fer2013(fer_folder, Skipped())
    assert [s.split for s in samples] == ["test", "train", "train", "val"]
    assert samples[0].name.startswith("FER2013/FER2013Test/")
