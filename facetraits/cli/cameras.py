"""`facetraits cameras`: reads the cameras of a file, without a web server."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from facetraits import __version__
from facetraits.cli.common import Verbs
from facetraits.errors import BadSetting
from facetraits.logs import set_up_logging
from facetraits.settings import Settings

if TYPE_CHECKING:
    from facetraits.cameras.config import CamerasConfig


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "cameras", help="read the cameras that a TOML file lists, and count appearances"
    )
    verb.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help="default: FACETRAITS_CAMERAS"
    )
    verb.add_argument("--check", action="store_true", help="only check the file")
    verb.set_defaults(command=_cameras, extra="video")


def _cameras(options: argparse.Namespace) -> int:
    from facetraits.cameras.setup import read_cameras

    settings = Settings.from_env()
    if options.file:
        settings = replace(settings, cameras=str(options.file))
    config = read_cameras(settings)
    if config is None:
        raise BadSetting("name the file of cameras, as an argument or in FACETRAITS_CAMERAS")
    if options.check:
        print(f"{settings.cameras}: {', '.join(config.cameras)}")
    else:
        _run(config, settings)
    return 0


def _run(config: CamerasConfig, settings: Settings) -> None:
    """Until SIGTERM or Ctrl-C, or until every file is over."""
    from facetraits.cameras.setup import open_fleet
    from facetraits.paths import Paths
    from facetraits.serving.service import InferenceService
    from facetraits.serving.tracing import open_tracer

    set_up_logging(settings.log_format)
    logging.getLogger("facetraits").setLevel(settings.log_level)
    paths, stop = Paths.found(), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    tracer = open_tracer(settings, __version__)
    service = InferenceService(settings, paths=paths, tracer=tracer)
    fleet = open_fleet(config, settings, service, paths)
    service.start()
    try:
        fleet.start()
        print(f"Reading {', '.join(config.cameras)} (press Ctrl-C to stop)", flush=True)
        while not stop.wait(0.5) and not fleet.over:
            pass
    finally:
        fleet.close()
        service.close()
        service.kill()
        tracer.close()
