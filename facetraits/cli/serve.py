"""`facetraits serve`: the web server."""

from __future__ import annotations

import argparse
from dataclasses import replace

from facetraits.cli.common import Verbs


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser("serve", help="start the web server (same as python app.py)")
    verb.add_argument(
        "--cameras",
        metavar="FILE",
        help="read the cameras that a TOML file lists (FACETRAITS_CAMERAS)",
    )
    verb.set_defaults(command=_serve)


def _serve(options: argparse.Namespace) -> int:
    from facetraits.settings import Settings
    from facetraits.web import serve

    settings = Settings.from_env()
    if options.cameras is not None:
        settings = replace(settings, cameras=options.cameras)
    return serve(settings)
