"""Finds the words of a page that do not come from the messages."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from tests.pseudo_language import CLOSING, OPENING

# Names, and what is the same in each language.
SAME_IN_ALL = re.compile(r"Facetraits|The Contact Sheet|oEmbed|JSON|CSV|/results/")
SPOKEN = {
    "alt",
    "aria-label",
    "aria-description",
    "aria-valuetext",
    "label",
    "placeholder",
    "title",
}
SPOKEN_META = re.compile(r"(^|:)(title|description|alt)$")
CODE_SAMPLES = {"code", "textarea"}


def bare_words(html: str) -> list[str]:
    """The words in the text of a page, and in attributes that are shown or read out.

    Not names, code samples, and what is in the brackets of the pseudo-language.
    """
    words = _Words()
    words.feed(html)
    words.close()
    return words.found


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.samples = 0
        self.brackets = 0

    def handle_starttag(self, tag, attributes):
        self.samples += tag in CODE_SAMPLES
        about = dict(attributes)
        if SPOKEN_META.search(about.get("name") or about.get("property") or ""):
            self.note(_outside(about.get("content") or "")[0])
        for name in SPOKEN & about.keys():
            self.note(_outside(about[name] or "")[0])

    def handle_endtag(self, tag):
        self.samples -= tag in CODE_SAMPLES

    def handle_data(self, data):
        text, self.brackets = _outside(data, self.brackets)
        if not self.samples:
            self.note(text)

    def note(self, text):
        if any(character.isalpha() for character in SAME_IN_ALL.sub("", text)):
            self.found.append(text.strip())


def _outside(text: str, brackets: int = 0) -> tuple[str, int]:
    """What is in no brackets, and how many are open at the end; elements split messages."""
    parts = []
    for part in re.split(f"([{OPENING}{CLOSING}])", text):
        if part in (OPENING, CLOSING):
            brackets += 1 if part == OPENING else -1
        elif not brackets:
            parts.append(part)
    return "".join(parts), brackets
