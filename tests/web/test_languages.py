from __future__ import annotations

import json

import pytest
from markupsafe import Markup

from facetraits.web.languages import Language, Languages, tag

MESSAGES = {
    "greeting": {
        "hello": "Hello {{name}}",
        "link": "See <link>the {{what}}</link> & <code>x</code>",
    },
    "faces_one": "{{count}} face",
    "faces_few": "{{count}} twarze",
    "faces_other": "{{count}} faces",
}


@pytest.fixture
def english():
    return Language("en", MESSAGES)


def test_a_message_with_its_placeholder(english):
    assert english.t("greeting.hello", name="<Ada> {{name}}") == "Hello <Ada> {{name}}"
    assert not isinstance(english.t("greeting.hello", name="Ada"), Markup)


def test_tags_become_elements_and_all_else_is_escaped(english):
    link = tag("a", class_="x", href='/?a="', data_testid="y")
    html = english.t("greeting.link", link=link, what="<b>")
    assert isinstance(html, Markup)
    assert html == (
        'See <a class="x" href="/?a=&#34;" data-testid="y">the &lt;b&gt;</a> &amp; <code>x</code>'
    )


def test_the_count_selects_a_plural_form_of_the_language(english):
    assert english.t("faces", count=1) == "1 face"
    assert english.t("faces", count=1234) == "1,234 faces"
    assert Language("pl", MESSAGES).t("faces", count=3) == "3 twarze"
    # No form "many" here.
    assert Language("pl", MESSAGES).t("faces", count=5) == "5 faces"


def test_what_a_language_lacks_is_said_in_english(english):
    german = Language("de", {"faces_one": "{{count}} Gesicht"}, fallback=english)
    assert german.t("faces", count=1) == "1 Gesicht"
    assert german.t("faces", count=2) == "2 faces"
    assert german.t("greeting.hello", name="Ada") == "Hello Ada"


@pytest.mark.parametrize("values", [{}, {"other": 1}])
def test_a_missing_message_or_value_is_an_error(english, values):
    with pytest.raises(KeyError, match=r"nothing\.here"):
        english.t("nothing.here", **values)
    with pytest.raises(KeyError, match="name"):
        english.t("greeting.hello", **values)


def test_numbers_in_the_format_of_the_language(english):
    german = Language("de", {})
    assert (english.number(12345.5), german.number(12345.5)) == ("12,345.5", "12.345,5")
    assert (english.percent(0.125), german.percent(0.125)) == ("12%", "12\N{NO-BREAK SPACE}%")
    assert (english.seconds(86_400), german.seconds(1)) == ("86400 seconds", "1 Sekunde")


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (1, "1 byte"),
        (999, "999 byte"),
        (5_000_000, "5 MB"),
        (2_500_000, "2.5 MB"),
        (10**16, "10,000 TB"),
    ],
)
def test_sizes(english, size_bytes, text):
    assert english.size(size_bytes) == text


def test_each_language_is_named_in_itself():
    named = [Language(code, {}).name for code in ("en", "de", "es", "pl", "en-XA")]
    assert named == ["English", "Deutsch", "Español", "Polski", "English"]


@pytest.fixture
def languages(tmp_path):
    for code in ("de", "en", "pl"):
        (tmp_path / f"{code}.json").write_text(json.dumps({"code": code}))
    return Languages.read(tmp_path)


def test_the_files_of_a_folder_are_the_languages(languages):
    assert [language.code for language in languages] == ["en", "de", "pl"]
    assert [language.t("code") for language in languages] == ["en", "de", "pl"]
    assert len({language.version for language in languages}) == 3


@pytest.mark.parametrize(
    ("preferred", "best"),
    [
        (["de"], "de"),
        (["DE-at", "en"], "de"),
        (["fr", "pl", "de"], "pl"),
        (["*"], "en"),
        ([], "en"),
        (["", "../de", "d" * 10_000], "en"),
    ],
)
def test_the_best_language(languages, preferred, best):
    assert languages.best(preferred).code == best
