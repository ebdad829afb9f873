"""Peers' packages, installed below runs/peers: never into our own environment."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from bench.peers.rows import OURS

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RUNS = ROOT / "runs" / "peers"
_NPM_FILES = ("package.json", "package-lock.json", ".npmrc")
_TIMEOUT_S = 900

Install = Callable[[Path, list[Path]], None]


class NotInstalled(Exception):
    """Says in one line why a peer's packages are not there."""


def command(environment: str, runs: Path = RUNS) -> list[str]:
    """What starts a runner in an environment, which is made on first use.

    Raises:
        NotInstalled: where that fails.
    """
    if environment == OURS:
        return [sys.executable]
    folder = runs / environment
    if environment == "node":
        node = shutil.which("node")
        if node is None:
            raise NotInstalled("Node is missing")
        _once(folder, [HERE / name for name in _NPM_FILES], _install_npm)
        return [node]
    _once(folder, [HERE / f"requirements-{environment}.txt"], _install_pip)
    return [str(folder / "bin" / "python")]


def _once(folder: Path, sources: list[Path], install: Install) -> None:
    """Installs where nothing is, or where what was asked for has changed since."""
    wanted = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    stamp = folder / ".installed"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"peers: installing {folder.name} into {folder}", file=sys.stderr, flush=True)
    install(folder, sources)
    stamp.write_text(wanted)


def _install_npm(folder: Path, sources: list[Path]) -> None:
    for path in sources:
        shutil.copy(path, folder)
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalled("npm is missing")
    _run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], folder)


def _install_pip(folder: Path, sources: list[Path]) -> None:
    """Every package is pinned, so pip need not look for more (fer asks for what it never uses)."""
    _run([sys.executable, "-m", "venv", str(folder)], folder)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps"]
    _run([*pip, "--disable-pip-version-check", "-r", str(sources[0])], folder)


def _run(order: list[str], folder: Path) -> None:
    try:
        done = subprocess.run(order, cwd=folder, capture_output=True, text=True, timeout=_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NotInstalled(f"not installed: {error}") from error
    if done.returncode:
        raise NotInstalled(f"not installed: {reason(done.stderr or done.stdout)}")


def last_line(text: str) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"


def reason(text: str) -> str:
    """What went wrong, in one line of many: the last that names an error, or the last."""
    named = [line.strip() for line in text.splitlines() if "error" in line.lower()]
    return named[-1] if named else last_line(text)
