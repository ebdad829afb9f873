"""What is not installed with the package itself, and how to say so in one line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from facetraits.errors import BadSetting

# The packages of each extra, by the names that they are imported by.
EXTRAS = {
    "train": frozenset({"keras", "matplotlib", "tensorflow", "tqdm"}),
    "redis": frozenset({"redis"}),
    "gevent": frozenset({"gevent"}),
}


@contextmanager
def needs_extra(extra: str, what: str) -> Iterator[None]:
    """Around an import that only an extra's packages make possible.

    Args:
        extra: key of ``EXTRAS``.
        what: of the user needs it, as it begins the sentence.

    Raises:
        BadSetting: where one of them is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in EXTRAS[extra]:
            raise
        raise BadSetting(
            f'{what} needs the extra "{extra}", which is not installed. Run: '
            f'pip install "facetraits[{extra}]"'
        ) from error
