"""Where things are looked for, in a checkout and where the package is installed."""

import os
import sys

import pytest

from facetraits.networks.cards import RUNTIME, read_card
from facetraits.paths import Paths


def test_the_checkout_is_found():
    paths = Paths.found()
    assert read_card(paths.models / "baseline_age").name == "baseline_age"
    assert (paths.templates / "index.html").is_file()
    assert (paths.static / "css" / "app.css").is_file()
    assert (paths.import_from / "facetraits" / "paths.py").is_file()
    assert paths.trained == paths.models


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """The package's folder as a wheel lays it, and the working folder of a user."""
    package, here = tmp_path / "site-packages" / "facetraits", tmp_path / "here"
    (package / "carried").mkdir(parents=True)
    here.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("facetraits.paths.resources.files", lambda name: package)
    return package, here


def test_an_installed_package_reads_what_it_carries(installed):
    package, _ = installed
    paths = Paths.found()
    assert paths.models / "traitnet" / RUNTIME == package / "carried/models/traitnet" / RUNTIME
    assert paths.libraries == package / "carried" / "libraries"
    assert paths.import_from == package.parent


def test_an_installed_package_writes_nothing_into_itself(installed):
    package, here = installed
    paths = Paths.found()
    for folder in (paths.data, paths.runs, paths.trained, paths.plots):
        assert not folder.is_relative_to(package.parent)
    assert paths.runs == here / "runs"


@pytest.mark.skipif(sys.platform == "win32", reason="there the home does not come from HOME")
def test_a_user_without_a_home_has_the_working_folder(installed, monkeypatch):
    """As of a systemd unit with DynamicUser, where the system cannot name that user either."""
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.delenv("HOME", raising=False)
    # Nobody's number: none that a system has given away.
    monkeypatch.setattr(os, "getuid", lambda: 2_000_000_011)
    assert Paths.found().data == installed[1]
