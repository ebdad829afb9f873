"""The comparison as text: a line a row, and under each peer its ratios to ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from bench.peers.scoring import FIGURES

if TYPE_CHECKING:
    from bench.peers.comparing import Result

_NAME = 17
_COLUMNS = {
    "least_ms": ("least", "ms", 8, 2),
    "median_ms": ("median", "ms", 8, 2),
    "peak_mb": ("peak", "MB", 7, 0),
    "start_s": ("start", "s", 7, 2),
    "gender": ("gender", "%", 8, 1),
    "mae": ("age", "years off", 11, 2),
    "ranges": ("7 ranges", "%", 10, 1),
    "ferplus": ("FER+ 8", "%", 8, 1),
    "fer2013": ("FER2013 7", "%", 11, 1),
}
"""Column → its two lines of heading, its width, and how many decimals it has."""

Values = dict[str, float]


def values_of(result: Result) -> Values:
    """Column → what a row has in it; columns that it cannot fill are left out."""
    cost = result.cost()
    costs = {name: getattr(cost, name) for name in _COLUMNS if name not in FIGURES}
    return costs | {name: score["value"] for name, score in result.scores.items()}


def as_text(results: Sequence[Result], counts: Mapping[str, int]) -> str:
    """The whole table.

    Args:
        results: our rows before the peers.
        counts: kind → how many test faces it is scored on; empty without data.
    """
    base = next((r for r in results if r.row.is_ours and not r.failure), None)
    lines = ["", *_heading()]
    for result in results:
        lines += _lines(result, base)
    lines += ["", *_caption(results, counts)]
    return "\n".join(lines)


def _heading() -> list[str]:
    return [
        " " * (_NAME + 2) + "".join(f"{column[part]:>{column[2]}}" for column in _COLUMNS.values())
        for part in (0, 1)
    ]


def _lines(result: Result, base: Result | None) -> list[str]:
    name = f"  {result.row.name:{_NAME}}"
    if result.failure:
        return [f"{name}  {result.failure}"]
    values = values_of(result)
    line = name + "".join(
        f"{values[key]:{width}.{decimals}f}" if key in values else f"{'-':>{width}}"
        for key, (_, _, width, decimals) in _COLUMNS.items()
    )
    if base is None or result.row.is_ours:
        return [line]
    return [line, _ratios(values, values_of(base), base.row.name)]


def _ratios(values: Values, ours: Values, name: str) -> str:
    """Theirs divided by ours."""
    cells = []
    for key, (_, _, width, _) in _COLUMNS.items():
        both = key in values and ours.get(key)
        cells.append(f"{_ratio(values[key] / ours[key]) if both else '':>{width}}")
    return f"    {'/ ' + name:{_NAME - 2}}" + "".join(cells).rstrip()


def _ratio(ratio: float) -> str:
    return f"{ratio:.2f}x" if ratio < 10 else f"{ratio:.0f}x"


_COSTS = """\
  ms: one face that is already cropped, batch 1, one core, all traits in the row, including
  resizing. MB: VmHWM. start: from the start of the process to its first result.
  No row detects faces. Node rows run on TensorFlow.js's WebAssembly backend with SIMD, one
  thread; human's networks are called one by one, because its pipeline always detects."""

_ACCURACIES = """\
  Test split: {people:,} UTKFace faces, {expressions:,} of FER2013. Libraries with seven emotions
  are scored on all eight of FER+; a missed face counts as wrong. FER2013 7 of traitnet: its head
  for FER2013's own labels, which the app does not show. Ages are rounded to whole years.
  Widest 95% intervals: {intervals}.
  How faces are cropped (other libraries: best on val; ours: as served):"""


def _caption(results: Sequence[Result], counts: Mapping[str, int]) -> list[str]:
    if not counts:
        return [_COSTS]
    caption = _ACCURACIES.format(**counts, intervals=_intervals(results))
    return [_COSTS, caption, *(_cutting(r) for r in results if not r.failure)]


def _intervals(results: Sequence[Result]) -> str:
    widest: dict[str, float] = {}
    for result in results:
        for name, score in result.scores.items():
            half = (score["high"] - score["low"]) / 2
            widest[name] = max(widest.get(name, 0.0), half)
    return ", ".join(_half(name, widest[name]) for name in FIGURES if name in widest)


def _half(figure: str, width: float) -> str:
    heading, _, _, decimals = _COLUMNS[figure]
    return f"{heading} ±{width:.{decimals}f}"


def _cutting(result: Result) -> str:
    cuts = ", ".join(f"{_COLUMNS[name][0]} {framing}" for name, framing in result.framings.items())
    missed = f"; {result.missed} faces missed" if result.missed else ""
    return f"    {result.row.name}: {cuts}{missed}"
