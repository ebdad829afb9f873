"""The command line: one module for each verb."""

from facetraits.cli.program import leave, main, run

__all__ = ["leave", "main", "run"]
