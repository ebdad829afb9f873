"""What is published of appearances, and what is not."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from facetraits.cameras.appearances import Appearance, Appearances, is_facing
from facetraits.cameras.figures import SLOT_MS, STEP, Sums, published, published_count, sums_of
from facetraits.cameras.periods import figures_of, periods
from facetraits.errors import BadRequest
from tests.web.fakes import canned_face

HOUR_MS = 3_600_000


def appearance(female: float = 0.9, adult: float = 0.8) -> Appearance:
    return Appearance(10, 4, {"28-45": adult, "46-65": 1 - adult}, female)


def tracked(number: int = 1) -> dict:
    return canned_face().to_dict() | {"track_id": number}


def test_below_five_nothing_is_published():
    assert set(published(sums_of([appearance()] * 4)).values()) == {None}


def test_counts_come_in_steps_with_an_interval():
    figures = published(sums_of([appearance()] * 23))

    assert figures["appearances"] == {"count": 25, "low": 23, "high": 27}
    assert figures["gender"]["female"] == {"count": 20, "low": 15, "high": 25}
    assert (figures["seconds_mean"], figures["facing_seconds"]) == (10, 100)
    # 23 x 0.1 men, and 23 x 0.2 of 46 to 65: both below five.
    assert figures["gender"]["male"] is None
    assert figures["age"]["46-65"] is None
    assert figures["expression"] is None


@pytest.mark.parametrize("first", range(STEP, 60))
def test_one_more_appearance_moves_a_count_by_a_whole_step_or_not_at_all(first):
    before, after = published_count(first, 0), published_count(first + 1, 0)

    assert (after.count - before.count) in (0, STEP)
    assert abs(after.count - (first + 1)) <= STEP / 2
    assert after.low <= first + 1 <= after.high


def test_the_interval_does_not_give_the_count_away():
    """Whoever knows the published numbers cannot tell 8 from 12."""
    assert {str(published_count(n, 0.8)) for n in (8, 9, 10, 11, 12)} == {
        str(published_count(10, 0.8))
    }


def test_the_interval_covers_sampled_counts():
    """Of counts drawn by the probabilities, at least as many lie inside as is claimed."""
    import numpy as np

    rng = np.random.default_rng(1)
    share = rng.uniform(0.05, 0.95, 200)
    count = published_count(float(share.sum()), float((share * (1 - share)).sum()))
    drawn = (rng.uniform(size=(4000, 200)) < share).sum(1)

    assert ((drawn >= count.low) & (drawn <= count.high)).mean() >= 0.8


def test_sums_add_up_and_survive_json():
    both = sums_of([appearance()] * 3)
    both.merge(sums_of([appearance(0.2)] * 2))

    assert Sums.from_json(both.to_json()) == both
    whole = sums_of([appearance()] * 3 + [appearance(0.2)] * 2)
    assert both.appearances == whole.appearances == 5
    assert both.gender["female"].count == pytest.approx(whole.gender["female"].count)


def test_a_slot_that_is_not_over_is_left_out():
    slots = {0: sums_of([appearance()] * 10), SLOT_MS: sums_of([appearance()] * 10)}
    (hour,) = periods("hour", 0, HOUR_MS, UTC)

    (during,) = figures_of([hour], slots, SLOT_MS + 5)
    (after,) = figures_of([hour], slots, HOUR_MS)
    assert (during["appearances"]["count"], during["complete"]) == (10, False)
    assert (after["appearances"]["count"], after["complete"]) == (20, True)


def test_days_are_those_of_the_clocks():
    """On March 29, 2026, Berlin's day has 23 hours."""
    zone = ZoneInfo("Europe/Berlin")
    start = int(datetime(2026, 3, 28, 12, tzinfo=zone).timestamp() * 1000)

    found = periods("day", start, start + 48 * HOUR_MS, zone)
    assert [(p.end_ms - p.start_ms) // HOUR_MS for p in found] == [24, 23, 24]


@pytest.mark.parametrize(("start", "end"), [(5, 5), (0, 801 * HOUR_MS)])
def test_a_span_that_is_empty_or_too_long_is_refused(start, end):
    with pytest.raises(BadRequest):
        periods("hour", start, end, UTC)


def test_a_short_track_is_no_appearance():
    appearances = Appearances(least_s=2.0)
    assert appearances.update([tracked()], 0.0) == []
    assert appearances.update([tracked()], 1.0) == []

    assert appearances.update([], 10.0) == []
    assert appearances.in_view == 0


def test_a_track_that_is_over_counts_once_with_its_seconds():
    appearances = Appearances(least_s=2.0)
    for tick in range(11):
        assert appearances.update([tracked()], tick / 2) == []

    (seen,) = appearances.update([], 11.0)
    assert (seen.seconds, seen.facing_s, seen.valence) == (5.0, 5.0, None)
    assert seen.female == pytest.approx(0.97)
    assert appearances.end() == []


def test_expressions_are_kept_only_where_they_are_wanted():
    appearances = Appearances(least_s=1.0, expression=True)
    appearances.update([tracked()], 0.0)
    appearances.update([tracked()], 2.0)

    (seen,) = appearances.end()
    assert set(seen.valence) == {"positive", "neutral", "negative"}


def test_a_face_in_profile_is_not_facing():
    ahead = [[30, 40], [70, 40], [50, 60], [35, 80], [65, 80]]
    aside = [[30, 40], [70, 40], [64, 60], [45, 80], [70, 80]]

    assert is_facing(ahead)
    assert not is_facing(aside)
