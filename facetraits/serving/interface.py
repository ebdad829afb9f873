"""What the web needs of whatever reads the pictures."""

from __future__ import annotations

from typing import Protocol

from facetraits.reading.model import Reading
from facetraits.serving.camera_queue import Listener, LiveLink


class Service(Protocol):
    """`facetraits.serving.service.InferenceService`, or a test's own."""

    @property
    def nets(self) -> str:
        """What answers: a reading's `nets`."""
        ...

    @property
    def ready(self) -> bool:
        """Whether pictures are read: the networks are loaded and not closed again."""
        ...

    def read_photo(self, data: bytes, request_id: str) -> Reading:
        """An encoded picture → its reading. Blocks; called from several native threads.

        Raises:
            FacetraitsError: BadImage, UnsupportedType, TooLarge or Overloaded.
        """
        ...

    def read_and_copy(self, data: bytes, request_id: str) -> tuple[Reading, bytes]:
        """The same, with the picture's copy to keep: a JPEG, upright, small, without metadata."""
        ...

    def close(self) -> None:
        """No new readings."""
        ...

    def open_live(self, listener: Listener) -> LiveLink:
        """A link for one more camera. Raises Overloaded where there are too many."""
        ...

    def close_live(self, link: LiveLink) -> None:
        """Ends a link that `open_live` gave."""
        ...
