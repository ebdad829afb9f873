"""For sites that embed results: the script with the elements, and a demo page."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, render_template, request, send_from_directory, url_for

from facetraits.web.http.headers import Policy, with_policy

_SCRIPT_AGE_S = 3600
# Pages on other sites load it, also as a module, and also if they isolate themselves.
_SCRIPT = Policy(isolated=False, open=True)


def make_demo(static: Path) -> Blueprint:
    """The blueprint of `/embed.js` and `/demo`.

    Args:
        static: the folder of the static files.
    """
    blueprint = Blueprint("demo", __name__)

    @blueprint.get("/embed.js")
    @with_policy(_SCRIPT)
    def script() -> Response:
        return send_from_directory(static / "embed", "facetraits.js", max_age=_SCRIPT_AGE_S)

    @blueprint.get("/demo")
    def demo() -> str:
        return render_template(
            "demo.html",
            origin=request.host_url.rstrip("/"),
            upload_url=url_for("pages.upload", _external=True),
            embed_script_url=url_for("demo.script", _external=True),
        )

    return blueprint
