"""From the settings to the cameras: the store of their figures, and who owns them."""

from __future__ import annotations

from pathlib import Path

from facetraits.cameras.config import CamerasConfig, read_config
from facetraits.cameras.fleet import Fleet, Surroundings
from facetraits.cameras.lease import Lease, SoleOwner
from facetraits.cameras.publisher import Publisher, make_sinks
from facetraits.cameras.store import FigureStore, SqliteFigures
from facetraits.extras import needs_extra
from facetraits.paths import Paths
from facetraits.serving.service import InferenceService
from facetraits.settings import Settings
from facetraits.store.database import Database


def open_figures(settings: Settings, paths: Paths) -> FigureStore:
    """Where results are stored, too: Redis or SQLite. Raises BadSetting if it cannot be used."""
    if settings.store != "sqlite":
        with needs_extra("redis", "FACETRAITS_STORE with Redis"):
            from facetraits.cameras.redis_figures import RedisFigures
            from facetraits.store.redis import connected
        return RedisFigures(connected(settings.store, "FACETRAITS_STORE"))
    return SqliteFigures(Database(paths.data / settings.data_dir, settings.store_max_bytes))


def read_cameras(settings: Settings) -> CamerasConfig | None:
    """The cameras of ``settings.cameras``; None if it is not set.

    Raises:
        BadSetting: if the file is wrong, or what is needed to read cameras is not installed.
    """
    if not settings.cameras:
        return None
    config = read_config(Path(settings.cameras))
    with needs_extra("video", f"FACETRAITS_CAMERAS={settings.cameras}"):
        import av  # noqa: F401  # used by the decoder processes
    return config


def open_fleet(
    config: CamerasConfig, settings: Settings, service: InferenceService, paths: Paths
) -> Fleet:
    """The cameras, not started yet.

    Raises:
        BadSetting: if the store or Redis cannot be used, or paho is needed and not installed.
    """
    figures = open_figures(settings, paths)
    lease = open_lease(settings, figures)
    around = Surroundings(
        service,
        figures,
        paths,
        lease,
        days=settings.figures_days,
        memory_bytes=settings.camera_memory_bytes,
    )
    publisher = Publisher(figures, list(config.cameras), make_sinks(config), lease)
    return Fleet(config, around, publisher)


def open_lease(settings: Settings, figures: FigureStore) -> Lease:
    """Through Redis if the settings name a server, or else none is needed."""
    address = settings.message_queue
    if settings.store != "sqlite":
        address = settings.store
    if not address:
        return SoleOwner()
    with needs_extra("redis", "FACETRAITS_CAMERAS with Redis"):
        from facetraits.cameras.redis_lease import RedisLease
        from facetraits.store.redis import connected
    redis = connected(address, "FACETRAITS_STORE or FACETRAITS_MESSAGE_QUEUE")
    return RedisLease(redis, figures.claim)
