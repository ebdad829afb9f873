"""Where results are kept that somebody chose to keep, until they expire or are deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from facetraits.extras import needs_extra
from facetraits.settings import Settings, without_password
from facetraits.store.records import KeptResult, new_result

__all__ = ["KeptResult", "Store", "new_result", "open_store"]


class Store(Protocol):
    """Keeps results. Each call blocks; safe from any native thread, and beside other processes.

    All but `close` raise StorageUnavailable where what is behind it does not answer.
    """

    def put(self, result: KeptResult) -> None:
        """Keeps it, whole or not at all. Raises StorageFull where there is no room."""
        ...

    def get(self, result_id: str) -> KeptResult:
        """Raises NotFound for an id that never was, Expired for one that was."""
        ...

    def delete(self, result_id: str, token: str) -> None:
        """Forgets it at once. Raises Forbidden for another token; NotFound, Expired as `get`."""
        ...

    def close(self) -> None: ...


def open_store(settings: Settings, data: Path) -> Store:
    """The store of the settings.

    Args:
        data: where a relative ``settings.data_dir`` lies.

    Raises:
        BadSetting: where it cannot be used.
    """
    # Imported here: who keeps results in a file needs no Redis client, and the other way round.
    if settings.store == "sqlite":
        from facetraits.store.sqlite import SqliteStore

        return SqliteStore(data / settings.data_dir, settings.store_max_bytes)
    with needs_extra("redis", f"FACETRAITS_STORE={without_password(settings.store)}"):
        from facetraits.store.redis import RedisStore

    return RedisStore(settings.store)
