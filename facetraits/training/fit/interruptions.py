"""Handles early ends of a run, each with a one-line message and a usable checkpoint."""

from __future__ import annotations

import errno
import math
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import keras

from facetraits.errors import TrainingStopped
from facetraits.training.fit.checkpoint import Checkpoint


class Watch(keras.callbacks.Callback):
    """Ends a run between two steps, on Ctrl-C or if the loss is not finite.

    The bad weights are never saved. Ctrl-C is handled here, because the backend would
    turn a KeyboardInterrupt in its data loading into its own error. A second Ctrl-C
    ends the process immediately.
    """

    def __init__(self) -> None:
        super().__init__()
        self._interrupted = False

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Handles Ctrl-C while this context is open; does nothing outside the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGINT, self._on_interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _on_interrupt(self, number: int, frame: object) -> None:
        self._interrupted = True
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self._interrupted:
            raise KeyboardInterrupt
        loss = (logs or {}).get("loss", 0.0)
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss became {loss} at step {batch + 1}")

    def on_test_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if self._interrupted:
            raise KeyboardInterrupt


class StopWhenStale(keras.callbacks.Callback):
    """Ends a run after too many epochs without improvement, also counting across resumes."""

    def __init__(self, keep: Checkpoint, patience: int) -> None:
        super().__init__()
        self._keep = keep
        self._patience = patience

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        since_best = len(self._keep.history) - self._keep.best["epoch"]
        if since_best >= self._patience:
            self.model.stop_training = True


class SayProgress(keras.callbacks.Callback):
    """Prints one line per epoch: the score, the best score so far, and the time left."""

    def __init__(
        self, keep: Checkpoint, epochs: int, score_name: str, say: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._keep = keep
        self._epochs = epochs
        self._score_name = score_name
        self._say = say

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        history = self._keep.history
        mean_s = sum(row["seconds"] for row in history[-3:]) / len(history[-3:])
        left_s = mean_s * (self._epochs - len(history))
        best = self._keep.best
        score, best_score = map(self._keep.validation_score, (history[-1], best))
        self._say(
            f"epoch {len(history)} of {self._epochs}: {self._score_name} "
            f"{score:.4f}, best {best_score:.4f} in epoch {best['epoch']:.0f}; "
            f"about {_minutes(left_s)} left, until "
            f"{time.strftime('%H:%M', time.localtime(time.time() + left_s))}"
        )


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"


@contextmanager
def told_plainly(keep: Checkpoint) -> Iterator[None]:
    """Turns the causes of an early end into TrainingStopped, which says what was saved."""
    try:
        yield
    except FloatingPointError as error:
        raise TrainingStopped(
            f"{error}; {_kept(keep)}. Continue from there with --resume, "
            "or start over with a lower learning rate"
        ) from None
    except KeyboardInterrupt:
        raise TrainingStopped(f"interrupted; {_kept(keep)}. Continue with --resume") from None
    except OSError as error:
        # Windows has no disk quota error.
        if error.errno not in (errno.ENOSPC, getattr(errno, "EDQUOT", None)):
            raise
        raise TrainingStopped(
            f"the disk is full; {_kept(keep)}. Free some space, then continue with --resume"
        ) from None


def _kept(keep: Checkpoint) -> str:
    done = len(keep.history)
    if not done:
        return f"no epoch was finished in {keep.folder}"
    return f"{done} finished epoch{'s' * (done > 1)} kept in {keep.folder}"
