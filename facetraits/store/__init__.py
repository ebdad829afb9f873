"""Storage for the results that users choose to keep, until they expire or are deleted."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from facetraits.extras import needs_extra
from facetraits.setting_kinds import without_password
from facetraits.settings import Settings
from facetraits.store.records import KeptResult, new_result

__all__ = ["KeptResult", "Store", "new_result", "open_store"]


class Store(Protocol):
    """Stores results. Calls block. Safe to use from several threads and processes.

    All methods except `close` raise StorageUnavailable if the storage does not respond.
    """

    def put(self, result: KeptResult) -> None:
        """Stores it completely or not at all. Raises StorageFull if there is no space."""
        ...

    def get(self, result_id: str) -> KeptResult:
        """Raises NotFound for an ID that never existed, and Expired for one that did."""
        ...

    def delete(self, result_id: str, token: str) -> None:
        """Deletes it at once. Raises Forbidden for a wrong token, or NotFound or Expired."""
        ...

    def close(self) -> None: ...


def open_store(settings: Settings, data: Path) -> Store:
    """The store that the settings name.

    Args:
        data: the folder that a relative ``settings.data_dir`` is in.

    Raises:
        BadSetting: if it cannot be used.
    """
    # Imported here: the SQLite store needs no Redis client, and the other way around.
    if settings.store == "sqlite":
        from facetraits.store.sqlite import SqliteStore

        return SqliteStore(data / settings.data_dir, settings.store_max_bytes)
    with needs_extra("redis", f"FACETRAITS_STORE={without_password(settings.store)}"):
        from facetraits.store.redis import RedisStore

    return RedisStore(settings.store)
