"""The languages of the pages: their messages, and their numbers, sizes, and dates.

The messages are in `static/locales/TAG.json`, in the format of i18next (JSON v4), because the
pages' scripts read the same files.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.numbers import format_decimal, format_percent
from babel.units import format_unit
from markupsafe import Markup, escape

ENGLISH = "en"
_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
_TAG = re.compile(r"<(/?)(\w+)>")
# They need no attributes, so messages can contain them as they are.
_PLAIN_TAGS = ("code", "strong")
_SIZE_UNITS = ("byte", "kilobyte", "megabyte", "gigabyte", "terabyte")


@dataclass(frozen=True, slots=True)
class Tag:
    """An HTML element around a part of a message."""

    opening: Markup
    closing: Markup


def tag(name: str, **attributes: object) -> Tag:
    """The element for a tag in a message: `t("…", link=tag("a", href="/"))`.

    Args:
        attributes: underscores stand for hyphens; a final one, as in `class_`, for nothing.
    """
    opening = Markup("<") + name
    for key, value in attributes.items():
        opening += Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), value)
    return Tag(opening + Markup(">"), Markup(f"</{name}>"))


_PLAIN = {name: tag(name) for name in _PLAIN_TAGS}


class Language:
    """The messages and formats of one language.

    Args:
        code: its BCP 47 tag, such as "de"; one that CLDR does not have counts as its language.
        messages: nested sections of messages.
        version: changes with the messages.
        fallback: has what is missing here.

    Attributes:
        name: in the language itself, as in a list of languages: "Deutsch".
    """

    def __init__(
        self,
        code: str,
        messages: Mapping[str, Any],
        *,
        version: str = "",
        fallback: Language | None = None,
    ) -> None:
        self.code = code
        self.version = version
        self._messages = dict(_flat(messages))
        self._fallback = fallback
        self._locale = _locale(code)
        # Babel loads the locale's data for this, so no request has to wait for it.
        name = self._locale.get_display_name(self._locale) or code
        self.name = name[:1].upper() + name[1:]

    def t(self, key: str, /, **values: object) -> str:
        """The message, with its placeholders filled in.

        Args:
            key: such as "layout.skip"; where it has plural forms, `count` selects one.
            values: for the placeholders. Numbers are formatted. Each tag in the message needs a
                `Tag`, except `code` and `strong`; the result is then Markup.

        Raises:
            KeyError: if there is no such message, or a value is missing.
        """
        message = self._find(key, values.get("count"))
        if not _TAG.search(message):
            return _PLACEHOLDER.sub(lambda found: self._text(values[found[1]]), message)
        return self._markup(message, values)

    def number(self, value: float) -> str:
        """12345.6 → "12,345.6"."""
        return format_decimal(value, locale=self._locale)

    def percent(self, ratio: float) -> str:
        """0.123 → "12%"."""
        return format_percent(ratio, locale=self._locale)

    def size(self, size_bytes: int) -> str:
        """2_500_000 → "2.5 MB"."""
        value, unit = float(size_bytes), 0
        while value >= 1000 and unit + 1 < len(_SIZE_UNITS):
            value, unit = value / 1000, unit + 1
        name = f"digital-{_SIZE_UNITS[unit]}"
        return format_unit(value, name, "short", format="#,##0.#", locale=self._locale)

    def seconds(self, seconds: int) -> str:
        """86_400 → "86400 seconds"."""
        return format_unit(seconds, "duration-second", "long", format="0", locale=self._locale)

    def section(self, name: str) -> dict[str, str]:
        """The messages of a section, as they are, for a script that does not load all of them."""
        messages = self._fallback.section(name) if self._fallback else {}
        prefix = f"{name}."
        own = {k[len(prefix) :]: text for k, text in self._messages.items() if k.startswith(prefix)}
        return messages | own

    def __contains__(self, key: str) -> bool:
        return key in self._messages or (self._fallback is not None and key in self._fallback)

    def _find(self, key: str, count: object) -> str:
        keys = [key]
        if isinstance(count, int | float):
            keys = [f"{key}_{self._locale.plural_form(count)}", f"{key}_other", key]
        for name in keys:
            if name in self._messages:
                return self._messages[name]
        if self._fallback is None:
            raise KeyError(f"there is no message {key!r}")
        return self._fallback._find(key, count)

    def _text(self, value: object) -> str:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return self.number(value) if is_number else str(value)  # type: ignore[arg-type]

    def _markup(self, message: str, values: Mapping[str, object]) -> Markup:
        parts, end = [], 0
        for found in re.finditer(f"{_PLACEHOLDER.pattern}|{_TAG.pattern}", message):
            parts.append(escape(message[end : found.start()]))
            placeholder, slash, name = found.groups()
            if placeholder:
                parts.append(escape(self._text(values[placeholder])))
            else:
                given = values.get(name)
                element = given if isinstance(given, Tag) else _PLAIN[name]
                parts.append(element.closing if slash else element.opening)
            end = found.end()
        return Markup("").join([*parts, escape(message[end:])])


class Languages:
    """All languages of the pages, English first.

    Args:
        languages: at least English.
    """

    def __init__(self, languages: Iterable[Language]) -> None:
        self._languages = {language.code.lower(): language for language in languages}
        self.english = self._languages[ENGLISH]

    @classmethod
    def read(cls, folder: Path) -> Languages:
        """From the files `TAG.json` of a folder, which must have `en.json`."""
        english = _read(folder / f"{ENGLISH}.json", None)
        others = [path for path in sorted(folder.glob("*.json")) if path.stem != ENGLISH]
        return cls([english, *(_read(path, english) for path in others)])

    def __iter__(self) -> Iterator[Language]:
        return iter(self._languages.values())

    def __len__(self) -> int:
        return len(self._languages)

    def find(self, code: str) -> Language | None:
        """By its tag, in upper or lower case, also with a region: "de-AT" and "de_AT" find "de"."""
        lower = code.lower().replace("_", "-")
        return self._languages.get(lower) or self._languages.get(lower.split("-")[0])

    def best(self, preferred: Iterable[str]) -> Language:
        """The first of these tags that we have, or English."""
        return next((found for code in preferred if (found := self.find(code))), self.english)


def _read(path: Path, fallback: Language | None) -> Language:
    data = path.read_bytes()
    version = hashlib.sha256(data).hexdigest()[:12]
    return Language(path.stem, json.loads(data), version=version, fallback=fallback)


def _flat(messages: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in messages.items():
        if isinstance(value, str):
            yield prefix + key, value
        else:
            yield from _flat(value, f"{prefix}{key}.")


def _locale(code: str) -> Locale:
    try:
        return Locale.parse(code, sep="-")
    except UnknownLocaleError:
        return Locale.parse(code.split("-")[0])
