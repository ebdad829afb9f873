"""Addresses of cameras, which often contain passwords: what may be shown of them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

from facetraits.errors import BadSetting
from facetraits.setting_kinds import without_password

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_LOGIN = re.compile(r"(?<=://)[^\s'\"]*@")
_QUERY = re.compile(r"\?[^\s'\"]*")


def filled_in(address: str, environ: Mapping[str, str] | None = None) -> str:
    """Replaces each ${NAME} by the environment variable of that name.

    Raises:
        BadSetting: if it is not set.
    """
    environ = os.environ if environ is None else environ

    def value(match: re.Match[str]) -> str:
        if match[1] not in environ:
            raise BadSetting(f"the environment variable {match[1]} is not set")
        return environ[match[1]]

    return _VARIABLE.sub(value, address)


def shown(address: str) -> str:
    """What may be shown of an address: scheme and host, but no login, path, or query."""
    return without_password(address)


def scrubbed(text: str, address: str) -> str:
    """A library's message about an address, without the address or any login in it."""
    text = text.replace(address, shown(address))
    return _QUERY.sub("", _LOGIN.sub("***@", text))
