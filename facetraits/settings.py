"""The settings: read once from the environment, with strict validation.

The variable for each setting is `FACETRAITS_` plus its name in capitals; see
docs/configuration.md.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from facetraits import setting_kinds as kinds
from facetraits.errors import BadSetting
from facetraits.setting_kinds import Kind, without_password

PREFIX = "FACETRAITS_"
ASYNC_MODES = ("eventlet", "threading", "gevent")
TRAITNET = "traitnet"
NETS_CHOICES = (TRAITNET, "baseline")
DEFAULT_NETS = NETS_CHOICES[0]
# The networks that "baseline" consists of, by the names of their folders.
BASELINE_NETS = ("baseline_age", "baseline_gender", "baseline_emotion")
KEYS_FOR_CHOICES = ("recordings", "everything")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LOG_FORMATS = ("text", "json")
MAX_BYTES = 20_000_000
MAX_PIXELS = 50_000_000
CAMERA_MEMORY_BYTES = 1_500_000_000

# Used by the browser tests and not by the server, so not a misspelling.
_OF_OTHERS = frozenset({f"{PREFIX}CHROMIUM"})
# Above 178,956,970 pixels, Pillow itself refuses a picture, without reporting its size.
_MOST_PIXELS = 178_956_970


def _workers() -> int:
    """The cores available to this process; in a container, fewer than the machine may have."""
    if hasattr(os, "sched_getaffinity"):
        return min(64, len(os.sched_getaffinity(0)))
    return min(64, os.cpu_count() or 1)


def _setting(default: Any, kind: Kind) -> Any:
    return field(default=default, repr=not (kind.secret or kind.hidden), metadata={"kind": kind})


@dataclass(frozen=True, slots=True)
class Settings:
    """The server's settings. Raises BadSetting for an invalid value.

    Attributes:
        host, port: the address to listen on.
        async_mode: "eventlet", "threading" or "gevent".
        max_faces: only the largest faces of a picture are read, up to this number.
        max_bytes: the maximum size of a file.
        max_pixels: the maximum number of pixels; larger pictures are not decoded.
        nets: which networks to use.
        workers: how many pictures are analyzed at the same time, each in its own process.
        queue_size: how many pictures can wait for a worker; further ones get 503.
        timeout_s: the longest wait for a worker, and for its result, in seconds.
        picture_cpu_s: the most CPU time that one picture can take, in seconds.
        picture_memory_bytes: the most memory that one picture can take in a worker.
        live_clients: how many cameras can be connected at the same time.
        live_clients_per_address: how many of them from one address (IPv6: from one /64).
        live_max_fps, live_max_width, live_jpeg_quality: limits that clients should respect:
            frames per second, pixels, 0.1 to 1.
        live_max_bytes: the maximum size of a frame; larger ones get a problem.
        cors_origins: origins whose pages can call the API; ("*",) for all.
        rate_limit: pictures per client address, such as "60/minute"; "" for no limit.
        frame_ancestors: whose pages can embed results: "self", "none", "*", or origins
            separated by commas.
        store: where results are stored: "sqlite", or the address of a Redis server.
        message_queue: the address of a Redis server through which other processes can send
            events to the cameras; "" for none.
        data_dir: the folder of the SQLite store. A relative path is in the checkout or, if
            the package is installed, in the user's data folder.
        store_max_bytes: the maximum size of the SQLite store on disk.
        result_ttl_s: how long a result is kept, in seconds.
        jobs: where videos and batches are read: "local", or on the workers that a Redis server at
            this address connects.
        jobs_files: where workers and servers find the files of jobs: a folder that they share, or
            an address such as s3://bucket/folder; needed if ``jobs`` is not "local".
        job_queue_size: how many of them can wait; further ones get 503.
        job_timeout_s: how long one of them may take, in seconds.
        job_memory_bytes: the most memory that a job can take, beyond what its process starts with.
        jobs_max_bytes: how much their files may take on the disk, all together.
        upload_max_bytes: the maximum size of a video or a batch.
        video_max_seconds, video_max_pixels: the longest video, and the most pixels of a frame.
        proxies: the number of reverse proxies whose X-Forwarded-* headers are trusted.
        trusted_hosts: the server's host names, without ports; ("*",) for any,
            () for those that fit ``host``.
        cameras: a TOML file with the cameras to read; "" for none (docs/cameras.md).
        camera_memory_bytes: the most memory that decoding a camera can take, beyond what its
            process starts with.
        figures_days: how many days the cameras' figures are kept.
        api_keys: the hashes of the API keys; see `web.http.keys` for what needs one.
        keys_for: "recordings" if only cameras, recordings and jobs need a key, or "everything".
        drain_s: for how many seconds the server goes on after SIGTERM while `/readyz` says 503.
        source_url: the address of the code and its documents, linked on the first page; "" for
            no link.
        log_level: DEBUG, INFO, WARNING or ERROR.
        log_format: "text", or "json" for one JSON object a line.
        traces: the address of an OpenTelemetry collector; "" for no traces.
    """

    host: str = _setting("127.0.0.1", kinds.HOST)
    port: int = _setting(5000, kinds.whole(1, 65_535))
    async_mode: str = _setting(ASYNC_MODES[0], kinds.choice(ASYNC_MODES))
    max_faces: int = _setting(5, kinds.whole(1, 100))
    max_bytes: int = _setting(MAX_BYTES, kinds.whole(1_000, 1_000_000_000))
    max_pixels: int = _setting(MAX_PIXELS, kinds.whole(1_000, _MOST_PIXELS))
    nets: str = _setting(DEFAULT_NETS, kinds.choice(NETS_CHOICES))
    workers: int = _setting(_workers(), kinds.whole(1, 64))
    queue_size: int = _setting(32, kinds.whole(0, 1_000))
    timeout_s: float = _setting(20.0, kinds.seconds(0.1, 600))
    picture_cpu_s: int = _setting(10, kinds.whole(1, 600))
    picture_memory_bytes: int = _setting(1_500_000_000, kinds.whole(100_000_000, 64_000_000_000))
    live_clients: int = _setting(256, kinds.whole(1, 10_000))
    live_clients_per_address: int = _setting(64, kinds.whole(1, 10_000))
    live_max_fps: int = _setting(30, kinds.whole(1, 120))
    live_max_width: int = _setting(640, kinds.whole(64, 4_096))
    live_jpeg_quality: float = _setting(0.8, kinds.number(0.1, 1.0))
    live_max_bytes: int = _setting(500_000, kinds.whole(1_000, 8_000_000))
    cors_origins: tuple[str, ...] = _setting((), kinds.ORIGINS)
    rate_limit: str = _setting("", kinds.RATE_LIMIT)
    frame_ancestors: str = _setting("self", kinds.FRAMES)
    store: str = _setting("sqlite", kinds.STORE)
    message_queue: str = _setting("", kinds.QUEUE)
    data_dir: str = _setting("instance", kinds.FOLDER)
    store_max_bytes: int = _setting(1_000_000_000, kinds.whole(1_000_000, 1_000_000_000_000))
    result_ttl_s: int = _setting(86_400, kinds.whole(1, 2_592_000))
    jobs: str = _setting("local", kinds.JOBS)
    jobs_files: str = _setting("", kinds.JOBS_FILES)
    job_queue_size: int = _setting(16, kinds.whole(1, 10_000))
    job_timeout_s: int = _setting(21_600, kinds.whole(1, 604_800))
    job_memory_bytes: int = _setting(6_000_000_000, kinds.whole(1_000_000_000, 1_000_000_000_000))
    jobs_max_bytes: int = _setting(20_000_000_000, kinds.whole(1_000_000, 100_000_000_000_000))
    upload_max_bytes: int = _setting(2_000_000_000, kinds.whole(1_000, 1_000_000_000_000))
    video_max_seconds: int = _setting(7_200, kinds.whole(1, 86_400))
    video_max_pixels: int = _setting(10_000_000, kinds.whole(1_000, 100_000_000))
    proxies: int = _setting(0, kinds.whole(0, 10))
    trusted_hosts: tuple[str, ...] = _setting((), kinds.HOSTS)
    cameras: str = _setting("", kinds.FILE)
    camera_memory_bytes: int = _setting(
        CAMERA_MEMORY_BYTES, kinds.whole(100_000_000, 64_000_000_000)
    )
    figures_days: int = _setting(90, kinds.whole(1, 3_650))
    api_keys: tuple[str, ...] = _setting((), kinds.KEYS)
    keys_for: str = _setting(KEYS_FOR_CHOICES[0], kinds.choice(KEYS_FOR_CHOICES))
    drain_s: float = _setting(0.0, kinds.seconds(0, 300))
    source_url: str = _setting("", kinds.ADDRESS)
    log_level: str = _setting("INFO", kinds.choice(LOG_LEVELS))
    log_format: str = _setting(LOG_FORMATS[0], kinds.choice(LOG_FORMATS))
    traces: str = _setting("", kinds.COLLECTOR)

    def __post_init__(self) -> None:
        for name, kind in _kinds().items():
            value = getattr(self, name)
            if not kind.fits(value):
                raise _bad(variable_of(name), value, kind)

    @classmethod
    def from_env(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """The settings from environment variables, by default from `os.environ`.

        Raises:
            BadSetting: with one line that names the variable, its value, and what is valid.
        """
        environ = os.environ if environ is None else environ
        given = {v: t for v, t in environ.items() if v.startswith(PREFIX) and v not in _OF_OTHERS}
        known = {variable_of(name): (name, kind) for name, kind in _kinds().items()}
        values = {}
        for variable, text in sorted(given.items()):
            if variable not in known:
                raise BadSetting(_unknown(variable, list(known)))
            name, kind = known[variable]
            values[name] = _read(variable, text, kind)
        return cls(**values)

    def without_secrets(self) -> dict[str, Any]:
        """The values that a process that handles strangers' bytes may know, by their names."""
        return {
            name: getattr(self, name)
            for name, kind in _kinds().items()
            if not (kind.secret or kind.hidden)
        }

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> Settings:
        """What `without_secrets` returned, also from JSON; secrets have their defaults."""
        own: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in values.items()
        }
        return cls(**own)


def variable_of(name: str) -> str:
    """max_faces → FACETRAITS_MAX_FACES."""
    return PREFIX + name.upper()


def _kinds() -> dict[str, Kind]:
    return {field.name: field.metadata["kind"] for field in fields(Settings)}


def _read(variable: str, text: str, kind: Kind) -> Any:
    try:
        value = kind.parse(text)
    except ValueError:
        raise _bad(variable, text, kind) from None
    if not kind.fits(value):
        raise _bad(variable, text, kind)
    return value


def _bad(variable: str, got: Any, kind: Kind) -> BadSetting:
    if kind.hidden:
        return BadSetting(f"{variable} is not {kind.wanted}")
    shown = without_password(got) if kind.secret and isinstance(got, str) else got
    return BadSetting(f"{variable}={shown!r} is not {kind.wanted}")


def _unknown(variable: str, known: list[str]) -> str:
    names = [name.removeprefix(PREFIX) for name in known]
    near = difflib.get_close_matches(variable.removeprefix(PREFIX), names, 1)
    hint = f"did you mean {PREFIX}{near[0]}?" if near else f"settings are {', '.join(known)}"
    return f"{variable} is not a setting; {hint}"
