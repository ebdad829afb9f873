"""Facetraits: apparent age, gender and emotion of every face in a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from facetraits.analyzer import Analyzer as Analyzer

__all__ = ["Analyzer"]
__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    # Lazily: the training and the tests of small modules need no detector.
    if name == "Analyzer":
        from facetraits.analyzer import Analyzer

        return Analyzer
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
