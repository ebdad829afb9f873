"""Serves the browser's libraries."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, send_from_directory

from facetraits.errors import NotFound
from facetraits.web.http.headers import OPEN, with_policy
from facetraits.web.views.libraries import FILES


def make_vendor(libraries: Path) -> Blueprint:
    """The blueprint of `/vendor/NAME`.

    Args:
        libraries: the folder of the packages, with npm's layout.
    """
    vendor = Blueprint("vendor", __name__)

    @vendor.get("/vendor/<name>")
    @with_policy(OPEN)
    def library(name: str) -> Response:
        if name not in FILES:
            raise NotFound(f"there is no library named {name}")
        if not (libraries / FILES[name]).is_file():
            raise NotFound(f"{name} is not installed: run npm ci")
        return send_from_directory(libraries, FILES[name])

    return vendor
