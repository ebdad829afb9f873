from __future__ import annotations

import pytest

from facetraits.errors import FacetraitsError, NotFound, problem_body
from facetraits.web.http.problem_words import problem_words
from tests.pseudo_language import CODE, paths_with_pseudo_language, pseudo
from tests.web.message_files import messages_of

# Of the command line, of assistants, and of jobs among themselves.
NOT_ON_PAGES = {
    "bad_setting", "bad_weights", "bad_data", "bad_reading", "training_stopped", "regression",
    "cancelled", "superseded", "not_written", "outside_folders",
}  # fmt: skip


def kinds(base=FacetraitsError):
    return {base}.union(*(kinds(kind) for kind in base.__subclasses__()))


def test_each_problem_of_a_page_has_words():
    codes = {kind.code for kind in kinds() if kind.__module__ == "facetraits.errors"}
    needed = {
        f"problem.{code}.{part}" for code in codes - NOT_ON_PAGES for part in ("title", "detail")
    }
    assert needed - messages_of("en").keys() == set()


@pytest.fixture
def words_in(make_app, tmp_path):
    """`words_in(lang, code, detail)` → the words of a problem in that language."""
    app = make_app(paths=paths_with_pseudo_language(tmp_path))

    def words(lang, problem):
        with app.test_request_context(f"/?lang={lang}"):
            return problem_words(problem)

    return words


@pytest.mark.parametrize(
    ("detail", "sentence"),
    [
        ("the limit is 5", "The limit is 5."),
        ("Wait!", "Wait!"),
        ("is it there?", "Is it there?"),
        ("ended.", "Ended."),
        ("", ""),
    ],
)
def test_english_has_the_errors_own_words(words_in, detail, sentence):
    problem = problem_body(NotFound(detail))
    assert words_in("en", problem) == {"title": "Not found", "detail": sentence}


def test_other_languages_have_words_for_each_code(words_in):
    messages = messages_of("en")
    assert words_in(CODE, problem_body(NotFound("there is no such result"))) == {
        "title": pseudo(messages["problem.not_found.title"]),
        "detail": pseudo(messages["problem.not_found.detail"]),
    }


def test_a_problem_without_a_message_keeps_its_own_words(words_in):
    problem = {"code": "uri_too_long", "title": "URI Too Long", "detail": "it is too long"}
    assert words_in(CODE, problem) == {"title": "URI Too Long", "detail": "It is too long."}
