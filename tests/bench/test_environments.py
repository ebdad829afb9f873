import json
import sys

import pytest

from bench.peers import environments
from bench.peers.environments import HERE, NotInstalled, command
from bench.peers.rows import ALL_TRAITS, OURS, PEERS, ours
from bench.peers.running import RUNNERS


def test_ours_needs_nothing(tmp_path):
    assert command(OURS, tmp_path) == [sys.executable]
    assert not list(tmp_path.iterdir())


def test_a_peer_is_installed_once_and_again_when_its_pins_change(tmp_path, monkeypatch):
    pins, runs = tmp_path / "requirements-fer.txt", tmp_path / "runs"
    pins.write_text("fer==1\n")
    orders = []
    monkeypatch.setattr(environments, "HERE", tmp_path)
    monkeypatch.setattr(environments, "_run", lambda order, folder: orders.append(order))
    for _ in range(2):
        assert command("fer", runs) == [str(runs / "fer" / "bin" / "python")]
    assert len(orders) == 2  # the environment, and what is in it
    assert orders[1][-2:] == ["-r", str(pins)]
    pins.write_text("fer==2\n")
    command("fer", runs)
    assert len(orders) == 4


def test_an_installation_that_fails_says_why_and_is_tried_again(tmp_path):
    (tmp_path / "fer").mkdir()
    with pytest.raises(NotInstalled, match="no network"):
        environments._run([sys.executable, "-c", "raise SystemExit('ERROR: no network')"], tmp_path)
    assert not (tmp_path / "fer" / ".installed").exists()


def test_every_row_has_its_runner_and_its_pins():
    for row in (*ours(), *PEERS):
        assert (RUNNERS / row.runner).is_file()
        assert set(row.traits) <= set(ALL_TRAITS)
    for environment in {row.environment for row in PEERS} - {"node"}:
        lines = (HERE / f"requirements-{environment}.txt").read_text().splitlines()
        assert all("==" in line for line in lines if not line.startswith("#"))


def test_npm_packages_are_pinned_and_name_no_registry():
    wanted = json.loads((HERE / "package.json").read_text())["dependencies"]
    locked = json.loads((HERE / "package-lock.json").read_text())["packages"]
    for name, version in wanted.items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert not [path for path, package in locked.items() if "resolved" in package]
