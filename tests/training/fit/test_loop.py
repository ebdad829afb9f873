"""Training, stopping and going on, with a 16-pixel net."""

import json
from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers

from facetraits.errors import BadData, TrainingStopped
from facetraits.training.data.datasets import Sample
from facetraits.training.data.faces import Faces
from facetraits.training.fit.augmentation import Augmentation, augment
from facetraits.training.fit.checkpoint import Checkpoint
from facetraits.training.fit.config import TrainConfig
from facetraits.training.fit.loop import fit
from facetraits.training.model.nets import NETS, NetSpec
from facetraits.training.model.targets import soft_targets
from facetraits.training.recipes.baseline import WARM, BaselineTask, Batches
from facetraits.training.run import prepare


def build_tiny():
    face = keras.Input((16, 16, 1))
    x = layers.Rescaling(1 / 255)(face)
    x = layers.Conv2D(4, 3, strides=2)(x)
    x = layers.ReLU()(x)
    x = layers.Dropout(0.2)(layers.Flatten()(x))
    return keras.Model(face, layers.Dense(2, activation="softmax", dtype="float32")(x))


@pytest.fixture(autouse=True)
def tiny_net(monkeypatch):
    spec = NetSpec(build_tiny, 16, "gender", ("male", "female"), "utkface")
    monkeypatch.setitem(NETS, "tiny", spec)


def make_faces(count, seed=0):
    """Bright faces are female, dark ones male: learnable in an epoch."""
    rng = np.random.default_rng(seed)
    genders = rng.integers(0, 2, count)
    pixels = rng.integers(0, 90, (count, 16, 16)) + 140 * genders[:, None, None]
    samples = [
        Sample(f"UTKFace/{i}", "train", lambda: np.zeros((16, 16), np.uint8), gender=int(g))
        for i, g in enumerate(genders)
    ]
    return Faces(samples, pixels.astype(np.uint8))


CONFIG = TrainConfig(
    "tiny", epochs=4, batch_size=16, learning_rate=2e-2, precision="float32", seed=7
)


class Killed(Exception):
    pass


class KillDuring(keras.callbacks.Callback):
    """Stops a run in the middle of an epoch, as kill -9 would: nothing gets to tidy up."""

    def __init__(self, epoch):
        super().__init__()
        self._kill_epoch, self._now = epoch, -1

    def on_epoch_begin(self, epoch, logs=None):
        self._now = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self._now == self._kill_epoch and batch == 1:
            raise Killed


def curve(trained):
    return [(row["loss"], row["val_loss"], row["val_accuracy"]) for row in trained.history]


def test_it_learns_and_keeps_the_best_average(tmp_path):
    trained = fit(BaselineTask(CONFIG), make_faces(128), make_faces(48, 1), tmp_path, resume=False)
    assert trained.history[trained.best_epoch - 1]["val_accuracy"] > 0.9
    assert len(trained.history) == 4
    assert trained.model.dtype_policy.name == "float32"
    assert (tmp_path / "log.csv").read_text().count("\n") == 5


# The killed run leaves its CSV open, as a killed process would.
def test_a_killed_run_resumes_on_the_same_curve(tmp_path):
    train, val = make_faces(128), make_faces(48, 1)
    whole = fit(BaselineTask(CONFIG), train, val, tmp_path / "whole", resume=False)
    with pytest.raises(Killed):
        fit(BaselineTask(CONFIG), train, val, tmp_path / "cut", resume=False, extra=[KillDuring(2)])
    resumed = fit(BaselineTask(CONFIG), train, val, tmp_path / "cut", resume=True)
    assert np.allclose(curve(whole), curve(resumed), rtol=1e-4, atol=1e-6)
    for kept, again in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        assert np.allclose(kept, again, atol=1e-5)


def test_a_kill_between_the_two_renames_loses_nothing(tmp_path):
    train, val = make_faces(64), make_faces(48, 1)
    fit(BaselineTask(replace(CONFIG, epochs=2)), train, val, tmp_path, resume=False)
    (tmp_path / "last").rename(tmp_path / "old")
    again = fit(BaselineTask(replace(CONFIG, epochs=2)), train, val, tmp_path, resume=True)
    assert len(again.history) == 2


def test_resuming_with_other_settings_names_them(tmp_path):
    train, val = make_faces(64), make_faces(48, 1)
    fit(BaselineTask(replace(CONFIG, epochs=2)), train, val, tmp_path, resume=False)
    with pytest.raises(BadData, match="different settings: batch_size, seed"):
        fit(
            BaselineTask(replace(CONFIG, epochs=2, batch_size=8, seed=1)),
            train,
            val,
            tmp_path,
            resume=True,
        )


def build_any_size(size_px=16):
    """Its layers fit any size, as the age net's do."""
    face = keras.Input((size_px, size_px, 1))
    x = layers.Conv2D(4, 3, activation="relu")(layers.Rescaling(1 / 255)(face))
    x = layers.GlobalAveragePooling2D()(layers.AveragePooling2D(2)(x))
    return keras.Model(face, layers.Dense(2, activation="softmax", dtype="float32")(x))


def test_a_warm_start_that_is_killed_goes_on_too(tmp_path, monkeypatch):
    spec = NetSpec(build_any_size, 16, "gender", ("male", "female"), "utkface")
    monkeypatch.setitem(NETS, "tiny", spec)
    config = replace(CONFIG, epochs=2, warm_size_px=8, warm_epochs=4)
    train, val = make_faces(128), make_faces(48, 1)
    whole = fit(BaselineTask(config), train, val, tmp_path / "whole", resume=False)

    cut = tmp_path / "cut"
    real = Checkpoint.on_epoch_end

    def interrupted(self, epoch, logs=None):
        real(self, epoch, logs)
        if epoch == 1:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Checkpoint, "on_epoch_end", interrupted)
        with pytest.raises(TrainingStopped, match=f"2 finished epochs kept in {cut / WARM}"):
            fit(BaselineTask(config), train, val, cut, resume=False)
    assert not prepare(cut, resume=True)  # of the run itself there is no whole epoch yet
    again = fit(BaselineTask(config), train, val, cut, resume=False)
    assert np.allclose(curve(whole), curve(again), rtol=1e-4, atol=1e-6)
    prepare(cut, resume=False)
    assert not (cut / WARM).exists()


def test_a_kill_between_two_renames_loses_nothing(tmp_path):
    fit(BaselineTask(replace(CONFIG, epochs=2)), make_faces(64), make_faces(32), tmp_path, False)
    (tmp_path / "last").rename(tmp_path / "old")
    assert prepare(tmp_path, resume=True)


def test_nothing_to_resume_is_said(tmp_path):
    with pytest.raises(BadData, match="nothing to resume"):
        fit(BaselineTask(CONFIG), make_faces(32), make_faces(32), tmp_path, resume=True)


def test_the_state_is_written_whole(tmp_path):
    fit(
        BaselineTask(replace(CONFIG, epochs=2)),
        make_faces(64),
        make_faces(32, 1),
        tmp_path,
        resume=False,
    )
    state = json.loads((tmp_path / "last" / "state.json").read_text())
    assert [row["epoch"] for row in state["history"]] == [1, 2]
    assert not list(tmp_path.glob("*.tmp*"))
    assert isinstance(Checkpoint, type)


def test_batches_depend_on_seed_epoch_and_index_alone():
    faces = make_faces(64)
    targets = soft_targets("gender", faces.samples)
    first, again = (Batches(faces, targets, CONFIG, epoch=3)[2] for _ in range(2))
    other = Batches(faces, targets, CONFIG, epoch=4)[2]
    assert np.array_equal(first[0], again[0])
    assert np.array_equal(first[1], again[1])
    assert not np.array_equal(first[0], other[0])


def test_an_epoch_sees_every_face_once():
    faces = make_faces(64)
    targets = np.arange(64, dtype=np.float32)[:, None]
    batches = Batches(faces, targets, CONFIG, epoch=0)
    seen = np.concatenate([batches[i][1] for i in range(len(batches))])
    assert sorted(seen[:, 0]) == list(range(64))


def test_augmentation_keeps_shape_and_changes_pixels():
    pixels = make_faces(8).pixels
    changed = augment(pixels, Augmentation(), np.random.default_rng(0))
    assert changed.shape == pixels.shape
    assert changed.dtype == np.uint8
    assert not np.array_equal(changed, pixels)


def test_augmentation_switched_off_only_mirrors():
    off = Augmentation(0, 0, 0, 0, 0, 0, 0, 0, 0)
    pixels = make_faces(16).pixels
    for face, changed in zip(pixels, augment(pixels, off, np.random.default_rng(0)), strict=True):
        assert np.array_equal(changed, face) or np.array_equal(changed, face[:, ::-1])
