"""Boxes and the similarity transform."""

import numpy as np
import pytest

from facetraits.reading.geometry import Box, overlap, similarity


@pytest.mark.parametrize("size", [(0, 5), (5, 0), (-1, 5), (float("nan"), 5)])
def test_a_box_without_area_is_refused(size):
    with pytest.raises(ValueError, match="positive size"):
        Box(1, 2, *size)


def test_clipping_keeps_the_part_inside():
    assert Box(-10, 5, 30, 100).clipped(50, 60) == Box(0, 5, 20, 55)


def test_clipping_a_box_outside_leaves_none():
    assert Box(60, 5, 10, 10).clipped(50, 60) is None


def test_overlap_of_halves():
    assert overlap(Box(0, 0, 10, 10), Box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert overlap(Box(0, 0, 10, 10), Box(20, 0, 10, 10)) == 0


def test_similarity_recovers_a_turn_a_scale_and_a_shift():
    source = np.array([[0, 0], [4, 0], [1, 3], [2, 2]], np.float64)
    turn = np.deg2rad(30)
    known = 2 * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    target = source @ known.T + [5, -7]
    matrix = similarity(source, target)
    assert matrix[:, :2] == pytest.approx(known)
    assert matrix[:, 2] == pytest.approx([5, -7])


def test_similarity_never_mirrors():
    source = np.array([[0, 0], [4, 0], [1, 3]], np.float64)
    matrix = similarity(source, source * [-1, 1])
    assert np.linalg.det(matrix[:, :2]) >= 0


def test_similarity_of_one_point_is_refused():
    with pytest.raises(ValueError, match="distinct points"):
        similarity(np.ones((5, 2)), np.zeros((5, 2)))


def test_a_grown_box_is_a_square_around_the_same_middle():
    assert Box(10, 20, 30, 40).grown(2.0) == Box(-15, 0, 80, 80)
