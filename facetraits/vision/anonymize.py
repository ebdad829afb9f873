"""A picture and its reading → the picture with faces hidden, and nothing else from its file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Self

from msgspec import Meta

from facetraits.pixels import Pixels
from facetraits.reading.geometry import Box
from facetraits.reading.json_value import JsonValue
from facetraits.reading.model import BoxRatio, Reading
from facetraits.reading.units import one_of
from facetraits.vision.hiding import STYLES, Hiding, hide_faces
from facetraits.vision.pipeline import FrameReader
from facetraits.vision.republishing import MEDIA_TYPES, encode_like

NOTICE = "Faces may have been missed: look at the picture before you share it."


@dataclass(frozen=True, slots=True)
class Anonymized:
    """A picture with faces hidden.

    Attributes:
        data: the encoded picture, upright, without metadata.
        media_type: image/jpeg, image/png or image/webp.
        boxes: of the hidden faces: the reading's first, then doubtful ones.
    """

    data: bytes
    media_type: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True)
class HiddenFace(JsonValue):
    """Where a face was hidden."""

    box: Annotated[Box, Meta(description="in pixels, inside the upright picture")]
    box_ratio: BoxRatio


@dataclass(frozen=True, slots=True)
class Hidden(JsonValue):
    """What was hidden in a picture."""

    request_id: str
    width: Annotated[int, Meta(ge=1, description="pixels, of the upright picture")]
    height: Annotated[int, Meta(ge=1, description="pixels, of the upright picture")]
    style: Annotated[str, one_of(STYLES)]
    hidden: Annotated[
        tuple[HiddenFace, ...],
        Meta(description="one for each hidden face: the reading's first, then doubtful ones"),
    ]
    notice: Annotated[str, Meta(description="what to know before sharing it; for people")]
    media_type: Annotated[str, one_of(tuple(MEDIA_TYPES.values()))]

    @classmethod
    def of(cls, anonymized: Anonymized, reading: Reading, hiding: Hiding) -> Self:
        """Describes a picture that was made from the one of the reading."""
        width, height = reading.width, reading.height
        faces = (HiddenFace(box, BoxRatio.of(box, width, height)) for box in anonymized.boxes)
        return cls(
            request_id=reading.request_id,
            width=width,
            height=height,
            style=hiding.style,
            hidden=tuple(faces),
            notice=NOTICE,
            media_type=anonymized.media_type,
        )


def anonymize(
    original: bytes, pixels: Pixels, *, reading: Reading, reader: FrameReader, hiding: Hiding
) -> Anonymized:
    """Hides faces, in the picture's own format where possible; changes the pixels, too.

    Args:
        original: the file.
        pixels: (h, w, 3) RGB uint8, decoded from it.
        reading: what ``reader`` read in them.
        hiding: which faces to hide, and how.

    Raises:
        BadRequest: if a face that is to be hidden is not in the reading.
        TooLarge: see `republishing.encode_like`.
    """
    boxes = reader.boxes_to_hide(pixels, reading, hiding.faces)
    changed = hide_faces(pixels, boxes, hiding.style)
    picture = encode_like(original, pixels, changed)
    return Anonymized(picture.data, picture.media_type, tuple(boxes))
