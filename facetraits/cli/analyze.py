"""`facetraits analyze`: reads the faces in photos."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from facetraits.cli.common import Verbs, disk_words, say_error, shown
from facetraits.errors import FacetraitsError
from facetraits.files import write_new
from facetraits.pixels import Pixels
from facetraits.reading import reports
from facetraits.reading.model import Reading
from facetraits.settings import NETS_CHOICES

_OUT_HELP = (
    "for photos, write annotated PNGs to DIR; for folders, readings.jsonl, faces.csv, and what is "
    "needed to continue after an interruption"
)


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser("analyze", help="analyze the faces in photos; print text, JSON, or CSV")
    verb.add_argument("photos", nargs="+", type=Path, metavar="PHOTO|FOLDER")
    verb.add_argument("-r", "--recursive", action="store_true", help="include subfolders")
    form = verb.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="print one reading per line")
    form.add_argument("--csv", action="store_true", help="print one face per row")
    verb.add_argument("--out", type=Path, metavar="DIR", help=_OUT_HELP)
    verb.add_argument("--nets", choices=NETS_CHOICES, default=NETS_CHOICES[0])
    verb.add_argument(
        "--max-faces",
        type=int,
        default=5,
        metavar="N",
        help="analyze only the N largest faces (1 to 100)",
    )
    verb.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="worker processes for folders (1 to 64)"
    )
    verb.set_defaults(command=_analyze)


def _analyze(options: argparse.Namespace) -> int:
    if any(path.is_dir() for path in options.photos):
        from facetraits.cli.folders import analyze_folders

        return analyze_folders(options)
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
            code = say_error(f"{photo}: {error}")
            continue
        except OSError as error:
            code = say_error(f"{photo}: annotated picture not written: {disk_words(error)}")
        rows.append((str(photo), reading))
        _say_reading(photo, reading, options)
    if options.csv:
        print(reports.as_csv(rows), end="")
    return code


def _say_reading(photo: Path, reading: Reading, options: argparse.Namespace) -> None:
    if options.json:
        print(json.dumps({"file": str(photo), **reading.to_dict()}))
    elif not options.csv:
        print(reports.as_text(shown(photo), reading))


def _save_annotated(folder: Path, photo: Path, pixels: Pixels) -> None:
    """Writes folder/PHOTO.png, or PHOTO-2.png and so on if that name is taken."""
    folder.mkdir(parents=True, exist_ok=True)
    path, number = folder / f"{photo.stem}.png", 2
    while path.exists():
        path, number = folder / f"{photo.stem}-{number}.png", number + 1
    write_new(path, reports.png(pixels))
