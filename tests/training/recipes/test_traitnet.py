"""traitnet's training, going on, teaching and its card, with 16-pixel nets."""

import json
import shutil
from dataclasses import replace

import keras
import numpy as np
import pytest

from facetraits.errors import BadData, BadSetting
from facetraits.networks.cards import sha256_of
from facetraits.networks.classifiers import TraitClassifier
from facetraits.paths import Paths
from facetraits.reading.traits import HEADS
from facetraits.training.data.datasets import Sample, Skipped, one_hot
from facetraits.training.data.faces import Faces, resized
from facetraits.training.data.trait_data import TraitData
from facetraits.training.evaluation.compare import Answers
from facetraits.training.evaluation.evaluate import as_text, score_traits, write
from facetraits.training.fit.batches import Part
from facetraits.training.fit.config import TraitConfig
from facetraits.training.fit.loop import fit
from facetraits.training.fit.strong_augmentation import StrongAugmentation
from facetraits.training.fit.teachers import blended, load_run, soft_answers
from facetraits.training.publish.trait_cards import recalibrate
from facetraits.training.recipes import traitnet
from facetraits.training.recipes.traitnet import TraitTask
from facetraits.training.run import publish_run, task_of, train
from tests.training.fit.test_loop import KillDuring, Killed

SIDE = 16
CONFIG = TraitConfig(
    "traitnet",
    epochs=2,
    batch_size=16,
    learning_rate=1e-2,
    precision="float32",
    seed=5,
    size_px=SIDE,
    width=0.25,
    blocks=1,
    dropout=0.1,
    strong_augmentation=StrongAugmentation(*[0.0] * 15, SIDE, 0.0),
)


def people(count, split, seed=0):
    """Bright faces are female, dark ones male; the brighter, the older."""
    rng = np.random.default_rng(seed)
    genders = rng.integers(0, 2, count)
    ages = rng.integers(1, 80, count)
    pixels = rng.integers(0, 60, (count, SIDE, SIDE, 3)) + 90 * genders[:, None, None, None]
    pixels += ages[:, None, None, None]
    samples = [
        Sample(f"UTKFace/{split}{i}", split, None, int(a), int(g), i % 5)
        for i, (a, g) in enumerate(zip(ages, genders, strict=True))
    ]
    return Faces(samples, pixels.astype(np.uint8))


def expressions(count, split, seed=0):
    """Bright faces are happy, dark ones sad."""
    rng = np.random.default_rng(seed)
    happy = rng.integers(0, 2, count)
    pixels = rng.integers(0, 90, (count, SIDE, SIDE)) + 140 * happy[:, None, None]
    votes = [one_hot("happiness" if h else "sadness") for h in happy]
    samples = [
        Sample(f"FER2013/{split}{i}", split, None, emotion=v, emotion_fer=3 if h else 4)
        for i, (v, h) in enumerate(zip(votes, happy, strict=True))
    ]
    return Faces(samples, pixels.astype(np.uint8))


def data(train=48, scored=40):
    sizes = {"train": train, "val": scored, "test": scored}
    made = [
        [make(n, split, seed) for seed, (split, n) in enumerate(sizes.items())]
        for make in (people, expressions)
    ]
    return TraitData(
        *(
            Faces(
                [s for part in kind for s in part.samples], np.concatenate([f.pixels for f in kind])
            )
            for kind in made
        )
    )


def of_size(every, side):
    return TraitData(*(Faces(faces.samples, resized(faces.pixels, side)) for faces in every))


def sides(every):
    return every.of_split("train"), every.of_split("val")


def curve(trained):
    return [(row["loss"], row["val_loss"], row["val_age_years_off"]) for row in trained.history]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A finished run: its folder and what it trained."""
    folder = tmp_path_factory.mktemp("run")
    every = data()
    return folder, every, fit(TraitTask(CONFIG), *sides(every), folder, resume=False)


def test_every_head_has_a_loss_and_a_figure(run):
    _, _, trained = run
    row = trained.history[-1]
    assert {f"val_{head}_loss" for head in HEADS} <= set(row)
    assert all(np.isfinite(value) for value in row.values())
    assert row["loss"] < trained.history[0]["loss"]


def test_a_killed_run_resumes_on_the_same_curve(run, tmp_path):
    _, every, whole = run
    task = TraitTask(CONFIG)
    with pytest.raises(Killed):
        fit(task, *sides(every), tmp_path, resume=False, extra=[KillDuring(1)])
    resumed = fit(task, *sides(every), tmp_path, resume=True)
    assert np.allclose(curve(whole), curve(resumed), rtol=1e-3, atol=1e-4)


def test_a_run_of_an_earlier_version_resumes(run, tmp_path):
    folder, every, _ = run
    shutil.copytree(folder, tmp_path / "run")
    path = tmp_path / "run" / "last" / "state.json"
    state = json.loads(path.read_text())
    state["config"]["wild"] = state["config"].pop("strong_augmentation")
    path.write_text(json.dumps(state))
    resumed = fit(TraitTask(CONFIG), *sides(every), tmp_path / "run", resume=True)
    assert resumed.history == state["history"]


def test_faces_grow_during_a_run_and_across_a_resume(tmp_path):
    every = data(train=32, scored=8)
    config = replace(CONFIG, epochs=4, small_px=8, small_epochs=2, plain_epochs=1, mixup=0.5)
    whole = fit(TraitTask(config), *sides(every), tmp_path / "a", resume=False)
    assert len(whole.history) == 4
    with pytest.raises(Killed):
        fit(TraitTask(config), *sides(every), tmp_path / "b", resume=False, extra=[KillDuring(2)])
    resumed = fit(TraitTask(config), *sides(every), tmp_path / "b", resume=True)
    assert np.allclose(curve(whole), curve(resumed), rtol=1e-3, atol=1e-4)


def test_teachers_answer_for_every_face_and_every_head(run):
    folder, every, _ = run
    model, config = load_run(folder)
    assert config["width"] == 0.25
    parts = [Part(faces.pixels[:6], {}) for faces in every]
    answers = soft_answers([folder, folder], parts)
    assert [set(part) for part in answers] == [set(HEADS)] * 2
    assert answers[1]["age"].sum(1) == pytest.approx(np.ones(6), abs=1e-4)
    shown = TraitData(*every).people.pixels[:6]
    both = (model.predict_on_batch(f)["gender"] for f in (shown, shown[:, :, ::-1].copy()))
    assert answers[0]["gender"] == pytest.approx(sum(both) / 2, abs=1e-4)


def test_a_teacher_of_another_size_sees_the_faces_at_its_own(run):
    folder, every, _ = run
    large = Part(np.repeat(np.repeat(every.people.pixels[:4], 2, 1), 2, 2), {})
    small = Part(every.people.pixels[:4], {})
    of_large, of_small = soft_answers([folder], [large, small])
    assert of_large["gender"] == pytest.approx(of_small["gender"], abs=1e-3)


def test_a_published_model_teaches_like_its_run(run, published):
    folder, every, _ = run
    parts = [Part(every.people.pixels[:4], {})]
    (of_run,), (of_model,) = (soft_answers([path], parts) for path in (folder, folder / "model"))
    for head in HEADS:
        assert of_model[head] == pytest.approx(of_run[head], abs=1e-5)


def test_a_run_that_is_none_cannot_teach(tmp_path):
    with pytest.raises(BadData, match="has no trained traitnet"):
        load_run(tmp_path)
    (tmp_path / "weights.keras").write_bytes(b"none")
    with pytest.raises(BadData, match="has no usable traitnet"):
        soft_answers([tmp_path], [])


def test_labels_nobody_knows_or_believes_are_the_teachers():
    wanted = np.array([[1, 0], [0, 0], [1, 0]], np.float32)
    predicted = np.array([[0.6, 0.4], [0.3, 0.7], [0.005, 0.995]], np.float32)
    part = Part(np.zeros((3, 2, 2), np.uint8), {"gender": wanted})
    (taught,) = blended([part], [{"gender": predicted}], ["gender"], share=0.5, suspect_below=0.02)
    assert taught.targets["gender"] == pytest.approx(
        np.array([[0.8, 0.2], [0.3, 0.7], [0.005, 0.995]])
    )


def test_teachers_leave_the_other_heads_alone(run, tmp_path):
    folder, every, _ = run
    config = replace(CONFIG, teachers=(str(folder),), teacher_heads=("emotion",))
    feed = TraitTask(config).batches(every, 0)
    plain = TraitTask(CONFIG).batches(every, 0)
    (_, taught), (_, labels) = feed[0], plain[0]
    for head in ("age", "gender", "emotion_fer"):
        assert np.array_equal(taught[head], labels[head])
    assert (taught["emotion"].sum(1) > 0.99).all()
    assert (labels["emotion"].sum(1) == 0).any()


def test_a_run_with_a_teacher_trains(run, tmp_path):
    folder, every, _ = run
    config = replace(CONFIG, teachers=(str(folder),), seed=6)
    trained = fit(TraitTask(config), *sides(every), tmp_path, resume=False)
    assert len(trained.history) == 2


def test_teachers_are_asked_once_a_run_however_many_phases_it_has(run, tmp_path, monkeypatch):
    folder, every, _ = run
    asked = []
    monkeypatch.setattr(
        traitnet, "soft_answers", lambda *given: asked.append(given) or soft_answers(*given)
    )
    config = replace(CONFIG, teachers=(str(folder),), small_px=8, small_epochs=1)
    trained = fit(TraitTask(config), *sides(every), tmp_path, resume=False)
    assert len(trained.history) == 2
    assert len(asked) == 1


def first_answers(task, train, folder):
    return task.untrained(train, folder)(train.people.pixels[:4].astype(np.float32))["age"]


def test_a_run_starts_from_the_weights_of_another(run, tmp_path):
    folder, every, trained = run
    config = replace(CONFIG, start_from=str(folder), seed=6)
    predicted = first_answers(TraitTask(config), every, tmp_path)
    wanted = trained.model(every.people.pixels[:4].astype(np.float32))["age"]
    assert np.allclose(predicted, wanted, atol=1e-5)


def test_a_run_starts_from_a_published_model(run, published, tmp_path):
    folder, every, trained = run
    config = replace(CONFIG, start_from=str(folder / "model"), seed=6)
    predicted = first_answers(TraitTask(config), every, tmp_path)
    wanted = trained.model(every.people.pixels[:4].astype(np.float32))["age"]
    assert np.allclose(predicted, wanted, atol=1e-5)


def test_frozen_layers_keep_their_weights_and_statistics(run, tmp_path):
    folder, every, trained = run
    config = replace(CONFIG, start_from=str(folder), frozen_layers=3, seed=6)
    went_on = fit(TraitTask(config), *sides(every), tmp_path, resume=False)
    for kind in (keras.layers.Conv2D, keras.layers.BatchNormalization):
        before, after = (
            [layer.get_weights() for layer in net.model.layers if isinstance(layer, kind)]
            for net in (trained, went_on)
        )
        kept = [np.array_equal(a[-1], b[-1]) for a, b in zip(before, after, strict=True)]
        assert kept[:2] == [True, True]
        assert not any(kept[4:])


def test_a_run_on_packs_is_kept_to_be_published_elsewhere(tmp_path, monkeypatch):
    whole = data()
    packs = TraitData(*(faces.where([s.split != "test" for s in faces.samples]) for faces in whole))
    monkeypatch.setattr(TraitTask, "read", lambda *_: packs)
    said, there = [], {"data_dir": tmp_path, "run_dir": tmp_path / "run", "paths": Paths.found()}
    task = TraitTask(replace(CONFIG, epochs=1))
    assert train(task, resume=False, force=False, say=said.append, **there) is None
    assert said[-1].startswith("to export and score it: train traitnet --publish")
    with pytest.raises(BadData, match="no test pictures"):
        publish_run(task, force=False, say=said.append, **there)


def test_only_weights_of_its_own_size_start_a_run(run, tmp_path):
    folder, every, _ = run
    wider = TraitTask(replace(CONFIG, start_from=str(folder), width=0.5))
    with pytest.raises(BadData, match="different size"):
        wider.untrained(every, tmp_path)
    nothing = TraitTask(replace(CONFIG, start_from=str(tmp_path)))
    with pytest.raises(BadData, match="has no weights to start from"):
        nothing.untrained(every, tmp_path)


@pytest.fixture(scope="module")
def published(run, tmp_path_factory):
    folder, every, trained = run
    task = TraitTask(CONFIG)
    task.publish(trained, every, folder / "model")
    return task.report(trained, every, folder / "model", folder / "plots")


def test_publish_writes_what_serving_reads(run, published):
    folder, every, trained = run
    assert published == json.loads((folder / "model" / "card.json").read_text())
    assert [head["name"] for head in published["heads"]] == list(HEADS)
    assert published["training"]["split_sizes"] == {"train": 96, "val": 80, "test": 80}
    assert set(published["test"]["traits"]) == {
        "age",
        "gender",
        "emotion",
        "emotion_fer",
        "valence",
    }
    figures = published["val"]["traits"]["age"]["figures"]
    assert figures["interval_coverage"]["value"] >= 0.75
    assert "mae_years" in figures
    names = {path.stem for path in (folder / "plots").iterdir()}
    assert {"traitnet_history", "traitnet_selective", "traitnet_coverage"} <= names
    assert {"traitnet_valence_confusion", "traitnet_gender_reliability"} <= names
    saved = keras.models.load_model(folder / "model" / "weights.keras")
    assert saved.name == "traitnet"
    # Whoever has Keras alone can load it.
    assert {type(layer).__module__.split(".")[0] for layer in saved.layers} == {"keras"}
    faces = every.people.pixels[:8].astype(np.float32)
    for head, answer in saved(faces, training=False).items():
        assert np.allclose(answer, trained.model(faces, training=False)[head], atol=1e-6)
    text = as_text(published["test"], "traitnet")
    assert "traitnet: gender on test: 40 faces" in text
    assert "mae_years" in text


def test_a_card_can_be_fitted_again_without_training(run, published, tmp_path):
    folder, every, _ = run
    again = tmp_path / "traitnet"
    shutil.copytree(folder / "model", again)
    changed = json.loads((again / "card.json").read_text())
    changed["heads"][0]["temperature"] = 9.0
    changed["sets"] = {"gone": {}}
    (again / "card.json").write_text(json.dumps(changed))

    card = recalibrate(again, every, tmp_path / "plots")

    assert card == json.loads((again / "card.json").read_text()) == published
    assert (tmp_path / "plots" / "traitnet_coverage.png").exists()


def test_networks_of_two_sizes_are_compared_each_on_faces_cut_for_it(
    run, published, tmp_path, monkeypatch
):
    folder, every, trained = run
    task = TraitTask(replace(CONFIG, size_px=2 * SIDE))
    large, read = of_size(every, 2 * SIDE), []
    again = replace(trained, model=task.finished(trained.model.get_weights()))
    task.publish(again, large, tmp_path / "traitnet")

    sides = ("train", "val", "test")

    def read_traits(_, size_px, channels, skipped, landmarks, splits=sides, keep=True):
        read.append((size_px, channels, splits))
        return (every if size_px == SIDE else large).of_split("val")

    monkeypatch.setattr(traitnet, "read_traits", read_traits)
    val = task.read(tmp_path, Skipped())
    found = task.compared(folder / "model", tmp_path / "traitnet", val)
    assert read[1:] == [(SIDE, 3, ("val",))]
    (gender,) = (d for d in found if d.figure == "utkface: gender accuracy")
    assert gender.a == published["val"]["traits"]["gender"]["figures"]["accuracy"]["value"]


def test_the_card_says_what_a_network_learnt_from(run, tmp_path):
    folder, every, trained = run
    task = TraitTask(replace(CONFIG, teachers=(str(folder),), start_from=str(tmp_path / "gone")))
    task.publish(trained, every, tmp_path / "model")
    card = json.loads((tmp_path / "model" / "card.json").read_text())
    assert card["training"]["learnt_from"] == {str(folder): sha256_of(folder / "best.npz")}


def test_vals_losses_are_of_the_faces_that_have_a_label(run):
    _, every, _ = run
    task, val = TraitTask(CONFIG), every.of_split("val")
    shown, wanted = task.validation(val)
    assert sorted(shown.sum((1, 2, 3))) == sorted(val.shown(3).astype(int).sum((1, 2, 3)))
    known = wanted["gender"].sum(1) > 0
    # Not all in one half, whose batches alone would have a loss.
    assert 0.25 < known[: len(known) // 2].mean() < 0.75


def test_the_app_reads_faces_with_it(run, published, tmp_path):
    folder, every, trained = run
    (tmp_path / "traitnet").symlink_to(folder / "model")
    classify = TraitClassifier(tmp_path)
    faces = every.of_split("test").people.pixels
    crops = [classify.cut(face, None) for face in faces[:11]]
    predicted = classify(crops)
    assert classify([]) == []
    for one, traits in zip(crops, predicted, strict=True):
        (alone,) = classify([one])
        assert alone.age.value == pytest.approx(traits.age.value, abs=0.05)
    traits = predicted[0]
    assert traits.age.low <= traits.age.value <= traits.age.high
    assert traits.age.coverage == 0.8
    assert sum(traits.age.ranges.values()) == pytest.approx(1)
    assert sum(traits.emotion.scores.values()) == pytest.approx(1)
    assert sum(traits.emotion.valence.values()) == pytest.approx(1)
    shown = faces[:1].astype(np.float32)
    by_keras = np.asarray(trained.model(shown, training=False)["gender"])[0]
    assert traits.gender.value == ("male", "female")[int(by_keras.argmax())]


def test_the_least_sure_of_val_are_ambiguous(run, published, tmp_path):
    folder, every, _ = run
    (tmp_path / "traitnet").symlink_to(folder / "model")
    classify = TraitClassifier(tmp_path)
    predicted = classify([(face,) for face in every.of_split("val").people.pixels])
    unsure = [any(d.trait == "age" for d in traits.unsure) for traits in predicted]
    assert 0 < np.mean(unsure) < 0.4  # a tenth, but for ties among so few faces


def test_compare_knows_its_traits(run, published, tmp_path):
    folder, every, _ = run
    result = score_traits(folder / "model", "val", every.of_split("val"))
    write(result, tmp_path / "out.json")
    read = Answers.read_all(tmp_path / "out.json")
    assert read.keys() == result.parts.keys()
    found = TraitTask(CONFIG).compared(folder / "model", folder / "model", every.of_split("val"))
    assert "utkface: age minus_years_off" in [d.figure for d in found]
    assert "fer2013: emotion mean_recall" in [d.figure for d in found]
    assert all(d.verdict == "no evidence" for d in found)
    off = read["age"].years_off
    assert off.mean() == pytest.approx(
        result.parts["age"].figures()["mae_years"]["value"], abs=1e-3
    )


def test_settings_of_other_nets_are_refused():
    assert task_of("traitnet", {"width": 2.0}).config.width == 2.0
    with pytest.raises(BadSetting, match="baseline_age has no option width"):
        task_of("baseline_age", {"width": 2.0})
