#!/bin/sh
# Makes sure that nginx and haproxy are there for the tests of several servers.
set -eu
missing=""
for program in nginx haproxy; do
    PATH="$PATH:/usr/sbin" command -v "$program" >/dev/null 2>&1 || missing="$missing $program"
done
[ -n "$missing" ] || exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null 2>&1 && { [ -z "$as_root" ] || sudo -n true 2>/dev/null; }; then
    # shellcheck disable=SC2086 # several words
    $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null && exit 0
fi
echo "the tests of several servers need$missing: install it (the Debian packages have the same names)" >&2
exit 1
