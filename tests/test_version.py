"""One version, in one place, and a changelog that fits it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest
from packaging.version import Version

from facetraits import __version__

ROOT = Path(__file__).resolve().parent.parent
HEADINGS = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)


def test_the_package_takes_its_version_from_the_code() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "version" not in settings["project"]
    assert settings["project"]["dynamic"] == ["version"]
    assert settings["tool"]["hatch"]["version"] == {"path": "facetraits/__init__.py"}
    assert "version" not in json.loads((ROOT / "package.json").read_text())


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "app.py", "Makefile", "README.md"])
def test_no_other_file_repeats_it(name: str) -> None:
    assert Version(__version__).base_version not in (ROOT / name).read_text()


def test_the_changelog_has_each_release_newest_first() -> None:
    unreleased = HEADINGS[0] == "Unreleased"
    released = [re.fullmatch(r"(\S+) - \d{4}-\d\d-\d\d", title) for title in HEADINGS[unreleased:]]
    versions = [Version(match[1]) for match in released if match]
    assert len(versions) == len(released) > 0
    assert versions == sorted(versions, reverse=True)
    assert versions[-1] == Version("0.2.0")
    own = Version(__version__)
    # Between two releases what is new has no number yet; a release has one and nothing above it.
    assert own.is_devrelease is unreleased
    assert own > versions[0] if unreleased else own == versions[0]
