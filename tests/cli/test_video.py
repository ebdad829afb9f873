"""`facetraits video`."""

import csv
import json
import subprocess
import sys
import time

import pytest

from facetraits.cli import main
from facetraits.video.frames import Video
from tests.video.videos import video

SECOND = 25


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "clip.mp4"
    path.write_bytes(video(frames=SECOND))
    return path


def test_it_tells_people_and_writes_a_summary(clip, tmp_path, capsys):
    assert main(["video", str(clip), "--out", str(tmp_path)]) == 0
    first, face = capsys.readouterr().out.splitlines()
    assert first == f"{clip} (640x480, 1.0 s): 1 face"
    assert face.startswith("  1. 0:00 to 0:00, looks ")
    folder = tmp_path / "clip.facetraits"
    assert {p.name for p in folder.iterdir()} == {"summary.json", ".facetraits.json"}
    assert len(json.loads((folder / "summary.json").read_text())["faces"]) == 1


def test_every_result_can_be_had(clip, tmp_path):
    flags = ["--csv", "--json", "--annotate", "--anonymize", "--fps", "5"]
    assert main(["video", str(clip), *flags, "--out", str(tmp_path)]) == 0
    folder = tmp_path / "clip.facetraits"
    with (folder / "frames.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 5
    assert len((folder / "frames.jsonl").read_text().splitlines()) == 5
    for name in ("annotated.mp4", "anonymized.mp4"):
        with (folder / name).open("rb") as file, Video(file) as made:
            assert len(list(made.frames())) == SECOND


def test_what_was_read_before_is_not_read_again(clip, tmp_path, capsys):
    command = ["video", str(clip), "--out", str(tmp_path)]
    assert main(command) == 0
    before = (tmp_path / "clip.facetraits" / "summary.json").stat().st_mtime_ns
    assert main(command) == 0
    assert "already read" in capsys.readouterr().out
    assert (tmp_path / "clip.facetraits" / "summary.json").stat().st_mtime_ns == before
    # Other options are another result.
    assert main([*command, "--csv"]) == 0
    assert "already read" not in capsys.readouterr().out
    assert (tmp_path / "clip.facetraits" / "frames.csv").exists()


def test_a_folder_and_errors_at_the_end(clip, tmp_path, capsys):
    videos = tmp_path / "videos"
    (videos / "sub").mkdir(parents=True)
    (videos / "a.mp4").write_bytes(clip.read_bytes())
    (videos / "sub" / "a.mov").write_bytes(clip.read_bytes())
    (videos / "notes.txt").write_text("no video")
    (videos / "bad.mp4").write_bytes(clip.read_bytes()[:100])
    out = tmp_path / "out"
    missing = tmp_path / "missing.mp4"
    assert main(["video", str(missing), str(videos), "--out", str(out)]) == 2
    said, errors = capsys.readouterr()
    assert [line for line in said.splitlines() if "1 face" in line] == [
        f"{videos / 'a.mp4'} (640x480, 1.0 s): 1 face",
        f"{videos / 'sub' / 'a.mov'} (640x480, 1.0 s): 1 face",
    ]
    assert errors.splitlines() == [
        f"facetraits: {missing}: No such file or directory",
        f"facetraits: {videos / 'bad.mp4'}: the file seems to be damaged or incomplete",
    ]
    assert (out / "a.facetraits").is_dir()
    assert (out / "a-2.facetraits").is_dir()


def test_an_empty_folder_is_an_error(tmp_path, capsys):
    assert main(["video", str(tmp_path)]) == 2
    assert "the folder has no videos" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("flags", "words"), [(["--fps", "0"], "--fps"), (["--max-faces", "0"], "--max-faces")]
)
def test_bad_options_are_one_line(clip, flags, words, capsys):
    assert main(["video", str(clip), *flags]) == 2
    assert words in capsys.readouterr().err


def test_it_goes_on_after_it_was_killed(tmp_path):
    source = tmp_path / "long.mp4"
    source.write_bytes(video(frames=1000, options={"preset": "ultrafast"}))
    command = [sys.executable, "-m", "facetraits", "video", str(source), "--csv"]
    command += ["--out", str(tmp_path)]
    notes = tmp_path / "long.facetraits" / ".facetraits.json"
    process = subprocess.Popen(command)
    while not (notes.exists() and b'"frame":' in notes.read_bytes()):
        assert process.poll() is None, "it ended before it saved a place"
        time.sleep(0.01)
    process.kill()
    process.wait()
    place = json.loads(notes.read_text())["place"]["frame"]
    assert 0 < place < 999
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "1 face" in done.stdout
    with (notes.parent / "frames.csv").open(newline="") as file:
        assert [int(row["frame"]) for row in csv.DictReader(file)] == list(range(1000))
