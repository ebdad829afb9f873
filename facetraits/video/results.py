"""The result files of a video, which only grow while it is read, so that reading can go on.

- `frames.csv`: a row for each face and frame.
- `frames.jsonl`: a line for each frame, with the faces as everywhere else.
- `boxes.jsonl`: the same in short, for the page that plays the video.
- `series.jsonl`, `tracks.jsonl`: until the video is read, points of each face's series, and the
  summaries of the faces that left; then they are part of `summary.json`.

Boxes and landmarks are in pixels of the video as players show it, whatever size was read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

import msgspec

from facetraits.reading.model import Face
from facetraits.reading.reports import CSV_COLUMNS, face_cells
from facetraits.reading.traits import EMOTIONS, VALENCES
from facetraits.video.tracks import Finished

FRAMES_CSV, FRAMES_JSON = "frames.csv", "frames.jsonl"
BOXES, SUMMARY = "boxes.jsonl", "summary.json"
_SERIES, _TRACKS = "series.jsonl", "tracks.jsonl"
RESULT_FILES = (FRAMES_CSV, FRAMES_JSON, BOXES, SUMMARY, _SERIES, _TRACKS)
VIDEO_COLUMNS = (
    *("time_s", "frame", "track"),
    *CSV_COLUMNS[2:],
    *(f"valence_{name}" for name in VALENCES),
    *(f"score_{name}" for name in EMOTIONS),
)
# A page looks for the place of a time in the file of boxes, in steps of this many seconds.
_INDEX_S = 10.0


class ResultFiles:
    """Writes the result files of one video.

    Args:
        folder: where they are; a file that is already there is continued.
        names: which to write: `FRAMES_CSV`, `FRAMES_JSON`, `BOXES`.
        index: see :attr:`index`, to go on.
    """

    def __init__(
        self, folder: Path, names: Sequence[str], index: Iterable[tuple[float, int]] = ()
    ) -> None:
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}
        for name in (*names, _SERIES, _TRACKS):
            self._files[name] = (folder / name).open("ab")
        self.index = [(float(time_s), int(offset)) for time_s, offset in index]
        """(seconds, bytes): where the line of that time begins in the file of boxes."""
        if self._is_new(FRAMES_CSV):
            self._write_rows([VIDEO_COLUMNS])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def add(self, number: int, time_s: float, faces: Sequence[Face]) -> None:
        """One frame."""
        time_s = round(time_s, 4)
        if FRAMES_CSV in self._files and faces:
            self._write_rows([time_s, number, face.track_id, *_cells(face)] for face in faces)
        if FRAMES_JSON in self._files:
            written = [face.to_dict() for face in faces]
            self._write_line(FRAMES_JSON, {"time_s": time_s, "frame": number, "faces": written})
        if BOXES in self._files:
            if not self.index or time_s - self.index[-1][0] >= _INDEX_S:
                self.index.append((time_s, self._files[BOXES].tell()))
            self._write_line(BOXES, [time_s, [_short(face) for face in faces]])

    def add_finished(self, finished: Finished) -> None:
        """Points of series, and faces that left."""
        for point in finished.points:
            self._write_line(_SERIES, point)
        for track in finished.tracks:
            self._write_line(_TRACKS, track)

    def write_summary(self, about: Mapping[str, Any]) -> dict[str, Any]:
        """Writes `summary.json`: about the video, and its faces, by their first appearance."""
        self.flush()
        series: dict[int, list[dict[str, Any]]] = {}
        for point in _lines(self._folder / _SERIES):
            series.setdefault(point.pop("track_id"), []).append(point)
        faces = sorted(_lines(self._folder / _TRACKS), key=lambda face: face["first_s"])
        faces = [{**face, "series": series.get(face["track_id"], [])} for face in faces]
        summary = {**about, "index": self.index, "faces": faces}
        (self._folder / SUMMARY).write_bytes(msgspec.json.encode(summary))
        for name in (_SERIES, _TRACKS):
            self._files.pop(name).close()
            (self._folder / name).unlink()
        return summary

    def flush(self) -> None:
        """What was added so far can be read from the files."""
        for file in self._files.values():
            file.flush()

    def _is_new(self, name: str) -> bool:
        return name in self._files and self._files[name].tell() == 0

    def _write_line(self, name: str, value: Any) -> None:
        self._files[name].write(msgspec.json.encode(value) + b"\n")

    def _write_rows(self, rows: Iterable[Iterable[object]]) -> None:
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        self._files[FRAMES_CSV].write(text.getvalue().encode())


def _lines(path: Path) -> list[dict[str, Any]]:
    return [msgspec.json.decode(line) for line in path.read_bytes().splitlines()]


def _cells(face: Face) -> list[object]:
    emotion = face.emotion.to_dict()
    scores = emotion.get("scores") or {}
    return [
        *face_cells(face),
        *(emotion["valence"][name] for name in VALENCES),
        *(scores.get(name, "") for name in EMOTIONS),
    ]


def _short(face: Face) -> list[Any]:
    """What the page draws: its number, its box as shares, and its label; see video/boxes.js."""
    ratio = face.box_ratio
    return [
        face.track_id,
        *(round(side, 4) for side in (ratio.left, ratio.top, ratio.width, ratio.height)),
        *(round(age, 1) for age in (face.age.value, face.age.low, face.age.high)),
        face.age.range,
        face.gender.value,
        round(face.gender.probability, 3),
        face.emotion.dominant,
        round(face.emotion.probability, 3),
    ]
