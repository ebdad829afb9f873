"""Ours: from a file to every face's traits, as a program uses it."""

from pathlib import Path

from timing_photos import measure

from facetraits import Analyzer

analyzer = Analyzer()
measure(lambda path: len(analyzer.analyze(Path(path)).faces))
