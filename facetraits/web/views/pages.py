"""The pages for people, and the endpoints for monitoring."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from facetraits.serving.service import InferenceService
from facetraits.settings import Settings
from facetraits.vision.formats import FORMATS, MIME_TYPES
from facetraits.web.concurrency.draining import Readiness
from facetraits.web.http.headers import frame_sources
from facetraits.web.http.language import t
from facetraits.web.http.metrics import CONTENT_TYPE, Metrics
from facetraits.web.views.videos import can_read_videos

_NAVIGATION = (
    ("layout.upload", "pages.upload"),
    ("layout.live", "pages.live"),
    ("layout.demo", "demo.demo"),
)
_CAMERAS = ("layout.cameras", "cameras.page")

# Some systems know HEIC only by its extension.
ACCEPT = ",".join((*MIME_TYPES, ".heic"))


def _videos(settings: Settings) -> dict[str, object]:
    """What the upload page needs to take videos; nothing if the server cannot read them."""
    if not can_read_videos():
        return {"videos_url": None}
    from facetraits.video.containers import CONTAINERS

    return {
        "videos_url": url_for("videos.submit"),
        "video_max_bytes": settings.upload_max_bytes,
        "video_formats": ", ".join(CONTAINERS.values()),
    }


def make_pages(
    settings: Settings, service: InferenceService, metrics: Metrics, readiness: Readiness
) -> Blueprint:
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
            anonymize_url=url_for("anonymize.anonymize"),
            max_bytes=settings.max_bytes,
            max_faces=settings.max_faces,
            accept=ACCEPT,
            formats=", ".join(FORMATS.values()),
            nets=service.nets,
            source_url=settings.source_url,
            **linking(),
            **_videos(settings),
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
    def ready() -> tuple[dict[str, str], int]:
        if readiness.draining:
            return {"status": "draining"}, 503
        return ({"status": "ready"}, 200) if service.ready else ({"status": "not ready"}, 503)

    @pages.get("/metrics")
    def figures() -> Response:
        return Response(metrics.text(), content_type=CONTENT_TYPE)

    @pages.app_context_processor
    def navigation() -> dict[str, object]:
        """`pages`: the navigation of every page, including error pages."""
        listed = (*_NAVIGATION, _CAMERAS) if settings.cameras else _NAVIGATION
        return {
            "pages": [
                {"title": t(key), "endpoint": endpoint, "url": url_for(endpoint)}
                for key, endpoint in listed
            ]
        }

    return pages
