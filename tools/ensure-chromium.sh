#!/bin/sh
# Makes sure that a Chromium is there for the browser tests.
# Usage: ensure-chromium.sh PYTHON
set -eu
for name in "${FACETRAITS_CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && exit 0
done
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null 2>&1 && { [ -z "$as_root" ] || sudo -n true 2>/dev/null; }; then
    $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
"$1" -m playwright install chromium && exit 0
echo "the browser tests need Chromium: install it, or set FACETRAITS_CHROMIUM to its path" >&2
exit 1
