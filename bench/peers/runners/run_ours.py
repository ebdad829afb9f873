"""Ours: the classifiers that the server runs, on faces that are cut already."""

from typing import Any

from answering import Face, faces, measure, read_job, say

from facetraits.networks.classifiers import CLASSIFIERS
from facetraits.paths import Paths
from facetraits.reading.model import Traits


def main() -> None:
    job = read_job()
    classifier = CLASSIFIERS[job["model"]](Paths.found().models)

    def read(face: Face) -> dict[str, Any]:
        (traits,) = classifier([classifier.cut(face[0], None)])
        return as_answer(traits)

    result = measure(job, read)
    if job["model"] == "traitnet" and "emotion" in job["traits"]:
        _add_own_labels(job, result["answers"])
    say(result)


def as_answer(traits: Traits) -> dict[str, Any]:
    return {
        "age": traits.age.value,
        "range": traits.age.range,
        "gender": traits.gender.value,
        "emotion": traits.emotion.dominant,
    }


def _add_own_labels(job: dict[str, Any], answers: list[dict[str, Any]]) -> None:
    """traitnet's head for FER2013's own labels, which serving leaves out; not timed."""
    from facetraits.networks.cards import RUNTIME, read_checked
    from facetraits.networks.classifiers import TraitClassifier
    from facetraits.networks.runtime import TraitAnswers
    from facetraits.reading.traits import FER2013_CLASSES

    models = Paths.found().models
    classifier = TraitClassifier(models)
    card = classifier.card
    net = TraitAnswers(card, read_checked(models / card.name, RUNTIME, card))
    for (picture, _), answer in zip(faces(job), answers, strict=True):
        (crop,) = classifier.cut(picture, None)
        answer["emotion_fer"] = FER2013_CLASSES[int(net(crop[None])["emotion_fer"].argmax())]


main()
