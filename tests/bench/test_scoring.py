import pytest

from bench.peers.scoring import FIGURES, score, word
from facetraits.reading.traits import EMOTIONS, FER2013_CLASSES
from tests.bench.fakes import expression, person


def value(figure, samples, answers):
    return score([figure], samples, answers)[figure]["value"]


def test_every_word_that_a_peer_uses_is_an_emotion():
    predicted = [
        *("neutral", "happy", "sad", "angry", "fearful", "disgusted", "surprised"),
        *("disgust", "fear", "surprise"),
    ]
    assert (
        {word(name) for name in predicted} == set(EMOTIONS) - {"contempt"} == set(FER2013_CLASSES)
    )


def test_a_missed_face_is_wrong_whatever_its_label():
    people = [person(30, 0), person(30, 1)]
    assert value("gender", people, [None, None]) == 0
    assert value("gender", people, [None, {"gender": "female"}]) == 50
    faces = [expression(name) for name in EMOTIONS]
    assert value("ferplus", faces, [None] * len(faces)) == 0


def test_a_missed_face_has_no_age_to_be_off():
    people = [person(30, 0), person(40, 1)]
    assert value("mae", people, [None, {"age": 43.5}]) == 3.5
    assert value("mae", people, [None, None]) == float("inf")


@pytest.mark.parametrize(
    ("age", "predicted", "right"),
    [
        (21, 20.6, 100),  # the nearest whole year, as labels are
        (20, 20.6, 0),
        (0, -3.0, 100),
        (116, 140.0, 100),
    ],
)
def test_the_range_of_an_age(age, predicted, right):
    assert value("ranges", [person(age, 0)], [{"age": predicted}]) == right


def test_a_range_that_is_named_counts_before_the_age():
    assert value("ranges", [person(30, 0)], [{"age": 80, "range": "28-45"}]) == 100


def test_seven_emotions_are_scored_on_faces_of_eight():
    faces = [expression("happiness"), expression("contempt")]
    assert value("ferplus", faces, [{"emotion": "happy"}, {"emotion": "neutral"}]) == 50


def test_fer2013s_own_labels_where_there_are_some():
    faces = [expression("neutral", 6), expression("sadness", 4), expression("anger", None)]
    own = {"emotion": "neutral", "emotion_fer": "sadness"}
    assert value("fer2013", faces, [{"emotion": "neutral"}, own, {"emotion": "happy"}]) == 100
    # Contempt is none of the seven.
    assert value("fer2013", faces[:1], [{"emotion": "contempt"}]) == 0


def test_the_best_framing_has_the_least_error_or_the_most_right():
    scores = {"whole": {"value": 4.0}, "70%": {"value": 5.0}, "85%": {"value": 5.0}}
    assert FIGURES["mae"].best(scores) == "whole"
    assert FIGURES["gender"].best(scores) == "70%"
