"""Optional dependencies, and a one-line error if they are not installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from facetraits.errors import BadSetting

# The packages of each extra, by the names that they are imported by.
EXTRAS = {
    "train": frozenset({"keras", "matplotlib", "tensorflow", "tqdm"}),
    "redis": frozenset({"redis"}),
    "jobs": frozenset({"celery", "fsspec", "kombu", "redis"}),
    "gevent": frozenset({"gevent"}),
    "otel": frozenset({"opentelemetry"}),
    "video": frozenset({"av", "tqdm"}),
    "mqtt": frozenset({"paho"}),
    "mcp": frozenset({"mcp"}),
}


@contextmanager
def needs_extra(extra: str, what: str) -> Iterator[None]:
    """A context for imports that need the packages of an extra.

    Args:
        extra: key of ``EXTRAS``.
        what: what the user wanted to do; it starts the error message.

    Raises:
        BadSetting: if one of them is not installed.
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
