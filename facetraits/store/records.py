"""A kept result and its two secrets: the ID allows viewing it, and the delete token
allows deleting it. Neither is stored, only digests to recognize them."""

from __future__ import annotations

import hashlib
import secrets
import time
from dataclasses import dataclass

from facetraits.errors import Expired, Forbidden, NotFound

# 128 bits cannot be guessed.
_SECRET_BYTES = 16
# How long 410 can be distinguished from 404. After that, the ID counts as unknown.
TOMBSTONE_S = 30 * 86_400


@dataclass(frozen=True, slots=True)
class KeptResult:
    """What is kept.

    Attributes:
        id: as in its address; the store keeps only its digest.
        created_ms, expires_ms: Unix time in milliseconds.
        reading: JSON.
        picture: JPEG, or None if only the figures are kept.
        token_digest: the digest of the delete token.
        faces_hidden: whether faces are hidden in the picture.
    """

    id: str
    created_ms: int
    expires_ms: int
    reading: str
    picture: bytes | None
    token_digest: bytes
    faces_hidden: bool = False


def new_result(
    reading: str, picture: bytes | None, ttl_s: float, *, faces_hidden: bool = False
) -> tuple[KeptResult, str]:
    """A result that expires in ttl_s seconds, and its delete token."""
    created_ms, token = now_ms(), new_secret()
    expires_ms = created_ms + round(ttl_s * 1000)
    result = KeptResult(
        new_secret(),
        created_ms=created_ms,
        expires_ms=expires_ms,
        reading=reading,
        picture=picture,
        token_digest=digest(token),
        faces_hidden=faces_hidden,
    )
    return result, token


def new_secret() -> str:
    """A random ID or token for addresses and headers."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def now_ms() -> int:
    return int(time.time() * 1000)


def digest(secret: str) -> bytes:
    """32 bytes. The secrets are long and random, so they need no salt and no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def check_token(token: str, token_digest: bytes) -> None:
    """Raises Forbidden unless it is the token of that digest."""
    if not secrets.compare_digest(digest(token), token_digest):
        raise Forbidden("the delete token is not the one issued for this address")


def gone(was_there: bool) -> Expired | NotFound:
    """The error for a result that is not there."""
    if was_there:
        return Expired("it has expired or was deleted, and nothing of it is left")
    return NotFound("there is no such result")
