"""The folder of a run: being killed at any moment leaves a usable checkpoint."""

from __future__ import annotations

import csv
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np

from facetraits.errors import BadData
from facetraits.networks.cards import KERAS_WEIGHTS
from facetraits.training.fit.weight_average import WeightAverage, Weights

# Options by the names that earlier versions wrote into a run's state.
_RENAMED = {"wild": "strong_augmentation"}


def write_json(path: Path, value: object) -> None:
    """Writes a temporary file first, then renames it, so that the file is never incomplete."""
    temporary = path.with_suffix(".tmp")
    temporary.write_text(json.dumps(value, indent=2) + "\n")
    temporary.replace(path)


def write_csv(path: Path, rows: list[dict[str, float]]) -> None:
    """Rewrites all rows, one per epoch: complete even after a resume, without partial lines."""
    temporary = path.with_suffix(".tmp")
    with temporary.open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    temporary.replace(path)


def save_weights(path: Path, weights: Weights) -> None:
    temporary = path.with_suffix(".tmp.npz")
    np.savez(temporary, *weights)
    temporary.replace(path)


def load_weights(path: Path) -> Weights:
    with np.load(path) as arrays:
        return [arrays[f"arr_{i}"] for i in range(len(arrays.files))]


def weights_of(folder: Path) -> Path:
    """The weights file in a folder: a model's, as in `models/`, or a run's best epoch."""
    published = folder / KERAS_WEIGHTS
    return published if published.exists() else folder / "best.npz"


def starting_weights(folder: Path) -> Weights:
    """The weights of a run's best epoch, or of a model folder as in `models/`.

    Raises:
        BadData: if there are none.
    """
    path = weights_of(folder)
    try:
        if path.name == KERAS_WEIGHTS:
            weights: Weights = keras.models.load_model(path).get_weights()
            return weights
        return load_weights(path)
    except (OSError, KeyError, ValueError) as error:
        raise BadData(f"{folder} has no weights to start from: {error!r}") from error


def is_resumable(folder: Path) -> bool:
    """Whether a run's folder has a complete state to resume from."""
    return _state_of(folder) is not None


def forget(folder: Path) -> None:
    """Deletes the state that a run could resume from."""
    for name in ("fresh", "last", "old"):
        shutil.rmtree(folder / name, ignore_errors=True)
    for name in ("best.npz", "log.csv"):
        (folder / name).unlink(missing_ok=True)


def _state_of(folder: Path) -> Path | None:
    return next((p for n in ("last", "old") if (p := folder / n).is_dir()), None)


class Checkpoint(keras.callbacks.Callback):
    """Saves the state in `last/`, the best average in `best.npz`, and log.csv after every epoch.

    Args:
        folder: the folder of the run.
        average: the averaged weights to save.
        config: the configuration; a resumed run must have the same one.
        validation_score: log row → score of the averaged weights; the highest is best.
    """

    def __init__(
        self,
        folder: Path,
        average: WeightAverage,
        config: dict[str, Any],
        validation_score: Callable[[dict[str, float]], float],
    ) -> None:
        super().__init__()
        self.validation_score = validation_score
        self.folder = folder
        self._average = average
        self._config = config
        self.history: list[dict[str, float]] = []
        self._began = 0.0

    @property
    def best(self) -> dict[str, float]:
        return max(self.history, key=self.validation_score)

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._began = time.monotonic()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        row = {"epoch": epoch + 1, **{k: float(v) for k, v in (logs or {}).items()}}
        row["seconds"] = round(time.monotonic() - self._began, 1)
        self.history.append(row)
        if self.best is row:
            save_weights(self.folder / "best.npz", self._average.average or [])
        self._save_last()
        write_csv(self.folder / "log.csv", self.history)

    def _save_last(self) -> None:
        fresh, last, old = (self.folder / name for name in ("fresh", "last", "old"))
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        self.model.save(fresh / "model.keras")
        np.savez(fresh / "average.npz", allow_pickle=False, **self._average.state())
        write_json(fresh / "state.json", {"config": self._config, "history": self.history})
        shutil.rmtree(old, ignore_errors=True)
        if last.exists():
            last.rename(old)
        fresh.rename(last)  # a kill between the two renames leaves `old`, which resume() takes
        shutil.rmtree(old, ignore_errors=True)

    def resume(self) -> keras.Model:
        """The model after the last complete epoch, including the optimizer.

        Raises:
            BadData: if there is nothing to resume, or the configuration was different.
        """
        last = self.restore()
        with np.load(last / "average.npz") as arrays:
            self._average.restore({key: arrays[key] for key in arrays.files})
        return keras.models.load_model(last / "model.keras")

    def restore(self) -> Path:
        """Reads the history of a run, and returns the folder of its last complete state.

        Raises:
            BadData: if there is none, or the configuration was different.
        """
        last = _state_of(self.folder)
        if last is None:
            raise BadData(f"nothing to resume in {self.folder}: no epoch was completed")
        state = json.loads((last / "state.json").read_text())
        config = {_RENAMED.get(key, key): value for key, value in state["config"].items()}
        if config != self._config:
            differ = [k for k, v in self._config.items() if config.get(k) != v]
            raise BadData(f"{self.folder} was trained with different settings: {', '.join(differ)}")
        self.history = state["history"]
        return last
