"""10 bits and high dynamic range become the 8-bit RGB of the same picture."""

import numpy as np
import pytest

from facetraits.video.colors import _tone_mapped
from facetraits.video.frames import Video
from tests.moving_face import draw
from tests.video.videos import opened, video

PQ, HLG, BT2020 = 16, 18, 9
# Its threads would wait for each other on a busy machine.
X265 = {"preset": "ultrafast", "x265-params": "pools=none:frame-threads=1:bframes=0:log-level=none"}


def first_frame(data):
    with Video(opened(data)) as read:
        return next(read.frames()).pixels, read.info


@pytest.mark.parametrize(
    ("codec", "pixel_format", "options"),
    [("libx265", "yuv420p10le", X265), ("prores_ks", "yuv422p10le", {})],
)
def test_ten_bits_are_rounded_to_eight(codec, pixel_format, options):
    data = video(frames=2, codec=codec, pixel_format=pixel_format, container="mov", options=options)
    pixels, info = first_frame(data)
    assert pixels.dtype == np.uint8
    assert not info.hdr
    assert np.abs(pixels.astype(float) - draw(0)).mean() < 6


@pytest.mark.parametrize("curve", [PQ, HLG])
def test_hdr_is_tone_mapped(curve):
    colors = {"color_trc": curve, "color_primaries": BT2020, "colorspace": BT2020}
    data = video(
        frames=2,
        codec="libx265",
        pixel_format="yuv420p10le",
        colors=colors,
        options=X265,
    )
    pixels, info = first_frame(data)
    assert info.hdr
    assert pixels.dtype == np.uint8
    # The same values, read by a curve that means much more light at the top.
    assert pixels.std() > 10


@pytest.mark.parametrize(("curve", "white"), [(PQ, 0.58), (HLG, 0.75)])
def test_hdr_values_become_what_they_mean(curve, white):
    """BT.2408: graphics white is 58% of PQ and 75% of HLG."""

    def shown(signal):
        deep = np.full((1, 1, 3), round(signal * 65_535), np.uint16)
        return _tone_mapped(deep, curve)[0, 0].astype(int)

    assert shown(0.0).max() == 0
    # White is bright but leaves room for highlights; a gray of 18% stays well below it.
    assert 170 < shown(white).min() <= shown(white).max() < 215
    assert 60 < shown(white * 0.62).mean() < 130
    levels = [shown(s).mean() for s in np.linspace(0, 1, 30)]
    assert levels == sorted(levels)
    assert levels[-1] > 240
    # Gray stays gray.
    assert np.ptp(shown(white)) <= 2
