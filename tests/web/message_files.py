"""The messages of all languages, and where templates, Python, and scripts use them."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
from jinja2 import nodes

ROOT = Path(__file__).resolve().parents[2]
FILES = {path.stem: path for path in sorted((ROOT / "static/locales").glob("*.json"))}
TEMPLATES = sorted((ROOT / "templates").glob("*.html"))
PYTHON = sorted((ROOT / "facetraits/web").rglob("*.py"))
SCRIPTS = sorted((ROOT / "static/js").rglob("*.js"))
STYLES = sorted((ROOT / "static").rglob("*.css"))
# It stands alone, so it gets one section and names messages without it.
DEMO_SCRIPT, DEMO_SECTION = ROOT / "static/demo/demo.js", "demoWords."

PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}")
TAG = re.compile(r"</?(\w+)>")
_PLURAL = re.compile(r"_(zero|one|two|few|many|other)$")


def messages_of(language: str) -> dict[str, str]:
    """ "section.key" → message."""
    return dict(_flat(json.loads(FILES[language].read_text("utf-8"))))


def _flat(messages: dict, prefix: str = "") -> Iterator[tuple[str, str]]:
    for key, value in messages.items():
        if isinstance(value, str):
            yield prefix + key, value
        else:
            yield from _flat(value, f"{prefix}{key}.")


def plurals_of(messages: dict[str, str]) -> dict[str, set[str]]:
    """Key without its plural category → the categories that it has."""
    found: dict[str, set[str]] = {}
    for key in messages:
        if category := _PLURAL.search(key):
            found.setdefault(key[: category.start()], set()).add(category[1])
    return found


def without_category(key: str) -> str:
    """ "faces.count_one" → "faces.count"."""
    return _PLURAL.sub("", key)


def parsed(template: Path) -> nodes.Template:
    """The syntax tree of a template."""
    return jinja2.Environment().parse(template.read_text("utf-8"))


def calls() -> Iterator[tuple[str, str, set[str]]]:
    """(where, key, names of the values) of each call of `t` with a literal key, but in scripts."""
    for path in TEMPLATES:
        for call in parsed(path).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "t":
                keys = [const.value for const in _consts(call.args[0])]
                yield from ((path.name, key, {value.key for value in call.kwargs}) for key in keys)
    for path in PYTHON:
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "t":
                key = call.args[0]
                if isinstance(key, ast.Constant):
                    yield path.name, key.value, {str(value.arg) for value in call.keywords}


def _consts(key: nodes.Expr) -> list[nodes.Const]:
    if isinstance(key, nodes.CondExpr):
        return [key.expr1, key.expr2]
    return [key] if isinstance(key, nodes.Const) else []


def named_keys() -> set[str]:
    """The keys that occur as literals anywhere, without plural categories."""
    found: set[str] = set()
    for path in [*TEMPLATES, *PYTHON, *SCRIPTS, DEMO_SCRIPT]:
        prefix = DEMO_SECTION if path == DEMO_SCRIPT else ""
        found |= {prefix + key for key in re.findall(r"""["'`]([\w.]+)["'`]""", _text(path))}
    return found


def named_patterns() -> list[re.Pattern[str]]:
    """The keys that code puts together, such as `labels.emotion.${name}`."""
    found: set[str] = set()
    for path in PYTHON:
        found |= set(re.findall(r'f"(\w+\.[\w.]*(?:\{[^}"]*\}[\w.]*)+)"', _text(path)))
    for path in SCRIPTS:
        found |= set(re.findall(r"`(\w+\.[\w.]*(?:\$\{[^}`]*\}[\w.]*)+)`", _text(path)))
    return [_pattern(text) for text in sorted(found)]


def _pattern(text: str) -> re.Pattern[str]:
    literals = re.split(r"\$?\{[^}]*\}", text)
    return re.compile(r"[\w.]+".join(re.escape(literal) for literal in literals))


def _text(path: Path) -> str:
    return path.read_text("utf-8")
