"""Prints the tables of docs/model-card.md and the README from the networks' cards.

`python tools/model_card.py` after a training; paste what it prints.
"""

from __future__ import annotations

import json
from typing import Any

from facetraits.nets import NETS
from facetraits.weights import MODELS_DIR

NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "within_one": "within one range",
    "range_middle_mae_years": "MAE of the range's middle, years",
    "ece": "expected calibration error, as served",
    "ece_before_scaling": "the same before temperature scaling",
}


def interval(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def figures(card: dict[str, Any]) -> str:
    lines = [f"### {card['name']}", "", "| | val | test |", "| --- | --- | --- |"]
    for key, words in NAMES.items():
        if key in card["test"]["figures"]:
            sides = (interval(card[split]["figures"][key]) for split in ("val", "test"))
            lines.append(f"| {words} | {' | '.join(sides)} |")
    lines += ["", "| group (test) | faces | accuracy |", "| --- | --- | --- |"]
    for name, group in card["test"]["groups"].items():
        lines.append(f"| {name} | {group['faces']} | {interval(group)} |")
    gap = card["test"]["largest_gap"]
    lines += ["", f"Largest gap: {gap['best']} is {gap['accuracy_gap']:.3f} above {gap['worst']}."]
    return "\n".join(lines)


def summary(cards: list[dict[str, Any]]) -> str:
    lines = ["| network | parameters | test faces | accuracy (95% interval) | calibration error |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for card in cards:
        test = card["test"]
        lines.append(
            f"| {card['name']}, {len(card['labels'])} classes | {card['parameters']:,} | "
            f"{test['faces']:,} | {interval(test['figures']['accuracy'])} | "
            f"{test['figures']['ece']['value']:.3f} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    all_cards = [json.loads((MODELS_DIR / name / "card.json").read_text()) for name in NETS]
    print(summary(all_cards))
    for one in all_cards:
        print(f"\n{figures(one)}")
