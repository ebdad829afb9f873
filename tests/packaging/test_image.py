"""What the Dockerfile copies is enough to build the very wheel that is built in a checkout."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from tests.deploy.test_files import copied_from_the_checkout
from tests.packaging.conftest import ROOT, build


@pytest.mark.timeout(300)
def test_the_image_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    context = tmp_path / "src"
    ignored = shutil.ignore_patterns("weights.keras", "__pycache__")
    for name in (
        *copied_from_the_checkout(),
        "node_modules/socket.io-client",
        "node_modules/uplot",
    ):
        source, copy = ROOT / name, context / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, copy, ignore=ignored)
        else:
            shutil.copy(source, copy)
    done = build(context, tmp_path / "wheels")
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = (tmp_path / "wheels").glob("*.whl")
    assert zipfile.ZipFile(built).namelist() == zipfile.ZipFile(wheel).namelist()
