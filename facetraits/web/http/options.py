"""A request's options: from the query, or from a form's fields."""

from __future__ import annotations

from flask import request

from facetraits.errors import BadRequest


def option(name: str, default: str) -> str:
    """One option. A picture as the body is not parsed as a form.

    Raises:
        BadRequest: if it was sent more than once or as a file: the default may store or show
            more than the sender meant to.
    """
    given = request.args.getlist(name)
    if request.mimetype == "multipart/form-data":
        given += request.form.getlist(name)
        if name in request.files:
            raise BadRequest(f"{name} was sent as a file; send it as a plain field")
    if len(given) > 1:
        raise BadRequest(f"{name} was sent {len(given)} times; send it once")
    return given[0] if given else default
