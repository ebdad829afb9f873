"""Who may read a camera: this process alone, or one of several that share a Redis server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from facetraits.store.records import now_ms

OnLost = Callable[[], None]


class Lease(Protocol):
    """Ownership of cameras. Safe from any thread."""

    def acquire(self, camera: str, on_lost: OnLost) -> bool:
        """Whether this process owns the camera now; `on_lost` is called if that ends."""
        ...

    def holds(self, camera: str) -> bool: ...

    def token(self, camera: str) -> int | None:
        """The fencing token that its figures are written with; None if it is not owned."""
        ...

    def release(self, camera: str) -> None: ...

    def close(self) -> None: ...


class SoleOwner:
    """Owns every camera: there is no other server.

    Should another one be started with the same store by mistake, only the newer one's figures
    count: its token, the time, is higher.
    """

    def __init__(self) -> None:
        self._token = now_ms()

    def acquire(self, camera: str, on_lost: OnLost) -> bool:
        return True

    def holds(self, camera: str) -> bool:
        return True

    def token(self, camera: str) -> int | None:
        return self._token

    def release(self, camera: str) -> None:
        """There is nobody to release it for."""

    def close(self) -> None:
        """There is nothing to close."""
