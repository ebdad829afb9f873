"""The wheel, built once, and an environment with it and its own dependencies alone."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
# In a virtual environment.
_ON_WINDOWS = sys.platform == "win32"
_PROGRAMS = "Scripts" if _ON_WINDOWS else "bin"
_PACKAGES = "Lib/site-packages" if _ON_WINDOWS else "lib/python*/site-packages"
# Nothing but the machine itself is reached; a process that tries is told so, and listed.
_NO_NETWORK = """
import ipaddress, os, sys

def refuse(event, arguments):
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    try:
        if host is None or host == "localhost" or ipaddress.ip_address(host).is_loopback:
            return
    except ValueError:
        pass
    with open(os.environ["REACHED"], "a") as file:
        file.write(f"{event} {host}\\n")
    raise OSError(f"no network: {host}")

sys.addaudithook(refuse)
"""


def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def build(root: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Builds the wheel of a checkout with the build backend that is installed."""
    pip = [sys.executable, "-m", "pip", "wheel", "--disable-pip-version-check"]
    options = ["--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(folder)]
    return run([*pip, *options, str(root)])


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    done = build(ROOT, folder)
    assert done.returncode == 0, done.stdout + done.stderr
    (path,) = folder.glob("*.whl")
    return path


@dataclass(frozen=True)
class Installed:
    """The environment, outside the checkout.

    Attributes:
        folder: the environment's.
        home: of its user, who works there, too.
    """

    folder: Path
    home: Path

    @property
    def programs(self) -> Path:
        return self.folder / _PROGRAMS

    @property
    def package(self) -> Path:
        (found,) = self.folder.glob(f"{_PACKAGES}/facetraits")
        return found

    @property
    def reached(self) -> list[str]:
        """What was reached for outside this machine."""
        listed = self.home / "reached"
        return listed.read_text().splitlines() if listed.exists() else []

    def environment(self, **settings: str) -> dict[str, str]:
        """No Node, no network, nothing of the tests' own environment."""
        return {
            "PATH": str(self.programs),
            "HOME": str(self.home),
            "XDG_DATA_HOME": str(self.home / "data"),
            "PYTHONPATH": str(self.home / "guard"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "REACHED": str(self.home / "reached"),
            # Without it no program of Windows opens a socket.
            **{name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ},
            **{f"FACETRAITS_{name}": value for name, value in settings.items()},
        }

    def run(self, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
        program, *arguments = command
        return run(
            [str(self.programs / program), *arguments],
            cwd=self.home,
            env=self.environment(**settings),
            timeout=120,
        )


@pytest.fixture(scope="session")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder, home = tmp_path_factory.mktemp("environment"), tmp_path_factory.mktemp("home")
    made = run([sys.executable, "-m", "venv", str(folder)])
    assert made.returncode == 0, made.stderr
    pins = str(ROOT / "requirements.txt")
    pip = [str(folder / _PROGRAMS / "python"), "-m", "pip", "install", "--quiet"]
    done = run([*pip, "--disable-pip-version-check", "-c", pins, str(wheel)], env={**os.environ})
    assert done.returncode == 0, done.stdout + done.stderr
    (home / "guard").mkdir()
    (home / "guard" / "sitecustomize.py").write_text(_NO_NETWORK)
    return Installed(folder, home)
