"""Tracks on faces made by hand: numbers that stay, answers that settle."""

from dataclasses import replace

import numpy as np
import pytest

from facetraits.reading.geometry import Box
from facetraits.reading.model import (
    AgeReading,
    Doubt,
    EmotionReading,
    Face,
    FoundFace,
    GenderReading,
    Traits,
)
from facetraits.reading.traits import AGE_RANGES, EMOTIONS
from facetraits.vision.averages import ERROR_CORRELATION, trimmed_mean
from facetraits.vision.tracking import Tracker, likeness

LANDMARKS = np.zeros((5, 2), np.float32)
FRAME_S = 1 / 30


def look(seed):
    pixels = np.random.default_rng(seed).standard_normal((16, 16)).astype(np.float32)
    return (pixels - pixels.mean()) / pixels.std()


ANN, BOB = look(1), look(2)


def ranges(best):
    shares = {r.name: 0.05 for r in AGE_RANGES}
    return shares | {best: 1 - 0.05 * (len(AGE_RANGES) - 1)}


def face(x=100.0, side=80.0, looks=ANN, age=30.0, female=0.9, positive=0.8, doubts=(), scores=None):
    gender = GenderReading("female", female) if female >= 0.5 else GenderReading("male", 1 - female)
    valence = {"positive": positive, "neutral": (1 - positive) / 2, "negative": (1 - positive) / 2}
    emotion = EmotionReading("positive", positive, valence, scores=scores)
    traits = Traits(
        AgeReading(age, age - 8, age + 12, 0.8, "28-45", ranges("28-45")), gender, emotion, doubts
    )
    return Face.of(FoundFace(Box(x, 50.0, side, side), LANDMARKS, 0.9, looks), traits, 640, 480)


def follow(tracker, frames, start_s=0.0):
    """Each frame's faces through the tracker; the last frame's answers."""
    answers = ()
    for number, faces in enumerate(frames):
        answers = tracker.update(faces, start_s + number * FRAME_S)
    return answers


def test_a_face_keeps_its_number_while_it_moves():
    tracker = Tracker()
    numbers = [tracker.update([face(x=100 + 12 * i)], i * FRAME_S)[0].track_id for i in range(40)]
    assert set(numbers) == {1}


def test_two_faces_that_pass_each_other_keep_their_numbers():
    tracker = Tracker()
    for i in range(41):
        ann, bob = face(x=100 + 5 * i, looks=ANN), face(x=300 - 5 * i, looks=BOB)
        # Detectors give the larger face first, and which one that is changes.
        order = [ann, bob] if i % 2 else [bob, ann]
        found = {f.look is ANN: f.track_id for f in tracker.update(order, i * FRAME_S)}
        if i == 0:
            first = found
    assert found == first


def test_another_face_in_the_same_place_begins_anew():
    tracker = Tracker()
    follow(tracker, [[face(looks=ANN, age=70.0, female=0.99)]] * 30)
    (new,) = follow(tracker, [[face(looks=BOB, age=20.0, female=0.2)]], start_s=1.0 + FRAME_S)
    assert (new.track_id, new.frames) == (2, 1)
    assert new.age.value == 20.0
    assert new.gender == GenderReading("male", pytest.approx(0.8))


def test_a_face_that_was_away_for_long_begins_anew():
    tracker = Tracker()
    follow(tracker, [[face()]] * 10)
    (soon,) = tracker.update([face()], 0.3 + 0.5)
    assert soon.track_id == 1
    for now_s in (0.9, 1.0):
        tracker.update([], now_s)
    (late,) = tracker.update([face()], 0.8 + 0.8)
    assert (late.track_id, late.frames) == (2, 1)


@pytest.mark.parametrize("fps", [1.25, 0.5])
def test_a_face_that_is_always_there_keeps_its_number_at_any_rate(fps):
    tracker = Tracker()
    seen = [tracker.update([face()], number / fps)[0] for number in range(5)]
    assert [f.track_id for f in seen] == [1] * 5
    assert seen[-1].frames == 5


def test_a_face_after_a_long_pause_is_another():
    tracker = Tracker()
    tracker.update([face()], 0.0)
    (late,) = tracker.update([face()], 5.5)
    assert late.track_id == 2


def test_the_baseline_networks_intervals_narrow_by_their_own_errors():
    widths = {}
    for nets in ERROR_CORRELATION:
        (answer,) = follow(Tracker(nets=nets), [[face()]] * 50)
        widths[nets] = answer.age.high - answer.age.low
    assert widths["baseline"] == pytest.approx(20 * (0.79 + 0.21 / 50) ** 0.5)
    assert widths["traitnet"] == pytest.approx(20 * (0.97 + 0.03 / 50) ** 0.5)


def test_a_face_of_another_size_or_place_is_another():
    tracker = Tracker()
    follow(tracker, [[face(side=80)]])
    (larger,) = tracker.update([face(side=200)], FRAME_S)
    (elsewhere,) = tracker.update([face(x=500)], 2 * FRAME_S)
    assert [larger.track_id, elsewhere.track_id] == [2, 3]


def test_ages_settle_and_one_odd_frame_does_not_move_them():
    ages = [30.0, 33.0, 27.0, 31.0, 29.0] * 4
    (steady,) = follow(Tracker(), [[face(age=age)] for age in ages])
    (odd,) = follow(Tracker(), [[face(age=age)] for age in [*ages, 95.0]])
    assert steady.age.value == pytest.approx(30.0, abs=0.2)
    assert odd.age.value == pytest.approx(steady.age.value, abs=0.3)


def test_the_interval_narrows_with_evidence_to_a_bound():
    def width(frames):
        (answer,) = follow(Tracker(), [[face()]] * frames)
        assert answer.frames == frames
        return answer.age.high - answer.age.low

    one, ten, many = width(1), width(10), width(60)
    assert one == pytest.approx(20.0)
    assert many < ten < one
    # Errors on one face are alike from frame to frame: they never average away.
    assert many > 20.0 * ERROR_CORRELATION["traitnet"] ** 0.5


def test_gender_is_averaged_in_log_odds():
    (answer,) = follow(Tracker(), [[face(female=0.9)], [face(female=0.4)]])
    expected = 1 / (1 + np.exp(-(np.log(9) + np.log(0.4 / 0.6)) / 2))
    assert answer.gender == GenderReading("female", pytest.approx(expected))


def test_expressions_follow_within_a_second():
    tracker = Tracker()
    follow(tracker, [[face(positive=0.9)]] * 60)
    (at_once,) = tracker.update([face(positive=0.05)], 60 * FRAME_S)
    assert at_once.emotion.dominant == "positive"
    (later,) = follow(tracker, [[face(positive=0.05)]] * 30, start_s=61 * FRAME_S)
    assert later.emotion.valence["positive"] < 0.15


def test_eight_emotions_are_averaged_where_there_are_eight():
    def scores(name):
        return {e: (0.93 if e == name else 0.01) for e in EMOTIONS}

    frames = [[face(scores=scores("fear"))]] * 3 + [[face(scores=scores("surprise"))]] * 40
    (answer,) = follow(Tracker(), frames)
    assert answer.emotion.dominant == "surprise"
    assert sum(answer.emotion.scores.values()) == pytest.approx(1.0)
    assert sum(answer.emotion.valence.values()) == pytest.approx(1.0)


def test_one_doubtful_frame_is_no_doubt_and_many_are():
    small = (Doubt("age", "small"),)
    (once,) = follow(Tracker(), [[face()]] * 9 + [[face(doubts=small)]])
    (often,) = follow(Tracker(), [[face()]] * 3 + [[face(doubts=small)]] * 9)
    assert once.unsure == ()
    assert often.unsure == small


def test_sure_frames_that_contradict_each_other_are_ambiguous():
    tracker = Tracker({"gender": 0.8, "emotion": 0.6})
    (sure,) = tracker.update([face(female=0.9)], 0.0)
    assert sure.unsure == ()
    (torn,) = tracker.update([face(female=0.1, positive=0.05)], 0.4)
    assert torn.gender.probability == pytest.approx(0.5)
    assert torn.unsure == (Doubt("emotion", "ambiguous"), Doubt("gender", "ambiguous"))


def test_unsure_frames_that_agree_in_the_mean_are_not_ambiguous():
    tracker = Tracker({"gender": 0.8})
    ambiguous, small = Doubt("gender", "ambiguous"), Doubt("age", "small")
    frames = [[face(female=0.99)], [face(female=0.79, doubts=(ambiguous, small))]]
    (answer,) = follow(tracker, frames)
    assert answer.gender.probability > 0.8
    assert answer.unsure == (small,)


def test_what_was_found_is_not_touched():
    tracker = Tracker()
    follow(tracker, [[face()]] * 5)
    given = face(x=103)
    (answer,) = tracker.update([given], 5 * FRAME_S)
    assert (answer.box, answer.score) == (given.box, given.score)
    assert answer.landmarks is given.landmarks
    assert answer.look is given.look
    assert tracker.boxes == (given.box,)
    names = ("track_id", "frames", "age", "gender", "emotion", "unsure")
    assert replace(answer, **{name: getattr(given, name) for name in names}) == given


def test_faces_can_be_placed_some_frames_before_they_are_answered():
    frames = [
        [face(x=100 + 5 * n, female=0.5 + n / 50), face(x=400, looks=BOB, age=20 + n)][: 1 + n % 3]
        for n in range(20)
    ]
    at_once, ahead = Tracker(), Tracker()
    expected = [at_once.update(faces, n * FRAME_S, 640) for n, faces in enumerate(frames)]
    placed = [ahead.place(faces, n * FRAME_S, 640) for n, faces in enumerate(frames)]
    assert ahead.boxes == at_once.boxes
    assert [ahead.answer(*pair) for pair in zip(placed, frames, strict=True)] == expected


def test_a_snapshot_stays_where_it_is():
    tracker = Tracker()
    follow(tracker, [[face(x=100)]])
    snapshot = tracker.snapshot()
    tracker.place([face(x=110), face(x=500)], FRAME_S, 640)
    (track,) = snapshot.tracks
    assert (track.box.x, track.frames, snapshot.next_number) == (100, 1, 2)
    other = Tracker()
    other.go_on(snapshot)
    (found,) = other.update([face(x=105)], FRAME_S)
    assert (found.track_id, found.frames) == (1, 2)
    assert track.box.x == 100


def test_memory_is_bounded():
    tracker = Tracker()
    follow(tracker, [[face()]] * 500)
    (track,) = tracker.snapshot().tracks
    history = track.history
    assert max(len(history.ages), len(history.ranges), len(history.genders)) <= 60
    for i in range(100):  # a hundred people, one after the other
        tracker.update([face(looks=look(10 + i))], 20 + i)
    assert len(tracker.boxes) <= 3  # who came, and two who were there a moment ago


def test_the_trimmed_mean():
    assert trimmed_mean([5.0]) == 5.0
    assert trimmed_mean([1.0, 2.0, 3.0, 4.0, 1000.0]) == 3.0


def test_likeness():
    assert likeness(ANN, ANN) == pytest.approx(1.0, abs=1e-4)
    assert abs(likeness(ANN, BOB)) < 0.3
    assert likeness(None, BOB) == 1.0
