"""An exported network and its card: cropped faces in, calibrated probabilities out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from facetraits.networks.calibration import Probabilities, with_temperature
from facetraits.networks.cards import RUNTIME, Card, HeadCard, TraitCard, read_card, read_checked
from facetraits.pixels import Pixels
from facetraits.reading.geometry import Landmarks
from facetraits.vision.crop import fit_face
from facetraits.vision.memory import lack_of_memory

# Larger batches no longer fit the processor's cache and are slower for each face.
_BATCH = 8


class Runtime:
    """An exported network in LiteRT. Not thread-safe."""

    def __init__(self, content: bytes) -> None:
        self._interpreter = Interpreter(model_content=content, num_threads=1)
        self._interpreter.allocate_tensors()
        details = self._interpreter.get_input_details()[0]
        self._input = details["index"]
        self._shape = details["shape"][1:].tolist()
        self._output = self._interpreter.get_output_details()[0]["index"]
        self._batch = 1
        # The baseline networks take one face at a time, traitnet any number.
        self._most = _BATCH if details["shape_signature"][0] == -1 else 1

    def __call__(self, faces: NDArray[Any]) -> NDArray[np.float32]:
        """(n, s, s, channels) pixels 0..255 → (n, classes) probabilities."""
        parts = [faces[i : i + self._most] for i in range(0, len(faces), self._most)]
        return np.concatenate([self._run(part) for part in parts])

    def _run(self, faces: NDArray[Any]) -> NDArray[np.float32]:
        if len(faces) != self._batch:
            self._batch = 0  # where this fails, the next picture has to do it again
            self._interpreter.resize_tensor_input(self._input, [len(faces), *self._shape])
            with lack_of_memory():
                self._interpreter.allocate_tensors()
            self._batch = len(faces)
        self._interpreter.set_tensor(self._input, faces.astype(np.float32, copy=False))
        with lack_of_memory():
            self._interpreter.invoke()
        answer: NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return answer


class Net:
    """A baseline network with its card: crops in, calibrated probabilities out.

    Raises:
        BadWeights: if its files are missing or are not those of its card.
    """

    def __init__(self, folder: Path) -> None:
        self.card: Card = read_card(folder)
        self._runtime = Runtime(read_checked(folder, RUNTIME, self.card))

    def cut(self, image: Pixels, landmarks: Landmarks | None) -> Pixels:
        return fit_face(
            image, size_px=self.card.size_px, landmarks=landmarks, framing=self.card.framing
        )

    def __call__(self, faces: Sequence[Pixels]) -> Probabilities:
        """n crops of (s, s) gray uint8 → (n, classes) probabilities."""
        batch = np.stack(faces)[..., None].astype(np.float32)
        return with_temperature(self._runtime(batch), self.card.temperature)


class TraitAnswers:
    """The exported traitnet with its card: faces in, calibrated probabilities by head out."""

    def __init__(self, card: TraitCard, content: bytes) -> None:
        self._runtime = Runtime(content)
        self._heads = card.heads
        self._mix = card.emotion_mix
        self.intervals = card.age_intervals

    def __call__(self, faces: Pixels, mirrored: bool = True) -> dict[str, Probabilities]:
        """(n, s, s) gray or (n, s, s, 3) RGB uint8 → (n, classes) probabilities by head.

        Args:
            mirrored: average the predictions for each face and its mirror image, which takes
                twice the time; the card's figures are for this.
        """
        return self.scaled(self.raw(faces, mirrored))

    def scaled(self, raw: dict[str, Probabilities]) -> dict[str, Probabilities]:
        """Answers before temperature scaling → those after it, emotions from both their heads."""
        predictions = {
            head.name: with_temperature(raw[head.name], head.temperature) for head in self._heads
        }
        return predictions | {
            "emotion": self._mix.of(predictions["emotion"], predictions["emotion_fer"])
        }

    def raw(self, faces: Pixels, mirrored: bool = True) -> dict[str, Probabilities]:
        """The same before temperature scaling."""
        batch = faces if faces.ndim == 4 else faces[..., None]
        answers = with_mirror_images(self._runtime, batch) if mirrored else self._runtime(batch)
        return split_heads(answers, self._heads)


def with_mirror_images(runtime: Runtime, faces: NDArray[Any]) -> NDArray[np.float32]:
    """Like `runtime(faces)`, averaged with the answers for their mirror images.

    A face and its mirror image have the same traits, so a network's errors partly cancel out
    (test-time augmentation, as in Krizhevsky et al. 2012).
    """
    both = np.concatenate([faces, faces[:, :, ::-1]])
    answers = runtime(both).reshape(2, len(faces), -1)
    return np.asarray(answers.mean(axis=0), np.float32)


def split_heads(
    answers: NDArray[np.floating], heads: Sequence[HeadCard]
) -> dict[str, Probabilities]:
    """(n, all classes) → (n, its classes) float64 by head."""
    ends = np.cumsum([len(head.labels) for head in heads])
    parts = np.split(np.asarray(answers, np.float64), ends[:-1], axis=1)
    return {head.name: part for head, part in zip(heads, parts, strict=True)}
