"""A language for tests, `en-XA`: English with accents, in brackets, and at least 40% longer.

Whatever a page shows in it without brackets does not come from the messages; and what is cut off
or overlaps in it would be in a language with long words.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

from facetraits.paths import Paths

CODE = "en-XA"
LONGER = 1.4
OPENING, CLOSING = "⟦⟧"
# What must stay as it is: placeholders and tags.
_KEPT = re.compile(r"(\{\{\w+\}\}|</?\w+>)")
_ACCENTS = str.maketrans("aceinouyAEINOUY", "áçéíñóúýÁÉÍÑÓÚÝ")
_FILLER = "ŵøřđ "


def pseudo(message: str) -> str:
    """A message in the language; its placeholders and tags stay as they are."""
    parts = _KEPT.split(message)
    said = "".join(parts[::2])
    parts[::2] = [part.translate(_ACCENTS) for part in parts[::2]]
    length = math.ceil(len(said) * (LONGER - 1))
    filler = (_FILLER * (length // len(_FILLER) + 1))[:length]
    return OPENING + "".join(parts) + filler.strip().rjust(len(filler), "ø") + CLOSING


def pseudo_messages(messages: dict) -> dict:
    """Sections of messages → the same in the language."""
    return {
        key: pseudo(value) if isinstance(value, str) else pseudo_messages(value)
        for key, value in messages.items()
    }


def paths_with_pseudo_language(folder: Path) -> Paths:
    """The package's paths, but with static files in a folder, where the language is one of all."""
    paths = Paths.found()
    static = folder / "static"
    shutil.copytree(paths.static, static)
    english = json.loads((static / "locales/en.json").read_text("utf-8"))
    text = json.dumps(pseudo_messages(english), ensure_ascii=False)
    (static / f"locales/{CODE}.json").write_text(text, "utf-8")
    return replace(paths, static=static)
