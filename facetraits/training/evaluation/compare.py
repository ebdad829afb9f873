"""Compares two evaluations with a paired bootstrap over the faces that both contain."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from facetraits.errors import BadData
from facetraits.training.evaluation.answers import Evaluation
from facetraits.training.evaluation.metrics import Labels, Probabilities
from facetraits.training.evaluation.trait_answers import AgeEvaluation, TraitEvaluation

_SEED = 2026
_DRAWS = 2000


@dataclass(frozen=True, slots=True)
class Answers:
    """The predictions of one evaluation.

    Attributes:
        net, trait, split: what was scored, and on what.
        names: n faces.
        labels: (n,) the correct classes.
        probabilities: (n, classes).
        years_off: (n,) distance of the expected age from the label, if there is one.
    """

    net: str
    trait: str
    split: str
    names: tuple[str, ...]
    labels: Labels
    probabilities: Probabilities
    years_off: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, result: Evaluation) -> Answers:
        """The faces used for an evaluation's headline figures."""
        main = result.main()
        return cls(
            result.net,
            result.trait,
            result.split,
            tuple(result.samples[i].name for i in main),
            result.labels[main],
            result.probabilities[main],
            result.years_off()[main] if isinstance(result, AgeEvaluation) else None,
        )

    @classmethod
    def of_traits(cls, result: TraitEvaluation) -> dict[str, Answers]:
        """Trait → its predictions."""
        return {trait: cls.of(part) for trait, part in result.parts.items()}

    @classmethod
    def read(cls, path: Path) -> Answers:
        """Reads a file written by `evaluate --out`.

        Raises:
            BadData: if the file is missing or has another format.
        """
        (answers,) = cls.read_all(path).values()
        return answers

    @classmethod
    def read_all(cls, path: Path) -> dict[str, Answers]:
        """Reads a file written by `evaluate --out`: one trait for a baseline net, or several.

        Raises:
            BadData: if the file is missing or has another format.
        """
        try:
            content = json.loads(path.read_text())
            parts = content.get("answers_by_trait") or {content["trait"]: content}
            return {trait: cls._parsed(part) for trait, part in parts.items()}
        except FileNotFoundError:
            raise BadData(f"no evaluation at {path}; create one with evaluate --out") from None
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadData(f"{path} was not written by evaluate --out: {error!r}") from None

    @classmethod
    def _parsed(cls, content: dict[str, Any]) -> Answers:
        rows = [row for row in content["answers"] if row["headline"]]
        off = [row["years_off"] for row in rows if "years_off" in row]
        return cls(
            content["net"],
            content["trait"],
            content["split"],
            tuple(row["name"] for row in rows),
            np.array([row["label"] for row in rows], np.int64),
            np.array([row["probabilities"] for row in rows], np.float64),
            np.array(off, np.float64) if off else None,
        )

    def of_faces(self, names: list[str]) -> Answers:
        where = {name: i for i, name in enumerate(self.names)}
        chosen = [where[name] for name in names]
        return Answers(
            self.net,
            trait=self.trait,
            split=self.split,
            names=tuple(names),
            labels=self.labels[chosen],
            probabilities=self.probabilities[chosen],
            years_off=None if self.years_off is None else self.years_off[chosen],
        )


PerFace = Callable[[Answers], NDArray[np.float64]]


def _right(answers: Answers) -> NDArray[np.float64]:
    return np.asarray(answers.probabilities.argmax(1) == answers.labels, np.float64)


def _within_one(answers: Answers) -> NDArray[np.float64]:
    off = np.abs(answers.probabilities.argmax(1) - answers.labels)
    return np.asarray(off <= 1, np.float64)


def _recall(answers: Answers) -> NDArray[np.float64]:
    """Each face's contribution to the mean recall over the classes that occur."""
    counts = np.bincount(answers.labels, minlength=answers.probabilities.shape[1])
    faces, classes = len(answers.labels), np.count_nonzero(counts)
    return np.asarray(_right(answers) * faces / (classes * counts[answers.labels]), np.float64)


def _minus_years_off(answers: Answers) -> NDArray[np.float64]:
    assert answers.years_off is not None  # compared only if both have it
    return -answers.years_off


@dataclass(frozen=True, slots=True)
class Difference:
    """The difference B - A in one figure, with its 95% interval.

    Attributes:
        figure: its name; higher is better.
        a, b: the value for each.
        low, high: interval of b - a.
    """

    figure: str
    a: float
    b: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """ "better", "worse", or "no evidence", for B."""
        if self.low > 0:
            return "better"
        return "worse" if self.high < 0 else "no evidence"

    def to_dict(self) -> dict[str, Any]:
        return {
            "figure": self.figure,
            "a": round(self.a, 4),
            "b": round(self.b, 4),
            "difference": round(self.b - self.a, 4),
            "low": round(self.low, 4),
            "high": round(self.high, 4),
            "verdict": self.verdict,
        }


def compare(a: Answers, b: Answers) -> list[Difference]:
    """Compares each headline figure on the faces that both evaluations contain.

    Faces are drawn with replacement, the same ones for A and B, so a face that is hard
    for both adds no noise to the difference (Efron & Tibshirani 1993).

    Raises:
        BadData: if they differ in trait, split, or labels, or have no faces in common.
    """
    if (a.trait, a.split) != (b.trait, b.split):
        raise BadData(
            f"A is {a.trait} on {a.split} and B is {b.trait} on {b.split}; "
            "there is nothing to compare"
        )
    shared = sorted(set(a.names) & set(b.names))
    if not shared:
        raise BadData("A and B have no faces in common")
    a, b = a.of_faces(shared), b.of_faces(shared)
    if not np.array_equal(a.labels, b.labels):
        raise BadData("A and B were scored with different labels")
    figures: dict[str, PerFace] = {"accuracy": _right}
    if a.trait == "emotion":
        figures["mean_recall"] = _recall
    if a.trait == "age":
        figures["within_one"] = _within_one
    if a.years_off is not None and b.years_off is not None:
        figures["minus_years_off"] = _minus_years_off
    draws = np.random.default_rng(_SEED).integers(0, len(shared), (_DRAWS, len(shared)))
    return [
        _difference(name, figure=figure, a=a, b=b, draws=draws) for name, figure in figures.items()
    ]


def compare_all(a: Mapping[str, Answers], b: Mapping[str, Answers]) -> list[Difference]:
    """The same for every trait that both have.

    Raises:
        BadData: if they have no trait in common, or a trait cannot be compared.
    """
    shared = [trait for trait in a if trait in b]
    if not shared:
        raise BadData(f"A has {', '.join(a)} and B has {', '.join(b)}; there is nothing to compare")
    if len(a) == len(b) == 1:
        return compare(a[shared[0]], b[shared[0]])
    return [
        replace(found, figure=f"{trait} {found.figure}")
        for trait in shared
        for found in compare(a[trait], b[trait])
    ]


def _difference(
    name: str, figure: PerFace, a: Answers, b: Answers, draws: NDArray[np.int64]
) -> Difference:
    of_a, of_b = figure(a), figure(b)
    gains = (of_b - of_a)[draws].mean(1)
    low, high = np.percentile(gains, [2.5, 97.5])
    return Difference(
        name, a=float(of_a.mean()), b=float(of_b.mean()), low=float(low), high=float(high)
    )


def is_regression(differences: list[Difference]) -> bool:
    """Whether B is significantly worse in any figure."""
    return any(d.verdict == "worse" for d in differences)


def as_text(differences: list[Difference]) -> str:
    """One line per figure."""
    width = max(12, *(len(d.figure) for d in differences), 0)
    return "\n".join(
        f"{d.figure:{width}} A {d.a:.4f}  B {d.b:.4f}  B-A {d.b - d.a:+.4f} "
        f"({d.low:+.4f} to {d.high:+.4f})  {d.verdict}"
        for d in differences
    )
