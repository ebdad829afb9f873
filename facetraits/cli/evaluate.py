"""`facetraits evaluate`: scores a network on a split."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from facetraits.cli.common import Verbs
from facetraits.paths import Paths
from facetraits.settings import BASELINE_NETS, TRAITNET

# The same as in training.data, which is imported only when it is needed.
DATA_SETS = ("utkface", "fairface", "appa-real", "lfw", "fer2013", "ckplus")


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser("evaluate", help="evaluate a network in models/")
    verb.add_argument("net", choices=(*BASELINE_NETS, TRAITNET), metavar="NET")
    verb.add_argument("--data", type=Path, required=True, metavar="DIR")
    verb.add_argument("--split", choices=("val", "test"), default="val")
    verb.add_argument("--on", choices=DATA_SETS, metavar="SET", help=", ".join(DATA_SETS))
    verb.add_argument("--models", type=Path, metavar="DIR", help="model folder (default: models/)")
    verb.add_argument("--json", action="store_true")
    verb.add_argument(
        "--out", type=Path, metavar="FILE", help="also write every prediction to FILE"
    )
    verb.set_defaults(command=_evaluate, extra="train")


def _evaluate(options: argparse.Namespace) -> int:
    from facetraits.training.data.datasets import Skipped
    from facetraits.training.evaluation import evaluate

    skipped = Skipped()
    paths = Paths.found()
    if options.models:
        paths = replace(paths, models=options.models)
    result = evaluate.evaluate(
        options.net,
        data_dir=options.data,
        split=options.split,
        skipped=skipped,
        paths=paths,
        on=options.on,
    )
    for line in skipped.lines():
        print(line, file=sys.stderr)
    if options.out:
        evaluate.write(result, options.out)
    figures = result.to_dict()
    print(json.dumps(figures) if options.json else evaluate.as_text(figures, options.net))
    return 0
