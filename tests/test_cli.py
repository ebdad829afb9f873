"""The command line."""

import csv
import io
import json

import pytest

from facetraits.cli import main

from .photos import astronaut, encode


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "portrait.jpg"
    path.write_bytes(encode(astronaut()))
    return path


def test_analyze_tells_people(photo, capsys):
    assert main(["analyze", str(photo)]) == 0
    assert "1 face\n  1. looks " in capsys.readouterr().out


def test_analyze_json_is_a_reading_a_line(photo, capsys):
    assert main(["analyze", str(photo), str(photo), "--json"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["file"] for line in lines] == [str(photo)] * 2
    assert lines[0]["faces"] == lines[1]["faces"]


def test_analyze_csv(photo, capsys):
    assert main(["analyze", str(photo), "--csv"]) == 0
    (row,) = csv.DictReader(io.StringIO(capsys.readouterr().out))
    assert row["face"] == "1"


def test_a_bad_photo_costs_the_others_nothing(photo, tmp_path, capsys):
    (tmp_path / "bad.jpg").write_bytes(b"\xff\xd8\xff junk")
    assert main(["analyze", str(tmp_path / "bad.jpg"), str(photo), "--json"]) == 2
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 1
    assert err.startswith(f"facetraits: {tmp_path / 'bad.jpg'}: ")


def test_annotated_pictures_keep_apart(photo, tmp_path):
    again = tmp_path / "other" / photo.name
    again.parent.mkdir()
    again.write_bytes(photo.read_bytes())
    assert main(["analyze", str(photo), str(again), "--out", str(tmp_path / "out")]) == 0
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == ["portrait-2.png", "portrait.png"]


@pytest.mark.parametrize("verb", ["train", "evaluate"])
def test_missing_data_is_one_line(verb, tmp_path, capsys):
    assert main([verb, "seed_age", "--data", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("facetraits: no UTKFace pictures: looked for ")
    assert error.count("\n") == 1


def test_epochs_that_make_no_sense(tmp_path, capsys):
    assert main(["train", "seed_age", "--data", str(tmp_path), "--epochs", "0"]) == 2
    assert "--epochs 0 is not at least 2" in capsys.readouterr().err
