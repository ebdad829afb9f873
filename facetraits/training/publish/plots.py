"""Plots for the README and the model card, each as PNG and SVG."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np

matplotlib.use("Agg")

from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from facetraits.training.evaluation.answers import Evaluation
from facetraits.training.evaluation.metrics import calibration_bins, normalized

_STYLE: dict[str, Any] = {
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.alpha": 0.25,
    "svg.hashsalt": "facetraits",  # the same plot gives an identical file
}
_TRAIN, _VAL = "#8a93a6", "#3157d5"


def save(figure: Figure, folder: Path, name: str) -> None:
    """Writes folder/name.png and folder/name.svg, and closes the figure."""
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / f"{name}.png", dpi=110, bbox_inches="tight")
    figure.savefig(folder / f"{name}.svg", bbox_inches="tight", metadata={"Date": None})
    plt.close(figure)


def plot_history(net: str, history: Sequence[dict[str, float]], best_epoch: int) -> Figure:
    """Loss and accuracy over the epochs, for training and validation."""
    epochs = [int(row["epoch"]) for row in history]
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(1, 2, figsize=(10, 3.6))
        for axis, key in zip(axes, ("loss", "accuracy"), strict=True):
            axis.plot(epochs, [row[key] for row in history], color=_TRAIN, label="train")
            axis.plot(epochs, [row[f"val_{key}"] for row in history], color=_VAL, label="val")
            axis.axvline(best_epoch, color=_VAL, alpha=0.3, linestyle=":", label="kept")
            axis.set(xlabel="epoch", title=f"{net}: {key}")
            axis.legend(frameon=False)
        return figure


def plot_confusion(net: str, classes: Sequence[str], counts: Sequence[Sequence[int]]) -> Figure:
    """A confusion matrix with rows normalized to 1, and the counts in small print."""
    raw = np.array(counts)
    shares = normalized(raw)
    side = 2.2 + 0.7 * len(classes)
    with plt.rc_context({**_STYLE, "axes.grid": False}):
        figure, axis = plt.subplots(figsize=(side + 0.6, side))
        axis.imshow(shares, cmap="Blues", vmin=0, vmax=1)
        for row, column in np.ndindex(*raw.shape):
            axis.text(
                column,
                row,
                f"{shares[row, column]:.2f}\n({raw[row, column]})",
                ha="center",
                va="center",
                fontsize=9,
                color="white" if shares[row, column] > 0.55 else "black",
            )
        ticks = range(len(classes))
        axis.set_xticks(ticks, classes, rotation=35, ha="right")
        axis.set_yticks(ticks, classes)
        axis.set(xlabel="answered", ylabel="labeled", title=f"{net}: test, rows sum to 1")
        return figure


def plot_reliability(result: Evaluation, trait: str = "") -> Figure:
    """Accuracy against confidence, before and after temperature scaling."""
    main = result.main()
    with plt.rc_context(_STYLE):
        figure, axis = plt.subplots(figsize=(4.6, 4.2))
        axis.plot([0, 1], [0, 1], color="black", alpha=0.3, linestyle=":")
        sides = (("before scaling", result.raw, _TRAIN), ("served", result.probabilities, _VAL))
        for label, probabilities, color in sides:
            bins = calibration_bins(result.labels[main], probabilities[main])
            tops, rights, _ = zip(*bins, strict=True)
            axis.plot(tops, rights, marker="o", markersize=4, color=color, label=label)
        title = f"{result.net} {trait}".strip() + f": {result.split}"
        axis.set(xlabel="confidence", ylabel="accuracy", title=title)
        axis.legend(frameon=False)
        return figure


# Log columns and their labels.
_HISTORY = {
    "val_age_years_off": "age: years off",
    "val_age_ranges": "age: ranges right",
    "val_gender_accuracy": "gender",
    "val_emotion_accuracy": "emotion, eight",
    "val_emotion_fer_accuracy": "emotion, FER2013's seven",
    # The training loss is for mixed faces and blended targets; val has no such loss.
    "loss": "loss in training",
}


def plot_trait_history(net: str, history: Sequence[dict[str, float]], best_epoch: int) -> Figure:
    """Each head's metric over the epochs, for training and validation."""
    epochs = [int(row["epoch"]) for row in history]
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(2, 3, figsize=(12, 6.4), layout="constrained")
        for axis, (key, title) in zip(axes.flat, _HISTORY.items(), strict=True):
            trained = key.removeprefix("val_")
            axis.plot(epochs, [row[trained] for row in history], color=_TRAIN, label="train")
            if key != trained:
                axis.plot(epochs, [row[key] for row in history], color=_VAL, label="val")
            axis.axvline(best_epoch, color=_VAL, alpha=0.3, linestyle=":", label="kept")
            axis.set(title=title)
        axes.flat[0].legend(frameon=False)
        figure.suptitle(net)
        return figure


def plot_selective(net: str, traits: dict[str, dict[str, Any]]) -> Figure:
    """Accuracy against coverage, most confident faces first; the dot is the `unsure` threshold."""
    with plt.rc_context(_STYLE):
        figure, axis = plt.subplots(figsize=(5.6, 4.2))
        for trait, part in traits.items():
            shares, rights = zip(*part["selective"]["curve"], strict=True)
            (line,) = axis.plot(shares, rights, label=trait)
            if "answered" in part["selective"]:
                dot = part["selective"]["answered"], part["selective"]["accuracy"]
                axis.plot(*dot, marker="o", color=line.get_color())
        axis.set(xlabel="share of faces answered", ylabel="accuracy", title=f"{net}: test")
        axis.legend(frameon=False)
        return figure


# Figures of the curve's points and their labels.
_CURVES = {
    "gender": "gender, accuracy",
    "age_mae_years": "age, mean error in years",
    "emotion": "emotion of eight, accuracy",
}


def plot_curve(points: Sequence[dict[str, Any]]) -> Figure:
    """Accuracy against time: a line per run, a dot per size; the goal is one millisecond."""
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(1, 3, figsize=(13, 4), layout="constrained")
        for axis, (key, title) in zip(axes, _CURVES.items(), strict=True):
            for run in dict.fromkeys(point["run"] for point in points):
                here = [point for point in points if point["run"] == run]
                costs = [point["one_ms"][0] for point in here]
                axis.plot(costs, [point[key] for point in here], marker="o", label=run)
                for cost, point in zip(costs, here, strict=True):
                    axis.annotate(f" {point['size_px']}", (cost, point[key]), fontsize=8)
            axis.axvline(1.0, color="black", alpha=0.4, linestyle=":")
            axis.set(title=title, xlabel="ms a face, one core")
        handles, names = axes[0].get_legend_handles_labels()
        figure.legend(handles, names, loc="outside lower center", ncols=2, frameon=False)
        figure.suptitle("traitnet on val, by width and side of the face in pixels")
        return figure


def plot_coverage(net: str, age: dict[str, Any]) -> Figure:
    """Share of labeled ages inside their intervals, by group, with the nominal coverage."""
    groups = {
        name: group
        for name, group in age["groups"].items()
        if name.startswith(("age:", "race and gender:"))
    }
    names = [f"{name.split(': ')[1]} ({group['faces']})" for name, group in groups.items()]
    shares = [group["interval_coverage"] for group in groups.values()]
    overall = age["figures"]["interval_coverage"]["value"]
    with plt.rc_context(_STYLE):
        figure, axis = plt.subplots(figsize=(6.4, 1.2 + 0.28 * len(names)))
        axis.barh(names, shares, color=_TRAIN)
        axis.axvline(overall, color=_VAL, label=f"all: {overall:.3f}")
        axis.axvline(0.8, color="black", alpha=0.4, linestyle=":", label="promised")
        axis.set(xlim=(0, 1), xlabel="ages inside their interval", title=f"{net}: test")
        axis.invert_yaxis()
        axis.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
        return figure
