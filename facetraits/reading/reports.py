"""A reading for people: lines of text, rows of CSV, and boxes drawn on the picture."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

import cv2
import numpy as np

from facetraits.pixels import Pixels
from facetraits.reading.model import Face, Reading

CSV_COLUMNS = (
    "file",
    "face",
    "x",
    "y",
    "width",
    "height",
    "score",
    "age",
    "age_low",
    "age_high",
    "age_range",
    "gender",
    "gender_probability",
    "emotion",
    "emotion_probability",
    "unsure",
)

_BLUE = (49, 87, 213)
_WHITE = (255, 255, 255)


def label(face: Face) -> str:
    """One line: "28-45, female 97%, positive 91%", or "not a face?"."""
    if face.may_be_none:
        return "not a face?"
    return (
        f"{face.age.low:.0f}-{face.age.high:.0f}, "
        f"{face.gender.value} {percent(face.gender.probability)}, "
        f"{face.emotion.dominant} {percent(face.emotion.probability)}"
    )


def percent(probability: float) -> str:
    """As on the pages, never a certainty: ">99%" from 0.995 on."""
    return ">99%" if probability >= 0.995 else f"{probability:.0%}"


def as_text(file: str, reading: Reading, hint: str = "use --max-faces for more") -> str:
    """One line for the picture and one for each face.

    Args:
        file: the picture's name.
        reading: what was read in it.
        hint: how to get the faces that were left out.
    """
    size = f"{reading.width}x{reading.height}"
    frame = "; an animation, only its first frame was analyzed" if reading.animated else ""
    lines = [f"{file} ({size}): {_count_words(reading, hint)}{frame}"]
    return "\n".join(
        lines + [f"  {i}. {_face_line(face)}" for i, face in enumerate(reading.faces, 1)]
    )


def _count_words(reading: Reading, hint: str) -> str:
    """ "no faces found", "3 faces", or "5 of at least 12 faces, the largest (use …)"."""
    count, found = len(reading.faces), reading.faces_found or 0
    if count == 0:
        return "no faces found"
    if found > count:
        return f"{count} of at least {found} faces, the largest ({hint})"
    return f"{count} face{'s' if count > 1 else ''}"


def _face_line(face: Face) -> str:
    if face.may_be_none:
        return label(face)
    unsure = ", ".join(f"{doubt.trait} ({doubt.reason})" for doubt in face.unsure)
    return f"looks {label(face)}" + (f"; unsure: {unsure}" if unsure else "")


def as_csv(readings: Iterable[tuple[str, Reading]]) -> str:
    """(file, reading) pairs → CSV with a header and one row per face (RFC 4180)."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(CSV_COLUMNS)
    for file, reading in readings:
        for number, face in enumerate(reading.faces, 1):
            rows.writerow([_as_cell(file), number, *face_cells(face)])
    return text.getvalue()


def _as_cell(text: str) -> str:
    """Puts a quote in front of a file name that a spreadsheet would run as a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def face_cells(face: Face) -> list[object]:
    """A face's row, from the column "x" on, rounded as in the JSON."""
    values = face.to_dict()
    age, gender, emotion = values["age"], values["gender"], values["emotion"]
    return [
        *values["box"].values(),
        values["score"],
        age["value"],
        age["low"],
        age["high"],
        age["range"],
        gender["value"],
        gender["probability"],
        emotion["dominant"],
        emotion["probability"],
        " ".join(f"{doubt['trait']}:{doubt['reason']}" for doubt in values["unsure"]),
    ]


def annotated(image: Pixels, reading: Reading) -> Pixels:
    """(h, w, 3) RGB uint8 → a copy with every face boxed and labeled.

    The image may have another size than the picture that was read.
    """
    canvas = image.copy()
    scale = canvas.shape[1] / reading.width
    line = max(2, round(max(image.shape[:2]) / 400))
    for face in reading.faces:
        box = face.box
        left, top = round(box.x * scale), round(box.y * scale)
        corner = (round((box.x + box.width) * scale), round((box.y + box.height) * scale))
        cv2.rectangle(canvas, (left, top), corner, _BLUE, line, cv2.LINE_AA)
        _write(canvas, text=label(face), left=left, bottom=top, line=line)
    return canvas


def _write(canvas: Pixels, text: str, left: int, bottom: int, line: int) -> None:
    font, scale = cv2.FONT_HERSHEY_DUPLEX, 0.28 * line
    (width, height), _ = cv2.getTextSize(text, font, scale, 1)
    pad = 2 * line
    left = max(0, min(left, canvas.shape[1] - width - 2 * pad))
    top = max(0, bottom - height - 2 * pad)
    corner = (left + width + 2 * pad, top + height + 2 * pad)
    cv2.rectangle(canvas, (left, top), corner, _BLUE, cv2.FILLED)
    place = (left + pad, top + pad + height)
    cv2.putText(canvas, text, place, font, scale, _WHITE, max(1, line // 2), cv2.LINE_AA)


def png(image: Pixels) -> bytes:
    """(h, w, 3) RGB uint8 → an encoded PNG."""
    _, encoded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
    return np.asarray(encoded).tobytes()
