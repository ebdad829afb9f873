"""`facetraits analyze FOLDER`."""

import csv
import json
import os
import signal
import subprocess
import sys
from functools import partial

import pytest

from facetraits.cli import main
from facetraits.cli.folder_state import FolderState
from facetraits.cli.pictures import find_pictures
from facetraits.errors import BadImage, BadSetting
from tests.photos import astronaut, encode
from tests.web.fakes import canned_reading

PHOTO = encode(astronaut())


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "album"
    (folder / "deep").mkdir(parents=True)
    (folder / "b.jpg").write_bytes(PHOTO)
    (folder / "a.jpg").write_bytes(PHOTO)
    (folder / "deep" / "c.jpg").write_bytes(PHOTO)
    (folder / "notes.txt").write_text("no picture")
    (folder / "empty.jpg").write_bytes(b"")
    return folder


def lines(out):
    return [json.loads(line) for line in (out / "readings.jsonl").read_text().splitlines()]


def names(found):
    return [picture.name for picture in found]


def test_readings_a_table_for_excel_and_errors_at_the_end(album, tmp_path, capsys):
    out = album / "results"  # inside the folder: it is not searched
    (album / "cut.png").write_bytes(encode(astronaut(), ".png")[:5000])
    assert main(["analyze", str(album), "-r", "--out", str(out), "--jobs", "2"]) == 2
    assert [line["file"] for line in lines(out)] == [
        str(album / name) for name in ("a.jpg", "b.jpg", "deep/c.jpg")
    ]
    raw = (out / "faces.csv").read_bytes()
    assert raw.startswith(b"\xef\xbb\xbffile,")
    rows = list(csv.DictReader(raw.decode("utf-8-sig").splitlines()))
    assert len(rows) == 3 and rows[0]["file"] == str(album / "a.jpg")
    said, err = capsys.readouterr()
    assert err.splitlines()[-1].startswith(f"facetraits: {album / 'cut.png'}: ")
    assert said.startswith("3 of 4 pictures read: ")
    (error,) = [json.loads(line) for line in (out / "errors.jsonl").read_text().splitlines()]
    assert error["file"] == str(album / "cut.png") and error["code"] == "bad_image"

    # The next run reads only what is new, has changed, or failed.
    (album / "cut.png").write_bytes(encode(astronaut(), ".png"))
    assert main(["analyze", str(album), "-r", "--out", str(out)]) == 0
    assert len(lines(out)) == 4 and (out / "errors.jsonl").read_text() == ""
    before = (out / "readings.jsonl").read_bytes()
    assert main(["analyze", str(album), "-r", "--out", str(out)]) == 0
    assert (out / "readings.jsonl").read_bytes() == before
    assert main(["analyze", str(album), "-r", "--out", str(out), "--max-faces", "9"]) == 2
    assert "has readings with --nets traitnet --max-faces 5" in capsys.readouterr().err


def test_what_a_killed_run_left_half_written_is_cut_off(album, tmp_path):
    out = tmp_path / "out"
    assert main(["analyze", str(album), "--out", str(out)]) == 0
    whole = {name: (out / name).read_bytes() for name in ("readings.jsonl", "faces.csv")}
    for name in whole:
        with (out / name).open("ab") as file:
            file.write(b'{"file": "half a li')
    assert main(["analyze", str(album), "--out", str(out)]) == 0
    assert {name: (out / name).read_bytes() for name in whole} == whole


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_a_run_that_is_killed_continues(album, tmp_path):
    for number in range(40):
        (album / f"m{number:02}.jpg").write_bytes(PHOTO)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "facetraits", "analyze", str(album), "--out", str(out)]
    process = subprocess.Popen([*command, "--jobs", "1"], start_new_session=True)
    while (
        not (out / "readings.jsonl").exists() or len((out / "readings.jsonl").read_bytes()) < 3000
    ):
        assert process.poll() is None
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert main(command[3:]) == 0
    read = [line["file"] for line in lines(out)]
    assert read == [str(p.path) for p in find_pictures([album])] and len(read) == 42


@pytest.mark.skipif(sys.platform == "win32", reason="limits")
@pytest.mark.parametrize("most_bytes", [500, 3000, 17_000, 60_000])
def test_a_full_disk_is_said_in_a_line_and_the_run_continues_later(album, tmp_path, most_bytes):
    import resource

    for number in range(60):
        (album / f"m{number:02}.jpg").write_bytes(PHOTO)
    out = tmp_path / "out"
    command = [sys.executable, "-m", "facetraits", "analyze", str(album), "--out", str(out)]
    limit = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
    run = subprocess.run(command, preexec_fn=limit, capture_output=True, text=True)
    assert run.returncode == 2
    said = [line for line in run.stderr.splitlines() if line.startswith("facetraits: ")]
    assert len(said) == 1 and str(out) in said[0]
    assert "Traceback" not in run.stderr
    assert main(command[3:]) == 0
    assert [line["file"] for line in lines(out)] == [str(p.path) for p in find_pictures([album])]


def test_a_picture_that_vanishes_costs_the_others_nothing(album, tmp_path):
    state = FolderState(tmp_path / "out", "a")
    try:
        assert not state.is_done(album / "gone.jpg", "gone.jpg")
        with pytest.raises(BadImage, match="cannot be opened"):
            state.add(album / "gone.jpg", "gone.jpg", canned_reading())
    finally:
        state.close()


def test_two_runs_never_share_a_folder(tmp_path):
    state = FolderState(tmp_path, "a")
    try:
        with pytest.raises(BadSetting, match="in use by another run"):
            FolderState(tmp_path, "a")
    finally:
        state.close()


def test_files_of_others_are_not_touched(album, tmp_path, capsys):
    (tmp_path / "faces.csv").write_text("mine")
    assert main(["analyze", str(album), "--out", str(tmp_path)]) == 2
    assert "is not from an earlier run" in capsys.readouterr().err
    assert (tmp_path / "faces.csv").read_text() == "mine"


def test_a_folder_needs_a_place_for_its_readings(album, capsys):
    assert main(["analyze", str(album)]) == 2
    assert "a folder needs --out DIR" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes")
def test_loops_pipes_and_links_that_lead_nowhere(album):
    (album / "deep" / "up").symlink_to(album)
    (album / "d.jpg").symlink_to(album / "a.jpg")
    (album / "gone.jpg").symlink_to(album / "nothing.jpg")
    os.mkfifo(album / "pipe.jpg")
    found = list(find_pictures([album], recursive=True))
    assert names(found) == ["a.jpg", "b.jpg", "d.jpg", "deep/c.jpg", "gone.jpg"]
    assert [picture.error for picture in found if picture.error] == ["the link is broken"]
    assert names(find_pictures([album])) == ["a.jpg", "b.jpg", "d.jpg", "gone.jpg"]


@pytest.mark.skipif(sys.platform != "linux", reason="names that are no UTF-8")
def test_names_that_are_not_text(tmp_path):
    folder, out = tmp_path / "in", tmp_path / "out"
    folder.mkdir()
    with open(os.fsencode(folder) + b"/\xff.jpg", "wb") as file:
        file.write(PHOTO)
    for _ in range(2):
        assert main(["analyze", str(folder), "--out", str(out)]) == 0
    assert len(lines(out)) == 1


@pytest.mark.skipif(sys.platform != "linux", reason="names that other systems refuse")
def test_names_cannot_command_the_terminal(tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    odd = b"a\x1b[2J\n\xe2\x80\xaegpj\xff.jpg"
    for content, start in ((PHOTO, b"good"), (PHOTO[:3000], b"cut")):
        with open(os.fsencode(folder) + b"/" + start + odd, "wb") as file:
            file.write(content)
    escaped = r"a\x1b[2J\n\u202egpj\udcff.jpg"
    environment = os.environ | {"PYTHONIOENCODING": "utf-8"}
    anonymize = ["anonymize", str(folder), "--out", str(tmp_path / "hidden")]
    files = sorted(map(str, folder.iterdir()))
    commands = (["analyze", *files], anonymize, ["analyze", *files, "--csv"])
    for command in commands:
        run = subprocess.run(
            [sys.executable, "-m", "facetraits", *command], capture_output=True, env=environment
        )
        assert run.returncode == 2
        assert f"cut{escaped}: the JPEG".encode() in run.stderr
        if "--csv" not in command:
            assert f"good{escaped}".encode() in run.stdout
            assert not set(run.stdout + run.stderr) & {0x1B, 0xFF}
