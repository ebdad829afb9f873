"""The command line: serve, analyze, train, pack, evaluate, compare."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

from facetraits import __version__
from facetraits.errors import BadSetting, FacetraitsError, Regression
from facetraits.extras import needs_extra
from facetraits.paths import Paths
from facetraits.pixels import Pixels
from facetraits.reading import reports
from facetraits.reading.model import Reading
from facetraits.settings import BASELINE_NETS, NETS_CHOICES

TRAITNET = "traitnet"
# The same as in training.data, which is imported only when it is needed.
DATA_SETS = ("utkface", "fairface", "appa-real", "lfw", "fer2013", "ckplus")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0, or 2 after a one-line error."""
    # Silences TensorFlow's messages at startup, except errors.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        with needs_extra("train", options.verb):
            return command(options)
    except FacetraitsError as error:
        return _say_error(str(error))
    except BrokenPipeError:
        # The reader closed the pipe, as `head` does; without this, Python complains on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        return _say_error(_disk_words(error))
    except KeyboardInterrupt:
        print("facetraits: interrupted", file=sys.stderr)
        return 130


def _say_error(words: str) -> int:
    print(f"facetraits: {words}", file=sys.stderr)
    return 2


def _disk_words(error: OSError) -> str:
    """ "out/a.png: No space left on device"."""
    return ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)


def run() -> NoReturn:
    """The program `facetraits`."""
    leave(main())


def leave(code: int) -> NoReturn:
    """Ends the process with main's exit code."""
    if code and "keras" in sys.modules:
        # A stopped training run leaves threads in TensorFlow's data loading, which
        # sometimes crash the interpreter on a normal exit.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


def _parser() -> argparse.ArgumentParser:
    # Under `python -m` the program would be called __main__.py.
    as_module = Path(sys.argv[0]).name == "__main__.py"
    prog = "python -m facetraits" if as_module else "facetraits"
    parser = argparse.ArgumentParser(prog=prog, description=__doc__)
    parser.add_argument("--version", action="version", version=f"facetraits {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB", dest="verb")
    _add_analyze(verbs)
    _add_train(verbs)
    _add_pack(verbs)
    _add_evaluate(verbs)
    _add_compare(verbs)
    serve = verbs.add_parser("serve", help="start the web server (same as python app.py)")
    serve.set_defaults(command=_serve)
    return parser


Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add_analyze(verbs: Verbs) -> None:
    verb = verbs.add_parser("analyze", help="analyze the faces in photos; print text, JSON, or CSV")
    verb.add_argument("photos", nargs="+", type=Path, metavar="PHOTO")
    form = verb.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one reading per line")
    form.add_argument("--csv", action="store_true", help="print one face per row")
    verb.add_argument("--out", type=Path, metavar="DIR", help="write annotated PNGs to DIR")
    verb.add_argument("--nets", choices=NETS_CHOICES, default=NETS_CHOICES[0])
    verb.add_argument(
        "--max-faces",
        type=int,
        default=5,
        metavar="N",
        help="analyze only the N largest faces (1 to 100)",
    )
    verb.set_defaults(command=_analyze)


def _add_train(verbs: Verbs) -> None:
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
    verb.set_defaults(command=_train)


def _add_traitnet(group: argparse._ArgumentGroup) -> None:
    group.add_argument("--size-px", type=int, metavar="PX", help="input size")
    group.add_argument("--channels", type=int, choices=(1, 3), help="1 for grayscale, 3 for RGB")
    group.add_argument(
        "--width", type=float, metavar="FACTOR", help="multiplier for all channel counts"
    )
    group.add_argument("--blocks", type=int, metavar="N", help="blocks per stage")
    group.add_argument(
        "--small-epochs", type=int, metavar="N", help="first epochs, on smaller faces"
    )
    group.add_argument("--mixup", type=float, metavar="SHARE")
    group.add_argument("--cutmix", type=float, metavar="SHARE")
    group.add_argument(
        "--plain-epochs", type=int, metavar="N", help="last epochs, without mixup or cutmix"
    )
    group.add_argument(
        "--age-l1", type=float, metavar="WEIGHT", help="weight of the mean age error in the loss"
    )
    group.add_argument(
        "--start-from", metavar="DIR", help="run or model folder with the initial weights"
    )
    group.add_argument(
        "--teacher",
        dest="teachers",
        action="append",
        metavar="RUN",
        help="run to distill from; repeatable",
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


def _add_pack(verbs: Verbs) -> None:
    verb = verbs.add_parser("pack", help="pack traitnet's training faces into a few small files")
    verb.add_argument("--data", type=Path, required=True, metavar="DIR")
    verb.add_argument("--out", type=Path, required=True, metavar="DIR")
    verb.add_argument("--size-px", type=int, default=112, metavar="PX")
    verb.set_defaults(command=_pack)


def _add_evaluate(verbs: Verbs) -> None:
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
    verb.set_defaults(command=_evaluate)


def _add_compare(verbs: Verbs) -> None:
    verb = verbs.add_parser("compare", help="compare two evaluations; exit code 1 if B is worse")
    verb.add_argument("a", type=Path, metavar="A", help="file written by evaluate --out")
    verb.add_argument("b", type=Path, metavar="B")
    verb.add_argument("--json", action="store_true")
    verb.set_defaults(command=_compare)


def _analyze(options: argparse.Namespace) -> int:
    from facetraits.analyzer import Analyzer

    analyzer = Analyzer(options.nets, options.max_faces)
    code, rows = 0, []
    for photo in options.photos:
        try:
            pixels, reading = analyzer.open_and_analyze(photo)
            if options.out:
                _save_annotated(options.out, photo, reports.annotated(pixels, reading))
        # One bad photo must not prevent the others from being analyzed.
        except FacetraitsError as error:
            code = _say_error(f"{photo}: {error}")
            continue
        except OSError as error:
            code = _say_error(f"{photo}: annotated picture not written: {_disk_words(error)}")
        rows.append((str(photo), reading))
        _say_reading(photo, reading, options)
    if options.csv:
        print(reports.as_csv(rows), end="")
    return code


def _say_reading(photo: Path, reading: Reading, options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps({"file": str(photo), **reading.to_dict()}))
    elif not options.csv:
        print(reports.as_text(str(photo), reading))


def _save_annotated(folder: Path, photo: Path, pixels: Pixels) -> None:
    """Writes folder/PHOTO.png, or PHOTO-2.png and so on if that name is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    path, number = folder / f"{photo.stem}.png", 2
    while path.exists():
        path, number = folder / f"{photo.stem}-{number}.png", number + 1
    path.write_bytes(reports.png(pixels))


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
            code = _say_error(str(error))
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


def _pack(options: argparse.Namespace) -> int:
    from facetraits.training.data.datasets import Skipped
    from facetraits.training.data.packing import pack
    from facetraits.training.data.trait_data import LANDMARKS, read_traits

    landmarks = Paths.found().runs / LANDMARKS
    data = read_traits(
        options.data,
        size_px=options.size_px,
        channels=3,
        skipped=Skipped(),
        landmarks=landmarks,
        splits=("train", "val"),
    )
    for path in pack(list(data), options.out):
        print(f"{path}: {path.stat().st_size / 1e6:.1f} MB")
    return 0


def _say_card(card: dict[str, Any] | None) -> None:
    if card is None:
        return
    from facetraits.training.evaluation.evaluate import as_text

    for split in ("val", "test"):
        print(as_text(card[split], card["name"]))


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


def _compare(options: argparse.Namespace) -> int:
    from facetraits.training.evaluation import compare

    a, b = (compare.Answers.read_all(path) for path in (options.a, options.b))
    found = compare.compare_all(a, b)
    print(json.dumps([d.to_dict() for d in found]) if options.json else compare.as_text(found))
    return 1 if compare.is_regression(found) else 0


def _serve(options: argparse.Namespace) -> int:
    from facetraits.web import serve

    return serve()
