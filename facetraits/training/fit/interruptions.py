"""How a run ends before its time, each in one clear line and with a usable checkpoint."""

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
    """Ends a run between two steps: at Ctrl-C, and at a loss that is not a number.

    No checkpoint sees the spoilt weights. Ctrl-C is taken here, since the backend would
    turn a KeyboardInterrupt inside its data loading into an error of its own; a second
    one ends at once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._interrupted = False

    @contextmanager
    def signals(self) -> Iterator[None]:
        """Takes Ctrl-C as long as this is open; does nothing outside the main thread."""
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
    """Ends a run after so many epochs without a better one; a resumed run counts on."""

    def __init__(self, keep: Checkpoint, patience: int) -> None:
        super().__init__()
        self._keep = keep
        self._patience = patience

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        since_best = len(self._keep.history) - self._keep.best["epoch"]
        if since_best >= self._patience:
            self.model.stop_training = True


class SayProgress(keras.callbacks.Callback):
    """A line an epoch: how good, the best so far, how long it will still take."""

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
    """Turns what can end a run early into TrainingStopped, which says what is left of it."""
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
        # Windows knows no quota of a disk.
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
