"""Random changes of gray and colored faces."""

import numpy as np
import pytest

from facetraits.training.fit.strong_augmentation import StrongAugmentation, change
from tests.training.conftest import noise

OFF = StrongAugmentation(*[0.0] * 15, 16, 0.0)


def face(channels, side=64):
    return noise(3, side, channels)


@pytest.mark.parametrize("channels", [1, 3])
def test_shape_and_type_stay_whatever_happens(channels):
    every = StrongAugmentation(
        **{f"{n}_share": 1.0 for n in ("coarse", "jpeg", "blur", "noise", "erase")}
    )
    for seed in range(30):
        before = face(channels)
        after = change(before.copy(), every, np.random.default_rng(seed))
        assert (after.shape, after.dtype) == (before.shape, np.uint8)
        assert not np.array_equal(after, before)


@pytest.mark.parametrize("channels", [1, 3])
def test_switched_off_it_only_mirrors(channels):
    before = face(channels)
    seen = [change(before.copy(), OFF, np.random.default_rng(seed)) for seed in range(12)]
    same = [np.array_equal(after, before) for after in seen]
    mirrored = [np.array_equal(after, before[:, ::-1]) for after in seen]
    assert all(a or b for a, b in zip(same, mirrored, strict=True))
    assert any(same) and any(mirrored)


def test_it_depends_on_the_generator_alone():
    first, again = (
        change(face(3), StrongAugmentation(), np.random.default_rng(5)) for _ in range(2)
    )
    assert np.array_equal(first, again)


def test_a_gray_share_of_one_leaves_no_color():
    how = StrongAugmentation(
        gray_share=1.0, tint=0.0, noise_share=0.0, jpeg_share=0.0, erase_share=0.0
    )
    after = change(face(3), how, np.random.default_rng(0)).astype(int)
    assert np.abs(after - after.mean(2, keepdims=True)).max() <= 1


def test_the_smallest_faces_keep_their_side():
    tiny = change(face(1, 16), StrongAugmentation(coarse_share=1.0), np.random.default_rng(1))
    assert tiny.shape == (16, 16)


def test_strength_scales_every_change_and_keeps_the_smallest_size():
    whole, half, none = (StrongAugmentation().times(factor) for factor in (1.0, 0.5, 0.0))
    assert whole == StrongAugmentation()
    assert (half.turn_deg, half.gray_share, half.noise) == (6.0, 0.15, 5.0)
    assert half.least_px == none.least_px == StrongAugmentation().least_px
    face = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)
    changed = change(face, none, np.random.default_rng(1))
    mirrored = face[:, ::-1]
    assert np.array_equal(changed, face) or np.array_equal(changed, mirrored)
