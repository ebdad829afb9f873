"""`/embed/…`: the only pages that other sites may frame, as the settings have it."""

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
LANGUAGES = ("en",)

# It runs our scripts from our origin and opens links in windows of their own. No forms, no
# dialogs, no moving of the page around it; frames in other pages' hands get no more either.
SANDBOX = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox"


def make_embeds(
    results: Results, settings: Settings, service: InferenceService, frames: list[str]
) -> Blueprint:
    """The blueprint of the embeds.

    Args:
        frames: whose pages may frame them.
    """
    embeds = Blueprint("embeds", __name__)
    kept = Policy(
        frame_ancestors=" ".join(frames) or "'none'",
        camera="()",
        sandbox=SANDBOX,
        isolated=False,
        listed=False,
    )
    # The page around it has the last word: without its allow="camera" there is none.
    live_policy = replace(kept, camera="(self)", sandbox=f"{SANDBOX} allow-downloads")

    @embeds.before_request
    def note() -> None:
        g.embedded = True  # problems are shown without the site's furniture

    @embeds.get("/embed/<result_id>")
    @with_policy(kept)
    def result(result_id: str) -> str:
        return render_template("embed.html", **page_values(results.get(result_id)), **_options())

    @embeds.get("/embed/live")
    @with_policy(live_policy)
    def live() -> str:
        return render_template(
            "embed_live.html", max_faces=settings.max_faces, nets=service.nets, **_options()
        )

    return embeds


def _options() -> dict[str, object]:
    """How the embed should look: `theme`, `lang` and `show` of the query, as far as known."""
    theme, lang = request.args.get("theme", ""), request.args.get("lang", "")
    requested = request.args.get("show", "").split(",")
    show = [part for part in SHOWS if part in requested]
    return {
        "theme": theme if theme in THEMES else THEMES[0],
        "lang": lang if lang in LANGUAGES else LANGUAGES[0],
        "show": show or list(_SHOWN),
    }
