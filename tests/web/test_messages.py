"""The messages of each language, and that pages say nothing without them."""

from __future__ import annotations

import json
import re

import pytest
from babel import Locale
from jinja2 import nodes

from tests.pseudo_language import CLOSING, LONGER, OPENING, pseudo
from tests.web.bare_words import bare_words
from tests.web.message_files import (
    FILES,
    PLACEHOLDER,
    STYLES,
    TAG,
    TEMPLATES,
    calls,
    messages_of,
    named_keys,
    named_patterns,
    parsed,
    plurals_of,
    without_category,
)

ENGLISH = messages_of("en")
OTHERS = [language for language in FILES if language != "en"]
each_language = pytest.mark.parametrize("language", FILES)


@each_language
def test_a_file_is_sorted_and_written_in_one_way(language):
    text = FILES[language].read_text("utf-8")
    written = json.dumps(json.loads(text), indent=2, ensure_ascii=False, sort_keys=True) + "\n"
    assert text == written  # also if a key is there twice


@each_language
def test_each_plural_has_the_forms_of_its_language(language):
    forms = {*Locale.parse(language).plural_form.tags, "other"}
    incomplete = {
        key: has for key, has in plurals_of(messages_of(language)).items() if has != forms
    }
    assert incomplete == {}


@pytest.mark.parametrize("language", OTHERS)
def test_a_language_has_the_messages_that_english_has(language):
    own = {without_category(key) for key in messages_of(language)}
    english = {without_category(key) for key in ENGLISH}
    assert own - english == set()
    assert english - own == set()
    assert plurals_of(messages_of(language)).keys() == plurals_of(ENGLISH).keys()


@each_language
def test_a_message_has_the_placeholders_and_tags_that_it_has_in_english(language):
    for key, message in messages_of(language).items():
        english = ENGLISH.get(key) or ENGLISH[f"{without_category(key)}_other"]
        # "One face" needs no number.
        count = {"count"} if without_category(key) != key else set()
        placeholders = set(PLACEHOLDER.findall(message))
        assert placeholders | count == set(PLACEHOLDER.findall(english)) | count, (key, message)
        assert sorted(TAG.findall(message)) == sorted(TAG.findall(english)), (key, message)


@each_language
def test_a_message_is_text_with_closed_tags(language):
    for key, message in messages_of(language).items():
        assert message.strip() == message != "", key
        rest = re.sub(r"<(\w+)>[^<>]*</\1>", "", message)
        # "<1%" is no tag.
        assert not re.search(r"</|<\w+>|&\w+;", rest), (key, message)
        assert re.fullmatch(r"[^{}]*", PLACEHOLDER.sub("", message)), (key, message)


def test_each_call_names_a_message_and_gives_its_values():
    wrong = []
    for where, key, given in calls():
        forms = [text for name, text in ENGLISH.items() if key in (name, without_category(name))]
        needed = {name for text in forms for name in PLACEHOLDER.findall(text) + TAG.findall(text)}
        if not forms or needed - {"code", "strong"} - given or given - needed - {"count"}:
            wrong.append((where, key, given))
    assert wrong == []


def test_each_message_is_used():
    named, patterns = named_keys(), named_patterns()
    unused = [
        key
        for key in ENGLISH
        if not {key, without_category(key)} & named
        and not any(pattern.fullmatch(without_category(key)) for pattern in patterns)
    ]
    assert unused == []


def without_expressions(node):
    """The HTML of a template: all branches, without what it fills in."""
    if isinstance(node, nodes.TemplateData):
        return node.data
    if isinstance(node, nodes.Expr):
        return ""
    return "".join(map(without_expressions, node.iter_child_nodes()))


def literals_shown(node):
    """The literals that a template can fill in: `{{ "Yes" if x else "No" }}`."""
    if isinstance(node, nodes.Const):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, nodes.CondExpr):
        return literals_shown(node.expr1) + (literals_shown(node.expr2) if node.expr2 else [])
    if isinstance(node, nodes.If):
        parts = [*node.body, *node.elif_, *node.else_]
        return [text for part in parts for text in literals_shown(part)]
    if isinstance(node, SILENT):
        return []
    return [text for child in node.iter_child_nodes() for text in literals_shown(child)]


# Their literals are names of templates and values, and are not shown.
SILENT = (
    nodes.Call, nodes.Filter, nodes.Test, nodes.Getitem, nodes.Compare, nodes.Include,
    nodes.Extends, nodes.FromImport, nodes.Macro,
)  # fmt: skip
# The values of attributes, for programs.
VALUES = {"light", "dark", "auto", "summary", "summary_large_image"}


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_no_words_of_its_own(template):
    tree = parsed(template)
    assert bare_words(without_expressions(tree)) == []
    shown = set(literals_shown(tree)) - VALUES
    assert [text for text in shown if re.search("[A-Za-z]", text)] == []


@pytest.mark.parametrize("sheet", STYLES, ids=lambda path: path.name)
def test_a_style_sheet_has_no_words_of_its_own(sheet):
    values = re.findall(r"""(?<![-\w])content:((?:"[^"]*"|[^;}])*)""", sheet.read_text("utf-8"))
    strings = [text for value in values for text in re.findall(r'"([^"]*)"', value)]
    assert [text for text in strings if re.search("[A-Za-z]", text)] == []


def test_the_pseudo_language_is_longer_and_keeps_what_is_filled_in():
    for message in ENGLISH.values():
        longer = pseudo(message)
        assert longer[0] + longer[-1] == OPENING + CLOSING
        said = TAG.sub("", PLACEHOLDER.sub("", message))
        assert len(longer) - len(OPENING + CLOSING) >= len(message) + (LONGER - 1) * len(said)
        for kept in (PLACEHOLDER, TAG):
            assert kept.findall(longer) == kept.findall(message)
