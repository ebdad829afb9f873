"""`/api/v1`: pictures in, readings out."""

from __future__ import annotations

import json

from flask import Blueprint, Response, g, request

from facetraits.errors import Overloaded
from facetraits.reading.model import Reading
from facetraits.serving.interface import Service
from facetraits.web.concurrency.offload import Offload
from facetraits.web.http.metrics import Metrics
from facetraits.web.http.openapi import OPENAPI
from facetraits.web.http.problems import problem
from facetraits.web.http.rate_limit import RateLimit
from facetraits.web.http.uploads import Part, uploaded_images


class Photos:
    """Reads uploaded pictures with a service, off the event loop."""

    def __init__(self, service: Service, metrics: Metrics, offload: Offload) -> None:
        self._service = service
        self._metrics = metrics
        self._offload = offload

    def read(self, part: Part, request_id: str) -> str:
        """One picture → its reading as JSON. Raises what the service raises, and TooLarge."""
        reading: Reading = self._offload(self._service.read_photo, part.content(), request_id)
        return self._told(part, reading)

    def read_and_copy(self, part: Part, request_id: str) -> tuple[str, bytes]:
        """The same, with the picture's copy to keep."""
        reading, copy = self._offload(self._service.read_and_copy, part.content(), request_id)
        return self._told(part, reading), copy

    def _told(self, part: Part, reading: Reading) -> str:
        part.close()  # its memory is free for others while the rest of the request is read
        self._metrics.saw_reading(reading)
        g.faces = g.get("faces", 0) + len(reading.faces)
        return reading.to_json()

    def read_all(self, parts: list[Part], request_id: str) -> str:
        """Several → {"readings": […]}; a picture that fails has its problem in its place."""
        items: list[str] = []
        busy: Overloaded | None = None
        for number, part in enumerate(parts, 1):
            try:
                if busy:
                    raise busy  # the next would wait as long, and as much in vain
                items.append(self.read(part, f"{request_id}-{number}"))
            except Exception as error:
                busy = error if isinstance(error, Overloaded) else busy
                items.append(json.dumps({"problem": problem(error)}))
        return f'{{"readings":[{",".join(items)}]}}'


def make_api(photos: Photos, rate_limit: RateLimit) -> Blueprint:
    """The blueprint of the API."""
    api = Blueprint("api", __name__, url_prefix="/api/v1")
    description = json.dumps(OPENAPI)

    @api.post("/analyze")
    def analyze() -> Response:
        client = request.remote_addr or ""
        rate_limit.take(client)  # before the body is read, which is the point of a limit
        parts = uploaded_images()
        if len(parts) == 1:
            return _json(photos.read(parts[0], g.request_id))
        rate_limit.check(len(parts))
        rate_limit.take(client, len(parts) - 1)
        return _json(photos.read_all(parts, g.request_id))

    @api.get("/openapi.json")
    def openapi() -> Response:
        return _json(description)

    return api


def _json(text: str) -> Response:
    return Response(text, content_type="application/json")
