"""oEmbed 1.0: takes the address of a result or a video and returns an iframe that shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, request, url_for
from markupsafe import Markup

from facetraits.errors import BadRequest, NotFound, UnknownFormat
from facetraits.jobs import JobRecord
from facetraits.store import KeptResult
from facetraits.store.records import now_ms
from facetraits.web.http.headers import OPEN, with_policy
from facetraits.web.views.drawings import ANNOTATED_PX
from facetraits.web.views.embeds import SANDBOX
from facetraits.web.views.jobs import JobDesk
from facetraits.web.views.results import Results, annotated_url
from facetraits.web.views.videos import embeddable_video

WIDTH_PX = 640
# The height of a card, and of everything around the picture and the cards.
_CARD_PX = 220
_FURNITURE_PX = 120
_TALLEST_PX = 1600
# A video's own size is not known here; most have this shape. Each face has a row in the timeline.
_VIDEO_SHAPE = 9 / 16
_ROW_PX = 70
# The first parts of addresses, and whether they are those of videos.
_FOLDERS = {"results": False, "embed": False, "videos": True, "embed/videos": True}
_OPTIONS = ("theme", "lang", "show")
# No style attribute, because the site's policy may forbid it. Without the old attribute,
# iframes have the browser's border.
_IFRAME = Markup(
    '<iframe src="{src}" width="{width}" height="{height}" title="{title}" loading="lazy" '
    'sandbox="{sandbox}" frameborder="0"></iframe>'
)


@dataclass(frozen=True, slots=True)
class _Address:
    """What an address leads to.

    Attributes:
        id: of the result or the video.
        is_video: which of them.
        options: how its embed should look.
    """

    id: str
    is_video: bool
    options: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Frame:
    """An iframe for a page of another site, and for how many seconds it works."""

    title: str
    src: str
    width: int
    height: int
    cache_age_s: int

    def to_json(self) -> dict[str, Any]:
        """As oEmbed answers."""
        return {
            "type": "rich",
            "version": "1.0",
            "title": self.title,
            "provider_name": "Facetraits",
            "provider_url": request.host_url,
            "cache_age": self.cache_age_s,
            "html": _IFRAME.format(
                src=self.src,
                width=self.width,
                height=self.height,
                title=self.title,
                sandbox=SANDBOX,
            ),
            "width": self.width,
            "height": self.height,
        }


def make_oembed(results: Results, desk: JobDesk) -> Blueprint:
    """The blueprint of `/oembed`."""
    blueprint = Blueprint("oembed", __name__)

    @blueprint.get("/oembed")
    @with_policy(OPEN)
    def oembed() -> dict[str, Any]:
        query = request.args
        if query.get("format", "json") != "json":
            raise UnknownFormat(f"format={query['format']!r} is not supported; use json")
        limits = _size(query, "maxwidth"), _size(query, "maxheight")
        address = _ours(query.get("url", ""))
        if address.is_video:
            return _of_video(embeddable_video(desk, address.id), address.options, *limits)
        return _of_result(results.get(address.id), address.options, *limits)

    return blueprint


def _size(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:6]) > 0 and len(text) <= 6):
        raise BadRequest(f"{name}={text[:20]!r} is not a number of pixels")
    return int(text)


def _ours(url: str) -> _Address:
    """The address of a page or an embed → what it leads to.

    Raises:
        BadRequest: if there is no address.
        NotFound: if it belongs to another site, or to neither a result nor a video.
    """
    if not url:
        raise BadRequest("send the address of a result or a video as url=")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise NotFound("the url is not an address") from None
    if f"{parts.scheme}://{parts.netloc.lower()}/" != request.host_url:
        raise NotFound(f"only results from {request.host_url} are available")
    folder, _, shown_id = parts.path.strip("/").rpartition("/")
    if folder not in _FOLDERS or not shown_id:
        raise NotFound("there is no result at that address")
    options = {name: text for name, text in parse_qsl(parts.query) if name in _OPTIONS}
    return _Address(shown_id, _FOLDERS[folder], options)


def _of_video(
    record: JobRecord, options: dict[str, str], max_width: int | None, max_height: int | None
) -> dict[str, Any]:
    faces = record.detail.get("faces", 0)
    width = min(WIDTH_PX, max_width or WIDTH_PX)
    height = min(_TALLEST_PX, _FURNITURE_PX + round(width * _VIDEO_SHAPE) + _ROW_PX * faces)
    src = url_for("videos.embed", job_id=record.id, _external=True)
    return _Frame(
        f"Facetraits: video with {_faces(faces)}",
        _with_options(src, options),
        width,
        min(height, max_height or height),
        _left_s(record.expires_ms),
    ).to_json()


def _of_result(
    result: KeptResult, options: dict[str, str], max_width: int | None, max_height: int | None
) -> dict[str, Any]:
    reading = json.loads(result.reading)
    width = min(WIDTH_PX, max_width or WIDTH_PX)
    height = _height(reading, width, has_picture=result.picture is not None)
    height = min(height, max_height or height)
    src = url_for("embeds.result", result_id=result.id, _external=True)
    frame = _Frame(
        f"Facetraits: {_faces(len(reading['faces']))}",
        _with_options(src, options),
        width,
        height,
        _left_s(result.expires_ms),
    )
    return {
        **frame.to_json(),
        **_thumbnail(result, reading=reading, max_width=max_width, max_height=max_height),
    }


def _faces(count: int) -> str:
    return f"{count} face{'' if count == 1 else 's'}"


def _with_options(src: str, options: dict[str, str]) -> str:
    return f"{src}?{urlencode(options)}" if options else src


def _left_s(expires_ms: int) -> int:
    return max(0, (expires_ms - now_ms()) // 1000)


def _height(reading: dict[str, Any], width: int, has_picture: bool) -> int:
    """An estimate: only the element knows the embed's height and follows it."""
    picture = round(width * reading["height"] / reading["width"]) if has_picture else 0
    return min(_TALLEST_PX, _FURNITURE_PX + picture + _CARD_PX * max(1, len(reading["faces"])))


def _thumbnail(
    result: KeptResult, reading: dict[str, Any], max_width: int | None, max_height: int | None
) -> dict[str, Any]:
    """None if no picture is kept, or if it is too large."""
    url = annotated_url(result)
    scale = min(1.0, ANNOTATED_PX / max(reading["width"], reading["height"]))
    width, height = (max(1, round(reading[side] * scale)) for side in ("width", "height"))
    if url is None or width > (max_width or width) or height > (max_height or height):
        return {}
    return {"thumbnail_url": url, "thumbnail_width": width, "thumbnail_height": height}
