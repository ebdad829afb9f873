"""`/api/v1`: pictures in, readings out."""

from __future__ import annotations

import json
import time

from flask import Blueprint, Response, g, request

from facetraits.errors import Overloaded
from facetraits.serving.job import Analysis, Job
from facetraits.serving.service import InferenceService
from facetraits.vision.hiding import Hiding
from facetraits.web.concurrency.offload import Offload
from facetraits.web.http.keys import ApiKeys
from facetraits.web.http.metrics import Metrics
from facetraits.web.http.openapi import OPENAPI
from facetraits.web.http.problems import problem
from facetraits.web.http.rate_limit import RateLimit
from facetraits.web.http.tracing import RequestTracing
from facetraits.web.http.uploads import Part, uploaded_images


class Photos:
    """Analyzes uploaded pictures with a service, off the event loop."""

    def __init__(
        self,
        service: InferenceService,
        *,
        metrics: Metrics,
        tracing: RequestTracing,
        offload: Offload,
    ) -> None:
        self._service = service
        self._tracing = tracing
        self._metrics = metrics
        self._offload = offload

    def analyze(
        self,
        part: Part,
        request_id: str,
        *,
        keep_copy: bool = False,
        hiding: Hiding | None = None,
    ) -> Analysis:
        """One picture → its reading, and what else its `Job` asks for.

        Raises what the service raises.
        """
        job = Job(part.content(), request_id, keep_copy=keep_copy, hiding=hiding)
        began_ns = time.time_ns()
        analysis: Analysis = self._offload(self._service.run, job)
        part.close()  # its memory is free for others while the rest of the request is read
        self._metrics.saw_reading(analysis.reading)
        self._tracing.analyzed(analysis, began_ns)
        g.faces = g.get("faces", 0) + len(analysis.reading.faces)
        return analysis

    def analyze_all(self, parts: list[Part], request_id: str) -> str:
        """Several pictures → {"readings": […]}; a failed picture has its problem instead."""
        items: list[str] = []
        busy: Overloaded | None = None
        for number, part in enumerate(parts, 1):
            try:
                if busy:
                    raise busy  # the next one would wait just as long, also in vain
                items.append(self.analyze(part, f"{request_id}-{number}").reading.to_json())
            except Exception as error:
                busy = error if isinstance(error, Overloaded) else busy
                items.append(json.dumps({"problem": problem(error)}))
        return f'{{"readings":[{",".join(items)}]}}'


def make_api(photos: Photos, rate_limit: RateLimit, keys: ApiKeys) -> Blueprint:
    """The blueprint of the API."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    description = json.dumps(OPENAPI)

    @api.post("/analyze")
    @keys.required_for_photos
    def analyze() -> Response:
        client = request.remote_addr or ""
        rate_limit.take(client)  # before reading the body, which is the purpose of the limit
        parts = uploaded_images()
        if len(parts) == 1:
            return _json(photos.analyze(parts[0], g.request_id).reading.to_json())
        rate_limit.check(len(parts))
        rate_limit.take(client, len(parts) - 1)
        return _json(photos.analyze_all(parts, g.request_id))

    @api.get("/openapi.json")
    def openapi() -> Response:
        return _json(description)

    return api


def _json(text: str) -> Response:
    return Response(text, content_type="application/json")
