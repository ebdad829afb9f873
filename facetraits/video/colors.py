"""A decoded frame of any pixel format → 8-bit RGB as a screen shows it.

Frames of 10 and 12 bits are rounded to 8. High dynamic range (HDR10's PQ curve, and HLG) is
tone-mapped: linear light, BT.2020 to BT.709 primaries, a Reinhard curve that keeps skin tones
and rolls off highlights, and the sRGB curve. Without this, an HDR face is gray and flat.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import av
import cv2
import numpy as np
from av.video.reformatter import Colorspace, VideoReformatter
from numpy.typing import NDArray

from facetraits.pixels import Pixels, as_pixels

# Transfer characteristics of ITU-T H.273.
_PQ, _HLG = 16, 18
_UNSPECIFIED = 2
# Without a mark, players take high-definition video as BT.709 and the rest as BT.601.
_HD_LINES = 720
# HDR white of graphics, and so of a well-lit face, in nits (ITU-R BT.2408).
_WHITE_NITS = 203.0
_PQ_PEAK_NITS = 10_000.0
# HLG's display, with the system gamma that ITU-R BT.2100 gives for 1,000 nits.
_HLG_PEAK_NITS, _HLG_GAMMA = 1000.0, 1.2
# Light of this many times white is mapped to the brightest value.
_BRIGHTEST: Final = 5.0
_STEPS = 1024
_BT2020_TO_BT709 = np.array(
    [[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32
)


def is_hdr(frame: av.VideoFrame) -> bool:
    """Whether its values mean light by one of the HDR curves."""
    return frame.color_trc in (_PQ, _HLG)


class ToRgb:
    """Converts a video's frames, scaled to one size. Not safe for use by two threads at once.

    Args:
        width, height: the size of the result, in pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self._size = {"width": width, "height": height}
        self._scaler = VideoReformatter()

    def __call__(self, frame: av.VideoFrame) -> Pixels:
        """A frame → (height, width, 3) RGB uint8, as stored (not turned)."""
        source = _matrix(frame)
        # More threads would take cores from the networks.
        if not is_hdr(frame):
            rgb = self._scaler.reformat(
                frame, **self._size, format="rgb24", src_colorspace=source, threads=1
            )
            return as_pixels(rgb.to_ndarray())
        deep = self._scaler.reformat(
            frame, **self._size, format="rgb48le", src_colorspace=source, threads=1
        )
        return _tone_mapped(np.asarray(deep.to_ndarray(), np.uint16), frame.color_trc)


def _matrix(frame: av.VideoFrame) -> int | None:
    """The matrix from YUV to RGB; None for the one that the frame names."""
    if frame.colorspace != _UNSPECIFIED:
        return None
    return Colorspace.ITU709 if frame.height >= _HD_LINES else Colorspace.ITU601


def _tone_mapped(deep: NDArray[np.uint16], curve: int) -> Pixels:
    """(h, w, 3) uint16 by an HDR curve → (h, w, 3) uint8 by sRGB's."""
    light = cv2.transform(_to_light(curve)[deep >> 6], _BT2020_TO_BT709)
    steps = np.clip(light * ((_STEPS - 1) / _BRIGHTEST), 0, _STEPS - 1)
    return as_pixels(_to_srgb()[np.sqrt(steps * (_STEPS - 1)).astype(np.uint16)])


@cache
def _to_light(curve: int) -> NDArray[np.float32]:
    """10-bit values → linear light, where 1 is white."""
    value = np.linspace(0, 1, _STEPS)
    if curve == _PQ:
        root = value ** (1 / 78.84375)
        base = np.maximum(root - 0.8359375, 0) / (18.8515625 - 18.6875 * root)
        nits = _PQ_PEAK_NITS * base ** (1 / 0.1593017578125)
    else:
        a, b, c = 0.17883277, 0.28466892, 0.55991073
        scene = np.where(value <= 0.5, value**2 / 3, (np.exp((value - c) / a) + b) / 12)
        nits = _HLG_PEAK_NITS * scene**_HLG_GAMMA
    return (nits / _WHITE_NITS).astype(np.float32)


@cache
def _to_srgb() -> Pixels:
    """Linear light → sRGB; spaced by its square root, because both are finer in the dark."""
    light = np.linspace(0, 1, _STEPS) ** 2 * _BRIGHTEST
    mapped = light * (1 + light / _BRIGHTEST**2) / (1 + light)
    srgb = np.where(mapped <= 0.0031308, 12.92 * mapped, 1.055 * mapped ** (1 / 2.4) - 0.055)
    return np.round(255 * np.clip(srgb, 0, 1)).astype(np.uint8)
