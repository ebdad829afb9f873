"""Kept results: `/api/v1/results` and `/results/ID`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, g, render_template, request, url_for

from facetraits.errors import BadRequest
from facetraits.reading.model import Reading
from facetraits.reading.reports import as_csv
from facetraits.store import KeptResult, Store, new_result
from facetraits.store.records import now_ms
from facetraits.vision.hiding import Hiding
from facetraits.web.concurrency.offload import Offload
from facetraits.web.http.headers import Policy, with_policy
from facetraits.web.http.keys import ApiKeys
from facetraits.web.http.metrics import Metrics
from facetraits.web.http.options import option
from facetraits.web.http.rate_limit import RateLimit
from facetraits.web.http.tokens import bearer_token
from facetraits.web.http.uploads import Part, uploaded_image
from facetraits.web.views.analyze import Photos
from facetraits.web.views.drawings import Drawings, picture_of
from facetraits.web.views.face_words import reading_words

_KEEPS = ("picture", "covered", "figures")
_PAGE = Policy(listed=False)
# Anyone who knows the ID can read it, from any origin.
_DATA = Policy(listed=False, open=True)


class Results:
    """Stores and finds readings, off the event loop."""

    def __init__(
        self, photos: Photos, store: Store, metrics: Metrics, offload: Offload, ttl_s: int
    ) -> None:
        self._photos = photos
        self._store = store
        self._metrics = metrics
        self._offload = offload
        self._ttl_s = ttl_s
        self.drawings = Drawings(offload)

    def keep(self, part: Part, what: str, request_id: str) -> tuple[KeptResult, str]:
        """Analyzes a picture and stores it with its reading, or only the reading.

        Args:
            what: "picture", "covered" (with the faces hidden), or "figures".

        Returns:
            The result and its delete token.
        """
        hiding = Hiding() if what == "covered" else None
        analysis = self._photos.analyze(
            part, request_id, keep_copy=what != "figures", hiding=hiding
        )
        result, token = new_result(
            analysis.reading.to_json(), analysis.copy, self._ttl_s, faces_hidden=hiding is not None
        )
        self._offload(self._store.put, result)
        self._metrics.kept_result()
        return result, token

    def get(self, result_id: str) -> KeptResult:
        """Raises NotFound, Expired or StorageUnavailable."""
        result: KeptResult = self._offload(self._store.get, result_id)
        return result

    def delete(self, result_id: str, token: str) -> None:
        """Raises the same errors, and Forbidden."""
        self._offload(self._store.delete, result_id, token)
        self._metrics.deleted_result()
        self.drawings.forget(result_id)


def make_results(
    results: Results, rate_limit: RateLimit, frames: list[str], keys: ApiKeys
) -> Blueprint:
    """The blueprint of kept results.

    Args:
        frames: whose pages can embed results; shown on the page of a result.
        keys: decides whether keeping a result needs an API key.
    """
    blueprint = Blueprint("results", __name__)
    _add_api(blueprint, results, rate_limit, keys)
    _add_page(blueprint, results, frames)
    _add_files(blueprint, results)
    _add_pictures(blueprint, results, rate_limit)
    return blueprint


def _add_api(blueprint: Blueprint, results: Results, rate_limit: RateLimit, keys: ApiKeys) -> None:
    @blueprint.post("/api/v1/results")
    @keys.required_for_photos
    def keep() -> tuple[dict[str, Any], int, dict[str, str]]:
        rate_limit.take(request.remote_addr or "")
        part = uploaded_image()
        result, token = results.keep(part, _what_to_keep(), g.request_id)
        described = describe(result) | {"delete_token": token}
        return described, 201, {"Location": described["url"]}

    @blueprint.get("/api/v1/results/<result_id>")
    @with_policy(_DATA)
    def show(result_id: str) -> dict[str, Any]:
        return describe(results.get(result_id))

    @blueprint.delete("/api/v1/results/<result_id>")
    def delete(result_id: str) -> tuple[str, int]:
        results.delete(result_id, bearer_token())
        return "", 204


def _add_page(blueprint: Blueprint, results: Results, frames: list[str]) -> None:
    @blueprint.get("/results/<result_id>")
    @with_policy(_PAGE)
    def page(result_id: str) -> str:
        result = results.get(result_id)
        return render_template(
            "results.html",
            **page_values(result),
            api_url=url_for("results.delete", result_id=result_id),
            frame_ancestors=frames,
        )


def _add_pictures(blueprint: Blueprint, results: Results, rate_limit: RateLimit) -> None:
    # In WordPress iframes, even our own pictures are cross-origin.
    @blueprint.get("/results/<result_id>/picture")
    @with_policy(_DATA)
    def picture(result_id: str) -> Response:
        return _revalidated(Response(picture_of(results.get(result_id)), mimetype="image/jpeg"))

    @blueprint.get("/results/<result_id>/annotated.png")
    @with_policy(_DATA)
    def drawn(result_id: str) -> Response:
        result, drawings = results.get(result_id), results.drawings
        picture_of(result)
        etag = drawings.etag(result)
        if request.if_none_match.contains_weak(etag):
            response = Response(status=304)
            response.set_etag(etag)
            return response
        drawing = drawings.find(result)
        if drawing is None:
            rate_limit.take(request.remote_addr or "")
            drawing = drawings.draw(result)
        response = Response(drawing, mimetype="image/png")
        response.set_etag(etag)
        return response


def _add_files(blueprint: Blueprint, results: Results) -> None:
    @blueprint.get("/results/<result_id>/reading.json")
    @with_policy(_DATA)
    def as_json(result_id: str) -> Response:
        result = results.get(result_id)
        text = Reading.from_json(result.reading).to_json()
        return _download(text, "application/json", f"{_stem(result)}.json")

    @blueprint.get("/results/<result_id>/faces.csv")
    @with_policy(_DATA)
    def faces(result_id: str) -> Response:
        result = results.get(result_id)
        text = as_csv([(_stem(result), Reading.from_json(result.reading))])
        return _download(text, "text/csv; charset=utf-8", f"{_stem(result)}.csv")


def describe(result: KeptResult) -> dict[str, Any]:
    """A result as the API shows it."""
    return {
        "id": result.id,
        "url": url_for("results.page", result_id=result.id, _external=True),
        "embed_url": url_for("embeds.result", result_id=result.id, _external=True),
        "expires_at": as_utc(result.expires_ms),
        "kept": _kept(result),
        # Not as stored, because an earlier version may have written it.
        "reading": Reading.from_json(result.reading).to_dict(),
    }


def page_values(result: KeptResult) -> dict[str, Any]:
    """The template variables for a result's page and its embed."""
    described = describe(result)
    url, embed_url = described.pop("url"), described.pop("embed_url")
    name: dict[str, Any] = {"result_id": result.id}
    has_picture = result.picture is not None
    return {
        "result": {
            **described,
            "created_at": as_utc(result.created_ms),
            # The visitor's clock may be wrong.
            "left_s": max(0, (result.expires_ms - now_ms()) // 1000),
        },
        **reading_words(described["reading"]),
        "picture_url": url_for("results.picture", **name) if has_picture else None,
        "annotated_url": annotated_url(result),
        "json_url": url_for("results.as_json", **name),
        "csv_url": url_for("results.faces", **name),
        "url": url,
        "embed_url": embed_url,
        "oembed_url": url_for("oembed.oembed", url=url, format="json", _external=True),
        "embed_script_url": url_for("demo.script", _external=True),
    }


def annotated_url(result: KeptResult) -> str | None:
    """Absolute, for link previews; None if no picture is kept."""
    if result.picture is None:
        return None
    return url_for("results.drawn", result_id=result.id, _external=True)


def as_utc(milliseconds: int) -> str:
    """Unix time → ISO 8601, to the second."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _kept(result: KeptResult) -> str:
    if result.picture is None:
        return "figures"
    return "covered" if result.faces_hidden else "picture"


def _what_to_keep() -> str:
    """Raises BadRequest for an unknown `keep`: the default stores the picture."""
    what = option("keep", _KEEPS[0])
    if what not in _KEEPS:
        raise BadRequest(f"keep={what[:50]!r} is not one of {', '.join(_KEEPS)}")
    return what


def _stem(result: KeptResult) -> str:
    """A file name; it must not contain the whole ID, which is a secret."""
    return f"facetraits-{result.id[:6]}"


def _download(text: str, content_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return _revalidated(Response(text, headers=headers, content_type=content_type))


def _revalidated(response: Response) -> Response:
    """A response with an ETag, and without a body if the client already has this version."""
    response.add_etag()
    response.make_conditional(request)
    return response
