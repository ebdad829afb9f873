"""What the documents claim is what the cards say."""

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
