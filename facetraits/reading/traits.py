"""The traits and their labels, and the mappings between label sets.

All traits are *apparent*: how a picture looks to the people who labeled the data,
never identity, sex or inner state.
"""

from __future__ import annotations

from dataclasses import dataclass

# The traits of a face, and the reasons not to rely on an answer.
TRAITS: tuple[str, ...] = ("age", "gender", "emotion")
REASONS: tuple[str, ...] = (
    "not_a_face",
    "small",
    "cut_off",
    "covered",
    "blurred",
    "dark",
    "profile",
    "ambiguous",
)


@dataclass(frozen=True, slots=True)
class AgeRange:
    """Whole years ``first`` to ``last``, both included.

    ``low`` is the youngest age that falls in the range; it differs from
    ``first`` only for infants, whose age 0 belongs to the range named "1-2".
    """

    first: int
    last: int
    low: int

    @property
    def name(self) -> str:
        return f"{self.first}-{self.last}"

    @property
    def middle(self) -> float:
        """The middle of the range, in years."""
        return (self.first + self.last) / 2


# The student project's seven ranges.
AGE_RANGES: tuple[AgeRange, ...] = (
    AgeRange(1, 2, low=0),
    AgeRange(3, 9, low=3),
    AgeRange(10, 20, low=10),
    AgeRange(21, 27, low=21),
    AgeRange(28, 45, low=28),
    AgeRange(46, 65, low=46),
    AgeRange(66, 116, low=66),
)
AGE_MAX = AGE_RANGES[-1].last

# UTKFace's numbering: gender 0 male, 1 female; race 0 to 4.
GENDERS: tuple[str, ...] = ("male", "female")
RACES: tuple[str, ...] = ("White", "Black", "Asian", "Indian", "Other")

# FER+ (Barsoum et al. 2016), in the order of its vote columns.
EMOTIONS: tuple[str, ...] = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
)

# FER2013's own classes (Goodfellow et al. 2013), in the order of its numbers.
FER2013_CLASSES: tuple[str, ...] = (
    "anger",
    "disgust",
    "fear",
    "happiness",
    "sadness",
    "surprise",
    "neutral",
)

VALENCES: tuple[str, ...] = ("positive", "neutral", "negative")

# Happiness and surprise are positive, anger and sadness negative, as in the student
# project. It called the rest "neutral"; here disgust, fear and contempt are negative,
# since a face that shows them does not look neutral.
VALENCE_OF: dict[str, str] = {
    "neutral": "neutral",
    "happiness": "positive",
    "surprise": "positive",
    "sadness": "negative",
    "anger": "negative",
    "disgust": "negative",
    "fear": "negative",
    "contempt": "negative",
}

# traitnet's softmax over years: 0 to 99, and one class for 100 and above.
AGE_YEARS = 101

# traitnet's heads, in the order of its output. FER2013's own labels train the trunk and are
# evaluated; serving uses FER+'s, which ten people voted on for each picture.
HEADS: dict[str, tuple[str, ...]] = {
    "age": tuple(str(year) for year in range(AGE_YEARS)),
    "gender": GENDERS,
    "emotion": EMOTIONS,
    "emotion_fer": FER2013_CLASSES,
}


def age_range_index(age: float) -> int:
    """The index in ``AGE_RANGES`` of an age in years; 0 is in the first.

    Raises:
        ValueError: if the age is not in 0..116.
    """
    if not 0 <= age < AGE_MAX + 1:
        raise ValueError(f"age must be 0 to {AGE_MAX} years, not {age}")
    return max(i for i, r in enumerate(AGE_RANGES) if age >= r.low)
