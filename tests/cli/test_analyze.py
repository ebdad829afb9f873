"""`facetraits analyze`."""

import csv
import io
import json
import subprocess
import sys

import pytest

from facetraits.cli import main
from tests.photos import astronaut, encode


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


def test_a_folder_that_cannot_be_written_costs_the_answers_nothing(photo, tmp_path, capsys):
    taken = tmp_path / "taken"
    taken.write_text("a file")
    assert main(["analyze", str(photo), str(photo), "--csv", "--out", str(taken)]) == 2
    out, err = capsys.readouterr()
    assert len(list(csv.DictReader(io.StringIO(out)))) == 2
    first, second = err.splitlines()
    assert (
        first
        == second
        == f"facetraits: {photo}: annotated picture not written: {taken}: File exists"
    )


def test_the_time_of_decoding_is_told(photo, capsys):
    assert main(["analyze", str(photo), "--json"]) == 0
    steps = json.loads(capsys.readouterr().out)["processing_ms"]
    assert steps["decode"] > 0.5  # a JPEG of 512x512
    assert steps["total"] >= steps["decode"] + steps["detect"]


def test_who_reads_no_further_ends_it_quietly(photo):
    # Enough for a pipe to be full while nobody reads.
    command = [sys.executable, "-m", "facetraits", "analyze", *[str(photo)] * 60, "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) == 141
    errors = process.stderr.read()
    assert "Traceback" not in errors and "facetraits:" not in errors
    process.stderr.close()
