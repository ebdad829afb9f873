"""What all verbs share: one-line errors on the standard error stream."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TypeAlias

Verbs: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

# argparse ends with it, too.
ERROR_EXIT = 2
# Control characters, those that show text in another order, line ends, and bytes that are no text.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def say_error(words: str) -> int:
    """Prints one line, and returns the exit code of an error."""
    print(f"facetraits: {shown(words)}", file=sys.stderr)
    return ERROR_EXIT


def shown(text: object) -> str:
    """A text that may contain names of files, with escapes for what a terminal would obey."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), str(text))


def disk_words(error: OSError) -> str:
    """ "out/a.png: No space left on device"."""
    return ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)
