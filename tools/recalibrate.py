"""Fits traitnet's card to its answers again: `python -m tools.recalibrate --data DIR`.

No training. For a change in how answers are made from the network's outputs, such as averaging
them with those for the mirror image. Temperatures, intervals, and thresholds are fitted on val;
then val and test are scored, and the card in models/ and the plots are replaced. Afterwards,
`python -m tools.model_card` writes the figures into the documents.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from facetraits.networks.cards import read_trait_card
from facetraits.paths import Paths

_NET = "traitnet"


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from facetraits.training.data.datasets import Skipped
    from facetraits.training.data.trait_data import LANDMARKS, read_traits
    from facetraits.training.publish.trait_cards import recalibrate

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    options = parser.parse_args()
    paths = Paths.found()
    folder = paths.models / _NET
    card = read_trait_card(folder)
    data = read_traits(
        options.data,
        size_px=card.size_px,
        channels=card.channels,
        skipped=Skipped(),
        landmarks=paths.runs / LANDMARKS,
        splits=("val", "test"),
    )
    recalibrate(folder, data, paths.plots)
    print(f"{folder}/card.json is up to date")


if __name__ == "__main__":
    main()
