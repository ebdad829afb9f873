"""Measured once and cited by the documentation; not shipped with the package."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def print_json(found: dict[str, Any], path: Path | None) -> None:
    """Prints what a study found, and writes it to a file where there is one."""
    text = json.dumps(found, indent=2)
    print(text)
    if path:
        path.write_text(text + "\n")
