"""From a trained net to models/NAME/, with a 16-pixel net."""

import json

import keras
import numpy as np
import pytest

from facetraits.errors import BadWeights, Regression
from facetraits.networks.calibration import with_temperature
from facetraits.networks.runtime import Net
from facetraits.paths import Paths
from facetraits.training.data.datasets import Sample
from facetraits.training.data.faces import Faces
from facetraits.training.fit.config import TrainConfig
from facetraits.training.fit.loop import TrainedNet
from facetraits.training.model.nets import NETS, NetSpec
from facetraits.training.publish.cards import fit_temperature, publish, report
from facetraits.training.publish.export import to_tflite, verify
from facetraits.training.recipes.baseline import BaselineTask
from facetraits.training.run import _publish, adopt, choose
from tests.training.fit.test_loop import build_tiny

CONFIG = TrainConfig("tiny", epochs=2, precision="float32")


@pytest.fixture
def faces(monkeypatch):
    spec = NetSpec(build_tiny, 16, "gender", ("male", "female"), "utkface")
    monkeypatch.setitem(NETS, "tiny", spec)
    rng = np.random.default_rng(0)
    samples = [
        Sample(f"UTKFace/{i}", split, None, 20 + i % 30, i % 2, i % 5)
        for split in ("train", "val", "test")
        for i in range(60)
    ]
    pixels = rng.integers(0, 256, (len(samples), 16, 16)).astype(np.uint8)
    return Faces(samples, pixels)


def test_publish_writes_what_serving_reads(faces, tmp_path):
    keras.utils.set_random_seed(1)
    row = {"epoch": 1, "loss": 0.7, "accuracy": 0.5, "val_loss": 0.7, "val_accuracy": 0.5}
    history = [row | {"seconds": 60.0}, row | {"epoch": 2, "seconds": 60.0}]
    trained = TrainedNet(build_tiny(), history, best_epoch=2)
    publish(CONFIG, trained, faces, tmp_path / "tiny")
    assert "test" not in json.loads((tmp_path / "tiny" / "card.json").read_text())
    card = report(trained, faces.of_split("test"), tmp_path / "tiny", tmp_path / "plots")

    assert card == json.loads((tmp_path / "tiny" / "card.json").read_text())
    assert card["training"]["split_sizes"] == {"train": 60, "val": 60, "test": 60}
    assert card["training"]["minutes"] == 2.0
    assert card["test"]["faces"] == 60
    plots = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert plots == [
        f"tiny_{kind}.{ending}"
        for kind in ("confusion", "history", "reliability")
        for ending in ("png", "svg")
    ]
    val = faces.of_split("val")
    top = Net(tmp_path / "tiny")(list(val.pixels)).max(1)
    assert np.quantile(top, 0.1) == pytest.approx(card["unsure_below"], abs=1e-3)


def test_an_export_that_differs_is_refused(faces):
    model = build_tiny()
    exported = to_tflite(model)
    pixels = faces.pixels[:8, ..., None].astype(np.float32)
    assert verify(model, exported, pixels)["largest_gap"] < 0.01
    model.set_weights([weight * -3 for weight in model.get_weights()])
    with pytest.raises(BadWeights, match="differs from Keras"):
        verify(model, exported, pixels)


def test_temperature_undoes_overconfidence():
    rng = np.random.default_rng(0)
    honest = rng.dirichlet([2, 2, 2], 4000)
    labels = np.array([rng.choice(3, p=p) for p in honest])
    assert fit_temperature(labels, with_temperature(honest, 0.5)) == pytest.approx(2.0, rel=0.1)
    assert fit_temperature(labels, honest) == pytest.approx(1.0, rel=0.1)


ROW = {"epoch": 1, "loss": 0.7, "accuracy": 0.5, "val_loss": 0.7, "val_accuracy": 0.5}


def knows_brightness(answer_right):
    """A net that calls bright faces female (or, wrongly, male)."""
    keras.utils.set_random_seed(1)
    model = build_tiny()
    weights = [np.zeros_like(w) for w in model.get_weights()]
    weights[0][:] = 0.05
    weights[-2][:, 1] = 1.0 if answer_right else -1.0
    weights[-1][1] = -35.0 if answer_right else 35.0
    model.set_weights(weights)
    return TrainedNet(model, [ROW | {"seconds": 60.0}], best_epoch=1)


def learnable(faces):
    genders = np.array([sample.gender for sample in faces.samples])
    pixels = np.full_like(faces.pixels, 20)
    pixels[genders == 1] = 230
    return Faces(faces.samples, pixels)


def test_better_weights_are_adopted_and_worse_ones_are_not(faces, tmp_path):
    faces, said = learnable(faces), []
    paths = Paths.of_checkout(tmp_path)
    for name, right in (("bad", False), ("good", True)):
        run_dir = tmp_path / name
        trained = knows_brightness(right)
        publish(CONFIG, trained, faces, run_dir / "model")
        report(trained, faces.of_split("test"), run_dir / "model", run_dir / "plots")

    def take(name, force=False):
        task, val = BaselineTask(CONFIG), faces.of_split("val")
        choose(task, val, tmp_path / name, force, said.append, paths)
        adopt("tiny", tmp_path / name, paths)

    take("bad")
    assert said == []  # nothing was there to compare with

    take("good")
    assert "better" in said[-1]
    adopted = (paths.models / "tiny" / "card.json").read_text()
    assert adopted == (tmp_path / "good" / "model" / "card.json").read_text()
    assert (paths.plots / "tiny_confusion.png").exists()

    with pytest.raises(Regression, match="worse on val"):
        take("bad")
    assert (paths.models / "tiny" / "card.json").read_text() == adopted
    Net(paths.models / "tiny")  # its hashes still hold

    take("bad", force=True)
    assert (paths.models / "tiny" / "card.json").read_text() != adopted


def test_what_is_not_chosen_is_not_scored_on_test(faces, tmp_path):
    faces, paths = learnable(faces), Paths.of_checkout(tmp_path)
    trained = knows_brightness(True)
    publish(CONFIG, trained, faces, paths.models / "tiny")
    with pytest.raises(Regression):
        _publish(
            BaselineTask(CONFIG),
            knows_brightness(False),
            faces,
            tmp_path / "run",
            False,
            print,
            paths,
        )
    card = json.loads((tmp_path / "run" / "model" / "card.json").read_text())
    assert "val" in card and "test" not in card
    assert not (tmp_path / "run" / "plots").exists()
