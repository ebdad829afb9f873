"""`python -m bench whole`: whole photos, from the file to the answers, beside other libraries.

Each library runs its own default path in an environment of its own, on one core, with a process
for each photo. The cost is what a server pays: photos per second of processor time.
"""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench import detectors
from bench.peers import environments
from bench.peers.environments import NotInstalled
from bench.peers.rows import OURS
from bench.peers.running import Limits, RunnerFailed, printed

_ROUNDS = 7
_MOST_MS = 10_000
# Of one photo: a library that needs more is stopped, and its row says so.
_MOST_S, _MOST_BYTES = 300.0, 12 * 10**9


@dataclass(frozen=True, slots=True)
class Library:
    """A library: its name, its environment (see ``peers/environments.py``), and its runner."""

    name: str
    environment: str
    runner: str


LIBRARIES = (
    Library("ours", OURS, "photos_ours.py"),
    Library("deepface", "deepface", "photos_deepface.py"),
    Library("face_recognition", "face-recognition", "photos_face_recognition.py"),
)


@dataclass(frozen=True, slots=True)
class Photo:
    """What one photo took.

    Attributes:
        faces: how many were found.
        wall_ms, cpu_ms: wall-clock and processor time in ms.
        peak_mb: the most memory that the process held, with its networks.
    """

    faces: int
    wall_ms: float
    cpu_ms: float
    peak_mb: float


def main() -> None:
    pictures = detectors.examples()
    ours: list[Photo | str] = []
    with tempfile.TemporaryDirectory() as folder:
        jobs = _write_jobs(Path(folder), [detectors.jpeg(p) for p in pictures.values()])
        for library in LIBRARIES:
            try:
                command = environments.command(library.environment)
            except NotInstalled as error:
                print(f"\n{library.name}: {error}", flush=True)
                continue
            photos = [_read(library, command, job) for job in jobs]
            ours = ours or photos
            print(table(library.name, list(pictures), photos, ours), flush=True)


def table(title: str, names: list[str], photos: list[Photo | str], ours: list[Photo | str]) -> str:
    """A library's rows, with how many times our processor time it takes, or why there is none."""
    lines = [
        f"\n{title}",
        f"  {'photo':28}{'found':>7}{'wall ms':>10}{'CPU ms':>10}{'photos/CPU s':>14}{'MB':>8}"
        f"{'ours':>8}",
    ]
    for name, photo, own in zip(names, photos, ours, strict=True):
        if isinstance(photo, str) or isinstance(own, str):
            lines.append(f"  {name:28}{photo if isinstance(photo, str) else own}")
            continue
        lines.append(
            f"  {name:28}{photo.faces:7}{photo.wall_ms:10.1f}{photo.cpu_ms:10.1f}"
            f"{1000 / photo.cpu_ms:14.2f}{photo.peak_mb:8.0f}{photo.cpu_ms / own.cpu_ms:7.1f}x"
        )
    return "\n".join(lines)


def _write_jobs(folder: Path, photos: list[bytes]) -> list[Path]:
    """A job for each photo, so that each is read by a process of its own."""
    jobs = []
    for number, content in enumerate(photos):
        photo, job = folder / f"{number}.jpg", folder / f"{number}.json"
        photo.write_bytes(content)
        job.write_text(json.dumps({"photos": [str(photo)], "rounds": _ROUNDS, "most_ms": _MOST_MS}))
        jobs.append(job)
    return jobs


def _read(library: Library, command: list[str], job: Path) -> Photo | str:
    """What a photo took, or why there is no answer."""
    is_ours = library.environment == OURS
    home = environments.ROOT if is_ours else environments.RUNS / library.environment
    limits = Limits(_MOST_S, _MOST_BYTES)
    try:
        found = json.loads(printed(command, library.runner, job, home, limits))
    except RunnerFailed as error:
        return str(error)
    (photo,) = found["photos"]
    return Photo(photo["faces"], photo["wall_ms"], photo["cpu_ms"], float(found["peak_mb"]))
