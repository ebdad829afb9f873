"""The mix of the two heads of expressions is chosen for accuracy and recall alike."""

import numpy as np

from facetraits.reading.traits import EMOTIONS, FER2013_CLASSES
from facetraits.training.data.datasets import Sample, one_hot
from facetraits.training.evaluation.emotion_mix import fit_mix
from facetraits.training.evaluation.metrics import balanced_accuracy

NAMES = ("neutral", "happiness", "fear")


def made_up(seed=0, count=900):
    """Neutral and happy faces, and one in thirty afraid; the crowd's head sees fear as neutral."""
    rng = np.random.default_rng(seed)
    right = rng.choice(NAMES, count, p=[0.6, 0.36, 0.04])
    samples = [
        Sample(
            f"FER2013/{i}",
            "val",
            None,
            emotion=one_hot(name),
            emotion_fer=FER2013_CLASSES.index(name),
        )
        for i, name in enumerate(right)
    ]
    crowd = np.full((count, len(EMOTIONS)), 0.01)
    own = np.full((count, len(FER2013_CLASSES)), 0.01)
    for i, name in enumerate(right):
        crowd[i, EMOTIONS.index(name)] += 0.4
        crowd[i, EMOTIONS.index("neutral")] += 0.45 if name == "fear" else 0.2
        own[i, FER2013_CLASSES.index(name)] += 0.9
    predictions = {"emotion": crowd, "emotion_fer": own}
    return {head: rows / rows.sum(1, keepdims=True) for head, rows in predictions.items()}, samples


def test_a_mix_finds_what_the_crowds_head_misses():
    predictions, samples = made_up()
    mix = fit_mix(predictions, samples)
    labels = np.array([int(np.argmax(sample.emotion)) for sample in samples])
    alone = balanced_accuracy(labels, predictions["emotion"])
    assert alone < 0.7
    assert (
        balanced_accuracy(labels, mix.of(predictions["emotion"], predictions["emotion_fer"])) > 0.95
    )


def test_without_expressions_there_is_nothing_to_mix():
    person = Sample("UTKFace/1", "val", None, 30)
    mix = fit_mix({"emotion": np.ones((1, 8)) / 8, "emotion_fer": np.ones((1, 7)) / 7}, [person])
    assert (mix.fer_share, set(mix.shift), mix.temperature) == (0.0, {0.0}, 1.0)


def test_posed_faces_take_no_part():
    predictions, samples = made_up()
    posed = [Sample(f"CK+48/{i}", "val", None, emotion=s.emotion) for i, s in enumerate(samples)]
    assert fit_mix(predictions, posed).fer_share == 0.0
