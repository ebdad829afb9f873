"""The token in a request's Authorization header: a delete token, or an API key."""

from __future__ import annotations

from flask import request

from facetraits.errors import Unauthorized


def bearer_token() -> str:
    """The delete token of the request. Raises Unauthorized if there is none."""
    token = bearer_token_or_none()
    if not token:
        raise Unauthorized("send the delete token in the header Authorization: Bearer TOKEN")
    return token


def bearer_token_or_none() -> str | None:
    """What follows "Bearer" in the header; None for any other header, or none."""
    try:
        given = request.authorization
    except ValueError:  # Werkzeug: "Basic" with text that is not ASCII
        return None
    return given.token if given is not None and given.type == "bearer" else None
