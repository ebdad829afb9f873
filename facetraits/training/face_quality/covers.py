"""Draws what covers faces: masks, scarves, hands, things held up, sunglasses, and bars.

Everything is placed by the face's landmarks. In the coordinates used here, 0, 0 is midway between
the eyes, one unit is the distance between them, and the mouth is about one unit below.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from facetraits.pixels import Pixels, as_pixels
from facetraits.reading.geometry import Landmarks

Plane = NDArray[np.float32]

_EYES = ((-0.5, 0.0), (0.5, 0.0))
_MOUTH = (0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Cover:
    """Something in front of a face.

    Attributes:
        opacity: (h, w) float32, 0..1: where it hides the face.
        tone: (h, w) float32, 0..255: what it looks like.
        tint: its color, three factors for red, green, and blue.
    """

    opacity: Plane
    tone: Plane
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)

    def over(self, face: Pixels) -> Pixels:
        """(h, w) gray or (h, w, 3) RGB uint8 → the same with the cover in front."""
        opacity, tone = self.opacity, self.tone
        if face.ndim == 3:
            opacity, tone = opacity[..., None], tone[..., None] * np.array(self.tint, np.float32)
        return as_pixels(np.clip(face * (1 - opacity) + tone * opacity, 0, 255).astype(np.uint8))

    def hides(self, place: NDArray[np.floating]) -> bool:
        """Whether the cover is opaque at a place, x and y in pixels."""
        height, width = self.opacity.shape
        x, y = (
            int(np.clip(value, 0, side - 1))
            for value, side in zip(place, (width, height), strict=True)
        )
        return bool(self.opacity[y, x] > 0.6)


class Sheet:
    """An empty sheet in front of one face, to draw on.

    Args:
        face: (h, w) gray uint8.
        points: the face's landmarks in it.
        patterns: (n, h, w) gray uint8 pictures for what is patterned.
        rng: the source of everything random.
    """

    def __init__(
        self, face: Pixels, points: Landmarks, patterns: Sequence[Pixels], rng: Generator
    ) -> None:
        self.face, self.rng, self._patterns = face, rng, patterns
        self._middle = points[:2].mean(0)
        self._across = points[1] - points[0]
        # Downward is toward the mouth, even if the head is turned to the side.
        down = np.array([-self._across[1], self._across[0]])
        self._down = down * max(
            0.6, float((points[3:].mean(0) - self._middle) @ down / (down @ down))
        )
        self.unit_px = float(np.hypot(*self._across))
        self.opacity = np.zeros(face.shape, np.float32)
        self.tone = np.zeros(face.shape, np.float32)

    def at(self, x: float, y: float) -> NDArray[np.float64]:
        """Coordinates relative to the eyes → pixels."""
        return np.asarray(self._middle + x * self._across + y * self._down, np.float64)

    def shape(
        self, outline: Sequence[tuple[float, float]], fill: Plane, opacity: float = 1
    ) -> None:
        """Fills a polygon."""
        corners = np.array([self.at(x, y) for x, y in outline])
        mask = np.zeros(self.face.shape, np.uint8)
        cv2.fillPoly(mask, [np.round(corners * 16).astype(np.int32)], 255, cv2.LINE_AA, shift=4)
        self._lay(mask, fill, opacity)

    def line(self, ends: Sequence[tuple[float, float]], width: float, tone: float) -> None:
        """A straight line with round ends, `width` in units."""
        mask = np.zeros(self.face.shape, np.uint8)
        first, last = (tuple(np.round(self.at(*end)).astype(int).tolist()) for end in ends)
        thick = max(1, round(width * self.unit_px))
        cv2.line(mask, first, last, 255, thick, cv2.LINE_AA)
        self._lay(mask, np.full(self.face.shape, tone, np.float32), 1)

    def finger(self, ends: Sequence[tuple[float, float]], width: float, skin: float) -> None:
        """A line that is darker along its edges."""
        self.line(ends, width, skin * 0.78)
        self.line(ends, width * 0.72, skin)

    def _lay(self, mask: NDArray[np.uint8], fill: Plane, opacity: float) -> None:
        share = mask.astype(np.float32) * (opacity / 255)
        self.tone = self.tone * (1 - share) + fill * share
        # The tone is stored as if opaque; where nothing was drawn yet, only it counts.
        self.tone = np.where(self.opacity < 0.01, fill, self.tone).astype(np.float32)
        self.opacity = np.maximum(self.opacity, share)

    def skin(self) -> float:
        """A tone close to that of the face's own skin."""
        x, y = np.clip(self.at(0, 0.45).astype(int), 4, self.face.shape[0] - 5)
        own = float(np.median(self.face[y - 4 : y + 5, x - 4 : x + 5]))
        return float(np.clip(own * self.rng.uniform(0.75, 1.25), 25, 240))

    def fabric(self, plain: float = 0.55) -> Plane:
        """Plain in a random tone, or patterned; lit from one side."""
        rng, shape = self.rng, self.face.shape
        fill = np.full(shape, rng.uniform(10, 245), np.float32)
        if rng.random() > plain:
            fill = fill * 0.3 + 0.7 * _stretched(self._pattern(), rng)
        rows, columns = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
        light = 1 + rng.uniform(-0.3, 0.3) * rows + rng.uniform(-0.3, 0.3) * columns
        return np.asarray(np.clip(fill * light, 0, 255), np.float32)

    def _pattern(self) -> Pixels:
        rng, shape = self.rng, self.face.shape
        if rng.random() < 0.3 or not len(self._patterns):
            return _ruled(shape, rng)
        found = self._patterns[int(rng.integers(len(self._patterns)))]
        zoom = rng.uniform(0.5, 1)
        side = max(8, int(found.shape[0] * zoom))
        top, left = rng.integers(0, found.shape[0] - side + 1, 2)
        return as_pixels(cv2.resize(found[top : top + side, left : left + side], shape[::-1]))

    def done(self) -> Cover:
        """The finished cover, with folds, and with edges as soft as in a photo."""
        rng, side = self.rng, self.face.shape[0]
        coarse = rng.normal(0, 1, (int(rng.integers(3, 9)),) * 2).astype(np.float32)
        folds = cv2.resize(coarse, (side, side), interpolation=cv2.INTER_CUBIC)
        self.tone = np.clip(self.tone + folds * np.float32(rng.uniform(0, 14)), 0, 255)
        self.opacity = cv2.GaussianBlur(self.opacity, (0, 0), rng.uniform(0.3, 1.2)).astype(
            np.float32
        )
        tint = 1 + self.rng.uniform(-0.35, 0.35, 3) * (self.rng.random() < 0.6)
        return Cover(self.opacity, self.tone, (float(tint[0]), float(tint[1]), float(tint[2])))


def _stretched(pattern: Pixels, rng: Generator) -> Plane:
    """A pattern with another mean and contrast."""
    values = pattern.astype(np.float32)
    contrast, mean = rng.uniform(0.3, 1.2), rng.uniform(40, 215)
    return np.asarray((values - values.mean()) * contrast + mean, np.float32)


def _ruled(shape: tuple[int, ...], rng: Generator) -> Pixels:
    """Stripes, checks, or dots."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    angle, length = rng.uniform(0, np.pi), rng.uniform(4, 24)
    u = (rows * np.sin(angle) + columns * np.cos(angle)) * (2 * np.pi / length)
    v = (rows * np.cos(angle) - columns * np.sin(angle)) * (2 * np.pi / length)
    waves = [
        np.sin(u),
        np.sign(np.sin(u) * np.sin(v)),
        np.where(np.sin(u) * np.sin(v) > 0.5, 1, -1),
    ]
    return as_pixels((127 + 100 * waves[int(rng.integers(3))]).astype(np.uint8))


def _jittered(
    outline: Sequence[tuple[float, float]], rng: Generator, by: float = 0.05
) -> list[tuple[float, float]]:
    return [(x + rng.normal(0, by), y + rng.normal(0, by)) for x, y in outline]


def _smooth(outline: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """A closed polygon with its corners cut twice (Chaikin 1974)."""
    points = np.array(outline)
    for _ in range(2):
        following = np.roll(points, -1, axis=0)
        points = np.stack(
            [points * 0.75 + following * 0.25, points * 0.25 + following * 0.75], 1
        ).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in points]


def _ellipse(
    x: float, y: float, half_width: float, half_height: float, power: float = 2.0
) -> list[tuple[float, float]]:
    """An ellipse for power 2; more gives rounded rectangles."""
    angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    across, down = np.cos(angles), np.sin(angles)
    bent = [np.sign(side) * np.abs(side) ** (2 / power) for side in (across, down)]
    return [
        (x + half_width * float(a), y + half_height * float(b)) for a, b in zip(*bent, strict=True)
    ]


def mask(sheet: Sheet) -> None:
    """A surgical, pointed, or cloth mask: from the nose to the chin, with pleats and straps."""
    rng = sheet.rng
    top = rng.uniform(0.2, 0.55) if rng.random() < 0.85 else rng.uniform(0.6, 0.8)
    side, jaw, chin = rng.uniform(0.72, 1.0), rng.uniform(0.5, 0.75), rng.uniform(1.55, 2.0)
    edge = top + rng.uniform(0.0, 0.3)
    right = [(side * 0.55, top + 0.08), (side, edge), (side, 1.0), (jaw, chin - 0.25), (0.25, chin)]
    outline = [(0.0, top), *right, *[(-x, y) for x, y in reversed(right)]]
    if rng.random() < 0.8:
        for end in (edge, 1.3):
            for sign in (-1, 1):
                strap = ((sign * side, end), (sign * 1.4, rng.uniform(0.1, 0.9)))
                sheet.line(strap, rng.uniform(0.03, 0.08), rng.uniform(20, 240))
    fill = sheet.fabric()
    sheet.shape(_smooth(_jittered(outline, rng)), fill)
    tone = float(np.median(fill))
    if rng.random() < 0.5:
        for row in np.linspace(top + 0.35, chin - 0.3, int(rng.integers(2, 5))):
            sheet.line(
                ((-side * 0.85, row), (side * 0.85, row)), 0.03, tone * rng.uniform(0.7, 0.95)
            )
    if rng.random() < 0.3:
        sheet.line(((0, top + 0.05), (0, chin - 0.1)), 0.03, tone * rng.uniform(0.7, 1.1))


def scarf(sheet: Sheet) -> None:
    """A scarf, collar, or veil: everything below the nose, wider than the face."""
    rng = sheet.rng
    top = rng.uniform(0.25, 0.72)
    bend = rng.uniform(-0.2, 0.25)
    edge = [(x, top + bend * abs(x) + rng.normal(0, 0.03)) for x in np.linspace(-1.8, 1.8, 9)]
    fill = sheet.fabric(plain=0.4)
    sheet.shape([*edge, (1.9, 3.5), (-1.9, 3.5)], fill)
    for _ in range(int(rng.integers(0, 5))):
        row = rng.uniform(top + 0.2, 2.2)
        ends = ((-1.5, row + rng.normal(0, 0.2)), (1.5, row + rng.normal(0, 0.2)))
        sheet.line(ends, rng.uniform(0.02, 0.08), float(np.median(fill)) * rng.uniform(0.6, 1.1))


def hand(sheet: Sheet, x: float = 0.0, y: float = 1.0) -> None:
    """Fingers across a place, with a palm where they begin."""
    rng = sheet.rng
    skin = sheet.skin()
    turn = rng.uniform(0, 2 * np.pi)
    along = np.array([np.cos(turn), np.sin(turn)])
    beside = np.array([-along[1], along[0]])
    width = rng.uniform(0.2, 0.3)
    count = int(rng.integers(3, 6))
    tips = [rng.uniform(0.45, 0.9) for _ in range(count)]
    middle = np.array([x + rng.normal(0, 0.08), y + rng.normal(0, 0.08)])
    palm = middle - along * rng.uniform(0.8, 1.3)
    fill = np.full(sheet.face.shape, skin * rng.uniform(0.85, 1.0), np.float32)
    sheet.shape(
        _jittered(
            _ellipse(float(palm[0]), float(palm[1]), width * count * 0.6, width * count * 0.6),
            rng,
            0.02,
        ),
        fill,
    )
    for number, tip in enumerate(tips):
        row = (number - (count - 1) / 2) * width * rng.uniform(0.9, 1.05)
        ends = [tuple((middle + beside * row + along * step).tolist()) for step in (-1.1, tip)]
        sheet.finger(ends, width * 1.05, skin * rng.uniform(0.92, 1.08))


def thing(sheet: Sheet, x: float = 0.0, y: float = 1.0) -> None:
    """A cup, a phone, a microphone, a book: a rounded block."""
    rng = sheet.rng
    half = (rng.uniform(0.4, 1.1), rng.uniform(0.32, 0.9))
    place = (x + rng.normal(0, 0.15), y + rng.normal(0, 0.1) + max(0.0, half[1] - 0.45))
    if y < 0.5:
        place = (place[0], y - max(0.0, half[1] - 0.35))
    outline = np.array(_ellipse(0, 0, *half, power=float(rng.choice([2, 3, 8]))))
    turn = rng.uniform(-0.5, 0.5)
    spin = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    sheet.shape(
        [(float(a), float(b)) for a, b in outline @ spin.T + place], sheet.fabric(plain=0.4)
    )


def sunglasses(sheet: Sheet, opacity: tuple[float, float] = (0.85, 1.0)) -> None:
    """Two dark lenses, a bridge, and temples."""
    rng = sheet.rng
    half = (rng.uniform(0.34, 0.47), rng.uniform(0.22, 0.42))
    power, down = float(rng.choice([2, 2.5, 3, 5])), rng.uniform(0.0, 0.12)
    frame = rng.uniform(0, 90) if rng.random() < 0.7 else rng.uniform(90, 230)
    rows = np.linspace(rng.uniform(0, 1.5), rng.uniform(0, 1.5), sheet.face.shape[0])
    fill = np.repeat((rng.uniform(5, 60) * rows)[:, None], sheet.face.shape[1], 1)
    for sign in (-1, 1):
        rim = _ellipse(sign * 0.5, down, half[0] + 0.04, half[1] + 0.04, power)
        if rng.random() < 0.7 and opacity[0] > 0.5:
            sheet.shape(rim, np.full(sheet.face.shape, frame, np.float32))
        lens = _ellipse(sign * 0.5, down, *half, power)
        sheet.shape(lens, fill.astype(np.float32), rng.uniform(*opacity))
        sheet.line(((sign * (0.5 + half[0]), down - 0.1), (sign * 1.25, down - 0.1)), 0.05, frame)
        if rng.random() < 0.35:
            glint = _ellipse(sign * 0.5 - 0.12, down - 0.08, 0.1, 0.05)
            sheet.shape(glint, np.full(sheet.face.shape, rng.uniform(120, 250), np.float32), 0.7)
    sheet.line(((-0.15, down - 0.08), (0.15, down - 0.08)), 0.06, frame)


def bar(sheet: Sheet) -> None:
    """A bar over both eyes: a blindfold, goggles, or a redaction."""
    rng = sheet.rng
    half = (rng.uniform(0.85, 1.5), rng.uniform(0.18, 0.45))
    slope, middle = rng.normal(0, 0.04), rng.normal(0, 0.06)
    outline = [(-half[0], middle - half[1] - slope), (half[0], middle - half[1] + slope)]
    outline += [(half[0], middle + half[1] + slope), (-half[0], middle + half[1] - slope)]
    sheet.shape(outline, sheet.fabric(plain=0.7))


def brim(sheet: Sheet) -> None:
    """A hat or hair down over both eyes."""
    rng = sheet.rng
    low = [(x, 0.2 + rng.normal(0, 0.06) + rng.uniform(0, 0.15)) for x in np.linspace(-1.7, 1.7, 9)]
    sheet.shape([*low, (1.8, -3.0), (-1.8, -3.0)], sheet.fabric(plain=0.4))


def _beside(sheet: Sheet) -> None:
    """Something that leaves the eyes and the mouth free: a hat, a collar, glasses, a cheek."""
    rng = sheet.rng
    kind = int(rng.integers(5))
    if kind == 0:
        low = [(x, -0.5 + rng.normal(0, 0.06)) for x in np.linspace(-1.7, 1.7, 9)]
        sheet.shape([*low, (1.8, -3.0), (-1.8, -3.0)], sheet.fabric(plain=0.4))
    elif kind == 1:
        high = [(x, 1.5 + rng.normal(0, 0.06)) for x in np.linspace(-1.7, 1.7, 9)]
        sheet.shape([*high, (1.9, 3.5), (-1.9, 3.5)], sheet.fabric(plain=0.4))
    elif kind == 2:
        sunglasses(sheet, (0.0, 0.25))
    elif kind == 3:
        hand(sheet, x=float(rng.choice([-1.3, 1.3])), y=rng.uniform(0.3, 1.4))
    else:
        thing(sheet, x=float(rng.choice([-1.7, 1.7])), y=rng.uniform(0.0, 1.5))


Draw = Callable[[Sheet], None]

OVER_MOUTH: dict[str, Draw] = {"mask": mask, "scarf": scarf, "hand": hand, "thing": thing}
OVER_EYES: dict[str, Draw] = {
    "sunglasses": sunglasses,
    "bar": bar,
    "brim": brim,
    "hand on the eyes": lambda sheet: hand(sheet, 0.0, 0.0),
    "thing on the eyes": lambda sheet: thing(sheet, 0.0, 0.0),
}
BESIDE: dict[str, Draw] = {"beside": _beside}


def hidden(sheet: Sheet, cover: Cover) -> tuple[bool, bool]:
    """Whether a cover hides both eyes, and the mouth."""
    mouth = [(x, _MOUTH[1]) for x in (-0.2, 0.0, 0.2)]
    return (
        all(cover.hides(sheet.at(*eye)) for eye in _EYES),
        all(cover.hides(sheet.at(*place)) for place in mouth),
    )
