"""What a page says about a problem, in its language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from facetraits.web.http.language import current_language
from facetraits.web.languages import ENGLISH


def problem_words(problem: Mapping[str, Any]) -> dict[str, str]:
    """The `title` and `detail` of a problem for people.

    Errors describe themselves in English, for programs and logs, too. In other languages, there is
    a more general sentence for each code that a page can show.
    """
    language, code = current_language(), problem["code"]
    title, detail = f"problem.{code}.title", f"problem.{code}.detail"
    if language.code == ENGLISH or title not in language:
        return {"title": problem["title"], "detail": _sentence(problem["detail"])}
    return {"title": language.t(title), "detail": language.t(detail)}


def _sentence(detail: str) -> str:
    """ "the limit is 5" → "The limit is 5."."""
    if not detail:
        return ""
    return detail[0].upper() + detail[1:] + ("" if detail[-1] in ".!?" else ".")
