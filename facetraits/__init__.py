"""Facetraits: apparent age, gender, and emotion of every face in a picture."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facetraits.analyzer import Analyzer as Analyzer
    from facetraits.errors import FacetraitsError as FacetraitsError
    from facetraits.reading.model import Face as Face
    from facetraits.reading.model import Reading as Reading

__all__ = ["Analyzer", "Face", "FacetraitsError", "Reading"]
__version__ = "0.3.0.dev0"

_MODULES = {
    "Analyzer": "facetraits.analyzer",
    "Face": "facetraits.reading.model",
    "FacetraitsError": "facetraits.errors",
    "Reading": "facetraits.reading.model",
}


def __getattr__(name: str) -> Any:
    # Lazily: the training and the tests of small modules need no detector.
    if name in _MODULES:
        return getattr(importlib.import_module(_MODULES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
