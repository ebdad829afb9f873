"""oEmbed 1.0: takes the address of a result and returns an iframe that shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Blueprint, request, url_for
from markupsafe import Markup

from facetraits.errors import BadRequest, NotFound, UnknownFormat
from facetraits.store import KeptResult
from facetraits.store.records import now_ms
from facetraits.web.http.headers import OPEN, with_policy
from facetraits.web.views.drawings import ANNOTATED_PX
from facetraits.web.views.embeds import SANDBOX
from facetraits.web.views.results import Results, annotated_url

WIDTH_PX = 640
# The height of a card, and of everything around the picture and the cards.
_CARD_PX = 220
_FURNITURE_PX = 120
_TALLEST_PX = 1600
_OPTIONS = ("theme", "lang", "show")
# No style attribute, because the site's policy may forbid it. Without the old attribute,
# iframes have the browser's border.
_FRAME = Markup(
    '<iframe src="{src}" width="{width}" height="{height}" title="{title}" loading="lazy" '
    'sandbox="{sandbox}" frameborder="0"></iframe>'
)


def make_oembed(results: Results) -> Blueprint:
    """The blueprint of `/oembed`."""
    blueprint = Blueprint("oembed", __name__)

    @blueprint.get("/oembed")
    @with_policy(OPEN)
    def oembed() -> dict[str, Any]:
        query = request.args
        if query.get("format", "json") != "json":
            raise UnknownFormat(f"format={query['format']!r} is not supported; use json")
        limits = _size(query, "maxwidth"), _size(query, "maxheight")
        result_id, options = _ours(query.get("url", ""))
        return _answer(results.get(result_id), options, *limits)

    return blueprint


def _size(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text[:6]) > 0 and len(text) <= 6):
        raise BadRequest(f"{name}={text[:20]!r} is not a number of pixels")
    return int(text)


def _ours(url: str) -> tuple[str, dict[str, str]]:
    """A result's address → its id and how it should look.

    Raises:
        BadRequest: if there is no address.
        NotFound: if it belongs to another site or is not a result.
    """
    if not url:
        raise BadRequest("send the address of a result as url=")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise NotFound("the url is not an address") from None
    if f"{parts.scheme}://{parts.netloc.lower()}/" != request.host_url:
        raise NotFound(f"only results from {request.host_url} are available")
    folder, _, result_id = parts.path.strip("/").partition("/")
    if folder not in ("results", "embed") or not result_id or "/" in result_id:
        raise NotFound("there is no result at that address")
    return result_id, {name: text for name, text in parse_qsl(parts.query) if name in _OPTIONS}


def _answer(
    result: KeptResult, options: dict[str, str], max_width: int | None, max_height: int | None
) -> dict[str, Any]:
    reading = json.loads(result.reading)
    width = min(WIDTH_PX, max_width or WIDTH_PX)
    height = _height(reading, width, has_picture=result.picture is not None)
    height = min(height, max_height or height)
    faces = len(reading["faces"])
    title = f"Facetraits: {faces} face{'' if faces == 1 else 's'}"
    src = url_for("embeds.result", result_id=result.id, _external=True)
    return {
        "type": "rich",
        "version": "1.0",
        "title": title,
        "provider_name": "Facetraits",
        "provider_url": request.host_url,
        "cache_age": max(0, (result.expires_ms - now_ms()) // 1000),
        "html": _FRAME.format(
            src=f"{src}?{urlencode(options)}" if options else src,
            width=width,
            height=height,
            title=title,
            sandbox=SANDBOX,
        ),
        "width": width,
        "height": height,
        **_thumbnail(result, reading=reading, max_width=max_width, max_height=max_height),
    }


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
