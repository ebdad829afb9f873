"""The program: finds the verb, runs it, and turns errors into exit codes."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import NoReturn, TextIO

from facetraits import __version__
from facetraits.cli import (
    analyze,
    anonymize,
    cameras,
    compare,
    evaluate,
    key,
    mcp,
    pack,
    serve,
    train,
    video,
    worker,
)
from facetraits.cli.common import disk_words, say_error
from facetraits.errors import FacetraitsError
from facetraits.extras import needs_extra

_DESCRIPTION = "Apparent age, gender, and emotion of every face in photos."
# Each has `add(verbs)`, which sets `command`, and `extra` if it needs an optional package.
_VERBS = (
    analyze,
    anonymize,
    video,
    train,
    pack,
    evaluate,
    compare,
    key,
    cameras,
    serve,
    worker,
    mcp,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0, or that of an error, after one line."""
    # Silences TensorFlow's messages at startup, except errors.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    options = _parser().parse_args(arguments)
    _accept_any_name(sys.stdout)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        extra = options.extra
        with needs_extra(extra, options.verb) if extra else nullcontext():
            return command(options)
    except FacetraitsError as error:
        say_error(str(error))
        return error.exit_code
    except BrokenPipeError:
        # The reader closed the pipe, as `head` does; without this, Python complains on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except OSError as error:
        return say_error(disk_words(error))
    except KeyboardInterrupt:
        print("facetraits: interrupted", file=sys.stderr)
        return 130


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


def _accept_any_name(output: TextIO) -> None:
    """Names of files can have what the terminal or the file cannot."""
    if isinstance(output, io.TextIOWrapper) and output.errors == "strict":
        output.reconfigure(errors="backslashreplace")


def _parser() -> argparse.ArgumentParser:
    # Under `python -m` the program would be called __main__.py.
    as_module = Path(sys.argv[0]).name == "__main__.py"
    prog = "python -m facetraits" if as_module else "facetraits"
    parser = argparse.ArgumentParser(prog=prog, description=_DESCRIPTION)
    parser.add_argument("--version", action="version", version=f"facetraits {__version__}")
    parser.set_defaults(extra=None)
    verbs = parser.add_subparsers(required=True, metavar="VERB", dest="verb")
    for verb in _VERBS:
        verb.add(verbs)
    return parser
