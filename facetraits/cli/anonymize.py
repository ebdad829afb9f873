"""`facetraits anonymize`: writes photos with the faces in them hidden."""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

from facetraits.cli.common import Verbs, disk_words, say_error, shown
from facetraits.cli.pictures import Found, find_pictures
from facetraits.cli.workers import in_order, read, started
from facetraits.errors import BadImage, BadRequest, BadSetting, FacetraitsError
from facetraits.files import write_new
from facetraits.serving.job import Analysis
from facetraits.serving.service import InferenceService
from facetraits.settings import DEFAULT_NETS
from facetraits.vision.anonymize import Anonymized
from facetraits.vision.hiding import STYLES, Hiding
from facetraits.vision.republishing import suffix_for

_NOTICE = "Faces may have been missed: look at the pictures before you share them."


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser("anonymize", help="write photos with the faces hidden")
    verb.add_argument("photos", nargs="+", type=Path, metavar="PHOTO|FOLDER")
    verb.add_argument("-r", "--recursive", action="store_true", help="include subfolders")
    verb.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="the folder to write to"
    )
    verb.add_argument("--style", choices=STYLES, default=STYLES[0])
    verb.add_argument(
        "--faces",
        default="all",
        metavar="all|1,3",
        help="numbers of the faces to hide, as analyze prints them (default: all, including "
        "doubtful ones)",
    )
    verb.add_argument("--max-faces", type=int, default=5, metavar="N", help="as for analyze")
    verb.add_argument("--jobs", type=int, default=1, metavar="N", help="worker processes (1 to 64)")
    verb.set_defaults(command=_anonymize)


def _anonymize(options: argparse.Namespace) -> int:
    hiding = _hiding(options)
    found = find_pictures(options.photos, recursive=options.recursive, skip=options.out)
    code = 0
    with started(options.jobs, nets=DEFAULT_NETS, max_faces=options.max_faces) as service:
        run = partial(_run, service, hiding)
        for picture, outcome in in_order(options.jobs, run, found):
            # One bad photo must not prevent the others from being written.
            try:
                anonymized = outcome.result().anonymized
                assert anonymized is not None  # the job had a hiding
                path = _write(options.out, picture, anonymized)
            except FacetraitsError as error:
                code = say_error(f"{picture.path}: {error}")
            except OSError as error:
                code = say_error(f"{picture.path}: not written: {disk_words(error)}")
            else:
                count = len(anonymized.boxes)
                print(f"{shown(path)}: {count} face{'' if count == 1 else 's'} hidden")
    print(_NOTICE)
    return code


def _hiding(options: argparse.Namespace) -> Hiding:
    try:
        return Hiding.parse(options.style, options.faces)
    except BadRequest as error:
        raise BadSetting(f"--{error}") from error


def _run(service: InferenceService, hiding: Hiding, picture: Found) -> Analysis:
    if picture.error is not None:
        raise BadImage(f"the file cannot be opened: {picture.error}")
    return read(service, picture.path, hiding)


def _write(folder: Path, picture: Found, anonymized: Anonymized) -> Path:
    """Writes it where it was, relative to the folder; under another name if that one is taken."""
    place = folder / picture.name
    suffix = suffix_for(anonymized.media_type, place)
    place.parent.mkdir(parents=True, exist_ok=True)
    path, number = place.with_suffix(suffix), 2
    while True:
        try:
            # What is there, perhaps the photo itself, is never overwritten.
            write_new(path, anonymized.data)
            return path
        except FileExistsError:
            path, number = place.with_name(f"{place.stem}-{number}{suffix}"), number + 1
