"""Runs that end before their time: one clear line, and what was finished is kept."""

import errno
import os
import signal
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest

from facetraits.errors import TrainingStopped
from facetraits.training.fit import checkpoint
from facetraits.training.fit.loop import fit
from facetraits.training.recipes.baseline import BaselineTask
from tests.training.fit.test_loop import CONFIG, make_faces, tiny_net

__all__ = ["tiny_net"]  # a fixture that every test here uses


class Break(keras.callbacks.Callback):
    """Spoils the weights in the middle of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self._epoch = epoch

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == self._epoch:
            self.model.set_weights([np.full_like(w, np.nan) for w in self.model.get_weights()])


def test_a_loss_that_is_no_number_leaves_the_epochs_before(tmp_path):
    train, val = make_faces(64), make_faces(32, 1)
    with pytest.raises(TrainingStopped, match=r"loss became nan.*2 finished epochs kept in"):
        fit(BaselineTask(CONFIG), train, val, tmp_path, resume=False, extra=[Break(2)])
    again = fit(BaselineTask(CONFIG), train, val, tmp_path, resume=True)
    assert len(again.history) == 4
    assert all(np.isfinite(w).all() for w in again.model.get_weights())


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    train, val = make_faces(64), make_faces(32, 1)
    save, saved = np.savez, []

    def full_at_the_second_epoch(path, *arrays, **named):
        saved.append(path)
        if len(saved) > 3:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        save(path, *arrays, **named)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.np, "savez", full_at_the_second_epoch)
        with pytest.raises(TrainingStopped, match=r"disk is full.*Free some space"):
            fit(BaselineTask(CONFIG), train, val, tmp_path / "full", resume=False)
    assert len(fit(BaselineTask(CONFIG), train, val, tmp_path / "full", resume=True).history) == 4


def test_another_failure_of_the_disk_is_not_hidden(tmp_path, monkeypatch):
    def broken(*_arguments, **_named):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(checkpoint.np, "savez", broken)
    with pytest.raises(OSError, match="Input/output"):
        fit(BaselineTask(CONFIG), make_faces(32), make_faces(32), tmp_path, resume=False)


RUN = textwrap.dedent(
    """
    import sys, time
    from pathlib import Path
    import keras
    from facetraits.cli import leave, main
    from facetraits.training.model.nets import NETS, NetSpec
    from facetraits.training import run
    from facetraits.training.fit.config import RECIPES
    from facetraits.training.fit.loop import fit
    from tests.training.fit.test_loop import CONFIG, build_tiny, make_faces

    class Slow(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.params["epochs"] and (Path(sys.argv[1]) / "last").exists():
                print("under way", flush=True)
                time.sleep(0.2)

    NETS["baseline_gender"] = NetSpec(build_tiny, 16, "gender", ("male", "female"), "utkface")
    RECIPES["baseline_gender"] = CONFIG.__class__(**{**CONFIG.to_dict(), "net": "baseline_gender",
                                                 "augmentation": CONFIG.augmentation})
    run.read_data = lambda *_: make_faces(128)
    run.fit = lambda task, train, val, **rest: fit(
        task, make_faces(128), make_faces(32), **rest, extra=[Slow()])
    leave(main(["train", "baseline_gender", "--data", ".", "--run-dir", sys.argv[1]]))
    """
)


def test_ctrl_c_ends_in_one_line(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(tmp_path / "run")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "under way" in line:
            break
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 2
    assert error.splitlines()[-1].startswith("facetraits: interrupted; 1 finished epoch kept")
    assert "Traceback" not in error
    assert (tmp_path / "run" / "best.npz").exists()
