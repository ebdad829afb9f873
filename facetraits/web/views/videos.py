"""Videos: `/api/v1/videos`, `/videos/ID` and `/embed/videos/ID`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import chain
from typing import Any

from flask import Blueprint, g, render_template, request, url_for

from facetraits.errors import BadRequest, NotFound, NotInstalled, UnsupportedType
from facetraits.jobs import JobRecord
from facetraits.jobs.video import KEEPS
from facetraits.settings import Settings
from facetraits.store.records import now_ms
from facetraits.web.http.headers import Policy, with_policy
from facetraits.web.http.keys import ApiKeys
from facetraits.web.http.language import t
from facetraits.web.http.problem_words import problem_words
from facetraits.web.http.rate_limit import RateLimit
from facetraits.web.http.streams import ArrivingPart, arriving_parts
from facetraits.web.views.embeds import embed_options, embed_policy
from facetraits.web.views.jobs import RESULT_URLS, JobDesk, accepted, describe

FIELD = "video"
_KIND = "video"
_PAGE = Policy(listed=False)
_MOST_PARTS = 20
_MOST_PER_SECOND = 1000.0
_YES, _NO = ("true", "1", "yes", "on"), ("false", "0", "no", "off")
# A client that sends something else hears so only once it has sent it: up to this size.
_DRAINED_BYTES = 50_000_000
# The files of a video, and the messages that name them.
_DOWNLOADS = {
    "frames.csv": "video.table",
    "frames.jsonl": "video.everyFrame",
    "summary.json": "video.summary",
    "annotated.mp4": "video.annotated",
    "anonymized.mp4": "video.anonymized",
}
_COPY, _BOXES, _SUMMARY = "copy.mp4", "boxes.jsonl", "summary.json"


def can_read_videos() -> bool:
    """Whether the extra "video" is installed."""
    return find_spec("av") is not None


@dataclass(frozen=True, slots=True)
class VideoOptions:
    """What a client requests for a video. Raises BadRequest for an invalid option."""

    per_second: float | None = None
    keep: str = KEEPS[0]
    annotate: bool = True
    anonymize: bool = True

    @classmethod
    def of(cls, given: Mapping[str, str]) -> VideoOptions:
        """From the text of the options `fps`, `keep`, `annotate`, and `anonymize`."""
        options = cls()
        keep = given.get("keep", options.keep)
        if keep not in KEEPS:
            raise BadRequest(f"keep={keep[:50]!r} is not one of {', '.join(KEEPS)}")
        return cls(
            _per_second(given.get("fps")),
            keep,
            _flag(given, "annotate", options.annotate),
            _flag(given, "anonymize", options.anonymize),
        )

    def to_json(self) -> dict[str, Any]:
        """As the options of a job."""
        return {
            "per_second": self.per_second,
            "keep": self.keep,
            "annotate": self.annotate,
            "anonymize": self.anonymize,
        }


def _per_second(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= _MOST_PER_SECOND:
        raise BadRequest(f"fps={text[:50]!r} is not a number above 0 up to {_MOST_PER_SECOND:g}")
    return value


def _flag(given: Mapping[str, str], name: str, default: bool) -> bool:
    if name not in given:
        return default
    text = given[name].lower()
    if text not in (*_YES, *_NO):
        raise BadRequest(f"{name}={text[:50]!r} is not one of true, false")
    return text in _YES


@dataclass(slots=True)
class _Head:
    """The first bytes of an upload, to see at once whether it is a video."""

    is_body: bool
    data: bytes = field(default=b"")

    def split(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """The same chunks; the first ones are read now.

        Raises:
            BadRequest: if they are the body, and there are none.
            UnsupportedType: if they are not the beginning of a video; an empty file is not.
        """
        from facetraits.video.containers import CONTAINERS, HEAD_BYTES, container_of

        for chunk in chunks:
            self.data += chunk
            if len(self.data) >= HEAD_BYTES:
                break
        if self.is_body and not self.data:
            raise _no_video()
        if container_of(self.data[:HEAD_BYTES]) is None:
            if (request.content_length or 0) <= _DRAINED_BYTES:
                for _ in chunks:
                    pass
            formats = ", ".join(CONTAINERS.values())
            raise UnsupportedType(f"the file is not a video in one of these formats: {formats}")
        return chain([self.data], chunks)


def _no_video() -> BadRequest:
    return BadRequest(f"send a video as the body, or as the multipart field '{FIELD}'")


def _receive(desk: JobDesk, write: Any) -> VideoOptions:
    """Writes the request's video, and returns its options.

    Raises:
        BadRequest: if it has no video, or several, or an invalid option.
    """
    given = dict(request.args.items())
    found = 0
    for part in arriving_parts(_MOST_PARTS, desk.pause):
        if not _is_video(part):
            if part.file is None:
                given[part.field] = part.text()
            continue
        found += 1
        if found > 1:
            raise BadRequest("send one video at a time")
        for chunk in _Head(part.is_body).split(part.chunks):
            write(chunk)
    if found == 0:
        raise _no_video()
    return VideoOptions.of(given)


def _is_video(part: ArrivingPart) -> bool:
    """Whether it is the body or the video; forms without a chosen file have no name."""
    return part.is_body or (part.field == FIELD and bool(part.file))


def make_videos(
    desk: JobDesk, *, settings: Settings, rate_limit: RateLimit, keys: ApiKeys, frames: list[str]
) -> Blueprint:
    """The blueprint of videos.

    Args:
        frames: whose pages may frame the embeds.
    """
    blueprint = Blueprint("videos", __name__)
    embeddable = embed_policy(frames)

    @blueprint.post("/api/v1/videos")
    @keys.required
    def submit() -> tuple[dict[str, Any], int, dict[str, str]]:
        if not can_read_videos():
            raise NotInstalled(
                'this server reads no videos: the extra "video" is not installed; its operator can '
                'run pip install "facetraits[video]"'
            )
        rate_limit.take(request.remote_addr or "")
        with desk.new_upload() as upload:
            options = _receive(desk, upload.write)
            upload.close()
            job = desk.submit(_KIND, upload, options.to_json())
        return accepted({**job, **_addresses(job["id"])})

    @blueprint.get("/videos/<job_id>")
    @with_policy(_PAGE)
    def page(job_id: str) -> str:
        values = _page_values(_video_job(desk, job_id), settings)
        return render_template("video.html", **values, frame_ancestors=frames)

    @blueprint.get("/embed/videos/<job_id>")
    @with_policy(embeddable)
    def embed(job_id: str) -> str:
        g.embedded = True  # problems are shown without the site header
        values = _page_values(embeddable_video(desk, job_id), settings)
        return render_template("video_embed.html", **values, **embed_options())

    return blueprint


def embeddable_video(desk: JobDesk, job_id: str) -> JobRecord:
    """The job of a video that was read. Raises NotFound, Expired or StorageUnavailable."""
    record = _video_job(desk, job_id)
    if record.state != "done":
        raise NotFound("the video has not been read yet")
    return record


def _video_job(desk: JobDesk, job_id: str) -> JobRecord:
    record = desk.get(job_id)
    if record.kind != _KIND:
        raise NotFound("there is no such video")
    return record


def _addresses(job_id: str) -> dict[str, str]:
    return {
        "page_url": url_for("videos.page", job_id=job_id, _external=True),
        "embed_url": url_for("videos.embed", job_id=job_id, _external=True),
    }


def _page_url(record: JobRecord) -> str:
    return _addresses(record.id)["page_url"]


RESULT_URLS[_KIND] = _page_url


def _page_values(record: JobRecord, settings: Settings) -> dict[str, Any]:
    """The template variables for a video's page and its embed."""
    addresses = _addresses(record.id)

    def result(name: str) -> str | None:
        """Not absolute: the page loads them from where it came from."""
        if name not in record.results:
            return None
        return url_for("jobs.result", job_id=record.id, name=name)

    job = describe(record)
    return {
        "job": job,
        "failure": problem_words(job["error"]) if job.get("error") else None,
        # The visitor's clock may be wrong.
        "left_s": None if record.is_active else max(0, (record.expires_ms - now_ms()) // 1000),
        "kept": record.detail.get("kept", KEEPS[0]),
        "ttl_s": settings.result_ttl_s,
        "video_url": result(_COPY),
        "boxes_url": result(_BOXES),
        "summary_url": result(_SUMMARY),
        "downloads": [
            {"name": name, "title": t(key), "url": result(name)}
            for name, key in _DOWNLOADS.items()
            if name in record.results
        ],
        "job_url": url_for("jobs.show", job_id=record.id),
        "cancel_url": url_for("jobs.cancel", job_id=record.id),
        "url": addresses["page_url"],
        "embed_url": addresses["embed_url"],
        "oembed_url": url_for(
            "oembed.oembed", url=addresses["page_url"], format="json", _external=True
        ),
    }
