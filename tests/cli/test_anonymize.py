"""`facetraits anonymize`."""

import io

import numpy as np
import pytest
from PIL import Image

from facetraits import Analyzer
from facetraits.cli import main
from tests.photos import astronaut, encode


@pytest.fixture(scope="module")
def analyzer():
    return Analyzer()


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "portrait.JPEG"
    path.write_bytes(encode(astronaut()))
    return path


def test_folders_keep_their_layout_and_nothing_is_overwritten(photo, tmp_path, analyzer, capsys):
    deep = tmp_path / "album" / "deep"
    deep.mkdir(parents=True)
    (deep / "a.png").write_bytes(encode(astronaut(), ".png"))
    (deep / "notes.txt").write_text("no picture")
    (deep / "cut.png").write_bytes(encode(astronaut(), ".png")[:5000])
    before = photo.read_bytes()
    arguments = ["anonymize", str(photo), str(tmp_path / "album"), "-r", "--style", "cover"]
    assert main([*arguments, "--out", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert photo.read_bytes() == before
    assert f"{tmp_path / 'portrait-2.JPEG'}: 1 face hidden" in out and "may have been missed" in out
    assert err.startswith(f"facetraits: {deep / 'cut.png'}: ") and err.count("\n") == 1
    for name in ("portrait-2.JPEG", "deep/a.png"):
        assert analyzer.analyze(tmp_path / name).faces == ()
    assert sorted(p.name for p in (tmp_path / "deep").iterdir()) == ["a.png"]


def test_chosen_faces(photo, tmp_path, capsys):
    arguments = ["anonymize", str(photo), "--out", str(tmp_path / "out"), "--faces"]
    assert main([*arguments, "1"]) == 0
    assert main([*arguments, "2"]) == 2
    assert "there is no face 2: the reading has 1" in capsys.readouterr().err
    assert main([*arguments, "x"]) == 2
    assert "--faces='x' is neither all nor numbers like 1,3" in capsys.readouterr().err


def test_from_python(photo, analyzer):
    anonymized = analyzer.anonymize(photo, style="pixelate", faces=[1])
    assert (anonymized.media_type, len(anonymized.boxes)) == ("image/jpeg", 1)
    assert np.asarray(Image.open(io.BytesIO(anonymized.data))).shape == (512, 512, 3)
    assert analyzer.analyze(anonymized.data).faces == ()
