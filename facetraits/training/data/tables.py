"""CSV files with commas or semicolons, a byte-order mark, or blanks in the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from facetraits.errors import BadData
from facetraits.training.data.archives import ReadBytes

Row = dict[str, str | None]
# FER2013 stores a picture in one cell.
csv.field_size_limit(1_000_000)


def header_of(content: bytes) -> list[str]:
    """The column names of a CSV file, stripped and in lowercase; empty if it is not text."""
    try:
        first = content[:4096].decode("utf-8-sig", "replace").splitlines()[0]
    except IndexError:
        return []
    return [name.strip().strip('"').lower() for name in first.split(_delimiter(first))]


def rows_of(path: str, read: ReadBytes) -> Iterator[Row]:
    """The rows of a CSV file by lowercase column name; None for missing values.

    Raises:
        BadData: if it is not text or not CSV.
    """
    try:
        text = read().decode("utf-8-sig")
        header = text.split("\n", 1)[0]
        lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(header))
        names = [name.strip().lower() for name in next(lines, [])]
        for line in lines:
            if line:
                cells = [*line, *[None] * (len(names) - len(line))]
                yield dict(zip(names, cells, strict=False))
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadData(f"{path} is not a CSV file: {error}") from error


def _delimiter(header: str) -> str:
    # Spreadsheet programs write semicolons in locales with a decimal comma.
    return ";" if header.count(";") > header.count(",") else ","
