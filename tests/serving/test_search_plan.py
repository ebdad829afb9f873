"""When frames are searched everywhere: by time, and fairly where cameras wait."""

from itertools import pairwise

import pytest

from facetraits.serving.search_plan import SearchPlan


def searches(fps: float, seconds: float, others_wait: bool) -> list[tuple[float, int]]:
    plan = SearchPlan()
    times = [number / fps for number in range(int(seconds * fps))]
    found = [(now_s, plan.search_px(100 + now_s, others_wait)) for now_s in times]
    return [(now_s, px) for now_s, px in found if px]


def test_at_thirty_frames_a_second_every_sixth_and_every_thirty_sixth():
    found = searches(30, 3, others_wait=False)
    assert [round(now_s * 30) for now_s, px in found] == list(range(0, 90, 6))
    assert [round(now_s * 30) for now_s, px in found if px == 640] == [0, 36, 72]
    assert found == searches(30, 3, others_wait=True)


@pytest.mark.parametrize("fps", [0.5, 1.25, 3, 10, 60])
def test_whoever_comes_in_is_looked_for_as_soon_at_any_rate(fps):
    found = searches(fps, 12, others_wait=False)
    frame_s = 1 / fps
    assert longest_wait(found) <= 0.2 + frame_s + 0.01
    assert longest_wait([one for one in found if one[1] == 640]) <= 1.2 + frame_s + 0.01


@pytest.mark.parametrize("fps", [1.25, 3, 10])
def test_cameras_that_wait_for_each_other_share_the_searches(fps):
    alone, many = searches(fps, 30, others_wait=False), searches(fps, 30, others_wait=True)
    assert len(many) < len(alone) or fps < 2  # at one frame a second each is searched
    assert longest_wait(many) <= 1.0 + 1 / fps + 0.01
    assert longest_wait([one for one in many if one[1] == 640]) <= 5.0 + 1 / fps + 0.01


def longest_wait(found: list[tuple[float, int]]) -> float:
    times = [now_s for now_s, _ in found]
    return max(later - sooner for sooner, later in pairwise(times))
