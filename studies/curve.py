"""What accuracy costs: runs of traitnet at several sizes, by milliseconds a face, on val.

Each run's best weights are exported at each size, timed on one core and scored: the points
to choose a network from. Test plays no part in it.

    taskset -c 1 python -m studies.curve --data DIR --run runs/traitnet --out FILE
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from facetraits.networks.calibration import Probabilities
from facetraits.networks.runtime import Runtime, split_heads
from facetraits.paths import Paths
from facetraits.reading.traits import AGE_YEARS, HEADS
from facetraits.training.data.datasets import Skipped
from facetraits.training.data.trait_data import LANDMARKS, TraitData, read_traits
from facetraits.training.fit.teachers import load_run, read_config
from facetraits.training.model.targets import Labels, head_labels
from facetraits.training.publish import plots
from facetraits.training.publish.export import one_answer, to_tflite
from facetraits.training.publish.trait_cards import UNTRAINED_HEADS
from studies.latency import milliseconds, multiplications

_FACES = 5


@dataclass(frozen=True, slots=True)
class Point:
    """One network at one size.

    Attributes:
        run: what the run was, in words: see :func:`described`; with the name of its folder where
            several were the same.
        width, trained_px, size_px: of its channels, and the sides it trained on and saw here.
        multiply_adds_m, megabytes: of one face in millions, and of the exported file.
        one_ms, five_ms: least and median milliseconds a face, one in a call and five.
        gender, emotion, emotion_fer: accuracy on val.
        age_mae_years: mean distance of the expected age from the label.
    """

    run: str
    width: float
    trained_px: int
    size_px: int
    multiply_adds_m: float
    megabytes: float
    one_ms: tuple[float, float]
    five_ms: tuple[float, float]
    gender: float
    age_mae_years: float
    emotion: float
    emotion_fer: float


def measure(
    runs: Sequence[Path], sizes_px: Sequence[int], data_dir: Path, plots_dir: Path
) -> list[dict[str, Any]]:
    """A point for each run at each size, and the plot of them.

    Args:
        sizes_px: none of them: each run at the side that it trained on.

    Raises:
        BadData: where the data is missing, or a folder holds no run of traitnet.
    """
    points = []
    configs = {run: read_config(run) for run in runs}
    names = _names(configs)
    wanted = [
        (run, (size, configs[run]["channels"]))
        for run in runs
        for size in sizes_px or [configs[run]["size_px"]]
    ]
    for kind in sorted({kind for _, kind in wanted}):
        size_px, channels = kind
        data = read_traits(
            data_dir,
            size_px=size_px,
            channels=channels,
            skipped=Skipped(),
            landmarks=Paths.found().runs / LANDMARKS,
            splits=("val",),
        )
        points += [
            replace(point(run, size_px, data), run=names[run]) for run, its in wanted if its == kind
        ]
    made = [asdict(p) for p in sorted(points, key=lambda p: (p.run, p.size_px))]
    plots.save(plots.plot_curve(made), plots_dir, "traitnet_curve")
    return made


def point(run: Path, size_px: int, val: TraitData) -> Point:
    """A run's best weights on val's faces at a size."""
    model, config = load_run(run, size_px)
    joined = one_answer(model)
    exported = to_tflite(joined, any_batch=True)
    runtime = Runtime(exported)
    shown = val.shown(config["channels"])
    one, five = (milliseconds(runtime, shown[:n].astype(np.float32)) for n in (1, _FACES))
    return Point(
        run=described(config),
        width=config["width"],
        trained_px=config["size_px"],
        size_px=size_px,
        multiply_adds_m=round(multiplications(model), 1),
        megabytes=round(len(exported) / 1e6, 2),
        one_ms=_rounded(one, 1),
        five_ms=_rounded(five, _FACES),
        **_figures(split_heads(runtime(shown), UNTRAINED_HEADS), val),
    )


def described(config: dict[str, Any]) -> str:
    """What tells a run from others on the curve: "width 0.25 at 96 px in gray, 44 epochs"."""
    colors = " in gray" if config["channels"] == 1 else ""
    taught = ", taught" if config["teachers"] else ""
    # Runs older than the setting lack it.
    more = " on from other weights" if config.get("start_from") else ""
    network = f"width {config['width']:g} at {config['size_px']} px{colors}"
    return f"{network}, {config['epochs']} epochs{more}{taught}"


def _names(configs: dict[Path, dict[str, Any]]) -> dict[Path, str]:
    """Each run in words; with its folder where the words fit another run, too."""
    words = {run: described(config) for run, config in configs.items()}
    fitting = Counter(words.values())
    return {
        run: text if fitting[text] == 1 else f"{text} ({run.name})" for run, text in words.items()
    }


def _rounded(times_ms: tuple[float, float], faces: int) -> tuple[float, float]:
    least, median = times_ms
    return round(least / faces, 3), round(median / faces, 3)


def _figures(predictions: dict[str, Probabilities], val: TraitData) -> dict[str, float]:
    right = {head: head_labels(head, val.samples) for head in HEADS}
    years = predictions["age"] @ np.arange(AGE_YEARS)
    known = right["age"] >= 0
    return {
        "age_mae_years": round(float(np.abs(years - right["age"])[known].mean()), 3),
        **{head: _accuracy(predictions[head], right[head]) for head in HEADS if head != "age"},
    }


def _accuracy(predictions: Probabilities, right: Labels) -> float:
    known = right >= 0
    return round(float((predictions.argmax(1) == right)[known].mean()), 4)


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--run", dest="runs", type=Path, action="append", required=True)
    parser.add_argument("--sizes", type=int, nargs="+", default=[])
    parser.add_argument("--out", type=Path, required=True, metavar="FILE")
    options = parser.parse_args()
    plots_dir = Paths.found().plots
    points = measure(
        options.runs, sizes_px=options.sizes, data_dir=options.data, plots_dir=plots_dir
    )
    options.out.write_text(json.dumps({"split": "val", "points": points}, indent=2) + "\n")


if __name__ == "__main__":
    main()
