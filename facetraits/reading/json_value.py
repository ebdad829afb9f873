"""Values whose annotations define their JSON: how it is written, read back and described.

A subclass of `JsonValue` is a frozen dataclass; its fields, in their order, are the JSON's
members. The annotations from :mod:`facetraits.reading.units` say to how many digits a number
is rounded and which fields are internal.

A field that is None is null in the JSON, unless None is its default: then it is left out.
Any other default is for reading JSON that was written before the field existed; the JSON
that is written always has the field.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Self

import msgspec
from msgspec import inspect

from facetraits.errors import BadReading
from facetraits.reading.arrays import dec_hook
from facetraits.reading.units import DIGITS, INTERNAL

Write = Callable[[Any], Any]


class JsonValue:
    """A frozen dataclass that is also JSON."""

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        """The JSON as a dict of plain Python values, rounded."""
        cls: Any = type(self)  # to mypy a class is not hashable here
        written: dict[str, Any] = _writer(cls)(self)
        return written

    def to_json(self) -> str:
        """The JSON as text, without spaces."""
        return msgspec.json.encode(self.to_dict()).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Reads what :meth:`to_json` wrote. Numbers are as exact as the JSON's rounding.

        Unknown members are ignored.

        Raises:
            BadReading: if the text is not JSON, or if a member is missing or wrong; the
                message names the member.
        """
        try:
            members = msgspec.json.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadReading(f"not JSON: {error}") from error
        return cls.from_dict(members)

    @classmethod
    def from_dict(cls, members: Mapping[str, Any]) -> Self:
        """Reads what :meth:`to_dict` returned. See :meth:`from_json`."""
        try:
            return msgspec.convert(members, cls, dec_hook=dec_hook)
        except (msgspec.ValidationError, ValueError) as error:
            raise BadReading(f"not a {cls.__name__}: {error}") from error


def json_fields(cls: type) -> list[inspect.Field]:
    """The fields that are in the JSON, in its order."""
    info = inspect.type_info(cls)
    assert isinstance(info, inspect.DataclassType)
    by_name = {field.name: field for field in info.fields}  # msgspec puts those with a default last
    named = (by_name[field.name] for field in dataclasses.fields(info.cls))
    return [field for field in named if not _is_internal(field.type)]


def _is_internal(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.Metadata) and bool((kind.extra or {}).get(INTERNAL))


def is_optional(field: inspect.Field) -> bool:
    """Whether the JSON leaves the field out if it is None."""
    return field.default is None


@cache
def _writer(cls: type) -> Write:
    members = [(f.name, _write(f.type), is_optional(f)) for f in json_fields(cls)]

    def write(value: Any) -> dict[str, Any]:
        written = {}
        for name, convert, optional in members:
            member = getattr(value, name)
            if member is None and optional:
                continue
            written[name] = member if convert is None or member is None else convert(member)
        return written

    return write


def _write(kind: inspect.Type, digits: int | None = None) -> Write | None:
    """The function that converts a value of this kind to JSON; None if nothing is converted."""
    match kind:
        case inspect.Metadata():
            return _write(kind.type, (kind.extra or {}).get(DIGITS, digits))
        case inspect.UnionType():  # of something and None
            (some,) = (k for k in kind.types if not isinstance(k, inspect.NoneType))
            return _write(some, digits)
        case inspect.DataclassType():
            return _writer(kind.cls)
        case inspect.VarTupleType():
            return _each(_write(kind.item_type))
        case inspect.DictType():
            return _values(_write(kind.value_type))
        case inspect.FloatType() if digits is not None:
            return lambda number: round(float(number), digits)
        case inspect.CustomType() if digits is not None:
            return lambda array: [[round(x, digits) for x in row] for row in array.tolist()]
    return None


def _each(write: Write | None) -> Write:
    return list if write is None else lambda items: [write(item) for item in items]


def _values(write: Write | None) -> Write:
    if write is None:
        return dict
    return lambda mapping: {name: write(value) for name, value in mapping.items()}
