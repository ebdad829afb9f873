"""`POST /api/v1/batches`: many photos at once, as a ZIP archive or as a list."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import chain
from typing import Any

from flask import Blueprint, g, request

from facetraits.errors import BadRequest
from facetraits.jobs import Upload
from facetraits.jobs.archive import MAX_PHOTOS, PhotoArchive, numbered, too_many
from facetraits.web.http.keys import ApiKeys
from facetraits.web.http.rate_limit import RateLimit
from facetraits.web.http.streams import ArrivingPart, arriving_parts
from facetraits.web.http.uploads import FIELD
from facetraits.web.views.jobs import JobDesk, accepted

ARCHIVE = "archive"
# Besides the photos, a form may have a few other fields, which are ignored.
_OTHER_FIELDS = 100


def make_batches(
    desk: JobDesk, *, rate_limit: RateLimit, keys: ApiKeys, max_bytes: int
) -> Blueprint:
    """The blueprint of batches.

    Args:
        max_bytes: the limit for one photo.
    """
    blueprint = Blueprint("batches", __name__)

    @blueprint.post("/api/v1/batches")
    @keys.required
    def submit() -> tuple[dict[str, Any], int, dict[str, str]]:
        client = request.remote_addr or ""
        rate_limit.take(client)
        with desk.new_upload() as upload:
            is_list = _receive(upload, desk.pause)
            upload.close()
            photos = desk.call(_count, upload, max_bytes)
            rate_limit.take_rest(client, photos)
            options = {"request_id": g.request_id, "numbered": is_list}
            return accepted(desk.submit("batch", upload, options))

    return blueprint


def _count(upload: Upload, max_bytes: int) -> int:
    """The photos of a batch. Raises BadArchive, BadRequest or TooLarge."""
    with closing(PhotoArchive(upload.path, max_bytes)) as archive:
        return len(archive)


def _receive(upload: Upload, pause: Callable[[], None]) -> bool:
    """Writes the request's archive or its list of photos to an archive.

    Returns:
        whether it was a list.
    """
    parts = _files(arriving_parts(MAX_PHOTOS + _OTHER_FIELDS, pause))
    first = next(parts, None)
    if first is None:
        raise BadRequest(
            f"send a ZIP archive as the body or as the multipart field '{ARCHIVE}', or photos as "
            f"multipart fields named '{FIELD}'"
        )
    if first.field == FIELD:
        _write_list(upload, chain([first], parts))
        return True
    for chunk in first.chunks:
        upload.write(chunk)
    if next(parts, None) is not None:
        raise BadRequest(f"send one '{ARCHIVE}' and nothing else, or only fields named '{FIELD}'")
    return False


def _files(parts: Iterable[ArrivingPart]) -> Iterator[ArrivingPart]:
    """The body, archives, and photos. Forms without a chosen file send no name and no content."""
    for part in parts:
        if part.is_body or (part.field in (FIELD, ARCHIVE) and part.file):
            yield part
        elif part.field in (FIELD, ARCHIVE) and part.file is not None:
            first = next(filter(None, part.chunks), None)
            if first is not None:
                yield replace(part, chunks=chain([first], part.chunks))


def _write_list(upload: Upload, parts: Iterator[ArrivingPart]) -> None:
    """Photos → an archive. It is not compressed, because photos already are."""
    with zipfile.ZipFile(upload, "w") as archive:
        for number, part in enumerate(parts, 1):
            if part.field != FIELD:
                raise BadRequest(f"send one '{ARCHIVE}', or only fields named '{FIELD}'")
            if number > MAX_PHOTOS:
                raise too_many(number)
            with archive.open(numbered(part.file or "", number), "w") as entry:
                for chunk in part.chunks:
                    entry.write(chunk)
