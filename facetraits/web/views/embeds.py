"""`/embed/…`: the only pages that other sites can embed, if the settings allow it."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, g, render_template, request

from facetraits.serving.service import InferenceService
from facetraits.settings import Settings
from facetraits.web.http.headers import Policy, with_policy
from facetraits.web.views.results import Results, page_values

THEMES = ("auto", "light", "dark")
SHOWS = ("picture", "cards", "chart")
_SHOWN = ("picture", "cards")

# It runs our scripts from our origin and opens links in new windows. No forms, no
# dialogs, no navigation of the parent page; iframes that other pages create get no more.
SANDBOX = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox"


def embed_policy(frames: list[str]) -> Policy:
    """The policy of a page that pages of these origins may frame."""
    return Policy(
        frame_ancestors=" ".join(frames) or "'none'",
        camera="()",
        sandbox=SANDBOX,
        isolated=False,
        listed=False,
    )


def make_embeds(
    results: Results, settings: Settings, service: InferenceService, frames: list[str]
) -> Blueprint:
    """The blueprint of the embeds.

    Args:
        frames: whose pages may frame them.
    """
    embeds = Blueprint("embeds", __name__)
    kept = embed_policy(frames)
    # The parent page decides: without allow="camera", there is no camera.
    live_policy = replace(kept, camera="(self)", sandbox=f"{SANDBOX} allow-downloads")

    @embeds.before_request
    def note() -> None:
        g.embedded = True  # problems are shown without the site header

    @embeds.get("/embed/<result_id>")
    @with_policy(kept)
    def result(result_id: str) -> str:
        return render_template(
            "embed.html", **page_values(results.get(result_id)), **embed_options()
        )

    @embeds.get("/embed/live")
    @with_policy(live_policy)
    def live() -> str:
        return render_template(
            "embed_live.html", max_faces=settings.max_faces, nets=service.nets, **embed_options()
        )

    return embeds


def embed_options() -> dict[str, object]:
    """The options from the query: `theme` and `show`, if valid."""
    theme = request.args.get("theme", "")
    requested = request.args.get("show", "").split(",")
    show = [part for part in SHOWS if part in requested]
    return {
        "theme": theme if theme in THEMES else THEMES[0],
        "show": show or list(_SHOWN),
    }
