"""The wall of cameras: `/cameras`, its notice to print, and `/api/v1/cameras`."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for

from facetraits.cameras.metrics import camera_metrics
from facetraits.cameras.periods import BY
from facetraits.cameras.wall import Wall, as_csv
from facetraits.errors import BadRequest
from facetraits.settings import Settings
from facetraits.web.concurrency.offload import Offload
from facetraits.web.http.headers import Policy, with_policy
from facetraits.web.http.keys import ApiKeys
from facetraits.web.http.metrics import CONTENT_TYPE

_PAGE = Policy(listed=False)
_HOUR_MS, _DAY_MS = 3_600_000, 86_400_000
_SPAN_MS = {"hour": 24 * _HOUR_MS, "day": 30 * _DAY_MS}


def make_cameras(wall: Wall, settings: Settings, keys: ApiKeys, offload: Offload) -> Blueprint:
    """The blueprint of cameras; all but its empty pages needs a key, if any does."""
    cameras = Blueprint("cameras", __name__)
    _add_pages(cameras, wall, settings)
    _add_api(cameras, wall, keys, offload)
    return cameras


def _add_pages(cameras: Blueprint, wall: Wall, settings: Settings) -> None:
    @cameras.get("/cameras")
    @with_policy(_PAGE)
    def page() -> str:
        return render_template("cameras.html", api_url=url_for("cameras.listed"))

    @cameras.get("/cameras/notice")
    @with_policy(_PAGE)
    def notice() -> str:
        config = wall.config
        reasons = [c.expression_reason for _, c in config.items() if c.expression]
        return render_template(
            "cameras_notice.html",
            notice=config.notice,
            days=settings.figures_days,
            expression_reasons=reasons,
            pictures=any(c.picture != "off" for _, c in config.items()),
        )


def _add_api(cameras: Blueprint, wall: Wall, keys: ApiKeys, offload: Offload) -> None:
    @cameras.get("/api/v1/cameras")
    @keys.required
    def listed() -> dict[str, Any]:
        return {"cameras": [_with_links(camera) for camera in offload(wall.cameras)]}

    @cameras.get("/api/v1/cameras/metrics")
    @keys.required
    def metrics() -> Response:
        return Response(offload(camera_metrics, wall), content_type=CONTENT_TYPE)

    @cameras.get("/api/v1/cameras/<camera>/figures")
    @keys.required
    def figures(camera: str) -> Response:
        offload(wall.check, camera)
        found = offload(wall.figures, camera, *_span())
        return Response(json.dumps(found), content_type="application/json")

    @cameras.get("/api/v1/cameras/<camera>/figures.csv")
    @keys.required
    def figures_csv(camera: str) -> Response:
        offload(wall.check, camera)
        by, start_ms, end_ms = _span()
        text = as_csv(offload(wall.figures, camera, by, start_ms, end_ms))
        headers = {"Content-Disposition": f'attachment; filename="{camera}-by-{by}.csv"'}
        return Response(text, headers=headers, content_type="text/csv; charset=utf-8")

    @cameras.get("/api/v1/cameras/<camera>/picture")
    @keys.required
    def picture(camera: str) -> Response:
        return Response(offload(wall.picture, camera), mimetype="image/jpeg")


def _with_links(camera: dict[str, Any]) -> dict[str, Any]:
    name = camera["name"]
    return {
        **camera,
        "figures_url": url_for("cameras.figures", camera=name),
        "csv_url": url_for("cameras.figures_csv", camera=name),
        "picture_url": url_for("cameras.picture", camera=name),
    }


def _span() -> tuple[str, int, int]:
    """by, from, to of the query. Raises BadRequest."""
    by = request.args.get("by", BY[0])
    if by not in BY:
        raise BadRequest(f"by={by[:20]!r} is not one of {', '.join(BY)}")
    end_ms = _time("to") or int(time.time() * 1000)
    return by, _time("from") or max(0, end_ms - _SPAN_MS[by]), end_ms


def _time(name: str) -> int | None:
    text = request.args.get(name)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        milliseconds = int(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        milliseconds = -1
    if milliseconds < 0 or moment.year > 9000:
        raise BadRequest(f"{name}={text[:40]!r} is not a time like 2026-11-26T08:00:00Z")
    return milliseconds
