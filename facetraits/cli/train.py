"""`facetraits train`: trains networks and puts them into models/."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from facetraits.cli.common import Verbs, say_error
from facetraits.errors import BadSetting, Regression
from facetraits.paths import Paths
from facetraits.reading.traits import HEADS
from facetraits.settings import BASELINE_NETS, TRAITNET


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser("train", help="train a network and save it in models/")
    verb.add_argument("net", choices=(*BASELINE_NETS, TRAITNET, "all"), metavar="NET")
    verb.add_argument("--data", type=Path, required=True, metavar="DIR")
    verb.add_argument("--epochs", type=int, metavar="N")
    verb.add_argument("--batch-size", type=int, metavar="N")
    verb.add_argument("--learning-rate", type=float, metavar="RATE")
    verb.add_argument("--seed", type=int, metavar="N")
    verb.add_argument("--precision", choices=("float32", "mixed_bfloat16"))
    _add_traitnet(verb.add_argument_group("traitnet"))
    verb.add_argument(
        "--run-dir", type=Path, metavar="DIR", help="folder for checkpoints (default: runs/NET)"
    )
    verb.add_argument(
        "--resume", action="store_true", help="continue after the last complete epoch"
    )
    verb.add_argument("--dry-run", action="store_true", help="print the plan and exit")
    verb.add_argument(
        "--publish",
        action="store_true",
        help="publish the best epoch so far without training further",
    )
    verb.add_argument(
        "--force",
        action="store_true",
        help="replace the weights in models/ even if they are better",
    )
    verb.set_defaults(command=_train, extra="train")


def _add_traitnet(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--size-px", type=int, metavar="PX", help="input size")
    group.add_argument("--channels", type=int, choices=(1, 3), help="1 for grayscale, 3 for RGB")
    group.add_argument(
        "--width", type=float, metavar="FACTOR", help="multiplier for all channel counts"
    )
    group.add_argument(
        "--trunk",
        choices=("recognition", "wide"),
        help="layers: those of a face recognition network, or fewer and wider ones",
    )
    group.add_argument("--blocks", type=int, metavar="N", help="blocks per stage of the wide trunk")
    group.add_argument(
        "--small-epochs", type=int, metavar="N", help="number of first epochs, on smaller faces"
    )
    group.add_argument("--small-px", type=int, metavar="PX", help="size of these smaller faces")
    group.add_argument(
        "--dropout", type=float, metavar="SHARE", help="dropout rate of the last features"
    )
    group.add_argument(
        "--augmentation-strength",
        type=float,
        metavar="FACTOR",
        help="how much faces are changed at random, relative to the recipe",
    )
    group.add_argument("--mixup", type=float, metavar="SHARE")
    group.add_argument("--cutmix", type=float, metavar="SHARE")
    group.add_argument(
        "--plain-epochs",
        type=int,
        metavar="N",
        help="number of last epochs, without mixup or cutmix",
    )
    group.add_argument(
        "--average-epochs", type=float, metavar="N", help="half-life of the averaged weights"
    )
    group.add_argument(
        "--age-l1", type=float, metavar="WEIGHT", help="weight of the mean age error in the loss"
    )
    group.add_argument(
        "--start-from", metavar="DIR", help="run or model folder with the initial weights"
    )
    group.add_argument(
        "--frozen-layers",
        type=int,
        metavar="N",
        help="number of first convolutions that keep the initial weights",
    )
    group.add_argument(
        "--frozen-norms",
        action="store_const",
        const=True,
        help="batch normalizations stay as they are",
    )
    group.add_argument(
        "--teacher",
        dest="teachers",
        action="append",
        metavar="DIR",
        help="run or model folder to distill from; repeatable",
    )
    group.add_argument(
        "--teacher-heads",
        nargs="+",
        choices=tuple(HEADS),
        help="what to learn from the teachers (default: everything)",
    )
    group.add_argument(
        "--teacher-share",
        type=float,
        metavar="SHARE",
        help="weight of the teachers for a labeled face",
    )
    group.add_argument(
        "--suspect-below",
        type=float,
        metavar="SHARE",
        help="ignore labels that the teachers find less likely than this",
    )
    group.add_argument(
        "--processes",
        type=int,
        default=0,
        metavar="N",
        help="batch worker processes (use 8 with a GPU)",
    )


def _train(options: argparse.Namespace) -> int:
    if options.epochs is not None and options.epochs < 1:
        raise BadSetting(f"--epochs must be at least 1, not {options.epochs}")
    if options.net != "all":
        _train_one(options.net, options)
        return 0
    code = 0
    for net in (*BASELINE_NETS, TRAITNET):
        try:
            _train_one(net, options)
        except Regression as error:
            # One net that got worse must not prevent the others from being trained.
            code = say_error(str(error))
    return code


def _train_one(net: str, options: argparse.Namespace) -> None:
    from facetraits.training import run

    paths = Paths.found()
    task = run.task_of(
        net,
        given=run.changes(options),
        processes=options.processes,
        paths=paths,
        keep=not options.dry_run,
    )
    run_dir = options.run_dir or paths.runs / net
    if options.dry_run:
        faces = run.read_data(task, options.data, print)
        print(run.describe(task, faces))
        minutes = run.guess_minutes(task, faces.of_split("train"))
        print(f"  about {minutes:.0f} minutes on this machine; nothing was written")
    elif options.publish:
        _say_card(
            run.publish_run(
                task,
                data_dir=options.data,
                run_dir=run_dir,
                force=options.force,
                say=print,
                paths=paths,
            )
        )
    else:
        resume = run.prepare(run_dir, options.resume)
        _say_card(
            run.train(
                task,
                data_dir=options.data,
                run_dir=run_dir,
                resume=resume,
                force=options.force,
                say=print,
                paths=paths,
            )
        )


def _say_card(card: dict[str, Any] | None) -> None:
    if card is None:
        return
    from facetraits.training.evaluation.evaluate import as_text

    for split in ("val", "test"):
        print(as_text(card[split], card["name"]))
