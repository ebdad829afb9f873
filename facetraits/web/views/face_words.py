"""What a reading says, in sentences: for visitors without scripts, and for machines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from facetraits.web.http.language import current_language, t

_DESCRIBED = 3


def reading_words(reading: Mapping[str, Any]) -> dict[str, Any]:
    """The template variables for a reading, as JSON, in the language of the request.

    Returns:
        `count_words`, how many faces there are; `summary`, that they are in a photo; `sentences`,
        one for each face; and `description`, of the largest faces in a line.
    """
    faces, nets = reading["faces"], reading["nets"]
    count = len(faces)
    brief = [_brief(face, number, nets) for number, face in enumerate(faces[:_DESCRIBED], 1)]
    return {
        "count_words": t("faces.count", count=count) if count else t("faces.none"),
        "summary": t("faces.inPhoto", count=count) if count else t("faces.noneInPhoto"),
        "sentences": [_sentence(face, number, nets) for number, face in enumerate(faces, 1)],
        "description": " ".join([*brief, t("faces.guessed")]),
    }


def _brief(face: Mapping[str, Any], number: int, nets: str) -> str:
    age, years = _age(face["age"], nets)
    return t(
        "faces.brief",
        number=number,
        count=years,
        age=age,
        gender=_label("gender", face["gender"]["value"]),
        emotion=_label("emotion", face["emotion"]["dominant"]),
    )


def _sentence(face: Mapping[str, Any], number: int, nets: str) -> str:
    gender, emotion = face["gender"], face["emotion"]
    age, years = _age(face["age"], nets)
    if nets != "baseline":
        low, high = round(face["age"]["low"]), round(face["age"]["high"])
        age = t("faces.ageBetween", age=age, low=low, high=high)
    sentence = t(
        "faces.sentence",
        number=number,
        count=years,
        age=age,
        gender=_with_share(_label("gender", gender["value"]), gender["probability"]),
        emotion=_with_share(_label("emotion", emotion["dominant"]), emotion["probability"]),
    )
    traits = dict.fromkeys(doubt["trait"] for doubt in face["unsure"])
    if not traits:
        return sentence
    unsure = ", ".join(_label("traitShort", trait) for trait in traits)
    return t("faces.unsure", sentence=sentence, traits=unsure)


def _age(age: Mapping[str, Any], nets: str) -> tuple[str, int]:
    """In words, and the number that selects the plural form: the one before "years"."""
    if nets == "baseline":
        return age["range"], int(age["range"].split("-")[-1])
    years = round(age["value"])
    return str(years), years


def _label(kind: str, name: str) -> str:
    return t(f"labels.{kind}.{name}")


def _with_share(name: str, probability: float) -> str:
    language = current_language()
    share = language.percent(min(max(probability, 0.01), 0.99))
    sign = "<" if probability < 0.01 else ">" if probability > 0.99 else ""
    return t("faces.withShare", name=name, share=sign + share)
