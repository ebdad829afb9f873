"""How often what is no usable face is recognized, and how often a usable one is doubted.

    python -m studies.unusable_faces --data DIR --split test [--pictures DIR]

The data sets' faces are covered and blurred here; --pictures holds pictures without people.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.random import Generator

from facetraits.networks.cards import read_trait_card
from facetraits.networks.classifiers import CLASSIFIERS, TraitClassifier, load_classifier
from facetraits.networks.face_quality import FaceQuality
from facetraits.paths import Paths
from facetraits.pixels import Pixels, to_gray
from facetraits.reading.model import Traits
from facetraits.reading.traits import GENDERS, TRAITS
from facetraits.training.data.datasets import Skipped
from facetraits.training.data.framing import LandmarkCache
from facetraits.training.data.trait_data import LANDMARKS, find_samples
from facetraits.training.face_quality import non_faces
from facetraits.training.face_quality.blurs import BLURS
from facetraits.training.face_quality.covers import OVER_EYES, OVER_MOUTH, Sheet
from facetraits.training.face_quality.views import FRAME_SHARE, VIEW_PX, Views, framed, read_views
from facetraits.vision.quality import SIDE_PX

SETS = ("utkface", "fairface", "lfw", "appa-real", "fer2013")
_REASONS = ("not_a_face", "covered", "blurred")
_STRENGTHS = (0.01, 0.02, 0.03, 0.04, 0.06)
_FACES, _SEED = 400, 2026
# A detector below serving's 0.6 finds more of what is not a face.
_LEAST_SCORES = (0.3, 0.6)


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of faces, how many there were, and the share with each reason, 0..1."""

    kind: str
    faces: int
    shares: tuple[float, ...]

    def as_text(self) -> str:
        return (
            f"| {self.kind} | {self.faces} | " + " | ".join(f"{s:.3f}" for s in self.shares) + " |"
        )


def row(kind: str, views: Sequence[Pixels], quality: FaceQuality) -> Row:
    """Wide gray views → how many have each reason."""
    if not len(views):
        return Row(kind, 0, (float("nan"),) * len(_REASONS))
    found = quality.reasons([framed(view, SIDE_PX) for view in views])
    shares = (float(np.mean([reason in reasons for reasons in found])) for reason in _REASONS)
    return Row(kind, len(views), tuple(shares))


def by_group(views: Views) -> dict[str, list[int]]:
    """FairFace's race and gender → indices of its faces."""
    groups: dict[str, list[int]] = defaultdict(list)
    for index, sample in enumerate(views.samples):
        if sample.race_name is not None and sample.gender is not None:
            groups[f"{sample.race_name}, {GENDERS[sample.gender]}"].append(index)
    return dict(sorted(groups.items()))


def usable(sets: dict[str, Views], quality: FaceQuality) -> Iterator[Row]:
    """False alarms: faces as they are in the data sets, and FairFace's by group."""
    for name, views in sets.items():
        yield row(name, list(views.pixels), quality)
    for group, chosen in by_group(sets["fairface"]).items() if "fairface" in sets else ():
        yield row(f"FairFace: {group}", list(sets["fairface"].pixels[chosen]), quality)


def spoiled(faces: Views, quality: FaceQuality, rng: Generator) -> Iterator[Row]:
    """Recall: covered and blurred by this script."""
    for kind in {**OVER_MOUTH, **OVER_EYES}:
        yield row(f"covered: {kind}", covered(faces, kind, rng), quality)
    side = VIEW_PX * FRAME_SHARE
    for kind, blur in BLURS.items():
        for share in _STRENGTHS:
            soft = [blur(view, share * side, rng) for view in faces.pixels]
            yield row(f"blurred: {kind}, {share:.0%} of the side", soft, quality)


def covered(faces: Views, kind: str, rng: Generator) -> list[Pixels]:
    """Gray or RGB views, each with a cover of that kind."""
    draw = {**OVER_MOUTH, **OVER_EYES}[kind]
    shown = []
    for view, points in zip(faces.pixels, faces.points, strict=True):
        sheet = Sheet(to_gray(view), points, (), rng)
        draw(sheet)
        shown.append(sheet.done().over(view))
    return shown


def nothing(pictures: Path, quality: FaceQuality, rng: Generator) -> Iterator[Row]:
    """Recall: what the detector finds in held-out pictures without people, and random places."""
    paths = non_faces.pictures_of(pictures, "test")
    for least in _LEAST_SCORES:
        found = non_faces.mined(paths, rng=rng, tries=2, least_score=least)
        views = non_faces.views_of(found, most=10_000)
        yield row(f"no face: detected with {least:g} or more", list(views.pixels), quality)
    places = non_faces.views_of(non_faces.random_places(paths, rng), most=600)
    yield row("no face: random places", list(places.pixels), quality)


def without_doubt(faces: Views, answers: Sequence[Traits]) -> dict[str, float]:
    """Trait → the share of faces that are answered without a doubt."""
    doubted = [{doubt.trait for doubt in answer.unsure} for answer in answers]
    return {t: float(np.mean([t not in traits for traits in doubted])) for t in TRAITS}


def masked(faces: Views, models: Path, rng: Generator) -> Iterator[str]:
    """Wide RGB views → a line for each network: its answers without a doubt, before and now."""
    side = read_trait_card(models / TraitClassifier.name).size_px
    crops = [framed(view, side) for view in covered(faces, "mask", rng)]
    for nets, make in CLASSIFIERS.items():
        for label, classify in (("before", make(models)), ("now", load_classifier(nets, models))):
            shares = without_doubt(faces, classify([classify.cut(crop, None) for crop in crops]))
            text = " | ".join(f"{shares[trait]:.3f}" for trait in TRAITS)
            yield f"| {nets}, {label} | {len(crops)} | {text} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--pictures", type=Path, metavar="DIR")
    parser.add_argument("--split", choices=("val", "test"), default="val")
    parser.add_argument("--sets", nargs="+", choices=SETS, default=SETS)
    options = parser.parse_args()
    paths, rng = Paths.found(), np.random.default_rng(_SEED)
    quality, cache = FaceQuality(paths.models), LandmarkCache(paths.runs / LANDMARKS)
    samples = {
        name: [
            s for s in find_samples(options.data, Skipped(), (name,)) if s.split == options.split
        ]
        for name in options.sets
    }
    sets = {name: read_views(part, cache) for name, part in samples.items()}
    mixed = [s for part in samples.values() for s in part if s.dataset != "FER2013"]
    some = [mixed[i] for i in rng.permutation(len(mixed))[:_FACES]]
    print(f"| {options.split} | faces | " + " | ".join(_REASONS) + " |")
    print("| --- |" + " --- |" * (1 + len(_REASONS)))
    rows = [*usable(sets, quality), *spoiled(read_views(some, cache), quality, rng)]
    rows += nothing(options.pictures, quality, rng) if options.pictures else []
    print("\n".join(each.as_text() for each in rows))
    print("\n| masked faces, answers without a doubt | faces | " + " | ".join(TRAITS) + " |")
    print("| --- |" + " --- |" * (1 + len(TRAITS)))
    print("\n".join(masked(read_views(some, cache, color=True), paths.models, rng)))


if __name__ == "__main__":
    main()
