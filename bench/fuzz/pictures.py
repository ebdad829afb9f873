"""Mutated pictures of every format, read by real workers: none may end one, or take long."""

from __future__ import annotations

import contextlib
import io
import os
import random
import struct
import tempfile
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from bench.hostile import memory_mb
from facetraits.errors import FacetraitsError
from facetraits.serving.job import Job
from facetraits.serving.worker import ProcessWorker
from facetraits.settings import Settings

WORKERS = 2
LONGEST_S = 5.0
_SIDE_PX = 160
# What a worker's memory may grow by: the detector keeps a few shapes of its input.
_MOST_GROWTH_MB = 150
_ODD_SIZES = (0, 1, 2, 7, 255, 256, 4_095, 16_383, 65_535, 100_000, 2**31 - 1, 2**31, 2**32 - 1)
_EXPECTED = frozenset({"bad_image", "unsupported_type", "too_large"})


@dataclass(slots=True)
class Found:
    """What came of it.

    Attributes:
        seed, pictures: what was read; the same again with the same seed.
        answers: how many readings and problems, by code.
        odd: the numbers of the pictures whose answer was none of those expected.
        longest_s, longest: the longest reading, and the picture's number.
        deaths: workers that ended.
        growth_mb: of the worker that grew most, from a tenth of the pictures on.
        files: what was written to the working folder or the temporary one.
    """

    seed: int
    pictures: int
    answers: Counter[str] = field(default_factory=Counter)
    odd: list[int] = field(default_factory=list)
    longest_s: float = 0.0
    longest: int = -1
    deaths: int = 0
    growth_mb: float = 0.0
    files: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether nothing broke."""
        return not (
            self.odd
            or self.deaths
            or self.files
            or self.longest_s > LONGEST_S
            or self.growth_mb > _MOST_GROWTH_MB
        )


def _encoded(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def originals() -> dict[str, bytes]:
    """A small portrait in every format and the variants of it that are decoded differently."""
    rgb = Image.fromarray(data.astronaut()[:300, 70:370]).resize((_SIDE_PX, _SIDE_PX))
    exif = Image.Exif()
    exif[0x0112] = 6
    deep = Image.fromarray(np.asarray(rgb.convert("L")).astype(np.uint16) * 257)
    clear = rgb.copy()
    clear.putalpha(rgb.convert("L"))
    frames = [rgb.quantize(64), rgb.rotate(90).quantize(64)]
    return {
        "jpeg": _encoded(rgb, "JPEG", exif=exif),
        "progressive jpeg": _encoded(rgb, "JPEG", progressive=True),
        "cmyk jpeg": _encoded(rgb.convert("CMYK"), "JPEG"),
        "gray jpeg": _encoded(rgb.convert("L"), "JPEG"),
        "png": _encoded(rgb, "PNG", exif=exif),
        "clear png": _encoded(clear, "PNG"),
        "palette png": _encoded(frames[0], "PNG", transparency=3),
        "16-bit png": _encoded(deep, "PNG"),
        "webp": _encoded(rgb, "WEBP", exif=exif),
        "lossless webp": _encoded(clear, "WEBP", lossless=True),
        "gif": _encoded(frames[0], "GIF", save_all=True, append_images=frames[1:]),
        "avif": _encoded(rgb, "AVIF", speed=10, exif=exif),
        "heif": _encoded(rgb, "HEIF"),
        "bmp": _encoded(rgb, "BMP"),
        "palette bmp": _encoded(frames[0], "BMP"),
        "black and white bmp": _encoded(rgb.convert("1"), "BMP"),
    }


class Mutations:
    """Files, each a little or very wrong: bytes, order, length, and what headers say."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._originals = originals()
        self._names = tuple(self._originals)

    def next(self) -> bytes:
        name = self._random.choice(self._names)
        picture = bytearray(self._originals[name])
        if name.endswith("bmp") and self._random.random() < 0.5:
            return self._run_lengths()
        changes: tuple[Callable[[bytearray], None], ...] = (
            self._bytes, self._bytes, self._numbers, self._cut, self._doubled, self._swapped,
            self._filled, self._tail,
        )  # fmt: skip
        for _ in range(self._random.choice((1, 1, 1, 2, 3))):
            self._random.choice(changes)(picture)
        if name.endswith("jpeg") and self._random.random() < 0.2:
            self._segments(picture)
        if name.endswith("png"):
            self._checksums(picture)
        return bytes(picture)

    def _at(self, picture: bytearray, room: int = 1) -> int:
        """A place in it, in its headers half of the time."""
        last = max(0, len(picture) - room)
        return self._random.randint(0, min(last, 100) if self._random.random() < 0.5 else last)

    def _bytes(self, picture: bytearray) -> None:
        for _ in range(self._random.choice((1, 2, 5, 30))):
            if picture:
                picture[self._at(picture)] = self._random.choice((0, 1, 127, 255, self._byte()))

    def _byte(self) -> int:
        return self._random.randrange(256)

    def _numbers(self, picture: bytearray) -> None:
        """A size, an offset or a count becomes another."""
        size = self._random.choice(_ODD_SIZES)
        kind = self._random.choice((">I", "<I", ">H", "<H"))
        number = struct.pack(kind, size % (2**32 if kind[1] == "I" else 2**16))
        at = self._at(picture, len(number))
        picture[at : at + len(number)] = number

    def _piece(self, picture: bytearray) -> slice:
        start = self._at(picture)
        return slice(start, start + self._random.choice((1, 4, 50, 1_000)))

    def _cut(self, picture: bytearray) -> None:
        if self._random.random() < 0.5:
            del picture[self._at(picture) :]
        else:
            del picture[self._piece(picture)]

    def _doubled(self, picture: bytearray) -> None:
        piece = self._piece(picture)
        picture[piece.start : piece.start] = picture[piece] * self._random.choice((1, 2, 300))

    def _swapped(self, picture: bytearray) -> None:
        """A piece of another format."""
        other = self._originals[self._random.choice(self._names)]
        piece = self._piece(picture)
        picture[piece] = other[piece]

    def _filled(self, picture: bytearray) -> None:
        piece = self._piece(picture)
        picture[piece] = bytes([self._random.choice((0, 255, self._byte()))]) * len(picture[piece])

    def _tail(self, picture: bytearray) -> None:
        picture += self._random.randbytes(self._random.choice((1, 100, 20_000)))

    def _segments(self, picture: bytearray) -> None:
        """Comments, EXIF blocks, and scans again and again."""
        kind = self._random.choice(
            (b"\xff\xfe", b"\xff\xe1", b"\xff\xe2", b"\xff\xdb", b"\xff\xda")
        )
        body = self._random.randbytes(self._random.choice((0, 2, 12, 60, 2_000)))
        if kind == b"\xff\xe1":
            body = b"Exif\0\0" + self._random.choice((b"MM\0*", b"II*\0", b"")) + body
        segment = kind + struct.pack(">H", len(body) + 2) + body
        at = 2 if self._random.random() < 0.7 else self._at(picture)
        picture[at:at] = segment * self._random.choice((1, 3, 500))

    def _run_lengths(self) -> bytes:
        """A BMP of run lengths: runs, deltas and ends of lines in any order."""
        bits, method = self._random.choice(((8, 1), (4, 2)))
        width, height = (self._random.choice((1, 3, 160, 5_000)) for _ in range(2))
        codes = bytearray()
        for _ in range(self._random.choice((10, 300, 8_000))):
            codes += self._random.choice(
                (b"\0\0", b"\0\1", bytes((0, 2, self._byte(), self._byte())),
                 bytes((self._byte(), self._byte())), bytes((0, self._byte(), self._byte())))
            )  # fmt: skip
        colors = self._random.randbytes(4 * 2**bits)
        start = 14 + 40 + len(colors)
        info = struct.pack(
            "<IiiHHIIiiII", 40, width, height, 1, bits, method, len(codes), 0, 0, 0, 0
        )
        return b"BM" + struct.pack("<IHHI", start + len(codes), 0, 0, start) + info + colors + codes

    def _checksums(self, picture: bytearray) -> None:
        """A decoder stops at a wrong checksum: most of the time they are made right again."""
        if self._random.random() < 0.2:
            return
        at = 8
        while at + 12 <= len(picture):
            (length,) = struct.unpack_from(">I", picture, at)
            end = at + 8 + length
            if end + 4 > len(picture):
                return
            struct.pack_into(">I", picture, end, zlib.crc32(picture[at + 4 : end]))
            at = end + 4


class _Reader:
    """One worker, replaced where it ends, and what it made of its pictures."""

    def __init__(self, settings: Settings, found: Found) -> None:
        self._settings = settings
        self._found = found
        self._worker = ProcessWorker(settings)
        self._warm_mb: float | None = None

    def read(self, number: int, picture: bytes) -> None:
        began_s = time.perf_counter()
        try:
            self._worker.run(Job(picture, str(number), keep_copy=number % 2 == 0))
            answer = "reading"
        except FacetraitsError as error:
            answer = error.code
            if answer not in _EXPECTED:
                self._found.odd.append(number)
        self._found.answers[answer] += 1
        seconds = time.perf_counter() - began_s
        if seconds > self._found.longest_s:
            self._found.longest_s, self._found.longest = seconds, number
        if not self._worker.alive:
            self._found.deaths += 1
            self._worker = ProcessWorker(self._settings)
            self._warm_mb = None

    def remember_memory(self) -> None:
        self._warm_mb = memory_mb(self._worker.pid)

    def close(self) -> None:
        if self._warm_mb is not None:
            growth = memory_mb(self._worker.pid) - self._warm_mb
            self._found.growth_mb = max(self._found.growth_mb, growth)
        self._worker.close()


def fuzz(pictures: int, seed: int) -> Found:
    """Analyzes a number of mutated pictures."""
    found = Found(seed, pictures)
    mutations = Mutations(seed)
    with _folder_of_its_own() as folder:
        readers = [_Reader(Settings(), found) for _ in range(WORKERS)]
        try:
            with ThreadPoolExecutor(WORKERS) as threads:
                for first in range(0, pictures, WORKERS):
                    batch = [mutations.next() for _ in range(WORKERS)]
                    numbers = range(first, first + WORKERS)
                    list(threads.map(_Reader.read, readers, numbers, batch))
                    if first <= pictures // 10 < first + WORKERS:
                        list(map(_Reader.remember_memory, readers))
        finally:
            for reader in readers:
                reader.close()
        found.files = sorted(path.name for path in folder.rglob("*"))
    return found


@contextlib.contextmanager
def _folder_of_its_own() -> Iterator[Path]:
    """An empty folder: the working folder and the one for temporary files of what starts here."""
    before = os.environ.get("TMPDIR")
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        os.environ["TMPDIR"] = folder
        try:
            yield Path(folder)
        finally:
            del os.environ["TMPDIR"]
            if before is not None:
                os.environ["TMPDIR"] = before


def main(pictures: int, seed: int) -> bool:
    """Prints what came of it, and says whether nothing broke."""
    found = fuzz(pictures, seed)
    answers = ", ".join(f"{count:,} {code}" for code, count in found.answers.most_common())
    print(f"pictures: {pictures:,} mutated, --seed {seed}")
    print(f"      answers {answers}")
    print(f"      longest {found.longest_s:.2f} s (picture {found.longest})")
    print(f"      memory of a worker {found.growth_mb:+.0f} MB")
    print(f"      workers ended {found.deaths}, other answers {found.odd[:5]}, files {found.files}")
    return found.held
