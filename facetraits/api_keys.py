"""API keys: made at random, and kept only as SHA-256 hashes."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable

_HASHED = "sha256:"
# So that scanners for leaked secrets, and people, recognize one.
_MADE = "ft_"
_KEY_BYTES = 24
_HASH = re.compile(r"sha256:[0-9a-f]{64}")
# What RFC 6750 allows in a header. Below 16 characters, a key might be guessed.
_KEY = re.compile(r"[A-Za-z0-9._~+/-]{16,200}=*")


def new_key() -> str:
    """A random key of 192 bits."""
    return _MADE + secrets.token_urlsafe(_KEY_BYTES)


def hash_of(key: str) -> str:
    """ "sha256:…". A key is long and random, so it needs no salt and no slow hash."""
    return _HASHED + hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def hashes_of(text: str) -> tuple[str, ...]:
    """A comma-separated list of keys, or of their hashes → hashes.

    Raises:
        ValueError: if one is neither; the message does not contain it.
    """
    items = [item.strip() for item in text.split(",")] if text else []
    if not all(_HASH.fullmatch(item) or _KEY.fullmatch(item) for item in items):
        raise ValueError("not an API key")
    return tuple(item if _HASH.fullmatch(item) else hash_of(item) for item in items)


def are_hashes(value: object) -> bool:
    """Whether it is a tuple of hashes."""
    return isinstance(value, tuple) and all(
        isinstance(item, str) and _HASH.fullmatch(item) for item in value
    )


def is_one_of(key: str, hashes: Iterable[str]) -> bool:
    """Compares with every hash, each in constant time, so that timing reveals nothing."""
    given = hash_of(key)
    found = False
    for known in hashes:
        found |= hmac.compare_digest(given, known)
    return found
