"""`facetraits cameras` as a process, with the real networks on a file with a face."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from facetraits.cameras.store import SqliteFigures
from facetraits.cli import main
from facetraits.store.database import Database
from facetraits.store.records import now_ms
from tests.cameras.sources import write_video
from tests.store.clients import wait_until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def file(tmp_path):
    write_video(tmp_path / "door.mp4", 75, size=(640, 480))
    path = tmp_path / "cameras.toml"
    path.write_text('[cameras.door]\nsource = "door.mp4"\nfps = 10.0\nappearance_s = 1.0\n')
    return path


def command(*given, data):
    env = os.environ | {"FACETRAITS_DATA_DIR": str(data), "FACETRAITS_WORKERS": "1"}
    words = [sys.executable, "-m", "facetraits", "cameras", *map(str, given)]
    return subprocess.Popen(
        words, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def counted(data):
    figures = SqliteFigures(Database(data, 10**8))
    slots = figures.slots("door", 0, now_ms())
    state = figures.states()["door"]["state"]
    figures.close()
    return sum(sums.appearances for sums in slots.values()), state


def test_a_file_is_read_to_its_end_and_the_face_in_it_counts(file, tmp_path):
    process = command(file, data=tmp_path / "data")
    said, _ = process.communicate(timeout=100)

    assert process.returncode == 0, said
    assert "Reading door (press" in said
    count, state = counted(tmp_path / "data")
    # The face moves; should it be lost once, it counts twice.
    assert count in (1, 2) and state == "ended"


def test_sigterm_ends_it_and_what_was_in_view_counts(file, tmp_path):
    file.write_text(file.read_text() + "loop = true\n")
    process = command(file, data=tmp_path / "data")
    wait_until(lambda: (tmp_path / "data").exists(), 60)
    figures = SqliteFigures(Database(tmp_path / "data", 10**8))
    while figures.states().get("door", {}).get("read", 0) < 20:
        assert process.poll() is None
        time.sleep(0.1)
    figures.close()
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=60)

    assert process.returncode == 0, said
    count, state = counted(tmp_path / "data")
    assert count >= 1 and state == "stopped"


def test_check_only_reads_the_file(file, capsys):
    assert main(["cameras", "--check", str(file)]) == 0
    assert ": door" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["cameras", "none.toml"], ["serve", "--cameras", "none.toml"]]
)
def test_a_missing_file_is_one_line(arguments, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("FACETRAITS_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("FACETRAITS_WORKERS", "1")

    assert main(arguments) == 2
    assert capsys.readouterr().err == "facetraits: none.toml: No such file or directory\n"


def test_without_a_file_the_setting_is_named(capsys, monkeypatch):
    monkeypatch.delenv("FACETRAITS_CAMERAS", raising=False)

    assert main(["cameras"]) == 2
    assert "FACETRAITS_CAMERAS" in capsys.readouterr().err
