"""Writes the figures of README.md and docs/model-card.md from the networks' cards.

`python -m tools.model_card` after a training; `--check` only says whether they are up to
date (exit code 1 where not). Figures stand between `<!-- NAME -->` and `<!-- /NAME -->`.
"""

from __future__ import annotations

import json
import re
import sys
from functools import partial
from pathlib import Path
from typing import Any

from facetraits.paths import Paths
from facetraits.training.model.nets import NETS

MODELS_DIR = Paths.found().models
ROOT = MODELS_DIR.parent
DOCUMENTS = (ROOT / "README.md", ROOT / "docs" / "model-card.md")

NAMES = {
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "macro_f1": "macro F1",
    "within_one": "within one range",
    "range_middle_mae_years": "mean absolute error of the range's midpoint, years",
    "ece": "expected calibration error, as served",
    "ece_before_scaling": "expected calibration error before temperature scaling",
}

Cards = dict[str, dict[str, Any]]


def read_cards() -> Cards:
    """Net → its card."""
    return {name: json.loads((MODELS_DIR / name / "card.json").read_text()) for name in NETS}


def interval(figure: dict[str, float]) -> str:
    return f"{figure['value']:.3f} ({figure['low']:.3f} to {figure['high']:.3f})"


def figures(card: dict[str, Any]) -> str:
    """Every figure of a net, for val and test, and its groups."""
    lines = ["| | val | test |", "| --- | --- | --- |"]
    for key, words in NAMES.items():
        if key in card["test"]["figures"]:
            sides = (interval(card[split]["figures"][key]) for split in ("val", "test"))
            lines.append(f"| {words} | {' | '.join(sides)} |")
    lines += ["", "| group (test) | faces | accuracy |", "| --- | --- | --- |"]
    for name, group in card["test"]["groups"].items():
        lines.append(f"| {name} | {group['faces']} | {interval(group)} |")
    gap = card["test"]["largest_gap"]
    lines += [
        "",
        f"Largest gap: {gap['best']} is {gap['accuracy_gap']:.3f} more accurate than "
        f"{gap['worst']}.",
    ]
    training = card["training"]
    lines += [
        "",
        f"Trained in {training['minutes']:.0f} minutes, epoch {training['epoch_kept']} of "
        f"{training['epochs_run']} kept; temperature {card['temperature']}; `unsure` below "
        f"{card['unsure_below']}. Eight-bit file compared with Keras: largest probability "
        f"difference {card['agreement_with_keras']['largest_gap']:.3f}, mean "
        f"{card['agreement_with_keras']['mean_gap']:.4f}.",
    ]
    return "\n".join(lines)


TRAIT_NAMES = {
    "mae_years": "mean absolute error, years",
    "bias_years": "bias, years",
    "mae_under_10_years": "mean absolute error under age 10, years",
    "interval_coverage": "ages inside their 80% interval",
    "interval_width_years": "interval width, years",
    **NAMES,
}


def trait_figures(card: dict[str, Any]) -> str:
    """traitnet's figures: a table a trait, groups with what age has besides."""
    return "\n\n".join([*_trait_blocks(card), _ending(card)])


def _trait_blocks(splits: dict[str, Any], where: str = "") -> list[str]:
    """A block a trait, from the figures of val and test."""
    blocks = []
    for trait, test in splits["test"]["traits"].items():
        val = splits["val"]["traits"][trait]
        lines = [f"**{trait}**{where}, {test['faces']:,} test faces", "", "| | val | test |"]
        lines.append("| --- | --- | --- |")
        for key, words in TRAIT_NAMES.items():
            if key in test["figures"]:
                sides = " | ".join(interval(part["figures"][key]) for part in (val, test))
                lines.append(f"| {words} | {sides} |")
        blocks.append("\n".join([*lines, *_sure(val, test), "", *_trait_groups(test)]))
    return blocks


def _sure(*parts: dict[str, Any]) -> list[str]:
    selective = [part["selective"] for part in parts]
    if "answered" not in selective[0]:
        return []
    sides = " | ".join(f"{one['accuracy']:.3f} of {one['answered']:.1%}" for one in selective)
    return [f"| accuracy of results not marked unsure | {sides} |"]


def _trait_groups(test: dict[str, Any]) -> list[str]:
    in_years = any("mae_years" in group for group in test["groups"].values())
    more = " years off | bias | inside interval |" if in_years else ""
    lines = [f"| group (test) | faces | accuracy |{more}"]
    lines.append("| --- | --- | --- |" + " --- | --- | --- |" * in_years)
    for name, group in test["groups"].items():
        line = f"| {name} | {group['faces']} | {interval(group)} |"
        if in_years:
            years = (f"{group['mae_years']:.2f}", f"{group['bias_years']:+.2f}")
            line += f" {' | '.join(years)} | {group['interval_coverage']:.3f} |"
        lines.append(line)
    return lines


def _ending(card: dict[str, Any]) -> str:
    training, gaps = card["training"], card["agreement_with_keras"]
    return (
        f"Trained in {training['minutes']:.0f} minutes, epoch {training['epoch_kept']} of "
        f"{training['epochs_run']} kept; temperatures "
        + ", ".join(f"{head['name']} {head['temperature']}" for head in card["heads"])
        + f". Exported file compared with Keras: largest probability difference "
        f"{gaps['largest_gap']:.4f}, mean {gaps['mean_gap']:.5f}."
    )


# Data set, trait and figure, in words, as README lists them.
_BY_SET = {
    ("fairface", "gender", "accuracy"): "FairFace: gender, accuracy",
    ("fairface", "age_bin", "accuracy"): "FairFace: nine age bins, accuracy",
    ("appa-real", "age", "mae_years"): "APPA-REAL: real age, mean absolute error, years",
    ("appa-real", "age", "bias_years"): "APPA-REAL: real age, bias, years",
    ("appa-real", "age", "interval_coverage"): "APPA-REAL: real age, inside its 80% interval",
    ("lfw", "emotion", "accuracy"): "LFW: expression, accuracy",
    ("lfw", "emotion", "balanced_accuracy"): "LFW: expression, mean recall",
}


def by_set(card: dict[str, Any]) -> str:
    """One line per figure of each data set other than the headline ones, for val and test."""
    lines = ["| traitnet | val | test faces | test |", "| --- | --- | --- | --- |"]
    for (name, trait, figure), words in _BY_SET.items():
        val, test = (card["sets"][name][split]["traits"][trait] for split in ("val", "test"))
        values = (interval(part["figures"][figure]) for part in (val, test))
        lines.append(f"| {words} | {next(values)} | {test['faces']:,} | {next(values)} |")
    return "\n".join(lines)


def set_figures(card: dict[str, Any]) -> str:
    """Every figure of those data sets, with their groups."""
    blocks = (_trait_blocks(part, f" on {name}") for name, part in card["sets"].items())
    return "\n\n".join(block for part in blocks for block in part)


def summary(cards: Cards) -> str:
    """A line a net."""
    lines = ["| network | parameters | test faces | accuracy (95% interval) | calibration error |"]
    lines.append("| --- | --- | --- | --- | --- |")
    for card in cards.values():
        test = card["test"]
        lines.append(
            f"| {card['name']}, {len(card['labels'])} classes | {card['parameters']:,} | "
            f"{test['faces']:,} | {interval(test['figures']['accuracy'])} | "
            f"{test['figures']['ece']['value']:.3f} |"
        )
    return "\n".join(lines)


# Trait and figure, in words, as README lists them.
_HEADLINES = {
    ("gender", "accuracy"): "gender, accuracy",
    ("age", "mae_years"): "age, mean absolute error, years",
    ("age", "mae_under_10_years"): "age under ten, mean absolute error, years",
    ("age", "accuracy"): "age, seven ranges, accuracy",
    ("age", "interval_coverage"): "age, inside its 80% interval",
    ("emotion", "accuracy"): "expression, FER+ (eight classes), accuracy",
    ("emotion_fer", "accuracy"): "expression, FER2013 (seven classes), accuracy",
    ("valence", "accuracy"): "valence, where annotators agree, accuracy",
    ("gender", "ece"): "gender, calibration error",
    ("emotion", "ece"): "expression, calibration error",
}


def _children(age: dict[str, Any]) -> int:
    faces: int = age["groups"]["age: 00-9"]["faces"]
    return faces


def headlines(card: dict[str, Any]) -> str:
    """traitnet's figures in a line each."""
    lines = ["| traitnet | test faces | figure (95% interval) |", "| --- | --- | --- |"]
    for (trait, figure), words in _HEADLINES.items():
        test = card["test"]["traits"][trait]
        faces = _children(test) if figure == "mae_under_10_years" else test["faces"]
        lines.append(f"| {words} | {faces:,} | {interval(test['figures'][figure])} |")
    gender = card["test"]["traits"]["gender"]
    sure = gender["selective"]
    answered = round(sure["answered"] * gender["faces"])
    lines.append(
        f"| gender, most confident {sure['answered']:.0%}, accuracy | {answered:,} "
        f"| {sure['accuracy']:.3f} |"
    )
    return "\n".join(lines)


DRIFT_NAMES = {
    "found": "faces found",
    "gender_agreement": "gender: same result both ways",
    "gender_accuracy_direct": "gender accuracy, original crop",
    "gender_accuracy_found": "gender accuracy, detected in a photo",
    "age_range_agreement": "age: same range both ways",
    "age_range_accuracy_direct": "age accuracy, original crop",
    "age_range_accuracy_found": "age accuracy, detected in a photo",
    "age_middle_drift_years": "age: mean change of the value, years",
    "age_mae_years_direct": "age: mean absolute error, original crop, years",
    "age_mae_years_found": "age: mean absolute error, detected in a photo, years",
    "age_error_correlation": "age: correlation of the two errors for the same face",
    "emotion_agreement": "expression: same result both ways",
    "emotion_agreement_gray": "expression: same result in color and in gray",
}


def drift(found: dict[str, Any]) -> str:
    """What serving costs, as `drift --out docs/drift.json` measured it."""
    lines = [f"| {found['split']}, {found['faces']:,} faces | |", "| --- | --- |"]
    lines += [f"| {words} | {found[key]} |" for key, words in DRIFT_NAMES.items() if key in found]
    return "\n".join(lines)


LEAK_NAMES = {
    ("emotion", "random"): "emotion, CK+48: frames split at random, as in the student projects",
    ("emotion", "by_person"): "emotion, CK+48: split by person",
    ("age", "copies_split_at_random"): "age: augmented first, then split at random",
    ("age", "photos_split_first"): "age: photos split first, then augmented",
}


def leaks(found: dict[str, Any]) -> str:
    """The student project's own split compared with an honest one, from docs/leaks.json."""
    lines = ["| how the pictures are split | test faces | accuracy |", "| --- | --- | --- |"]
    for (trait, side), words in LEAK_NAMES.items():
        row = found[trait][side]
        lines.append(f"| {words} | {row['faces']:,} | {interval(row)} |")
    return "\n".join(lines)


def filled(text: str, cards: Cards) -> str:
    """The document with the cards' figures between its marks."""
    blocks = {"results": summary(cards), **{name: figures(card) for name, card in cards.items()}}
    traitnet = MODELS_DIR / "traitnet" / "card.json"
    if traitnet.exists():
        card = json.loads(traitnet.read_text())
        blocks |= {"traitnet": trait_figures(card), "headlines": headlines(card)}
        if "sets" in card:
            blocks |= {"by-set": by_set(card), "sets": set_figures(card)}
    for name in ("drift", "drift-traitnet"):
        blocks[name] = drift(json.loads((ROOT / "docs" / f"{name}.json").read_text()))
    measured = ROOT / "docs" / "leaks.json"
    if measured.exists():
        blocks["leaks"] = leaks(json.loads(measured.read_text()))
    for name, block in blocks.items():
        marks = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        # A function, since a replacement text would read backslashes as escapes.
        text = marks.sub(partial(_between, block), text)
    return text


def _between(block: str, marks: re.Match[str]) -> str:
    return f"{marks[1]}\n{block}\n\n{marks[2]}"


def main(arguments: list[str]) -> int:
    cards, stale = read_cards(), []
    for path in DOCUMENTS:
        old = path.read_text()
        new = filled(old, cards)
        if new != old:
            stale.append(path.relative_to(ROOT))
            if "--check" not in arguments:
                Path(path).write_text(new)
    for name in stale:
        print(f"{name}: figures {'differ from the cards' if '--check' in arguments else 'written'}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
