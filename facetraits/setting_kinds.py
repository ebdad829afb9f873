"""The kinds of values that settings can have: how they are read, and which are valid."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from facetraits.api_keys import are_hashes, hashes_of

# An origin in a Content-Security-Policy; it must not be able to start another directive.
_FRAME = re.compile(r"https?://(\*\.)?([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?")
_REDIS = re.compile(
    r"rediss?://([^\s/?#@]*@)?([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\])(:[0-9]{1,5})?(/[0-9]*)?"
)
# The parts of an address that cannot be a password: after the last "@", only a host, a port,
# and a database. This also covers mistyped ones: "redis://:s3cret/x@db", "redis://me:s3cret".
_SAFE_PARTS = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)?(?P<login>.*@)?"
    r"(?P<host>(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:]*\])(?::[0-9]{1,5}(?=/|$))?(?:/[0-9]*$)?)?"
    r"(?P<rest>.*)",
    re.DOTALL,
)
_RATE = re.compile(r"([1-9][0-9]{0,8})/(second|minute|hour|day)")
# Without a password: OTEL_EXPORTER_OTLP_HEADERS is for that.
_COLLECTOR_URL = re.compile(r"https?://[^\s/?#@]+(/[^\s?#@]*)?")
_ADDRESS_TEXT = re.compile(r"https?://[^\s\"'<>]+")
_ORIGIN = re.compile(r"https?://[^\s/?#@,*]+")
# A name, a name with a leading dot for all its subdomains, or an address, without a port.
_TRUSTED = re.compile(r"\.?[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*")


@dataclass(frozen=True, slots=True)
class Kind:
    """The kind of value that a setting can have.

    Attributes:
        wanted: the end of the message "FACETRAITS_PORT='x' is not …".
        parse: converts text to a value; raises ValueError.
        fits: returns whether a value is valid.
        secret: whether it can contain a password; then no message shows all of it.
        hidden: whether all of it is a secret; then no message shows any of it.
    """

    wanted: str
    parse: Callable[[str], Any]
    fits: Callable[[Any], bool]
    secret: bool = False
    hidden: bool = False


def whole(least: int, most: int) -> Kind:
    def parse(text: str) -> int:
        # int() would also accept " 5 ", "1_000", and digits of other scripts.
        if not (text.isascii() and text.isdigit()):
            raise ValueError(text)
        return int(text)

    def fits(value: Any) -> bool:
        return isinstance(value, int) and least <= value <= most

    return Kind(f"a whole number from {least} to {most}", parse, fits)


def seconds(least: float, most: float) -> Kind:
    return replace(number(least, most), wanted=f"a number of seconds from {least:g} to {most:g}")


def number(least: float, most: float) -> Kind:
    def fits(value: Any) -> bool:
        return isinstance(value, int | float) and least <= value <= most

    return Kind(f"a number from {least:g} to {most:g}", float, fits)


def choice(choices: tuple[str, ...]) -> Kind:
    return Kind(f"one of {', '.join(choices)}", str, lambda value: value in choices)


def _host_fits(value: Any) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[^\s/]+", value) is not None


def _rate_fits(value: Any) -> bool:
    return value == "" or (isinstance(value, str) and _RATE.fullmatch(value) is not None)


def _address_fits(value: Any) -> bool:
    return value == "" or (isinstance(value, str) and _ADDRESS_TEXT.fullmatch(value) is not None)


def _parse_list(text: str) -> tuple[str, ...]:
    return tuple(item.strip() for item in text.split(",")) if text else ()


def _origins_fit(value: Any) -> bool:
    return isinstance(value, tuple) and (value == ("*",) or all(map(_ORIGIN.fullmatch, value)))


def _hosts_fit(value: Any) -> bool:
    return isinstance(value, tuple) and (value == ("*",) or all(map(_TRUSTED.fullmatch, value)))


def _frames_fit(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return value in ("self", "none", "*") or all(map(_FRAME.fullmatch, value.split(",")))


def _store_fits(value: Any) -> bool:
    return isinstance(value, str) and (value == "sqlite" or _REDIS.fullmatch(value) is not None)


def _queue_fits(value: Any) -> bool:
    return value == "" or (isinstance(value, str) and _REDIS.fullmatch(value) is not None)


def _collector_fits(value: Any) -> bool:
    return value == "" or (isinstance(value, str) and _COLLECTOR_URL.fullmatch(value) is not None)


def _jobs_fit(value: Any) -> bool:
    return isinstance(value, str) and (value == "local" or _REDIS.fullmatch(value) is not None)


def _files_fit(value: Any) -> bool:
    # Passwords belong to the variables that the storage's own library reads.
    return isinstance(value, str) and "@" not in value and value == value.strip()


def without_password(address: str) -> str:
    """The parts of an address, well-formed or not, that cannot contain a password."""
    parts = _SAFE_PARTS.fullmatch(address)
    assert parts is not None  # each of its parts may be empty, and the last is anything
    scheme, login, host, rest = parts.groups(default="")
    return f"{scheme}{'***@' if login else ''}{host}{'…' if rest else ''}"


HOST = Kind("a host name or address", str, _host_fits)
RATE_LIMIT = Kind("empty or a rate like 60/minute (second, minute, hour, or day)", str, _rate_fits)
ADDRESS = Kind("empty or an address like https://example.org/code", str, _address_fits)
FOLDER = Kind("a folder", str, lambda value: isinstance(value, str) and value.strip() != "")
FILE = Kind("empty or a file", str, lambda value: isinstance(value, str) and "\0" not in value)
STORE = Kind("sqlite or an address like redis://localhost:6379/0", str, _store_fits, secret=True)
QUEUE = Kind("empty or an address like redis://localhost:6379/0", str, _queue_fits, secret=True)
COLLECTOR = Kind("empty or an address like http://localhost:4318", str, _collector_fits)
JOBS = Kind("local or an address like redis://localhost:6379/0", str, _jobs_fit, secret=True)
JOBS_FILES = Kind("a folder or an address like s3://bucket/folder", str, _files_fit)
FRAMES = Kind(
    "self, none, *, or a list of origins like https://example.org,https://*.example.com",
    lambda text: ",".join(origin.strip() for origin in text.split(",")),
    _frames_fit,
)
ORIGINS = Kind(
    "empty, *, or a list of origins like https://example.org,https://example.com",
    _parse_list,
    _origins_fit,
)
HOSTS = Kind(
    "empty, *, or a list of host names like faces.example,.example.org", _parse_list, _hosts_fit
)
KEYS = Kind(
    "a list of API keys of 16 or more characters, or of their hashes like sha256:0f1e…; "
    "`facetraits key` creates one",
    hashes_of,
    are_hashes,
    hidden=True,
)
