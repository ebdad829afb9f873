"""Labels and the mappings between them."""

import pytest

from facetraits.reading.traits import (
    AGE_RANGES,
    EMOTIONS,
    VALENCE_OF,
    VALENCES,
    age_range_index,
)


@pytest.mark.parametrize(
    ("age", "name"),
    [
        (0, "1-2"),
        (2, "1-2"),
        (3, "3-9"),
        (9.9, "3-9"),
        (10, "10-20"),
        (21, "21-27"),
        (45, "28-45"),
        (46, "46-65"),
        (66, "66-116"),
        (116, "66-116"),
    ],
)
def test_every_age_falls_in_its_range(age, name):
    assert AGE_RANGES[age_range_index(age)].name == name


@pytest.mark.parametrize("age", [-1, 117, 1000])
def test_an_impossible_age_is_refused(age):
    with pytest.raises(ValueError, match="0 to 116"):
        age_range_index(age)


def test_every_emotion_has_a_valence():
    assert set(VALENCE_OF) == set(EMOTIONS)
    assert set(VALENCE_OF.values()) == set(VALENCES)
