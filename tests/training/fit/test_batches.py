"""Batches of two data sets: half and half, decided by (seed, epoch, batch)."""

from dataclasses import replace

import numpy as np
import pytest

from facetraits.training.fit.batch_workers import Feed
from facetraits.training.fit.batches import Mixture, Part
from facetraits.training.fit.strong_augmentation import StrongAugmentation

SIDE = 16
STILL = StrongAugmentation(*[0.0] * 15, SIDE, 0.0)


def part(count, first, color, classes=3):
    """Pictures of one level each, that their targets count."""
    levels = np.arange(first, first + count, dtype=np.uint8)
    shape = (count, SIDE, SIDE, 3) if color else (count, SIDE, SIDE)
    pixels = np.broadcast_to(levels.reshape(-1, *[1] * (len(shape) - 1)), shape).copy()
    known = np.eye(classes, dtype=np.float32)[levels % classes]
    return Part(pixels, {"a": known, "b": np.zeros_like(known) if color else known})


@pytest.fixture
def mixture():
    return Mixture([part(20, 0, True), part(10, 100, False)], 8, 7, 3, STILL, 0.0, 0.0)


def test_half_of_a_batch_is_of_each_part(mixture):
    pixels, targets = mixture.batch(0, 0)
    assert (pixels.shape, pixels.dtype) == ((8, SIDE, SIDE, 3), np.uint8)
    levels = pixels[:, 0, 0, 0]
    assert (levels[:4] < 20).all()
    assert (levels[4:] >= 100).all()
    assert np.array_equal(targets["a"].argmax(1), levels % 3)
    assert targets["b"].sum(1).tolist() == [0] * 4 + [1] * 4


def test_every_picture_of_a_part_comes_before_one_comes_twice(mixture):
    assert len(mixture) == 3
    levels = [
        level
        for epoch in range(2)
        for index in range(3)
        for level in mixture.batch(epoch, index)[0][:4, 0, 0, 0].tolist()
    ]
    assert sorted(levels[:20]) == list(range(20))


def test_batches_depend_on_seed_epoch_and_index_alone(mixture):
    changed = replace(mixture, strong_augmentation=StrongAugmentation(), mixup=0.5, cutmix=0.5)
    again = replace(changed)
    again.batch(0, 0)
    assert np.array_equal(changed.batch(3, 1)[0], again.batch(3, 1)[0])
    assert not np.array_equal(changed.batch(3, 1)[0], changed.batch(4, 1)[0])


def test_blended_targets_are_shared_as_the_pixels_are(mixture):
    mixed = replace(mixture, mixup=1.0)
    for index in range(3):
        pixels, targets = mixed.batch(0, index)
        clean, labels = mixture.batch(0, index)
        shown, levels = pixels[:4, 0, 0, 0].astype(float), clean[:4, 0, 0, 0].astype(float)
        for i in range(4):
            classes = labels["a"][i].argmax(), labels["a"][i - 1 if i else 3].argmax()
            if classes[0] != classes[1]:
                kept = targets["a"][i][classes[0]]
                assert kept >= 0.5
                expected = kept * levels[i] + (1 - kept) * levels[i - 1 if i else 3]
                assert shown[i] == pytest.approx(expected, abs=1)
        assert targets["b"][:4].sum() == 0  # what nobody knows stays unknown


def test_patched_targets_are_shared_as_the_pixels_are(mixture):
    mixed = replace(mixture, cutmix=1.0)
    for index in range(3):
        pixels, targets = mixed.batch(0, index)
        clean, _ = mixture.batch(0, index)
        kept = (pixels[4:] == clean[4:]).all(3).mean((1, 2))
        assert (
            targets["a"][4:].max(1) == pytest.approx(kept, abs=1e-5)
            or (targets["a"][4:].max(1) >= kept - 1e-5).all()
        )  # a neighbor of the same class adds its share


def test_gray_networks_get_one_channel():
    gray = Mixture([part(8, 0, False), part(8, 100, False)], 4, 0, 1, STILL, 0, 0)
    assert gray.batch(0, 0)[0].shape == (4, SIDE, SIDE, 1)


def test_what_is_saved_opens_to_the_same_batches(mixture, tmp_path):
    mixture.save(tmp_path)
    opened = Mixture.open(tmp_path)
    for one, other in zip(opened.batch(1, 2)[0], mixture.batch(1, 2)[0], strict=True):
        assert np.array_equal(one, other)


def test_every_setting_is_saved(tmp_path):
    parts = [part(8, 0, True), part(8, 100, False)]
    mixture = Mixture(parts, 4, 7, 3, StrongAugmentation(), 0.3, 0.4, 8, 2, mixed_epochs=5)
    mixture.save(tmp_path)
    opened = Mixture.open(tmp_path)
    assert replace(opened, parts=[]) == replace(mixture, parts=[])


def test_processes_make_the_same_batches(mixture, tmp_path):
    alone, together = Feed(mixture, 1, 0, tmp_path), Feed(mixture, 1, 1, tmp_path)
    try:
        for index in range(len(alone)):
            pixels, targets = together[index]
            assert np.array_equal(pixels, alone[index][0])
            assert np.array_equal(targets["a"], alone[index][1]["a"])
        together.on_epoch_end()
        assert np.array_equal(together[0][0], mixture.batch(2, 0)[0])
    finally:
        together.close()


def test_early_epochs_see_smaller_faces(mixture):
    growing = replace(mixture, small_px=8, small_epochs=2)
    sides = [growing.batch(epoch, 0)[0].shape[1:] for epoch in range(4)]
    assert sides == [(8, 8, 3)] * 2 + [(SIDE, SIDE, 3)] * 2
    assert growing.batch(0, 1)[0][:, 3, 3].tolist() == mixture.batch(0, 1)[0][:, 3, 3].tolist()


def test_the_last_epochs_are_not_mixed(mixture):
    mixed = replace(mixture, mixup=1.0, mixed_epochs=2)
    same = [np.array_equal(mixed.batch(e, 0)[0], mixture.batch(e, 0)[0]) for e in range(4)]
    assert same == [False, False, True, True]


def test_parts_have_their_share_and_rare_pictures_come_more_often(tmp_path):
    people = replace(part(20, 0, True), share=0.75, picks=np.repeat(np.arange(20), [3] + [1] * 19))
    mixture = Mixture([people, replace(part(10, 100, False), share=0.25)], 8, 7, 3, STILL, 0.0, 0.0)
    mixture.save(tmp_path)

    for made in (mixture, Mixture.open(tmp_path)):
        levels = np.concatenate([made.batch(0, i)[0][:6, 0, 0, 0] for i in range(4)])
        assert (levels < 20).all()
        assert (made.batch(0, 0)[0][6:, 0, 0, 0] >= 100).all()
        # One pass of 22 shows the first picture three times and the others once.
        assert np.bincount(levels[:22], minlength=20).tolist() == [3] + [1] * 19
