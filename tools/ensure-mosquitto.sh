#!/bin/sh
# Makes sure that an MQTT broker is there for the tests of cameras.
set -eu
{ [ -x /usr/sbin/mosquitto ] || command -v mosquitto >/dev/null 2>&1; } && exit 0
as_root=""
[ "$(id -u)" = 0 ] || as_root="sudo -n"
if command -v apt-get >/dev/null 2>&1 && { [ -z "$as_root" ] || sudo -n true 2>/dev/null; }; then
    $as_root apt-get update -qq && $as_root apt-get install -y -qq --no-install-recommends mosquitto >/dev/null && exit 0
fi
echo "the camera tests need mosquitto: install it (the Debian package has the same name)" >&2
exit 1
