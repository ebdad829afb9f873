"""`facetraits mcp`: what stops its start. tests/mcp has what it does."""

import subprocess
import sys
from pathlib import Path

import pytest

from facetraits.cli import main

ROOT = Path(__file__).resolve().parents[2]


def test_a_folder_that_is_not_there_is_one_line(tmp_path, capsys):
    assert main(["mcp", "--folder", str(tmp_path / "none")]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"facetraits: --folder {tmp_path / 'none'} is not a folder\n")


def test_an_empty_name_does_not_allow_the_current_folder(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["mcp", "--folder", ""])
    assert ended.value.code == 2
    assert "the name of the folder is empty" in capsys.readouterr().err


def test_a_wrong_setting_is_one_line(capsys, monkeypatch):
    monkeypatch.setenv("FACETRAITS_WORKERS", "many")
    assert main(["mcp"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("facetraits: FACETRAITS_WORKERS='many' is not a whole")


def test_without_the_extra_it_says_how_to_install_it():
    code = (
        "import sys; sys.modules['mcp'] = None\n"
        "from facetraits.cli import main\n"
        "sys.exit(main(['mcp']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr == (
        'facetraits: mcp needs the extra "mcp", which is not installed. Run: '
        'pip install "facetraits[mcp]"\n'
    )
