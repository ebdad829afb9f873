"""The set-up takes the Node that is there, where it is new enough."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def ensure_npm(tmp_path, version):
    """Runs the script beside a Node that calls itself by another version.

    Returns:
        Its exit code, and its words: pip is a program that only fails.
    """
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    node = shutil.which("node", path=path)
    assert node, "the tests are run with Node"
    lies = f"Object.defineProperty(process, 'versions', {{value: {{node: '{version}'}}}});"
    for name, does in (("node", f'exec {node} "$1" "{lies} $2"'), ("npm", "exit 0")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{does}\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        ["sh", "tools/ensure-npm.sh", "false"],
        cwd=ROOT,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("version", ["20.19.0", "22.13.0", "24.0.0", "25.1.0"])
def test_a_new_enough_node_is_taken(tmp_path, version):
    assert ensure_npm(tmp_path, version) == (0, "")


@pytest.mark.parametrize("version", ["18.20.0", "20.18.1", "21.7.3", "22.12.0", "23.1.0"])
def test_another_is_not_and_where_none_can_be_had_the_script_says_so(tmp_path, version):
    code, said = ensure_npm(tmp_path, version)
    assert code == 1
    assert said == (
        "facetraits needs Node 20.19, 22.13, or 24 and newer, with npm: "
        "install it and run this again\n"
    )
