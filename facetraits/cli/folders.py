"""`facetraits analyze FOLDER`: reads all pictures in folders, and continues where it stopped."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from facetraits.cli.common import ERROR_EXIT, say_error, shown
from facetraits.cli.folder_state import CSV, ERRORS, JSON_LINES, FolderState
from facetraits.cli.pictures import Found, find_pictures
from facetraits.cli.workers import in_order, read, started
from facetraits.errors import BadImage, BadSetting, FacetraitsError, NotWritten
from facetraits.serving.job import Analysis
from facetraits.serving.service import InferenceService

_MOST_ERRORS_SHOWN = 20


def analyze_folders(options: argparse.Namespace) -> int:
    """Reads the pictures; returns 0, or 2 if any of them could not be read."""
    if options.out is None:
        raise BadSetting("a folder needs --out DIR, for its readings")
    if not 1 <= options.jobs <= 64:
        raise BadSetting(f"--jobs must be from 1 to 64, not {options.jobs}")
    state = FolderState(options.out, f"--nets {options.nets} --max-faces {options.max_faces}")
    try:
        state.forget_errors()
        total = sum(1 for _ in _pictures(options))
        with started(options.jobs, nets=options.nets, max_faces=options.max_faces) as service:
            _read_all(service, state, options, _bar(total))
        return _say_end(state, options.out, total)
    finally:
        state.close()


def _pictures(options: argparse.Namespace) -> Iterator[Found]:
    yield from find_pictures(options.photos, recursive=options.recursive, skip=options.out)


def _bar(total: int) -> Any:
    from tqdm import tqdm

    # Only on a terminal; not in the log of a job that runs at night.
    return tqdm(total=total, unit="photo", disable=None, smoothing=0.05)


def _read_all(
    service: InferenceService, state: FolderState, options: argparse.Namespace, bar: Any
) -> None:
    def left() -> Iterator[Found]:
        for picture in _pictures(options):
            if picture.error is None and state.is_done(picture.path, str(picture.path)):
                bar.update()
            else:
                yield picture

    with bar:
        for picture, outcome in in_order(options.jobs, partial(_run, service), left()):
            # One bad photo must not prevent the others from being analyzed.
            try:
                state.add(picture.path, str(picture.path), outcome.result().reading)
            except NotWritten:
                raise  # no other reading could be written, either
            except FacetraitsError as error:
                state.add_error(str(picture.path), error)
            bar.update()


def _run(service: InferenceService, picture: Found) -> Analysis:
    if picture.error is not None:
        raise BadImage(f"the file cannot be opened: {picture.error}")
    return read(service, picture.path)


def _say_end(state: FolderState, out: Path, total: int) -> int:
    failed = state.error_count()
    for name, reason in islice(state.errors(), _MOST_ERRORS_SHOWN):
        say_error(f"{name}: {reason}")
    if failed > _MOST_ERRORS_SHOWN:
        say_error(f"and {failed - _MOST_ERRORS_SHOWN} more: see {out / ERRORS}")
    count = f"{total - failed} of {total} picture{'' if total == 1 else 's'} read"
    print(f"{count}: {shown(out / JSON_LINES)}, {shown(out / CSV)}")
    return ERROR_EXIT if failed else 0
