"""Rows, faces and runners of nothing: no network, no package, no data set."""

from functools import partial

import numpy as np

from bench.peers.faces import WHOLE, whole
from bench.peers.rows import OURS, Row
from bench.peers.running import Answered, RunnerFailed
from facetraits.reading.traits import EMOTIONS
from facetraits.training.data.datasets import Sample

FRAMINGS = {"people": (WHOLE, "70%"), "expressions": (WHOLE,)}


def ours(name="traitnet"):
    return Row(name, OURS, "ours.py", framings={"people": (WHOLE,), "expressions": (WHOLE,)})


def peer(name, **options):
    return Row(name, "node", "peer.mjs", framings=FRAMINGS, **options)


def blank(side):
    return np.zeros((side, side, 3), np.uint8)


def person(age, gender, split="test"):
    return Sample(f"UTKFace/{age}_{gender}.jpg", split, partial(blank, 8), age=age, gender=gender)


def expression(name, fer2013=None, split="test"):
    votes = tuple(float(emotion == name) for emotion in EMOTIONS)
    label = f"FER2013/{name}.png"
    return Sample(label, split, partial(blank, 4), emotion=votes, emotion_fer=fer2013)


class FakeFaces:
    """Two people and two expressions on each side; a cut says how it was cut by its side."""

    def of(self, kind, split):
        if kind == "people":
            return [person(30, 1, split), person(5, 0, split)]
        return [expression("happiness", 3, split), expression("contempt", 6, split)]

    def cut(self, sample, framing, aligned_px):
        return whole(blank(8 if framing == WHOLE else 6))


class FakeRunners:
    """Row's name → how it answers a face's cut; None fails."""

    def __init__(self, **rows):
        self.rows = rows
        self.calls = []

    def __call__(self, row, cuts, traits):
        self.calls.append((row.name, tuple(traits), {cut.box[2] for cut in cuts}))
        answer, ms, mb = self.rows[row.name]
        if answer is None:
            raise RunnerFailed("no such module")
        answers = [answer(cut, index) for index, cut in enumerate(cuts)]
        return Answered(answers, [ms] * len(cuts), 0.5, mb)
