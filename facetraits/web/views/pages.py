"""The pages for people, and the endpoints for monitoring."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from facetraits.serving.service import InferenceService
from facetraits.settings import Settings
from facetraits.vision.formats import FORMATS, MIME_TYPES
from facetraits.web.http.headers import frame_sources
from facetraits.web.http.metrics import CONTENT_TYPE, Metrics

_NAVIGATION = (("Upload", "pages.upload"), ("Live", "pages.live"), ("Demo", "demo.demo"))

# Some systems know HEIC only by its extension.
ACCEPT = ",".join((*MIME_TYPES, ".heic"))


def make_pages(settings: Settings, service: InferenceService, metrics: Metrics) -> Blueprint:
    """The blueprint of the pages."""
    pages = Blueprint("pages", __name__)

    def linking() -> dict[str, object]:
        """What a page needs to offer a link to a reading."""
        return {
            "results_url": url_for("results.keep"),
            "result_ttl_s": settings.result_ttl_s,
            "frame_ancestors": frame_sources(settings.frame_ancestors),
        }

    @pages.get("/")
    def upload() -> str:
        return render_template(
            "index.html",
            api_url=url_for("api.analyze"),
            max_bytes=settings.max_bytes,
            max_faces=settings.max_faces,
            accept=ACCEPT,
            formats=", ".join(FORMATS.values()),
            nets=service.nets,
            **linking(),
        )

    @pages.get("/live")
    def live() -> str:
        return render_template(
            "live.html",
            max_faces=settings.max_faces,
            nets=service.nets,
            **linking(),
        )

    @pages.get("/healthz")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    @pages.get("/readyz")
    def readiness() -> tuple[dict[str, str], int]:
        return ({"status": "ready"}, 200) if service.ready else ({"status": "not ready"}, 503)

    @pages.get("/metrics")
    def figures() -> Response:
        return Response(metrics.text(), content_type=CONTENT_TYPE)

    @pages.app_context_processor
    def navigation() -> dict[str, object]:
        """`pages`: the navigation of every page, including error pages."""
        return {"pages": [{"title": t, "url": url_for(endpoint)} for t, endpoint in _NAVIGATION]}

    return pages
