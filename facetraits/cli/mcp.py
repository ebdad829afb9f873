"""`facetraits mcp`: tools for assistants, over standard input and output."""

from __future__ import annotations

import argparse
import logging
import os
from pathlib import Path

from facetraits.cli.common import Verbs
from facetraits.settings import Settings, variable_of


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "mcp", help="offer analyze and anonymize to assistants (Model Context Protocol)"
    )
    verb.add_argument(
        "--folder",
        action="append",
        type=_folder,
        default=[],
        metavar="DIR",
        help="let assistants read pictures in DIR and its subfolders, and write there; repeatable "
        "(default: they can only send pictures)",
    )
    verb.set_defaults(command=_mcp, extra="mcp")


def _folder(text: str) -> Path:
    # An unset variable would allow the folder that the assistant happens to run in.
    if not text:
        raise argparse.ArgumentTypeError("the name of the folder is empty")
    return Path(text)


def _mcp(options: argparse.Namespace) -> int:
    from facetraits.mcp.server import run

    # An assistant asks about one picture at a time, on a machine that has other work.
    settings = Settings.from_env({variable_of("workers"): "1", **os.environ})
    # To standard error: standard output is for the protocol alone.
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s %(message)s")
    logging.getLogger("facetraits").setLevel(settings.log_level)
    run(settings, options.folder)
    return 0
