"""docs/python.md: its code runs and prints what it says, and it misses nothing of the API."""

from __future__ import annotations

import contextlib
import io
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import facetraits
from facetraits import Analyzer
from facetraits.errors import FacetraitsError
from facetraits.reading import model
from tests.photos import astronaut, encode

TEXT = (Path(__file__).resolve().parent.parent / "docs" / "python.md").read_text()
CODE = "\n".join(re.findall(r"^```python\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL))
# What a line prints is said behind it, or on lines of their own below a loop.
PRINTS = re.findall(r"^ *print\(.*\)  # (.*)$|^# (.*)$", CODE, re.MULTILINE)


def test_its_code_prints_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photo.jpg").write_bytes(encode(astronaut()))
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(CODE, "docs/python.md", "exec", dont_inherit=True), {"__name__": "docs"})
    assert printed.getvalue().splitlines() == [behind or below for behind, below in PRINTS]
    assert len(PRINTS) > 10
    assert Path("boxed.png").read_bytes().startswith(b"\x89PNG")


def test_it_names_all_that_the_package_exports_and_every_method() -> None:
    (imported, *_) = re.findall(r"from facetraits import (.*)", TEXT)
    assert set(facetraits.__all__) == set(imported.split(", "))
    methods = {name for name in vars(Analyzer) if not name.startswith("_")}
    assert methods == {"analyze", "open_and_analyze", "anonymize", "open", "classify"}
    assert [name for name in methods if not re.search(rf"\b{name}\(", TEXT)] == []


@pytest.mark.parametrize(
    "kind", [model.Reading, model.Face, model.AgeReading, model.GenderReading, model.EmotionReading]
)
def test_it_names_every_field(kind: type[Any]) -> None:
    named = set(re.findall(r"`(\w+)`", TEXT))
    assert {field.name for field in fields(kind)} - {"look"} <= named


def test_the_json_reference_names_every_member() -> None:
    text = (Path(__file__).resolve().parent.parent / "docs" / "api.md").read_text()
    members = {
        field.name
        for kind in (model.Reading, model.Face, model.AgeReading, model.EmotionReading)
        for field in fields(kind)
    }
    assert {name for name in members if not re.search(rf'[`"]{name}[`"]', text)} <= {"look"}


def test_its_codes_are_the_errors_own() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|", TEXT, re.MULTILINE)
    codes = {kind.__name__: kind.code for kind in FacetraitsError.__subclasses__()}
    assert len(rows) == 6
    assert all(codes[name] == code for name, code in rows)
