import numpy as np
import pytest

from facetraits.reading.geometry import Box, overlap
from facetraits.vision.overlaps import overlaps, without_overlaps

BOXES = [(0, 0, 10, 10), (5, 0, 10, 10), (0, 0, 10, 10), (40, 40, 2, 8)]


def test_each_pair_overlaps_as_two_boxes_do():
    found = overlaps(np.array(BOXES, float), np.array(BOXES[:3], float))
    wanted = [[overlap(Box(*a), Box(*b)) for b in BOXES[:3]] for a in BOXES]
    assert found == pytest.approx(np.array(wanted))


def test_of_boxes_that_overlap_the_first_is_kept():
    boxes = np.array(BOXES, np.float32)
    assert without_overlaps(boxes, 0.3).tolist() == [0, 3]
    assert without_overlaps(boxes, 0.5).tolist() == [0, 1, 3]


def test_boxes_that_are_truncated_to_nothing_overlap_with_none():
    assert without_overlaps(np.zeros((2, 4), np.float32), 0.3).tolist() == [0, 1]


def test_no_boxes():
    assert without_overlaps(np.empty((0, 4)), 0.3).shape == (0,)
