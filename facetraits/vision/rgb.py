"""Turns the pixels of any of Pillow's modes into RGB, with white behind transparent parts."""

from __future__ import annotations

import numpy as np
from PIL import Image


def to_rgb(picture: Image.Image) -> Image.Image:
    """A picture of any mode → one of mode RGB; itself if it is one already."""
    if picture.mode.startswith("I"):
        return _from_sixteen_bits(picture)
    if not picture.has_transparency_data:
        # convert() would copy a picture even if it is already RGB.
        return picture if picture.mode == "RGB" else picture.convert("RGB")
    if picture.mode != "RGBA":
        scale_transparent_color(picture)
        picture = picture.convert("RGBA")
    return on_white(picture, picture.size, (0, 0), mask=picture.getchannel("A"))


def scale_transparent_color(picture: Image.Image) -> None:
    """Scales a 16-bit transparent color to 8 bits, as Pillow does with the pixels only."""
    color = picture.info.get("transparency")
    if isinstance(color, tuple) and max(color) > 255:
        picture.info["transparency"] = tuple(value >> 8 for value in color)


def on_white(
    picture: Image.Image,
    size: tuple[int, int],
    corner: tuple[int, int],
    mask: Image.Image | None = None,
) -> Image.Image:
    """The picture, pasted at `corner` on a white one of this size."""
    paper = Image.new("RGB", size, "white")
    paper.paste(picture, corner, mask)
    return paper


def _from_sixteen_bits(picture: Image.Image) -> Image.Image:
    """Scales 16 bits to 8. Pillow's conversion clips: all above 255 of 65535 would be white."""
    deep = np.asarray(picture).astype(np.uint32)
    gray = (deep // 257).astype(np.uint8)
    transparent = picture.info.get("transparency")
    if isinstance(transparent, int):
        gray[deep == transparent] = 255
    return Image.fromarray(gray).convert("RGB")
