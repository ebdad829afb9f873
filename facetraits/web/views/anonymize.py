"""`/api/v1/anonymize`: a picture in, the same with faces hidden out."""

from __future__ import annotations

import base64
from typing import Any

from flask import Blueprint, Response, g, request

from facetraits.reading.model import Reading
from facetraits.serving.job import Analysis
from facetraits.vision.anonymize import Anonymized, Hidden
from facetraits.vision.hiding import STYLES, Hiding
from facetraits.vision.republishing import SUFFIXES
from facetraits.web.http.headers import HIDDEN_HEADER
from facetraits.web.http.keys import ApiKeys
from facetraits.web.http.options import option
from facetraits.web.http.rate_limit import RateLimit
from facetraits.web.http.uploads import uploaded_image
from facetraits.web.views.analyze import Photos

_JSON = "application/json"


def make_anonymize(photos: Photos, rate_limit: RateLimit, keys: ApiKeys) -> Blueprint:
    """The blueprint."""
    blueprint = Blueprint("anonymize", __name__, url_prefix="/api/v1")

    @blueprint.post("/anonymize")
    @keys.required_for_photos
    def anonymize() -> Response | dict[str, Any]:
        rate_limit.take(request.remote_addr or "")
        part = uploaded_image()
        hiding = Hiding.parse(option("style", STYLES[0]), option("faces", "all"))
        analysis = photos.analyze(part, g.request_id, hiding=hiding)
        anonymized = _of(analysis)
        if request.accept_mimetypes.best == _JSON:
            return described(anonymized, analysis.reading, hiding)
        return _picture(anonymized)

    return blueprint


def described(anonymized: Anonymized, reading: Reading, hiding: Hiding) -> dict[str, Any]:
    """The JSON of the answer, with the picture in base64."""
    hidden = Hidden.of(anonymized, reading, hiding)
    return {**hidden.to_dict(), "picture": base64.b64encode(anonymized.data).decode()}


def _picture(anonymized: Anonymized) -> Response:
    response = Response(anonymized.data, mimetype=anonymized.media_type)
    response.headers[HIDDEN_HEADER] = str(len(anonymized.boxes))
    name = f"anonymized{SUFFIXES[anonymized.media_type]}"
    response.headers["Content-Disposition"] = f'inline; filename="{name}"'
    response.vary.add("Accept")
    return response


def _of(analysis: Analysis) -> Anonymized:
    assert analysis.anonymized is not None  # the job had a hiding and kept no copy
    return analysis.anonymized
