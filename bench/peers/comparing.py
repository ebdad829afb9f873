"""Every row measured and scored; a row that fails says why, and the rest stands."""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bench.peers import environments, table
from bench.peers.environments import NotInstalled
from bench.peers.faces import KINDS, WHOLE, Cut, Faces, portraits, write_job
from bench.peers.rows import OURS, PEERS, Row, ours
from bench.peers.running import Answer, Answered, RunnerFailed, run
from bench.peers.scoring import FIGURES, Score, score
from facetraits.errors import BadData
from facetraits.training.data.datasets import Sample

ROUNDS = 3
"""Processes a row that times and memory are of; rows take turns, so that noise hits all."""

TIMED_FACES = 100
VAL_FACES = 200


class AnswerFaces(Protocol):
    """Cut faces, asked for some traits, through a row's runner."""

    def __call__(self, row: Row, cuts: Sequence[Cut], traits: Sequence[str]) -> Answered: ...


@dataclass(frozen=True, slots=True)
class Cost:
    """Least and median milliseconds a face, seconds to the first answer, most MB."""

    least_ms: float
    median_ms: float
    start_s: float
    peak_mb: float


@dataclass(slots=True)
class Result:
    """What is known of a row.

    Attributes:
        failure: why there is nothing, in one line.
        scores: figure → its score on test.
        framings: figure → the framing that was best on val.
        missed: test faces that it did not find a face in.
    """

    row: Row
    failure: str = ""
    rounds: list[Answered] = field(default_factory=list)
    scores: dict[str, Score] = field(default_factory=dict)
    framings: dict[str, str] = field(default_factory=dict)
    missed: int = 0

    def cost(self) -> Cost:
        every = [ms for answered in self.rounds for ms in answered.ms]
        return Cost(
            min(every),
            statistics.median(every),
            statistics.median(answered.start_s for answered in self.rounds),
            max(answered.peak_mb for answered in self.rounds),
        )


class Runners:
    """Starts runners; their faces lie in a temporary folder, which goes away with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._broken: dict[str, NotInstalled] = {}

    def __call__(self, row: Row, cuts: Sequence[Cut], traits: Sequence[str]) -> Answered:
        command = self._command(row.environment)
        job = write_job(self._folder, cuts, traits, row.model, row.boxed)
        ours = row.environment == OURS
        home = environments.ROOT if ours else environments.RUNS / row.environment
        return run(command, row.runner, job, home)

    def _command(self, environment: str) -> list[str]:
        """What starts a runner; an environment that rows share is tried once, not by each."""
        if environment in self._broken:
            raise self._broken[environment]
        try:
            return environments.command(environment)
        except NotInstalled as error:
            self._broken[environment] = error
            raise


def measure(results: Sequence[Result], cuts: Sequence[Cut], answer: AnswerFaces) -> None:
    """Times and memory: each row in a new process, one row after the other, some rounds."""
    for number in range(ROUNDS):
        for result in results:
            _say(f"{result.row.name}: times, round {number + 1} of {ROUNDS}")
            _guarded(result, lambda r: r.rounds.append(answer(r.row, cuts, r.row.traits)))


def _guarded(result: Result, work: Callable[[Result], None]) -> None:
    """Work on a row that has not failed yet; it may fail now."""
    if result.failure:
        return
    try:
        work(result)
    except (NotInstalled, RunnerFailed) as error:
        result.failure = str(error)
    except (LookupError, TypeError, ValueError) as error:
        result.failure = f"its answers cannot be scored: {error!r}"
    if result.failure:
        _say(f"{result.row.name}: {result.failure}")


def judge(result: Result, faces: Faces, answer: AnswerFaces) -> None:
    """Chooses framings on val, then answers test once in each that was chosen."""
    for kind, framings in result.row.framings.items():
        figures = [
            name
            for name, figure in FIGURES.items()
            if figure.kind == kind and figure.trait in result.row.traits
        ]
        if figures:
            _judge_kind(result, kind, figures, framings, faces, answer)


def _judge_kind(
    result: Result,
    kind: str,
    figures: Sequence[str],
    framings: Sequence[str],
    faces: Faces,
    answer: AnswerFaces,
) -> None:
    row = result.row
    traits = list(dict.fromkeys(FIGURES[name].trait for name in figures))

    def answers_of(samples: Sequence[Sample], framing: str) -> list[Answer]:
        _say(f"{row.name}: {len(samples)} {kind} of {samples[0].split}, {framing}")
        cuts = [faces.cut(sample, framing, row.aligned_px) for sample in samples]
        return answer(row, cuts, traits).answers

    chosen = dict.fromkeys(figures, framings[0])
    if len(framings) > 1:
        val = faces.of(kind, "val")
        scores = {framing: score(figures, val, answers_of(val, framing)) for framing in framings}
        for name in figures:
            chosen[name] = FIGURES[name].best({f: scores[f][name] for f in framings})
    test = faces.of(kind, "test")
    answers = {framing: answers_of(test, framing) for framing in dict.fromkeys(chosen.values())}
    for name, framing in chosen.items():
        result.scores |= score([name], test, answers[framing])
    result.framings |= chosen
    result.missed += max(one.count(None) for one in answers.values())


def timed_faces(faces: Faces | None) -> list[Cut]:
    """As many of each kind, whole, in turns; a portrait's where there is no data."""
    if faces is None:
        return portraits(TIMED_FACES)
    pairs = zip(faces.of("people", "test"), faces.of("expressions", "test"), strict=False)
    samples = [sample for pair in pairs for sample in pair][:TIMED_FACES]
    return [faces.cut(sample, WHOLE, 0) for sample in samples]


def compare(rows: Sequence[Row], faces: Faces | None, answer: AnswerFaces) -> list[Result]:
    """All rows' results, in their order."""
    results = [Result(row) for row in rows]
    measure(results, timed_faces(faces), answer)
    if faces is not None:
        for result in results:
            _guarded(result, lambda r: judge(r, faces, answer))
    return results


def main(data_dir: Path | None = None, most: int | None = None) -> None:
    """Prints the table.

    Args:
        data_dir: the data sets' folder; without it there are no accuracies.
        most: the maximum number of faces per kind and split, for quick runs.
    """
    faces = _read(data_dir, most)
    with tempfile.TemporaryDirectory() as folder:
        results = compare([*ours(), *PEERS], faces, Runners(Path(folder)))
    counts = {kind: len(faces.of(kind, "test")) for kind in KINDS} if faces else {}
    print(table.as_text(results, counts), flush=True)


def _read(data_dir: Path | None, most: int | None) -> Faces | None:
    """The data sets' faces, or None after saying in one line why there are none."""
    reason = "--data DIR was not given" if data_dir is None else f"{data_dir} is no folder"
    if data_dir is not None and data_dir.is_dir():
        try:
            return Faces(data_dir, most, VAL_FACES)
        except BadData as error:
            reason = str(error)
    print(f"\npeers: times and memory only, on one portrait: {reason}", flush=True)
    return None


def _say(line: str) -> None:
    print(f"peers: {line}", file=sys.stderr, flush=True)
