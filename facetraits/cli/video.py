"""`facetraits video`: follows the faces in video files."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facetraits.cli.common import Verbs, disk_words, say_error, shown
from facetraits.errors import BadSetting, FacetraitsError
from facetraits.reading.reports import percent
from facetraits.settings import NETS_CHOICES

if TYPE_CHECKING:
    from facetraits.video.resuming import ResultFolder
    from facetraits.video.wanted import Wanted

_ENDING = ".facetraits"
_MOST_PER_SECOND = 1000.0


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser(
        "video", help="follow the faces in videos; run it again to continue after an interruption"
    )
    verb.add_argument("sources", nargs="+", type=Path, metavar="FILE|FOLDER")
    verb.add_argument("--csv", action="store_true", help="write a row for each face and frame")
    verb.add_argument("--json", action="store_true", help="write a line of JSON for each frame")
    verb.add_argument("--annotate", action="store_true", help="write a video with boxes")
    verb.add_argument("--anonymize", action="store_true", help="write a video with faces blurred")
    verb.add_argument(
        "--fps", type=float, metavar="N", help="analyze only N frames per second of video"
    )
    verb.add_argument(
        "--out",
        type=Path,
        default=Path(),
        metavar="DIR",
        help=f"write the results of clip.mp4 to DIR/clip{_ENDING} (default: the current folder)",
    )
    verb.add_argument("--nets", choices=NETS_CHOICES, default=NETS_CHOICES[0])
    verb.add_argument("--max-faces", type=int, default=5, metavar="N", help="1 to 100")
    verb.set_defaults(command=_video, extra="video")


def _video(options: argparse.Namespace) -> int:
    from facetraits.video.wanted import Wanted

    if not 1 <= options.max_faces <= 100:
        raise BadSetting(f"--max-faces must be from 1 to 100, not {options.max_faces}")
    if options.fps is not None and not 0 < options.fps <= _MOST_PER_SECOND:
        raise BadSetting(f"--fps must be above 0 and at most {_MOST_PER_SECOND:g}")
    wanted = Wanted(
        per_second=options.fps,
        csv=options.csv,
        json=options.json,
        annotate=options.annotate,
        anonymize=options.anonymize,
    )
    read = _make_read(options.nets, options.max_faces)
    errors: list[str] = []
    for source, folder in _with_folders(options.sources, options.out, errors.append):
        try:
            print(_one(source, folder, wanted, options.nets, read), flush=True)
        # One bad video must not prevent the others from being read.
        except FacetraitsError as error:
            errors.append(f"{source}: {error}")
        except OSError as error:
            # The video itself, or a result of it.
            is_own = error.filename == str(source)
            errors.append(disk_words(error) if is_own else f"{source}: {disk_words(error)}")
    # At the end, where they are seen after hours of progress.
    return max((say_error(words) for words in errors), default=0)


Read = Callable[[Path, "ResultFolder", "Wanted", "_Bar"], dict[str, Any]]


def _make_read(nets: str, max_faces: int) -> Read:
    """A function that reads one video; the networks are loaded once, for the first."""
    from facetraits.networks.classifiers import unsure_below
    from facetraits.paths import Paths
    from facetraits.serving.worker import make_reader
    from facetraits.video.read import read_video
    from facetraits.vision.tracking import Tracker

    models = Paths.found().models
    reader, below = make_reader(nets, max_faces, models), unsure_below(nets, models)

    def read(source: Path, folder: ResultFolder, wanted: Wanted, bar: _Bar) -> dict[str, Any]:
        with source.open("rb") as file:
            return read_video(
                file,
                folder.path,
                wanted,
                reader=reader,
                make_tracker=lambda: Tracker(below, nets),
                progress=bar,
                nets=nets,
                place=folder.place,
            )

    return read


def _one(source: Path, path: Path, wanted: Wanted, nets: str, read: Read) -> str:
    """Reads a video unless that was done before, and describes its faces."""
    import msgspec

    from facetraits.video.results import SUMMARY
    from facetraits.video.resuming import ResultFolder

    folder = ResultFolder(path, source, wanted, nets)
    if folder.done:
        summary = msgspec.json.decode((path / SUMMARY).read_bytes())
        return f"{_as_text(source, summary)}\n  already read; the results are in {shown(path)}"
    with closing(_Bar(shown(source.name), folder)) as bar:
        summary = read(source, folder, wanted, bar)
    folder.finish()
    return _as_text(source, summary)


class _Bar:
    """Shows the progress on a terminal, and saves places.

    Args:
        name: of the video.
        folder: where places are saved.
    """

    def __init__(self, name: str, folder: ResultFolder) -> None:
        from tqdm import tqdm

        self._folder = folder
        form = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}<{remaining}{postfix}"
        # None: without a terminal, there is no bar.
        self._bar = tqdm(desc=name, total=1.0, bar_format=form, disable=None, leave=False)

    def report(self, progress: float, **detail: Any) -> None:
        self._bar.set_postfix(detail, refresh=False)
        self._bar.update(progress - self._bar.n)

    def save_place(self, place: dict[str, Any]) -> None:
        self._folder.save_place(place)

    def close(self) -> None:
        self._bar.close()


def _with_folders(
    sources: Sequence[Path], out: Path, fail: Callable[[str], None]
) -> Iterator[tuple[Path, Path]]:
    """Each video with the folder of its results, of which no two are the same."""
    taken: set[str] = set()
    for source in sources:
        for path in _videos(source, fail):
            name, number = path.stem, 2
            while name in taken:
                name, number = f"{path.stem}-{number}", number + 1
            taken.add(name)
            yield path, out / f"{name}{_ENDING}"


def _videos(source: Path, fail: Callable[[str], None]) -> list[Path]:
    """The file, or all videos in a folder, in the order of their names."""
    if not source.is_dir():
        return [source]
    paths = sorted(path for path in source.rglob("*") if path.is_file() and _is_video(path))
    if not paths:
        fail(f"{source}: the folder has no videos")
    return paths


def _is_video(path: Path) -> bool:
    """By its first bytes. Not one of our own results, which are in the same folder by default."""
    from facetraits.video.containers import HEAD_BYTES, container_of

    if path.parent.name.endswith(_ENDING):
        return False
    try:
        with path.open("rb") as file:
            return container_of(file.read(HEAD_BYTES)) is not None
    except OSError:
        return True  # reading it reports the reason


def _as_text(source: Path, summary: dict[str, Any]) -> str:
    """A line for the video, and one for each face."""
    video, faces = summary["video"], summary["faces"]
    about = [f"{video['width']}x{video['height']}", f"{video['duration_s']:.1f} s"]
    if video["truncated"]:
        about.append("the file ends early")
    count = f"{len(faces)} face{'s' if len(faces) != 1 else ''}" if faces else "no faces found"
    return "\n".join([f"{shown(source)} ({', '.join(about)}): {count}", *map(_face_line, faces)])


def _face_line(face: dict[str, Any]) -> str:
    age, gender, shares = face["age"], face["gender"], face["emotion"]["dominant_share"]
    mostly = max(shares, key=lambda name: shares[name])
    unsure = ", ".join(f"{doubt['trait']} ({doubt['reason']})" for doubt in face["unsure"])
    return (
        f"  {face['track_id']}. {_clock(face['first_s'])} to {_clock(face['last_s'])}, looks "
        f"{age['low']:.0f}-{age['high']:.0f}, {gender['value']} {percent(gender['probability'])}, "
        f"{mostly} {shares[mostly]:.0%} of the time" + (f"; unsure: {unsure}" if unsure else "")
    )


def _clock(seconds: float) -> str:
    """75.2 → "1:15"."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
