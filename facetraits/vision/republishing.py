"""Encodes a picture that was changed, in the format it came in, with nothing but its pixels.

Whatever else was in the file stays behind: EXIF with the place and the camera, XMP, comments,
thumbnails of the picture as it was, further pictures, and anything after its end. The color
profile is applied instead of kept, because profiles name devices and people, too.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import PurePath

import cv2
import numpy as np
from PIL import Image, ImageCms

from facetraits.errors import TooLarge
from facetraits.pixels import Pixels
from facetraits.vision.exif import orientation_of, turned
from facetraits.vision.formats import sniff
from facetraits.vision.rgb import scale_transparent_color

MAX_OUTPUT_BYTES = 30_000_000
# The rest become JPEG, or PNG if they are lossless: few programs write AVIF and HEIC.
_SAME_FORMAT = {"JPEG", "PNG", "WEBP"}
_LOSSLESS = {"PNG", "GIF", "BMP"}
_WITH_ALPHA = {"PNG", "WEBP", "AVIF", "HEIF"}
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
SUFFIXES = {"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"}
_JPEG_SUFFIXES = {".jpg", ".jpeg", ".jfif"}
_QUALITY = 92


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture file.

    Attributes:
        data: its bytes.
        media_type: image/jpeg, image/png or image/webp.
    """

    data: bytes
    media_type: str


def suffix_for(media_type: str, name: PurePath) -> str:
    """The suffix of a file of that type: the one that it was going to have, if it fits."""
    if media_type == "image/jpeg" and name.suffix.lower() in _JPEG_SUFFIXES:
        return name.suffix
    return SUFFIXES[media_type]


def encode_like(original: bytes, pixels: Pixels, opaque: Pixels) -> Encoded:
    """Encodes a picture's changed pixels.

    Args:
        original: the file that they were decoded from, for its format, transparency and colors.
        pixels: (h, w, 3) RGB uint8, upright, on white.
        opaque: (h, w) uint8, not 0 where nothing of the original's transparency may be kept.

    Raises:
        TooLarge: if the file would be larger than ``MAX_OUTPUT_BYTES``.
    """
    came_as = sniff(original) or "PNG"
    with Image.open(io.BytesIO(original), formats=(came_as,)) as picture:
        alpha = _alpha(picture, came_as, pixels.shape[:2])
        rgb = _to_srgb(pixels, picture.info.get("icc_profile"))
    kind = _format(came_as, alpha is not None)
    if alpha is not None:
        alpha[opaque > 0] = 255
        rgb = np.dstack((_off_white(rgb, alpha), alpha))
    data = _encoded(rgb, kind)
    if len(data) > MAX_OUTPUT_BYTES:
        raise TooLarge(
            f"the anonymized picture has {len(data):,} bytes; the limit is {MAX_OUTPUT_BYTES:,}"
        )
    return Encoded(data, MEDIA_TYPES[kind])


def _format(came_as: str, has_alpha: bool) -> str:
    if came_as in _SAME_FORMAT:
        return came_as
    return "PNG" if has_alpha or came_as in _LOSSLESS else "JPEG"


def _alpha(picture: Image.Image, kind: str, shape: tuple[int, ...]) -> Pixels | None:
    """(h, w) uint8, upright; None if all of the picture is opaque."""
    if kind not in _WITH_ALPHA or picture.mode.startswith("I"):
        return None
    if not picture.has_transparency_data:
        return None
    orientation = orientation_of(picture)
    picture.load()
    if picture.mode != "RGBA":
        scale_transparent_color(picture)
        picture = picture.convert("RGBA")
    alpha = turned(np.array(picture.getchannel("A")), orientation)
    return None if alpha.shape != shape or alpha.min() == 255 else alpha.copy()


def _off_white(rgb: Pixels, alpha: Pixels) -> Pixels:
    """Takes away the white that shows through; what was fully transparent stays white.

    From the flattened pixels, because a file may hide a picture where it is transparent.
    """
    partly = (alpha > 0) & (alpha < 255)
    share = alpha[partly, None].astype(np.float32) / 255
    color = (rgb[partly] - 255 * (1 - share)) / share
    rgb = rgb.copy()
    rgb[partly] = np.clip(np.rint(color), 0, 255)
    return rgb


def _to_srgb(pixels: Pixels, profile: bytes | None) -> Pixels:
    """The pixels in sRGB, which every program assumes of a file without a profile."""
    if not profile:
        return pixels
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != "RGB":  # of a CMYK or gray file
            return pixels
        converted = ImageCms.profileToProfile(
            Image.fromarray(pixels), source, ImageCms.createProfile("sRGB")
        )
    # A damaged profile costs the right colors, not the picture.
    except (ImageCms.PyCMSError, OSError, ValueError):
        return pixels
    return pixels if converted is None else np.asarray(converted)


def _encoded(image: Pixels, kind: str) -> bytes:
    if kind == "WEBP":
        # Pillow's file has no metadata unless it is told to; the fastest method, because a
        # picture has a few seconds of processor time for everything.
        out = io.BytesIO()
        Image.fromarray(image).save(out, "WEBP", quality=_QUALITY, method=1)
        return out.getvalue()
    to_stored = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    options = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY] if kind == "JPEG" else []
    suffix = ".jpg" if kind == "JPEG" else ".png"
    _, data = cv2.imencode(suffix, cv2.cvtColor(image, to_stored), options)
    return np.asarray(data).tobytes()
