"""The curve has a point for each run and size, and its figures are those of val."""

import json
import shutil
from dataclasses import asdict, replace

import numpy as np
import pytest

from facetraits.training.data.faces import Faces
from facetraits.training.data.trait_data import TraitData
from facetraits.training.fit.loop import fit
from facetraits.training.publish import plots
from facetraits.training.recipes.traitnet import TraitTask
from studies import curve
from studies.curve import point
from tests.training.recipes.test_traitnet import CONFIG, SIDE, data, of_size, sides


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    every = data()
    fit(TraitTask(CONFIG), *sides(every), folder, resume=False)
    return folder, every.of_split("val")


def test_a_point_a_size(run):
    folder, val = run
    same, larger = (point(folder, side, of_size(val, side)) for side in (SIDE, 2 * SIDE))
    assert same.run == f"width {CONFIG.width:g} at {SIDE} px, {CONFIG.epochs} epochs"
    assert (same.trained_px, same.size_px) == (SIDE, SIDE)
    assert larger.size_px == 2 * SIDE
    assert larger.multiply_adds_m > 2 * same.multiply_adds_m
    for made in (same, larger):
        assert 0 < made.one_ms[0] <= made.one_ms[1]
        assert 0 <= made.gender <= 1
        assert 0 <= made.age_mae_years < 100
    figure = plots.plot_curve([asdict(same), asdict(larger)])
    assert [len(axis.lines[0].get_xdata()) for axis in figure.axes] == [2, 2, 2]
    plots.plt.close(figure)


def test_a_run_in_gray_is_shown_gray_faces(run, tmp_path, monkeypatch):
    colored, _ = run
    every = data()
    in_gray = TraitData(
        Faces(every.people.samples, every.people.pixels.mean(3).astype(np.uint8)), every.expressions
    )
    gray = tmp_path / "gray"
    fit(TraitTask(replace(CONFIG, channels=1, epochs=1)), *sides(in_gray), gray, resume=False)
    asked = {3: every.of_split("val"), 1: in_gray.of_split("val")}
    monkeypatch.setattr(
        curve, "read_traits", lambda _, size_px, channels, **rest: of_size(asked[channels], size_px)
    )
    made = curve.measure([colored, gray], [], tmp_path, tmp_path / "plots")
    width = f"width {CONFIG.width:g} at {SIDE} px"
    assert [p["run"] for p in made] == [
        f"{width} in gray, 1 epochs",
        f"{width}, {CONFIG.epochs} epochs",
    ]
    assert (tmp_path / "plots" / "traitnet_curve.png").exists()


def test_a_run_says_what_it_had_that_others_had_not():
    config = replace(CONFIG, width=0.25, epochs=18).to_dict()
    assert curve.described(config) == "width 0.25 at 16 px, 18 epochs"
    config |= {"channels": 1, "teachers": ["runs/a"], "start_from": "models/traitnet"}
    text = "width 0.25 at 16 px in gray, 18 epochs on from other weights, taught"
    assert curve.described(config) == text


def test_runs_that_were_the_same_are_told_apart(run, tmp_path, monkeypatch):
    folder, val = run
    again = tmp_path / "again"
    shutil.copytree(folder, again)
    monkeypatch.setattr(curve, "read_traits", lambda _, size_px, **rest: of_size(val, size_px))
    made = curve.measure([folder, again], [], tmp_path, tmp_path / "plots")
    words = f"width {CONFIG.width:g} at {SIDE} px, {CONFIG.epochs} epochs"
    assert [p["run"] for p in made] == [f"{words} (again)", f"{words} ({folder.name})"]


def test_the_figures_are_those_of_the_log(run):
    # The log has the bfloat16-free Keras network's, the curve the exported file's.
    folder, val = run
    state = json.loads((folder / "last" / "state.json").read_text())
    best = max(state["history"], key=TraitTask(CONFIG).validation_score)
    made = point(folder, SIDE, val)
    assert made.gender == pytest.approx(best["val_gender_accuracy"], abs=0.05)
    assert made.age_mae_years == pytest.approx(best["val_age_years_off"], abs=1.0)
