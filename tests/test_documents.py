"""What the documents claim is what the cards say."""

import re
from pathlib import Path

import pytest

from tools.model_card import DOCUMENTS, filled, read_cards


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_figures_come_from_the_cards(document):
    text = document.read_text()
    assert filled(text, read_cards()) == text, "run python -m tools.model_card"


def test_another_figure_would_be_noticed():
    cards = read_cards()
    cards["baseline_age"]["test"]["figures"]["accuracy"]["value"] = 0.123
    assert all("0.123" in filled(path.read_text(), cards) for path in DOCUMENTS)


ROOT = Path(__file__).resolve().parent.parent
# Where a document's short names begin.
PLACES = ("", "facetraits", "static/js/common", "static/js/upload", "static/js/live", "docs")
SUBJECTS = ("serving", "networks", "training/data", "training/fit", "web/views")


@pytest.mark.parametrize("name", ["docs/architecture.md", "CONTRIBUTING.md"])
def test_every_file_and_folder_that_is_named_is_there(name):
    text = (ROOT / name).read_text()
    named = set(re.findall(r"`([\w./-]+(?:\.(?:py|js|toml|md|yaml|txt)|/))`", text))
    named -= {"live/", "result/", "embed/"}  # short for what stands before them
    places = [ROOT / place for place in (*PLACES, *(f"facetraits/{s}" for s in SUBJECTS))]
    missing = {path for path in named if not any((place / path).exists() for place in places)}
    missing = {path for path in missing if not path.startswith("models/NAME")}
    assert len(named) > 15
    assert missing == set()


@pytest.mark.parametrize(
    "path", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=lambda path: path.name
)
def test_links_between_documents_lead_somewhere(path):
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)", path.read_text())
    assert [target for target in targets if not (path.parent / target).exists()] == []
