"""`facetraits compare`: compares two evaluations."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from facetraits.cli.common import Verbs


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser("compare", help="compare two evaluations; exit code 1 if B is worse")
    verb.add_argument("a", type=Path, metavar="A", help="file written by evaluate --out")
    verb.add_argument("b", type=Path, metavar="B")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(command=_compare, extra="train")


def _compare(options: argparse.Namespace) -> int:
    from facetraits.training.evaluation import compare

    a, b = (compare.Answers.read_all(path) for path in (options.a, options.b))
    found = compare.compare_all(a, b)
    print(json.dumps([d.to_dict() for d in found]) if options.json else compare.as_text(found))
    return 1 if compare.is_regression(found) else 0
