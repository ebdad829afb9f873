"""Finding faces: YuNet's runtimes at several sizes, JPEG decoders, and whole photos.

Everything on one core, in milliseconds of processor time, the least of several rounds taken
in turn: what else the machine does adds to the others. ONNX Runtime and OpenVINO, which
nothing here needs, get a column where they are installed.
"""

from __future__ import annotations

import importlib
import importlib.util
import io
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import cv2
import numpy as np
from PIL import Image
from skimage import data

from facetraits.paths import Paths
from facetraits.pixels import Pixels, as_pixels
from facetraits.settings import MAX_BYTES, MAX_PIXELS
from facetraits.vision.decoding import decode_image
from facetraits.vision.detection import FaceDetector
from facetraits.vision.yunet import LiteYuNet, OpenCvYuNet, yunet_path

# Width and height.
SIZES = [
    (128, 128), (320, 240), (320, 320), (640, 480), (640, 640), (1024, 768), (1024, 1024),
    (3072, 2304),
]  # fmt: skip
_SCORE = 0.6
# The ONNX file's own size, the only one that ONNX Runtime takes it at.
_ONNX_SIZE = (640, 640)
_ROUNDS, _ROUNDS_OF_LARGE = 25, 5
_LARGE_PIXELS = 3_000_000

Action = Callable[[], object]


def least_ms(actions: dict[str, Action], rounds: int) -> dict[str, float]:
    """Name → the least processor time of its calls, the first not counted."""
    least = dict.fromkeys(actions, float("inf"))
    for number in range(rounds + 1):
        for name, action in actions.items():
            began = time.process_time()
            action()
            if number:
                least[name] = min(least[name], (time.process_time() - began) * 1000)
    return least


def rounds_for(pixels: int) -> int:
    return _ROUNDS_OF_LARGE if pixels >= _LARGE_PIXELS else _ROUNDS


def portrait(width: int, height: int) -> Pixels:
    """One face, a fifth of the shorter side wide, of NASA's portrait of Eileen Collins."""
    side = min(width, height)
    scaled = as_pixels(cv2.resize(data.astronaut(), (side, side), interpolation=cv2.INTER_CUBIC))
    left, top = (width - side) // 2, (height - side) // 2
    around = (top, height - side - top, left, width - side - left)
    return as_pixels(cv2.copyMakeBorder(scaled, *around, cv2.BORDER_REPLICATE))


def group(width: int, height: int, columns: int, rows: int, face_px: int) -> Pixels:
    """That face, columns times rows times, about so wide, on a mirrored photo of a rocket."""
    picture = as_pixels(cv2.resize(data.rocket(), (width, height), interpolation=cv2.INTER_CUBIC))
    scale = face_px / 90
    face = cv2.resize(
        data.astronaut()[40:220, 140:300], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
    )
    high, wide = face.shape[:2]
    for row in range(rows):
        for column in range(columns):
            left = int((column + 0.5) * width / columns - wide / 2)
            top = int((row + 0.5) * height / rows - high / 2)
            picture[top : top + high, left : left + wide] = face
    return picture


def jpeg(picture: Pixels) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=92)
    return file.getvalue()


def runtimes() -> None:
    """The same network and picture, decoding of its outputs included."""
    opencv = OpenCvYuNet(yunet_path())
    content = (Paths.found().models / "face_detector" / "runtime.tflite").read_bytes()
    # Serving searches the largest in tiles; here each size keeps its interpreter.
    lite = LiteYuNet(content, kept_pixels=20_000_000)
    print("\nOne search, one core, ms of processor time")
    print(f"  {'pixels':12}{'OpenCV':>9}{'LiteRT':>9}{'ratio':>8}   others")
    for width, height in SIZES:
        picture = portrait(width, height)
        actions: dict[str, Action] = {
            "OpenCV": partial(opencv, picture, _SCORE),
            "LiteRT": partial(lite, picture, _SCORE),
        }
        if (width, height) == _ONNX_SIZE:
            actions |= other_runtimes(picture)
        least = least_ms(actions, rounds_for(width * height))
        others = "  ".join(f"{name} {least[name]:.2f}" for name in list(least)[2:])
        print(
            f"  {f'{width}x{height}':12}{least['OpenCV']:9.2f}{least['LiteRT']:9.2f}"
            f"{least['OpenCV'] / least['LiteRT']:7.1f}x   {others}"
        )


def other_runtimes(picture: Pixels) -> dict[str, Action]:
    """The ONNX file in the runtimes that are installed; its outputs are not decoded."""
    planes: Any = np.ascontiguousarray(picture[..., ::-1].transpose(2, 0, 1)[None], np.float32)
    actions: dict[str, Action] = {}
    if importlib.util.find_spec("onnxruntime"):
        onnxruntime = importlib.import_module("onnxruntime")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        session = onnxruntime.InferenceSession(str(yunet_path()), options)
        actions["ONNX Runtime"] = lambda: session.run(None, {"input": planes})
    if importlib.util.find_spec("openvino"):
        openvino = importlib.import_module("openvino")
        one_thread = {"INFERENCE_NUM_THREADS": 1}
        compiled = openvino.Core().compile_model(str(yunet_path()), "CPU", one_thread)
        actions["OpenVINO"] = lambda: compiled([planes])
    return actions


def decoders() -> None:
    """What serving runs beside Pillow and OpenCV."""
    print("\nA JPEG to RGB pixels, ms of processor time")
    print(f"  {'pixels':12}{'kB':>7}{'Pillow':>9}{'OpenCV':>9}{'ours':>9}")
    for width, height in [(640, 480), (1600, 1250), (3000, 4000)]:
        encoded = jpeg(group(width, height, 5, 4, width // 16))
        least = least_ms(
            {
                "Pillow": partial(_by_pillow, encoded),
                "OpenCV": partial(_by_opencv, encoded),
                "ours": partial(decode_image, encoded, MAX_BYTES, MAX_PIXELS),
            },
            rounds_for(width * height),
        )
        shown = "".join(f"{ms:9.2f}" for ms in least.values())
        print(f"  {f'{width}x{height}':12}{len(encoded) // 1000:7}{shown}")


def _by_pillow(encoded: bytes) -> Pixels:
    return np.array(Image.open(io.BytesIO(encoded)))


def _by_opencv(encoded: bytes) -> Pixels:
    bgr = as_pixels(cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR))
    return as_pixels(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB))


def photos() -> None:
    """From the bytes to the boxes, and how that grows with pixels and faces."""
    print("\nA photo, ms of processor time")
    print(f"  {'photo':26}{'decode':>9}{'detect':>9}{'total':>9}{'found':>8}")
    detector = FaceDetector()
    for name, picture in examples().items():
        encoded = jpeg(picture)
        rounds = rounds_for(picture.shape[0] * picture.shape[1])
        image = decode_image(encoded, MAX_BYTES, MAX_PIXELS)
        least = least_ms(
            {
                "decode": partial(decode_image, encoded, MAX_BYTES, MAX_PIXELS),
                "detect": partial(detector.find, image),
            },
            rounds,
        )
        found = len(detector.find(image))
        total = least["decode"] + least["detect"]
        print(f"  {name:26}{least['decode']:9.1f}{least['detect']:9.1f}{total:9.1f}{found:8}")


def examples() -> dict[str, Pixels]:
    return {
        "640x480, 1 face": portrait(640, 480),
        "1600x1250, 1 face": portrait(1600, 1250),
        "1600x1250, 20 faces": group(1600, 1250, 5, 4, 110),
        "3000x4000, 1 face": portrait(3000, 4000),
        "4000x3000, 20 faces": group(4000, 3000, 5, 4, 200),
        "4000x3000, 100 faces": group(4000, 3000, 10, 10, 90),
        "4000x3000, 100 small faces": group(4000, 3000, 10, 10, 30),
        "8000x6000, 1 face": portrait(8000, 6000),
        "1080x12000, 1 face": portrait(1080, 12_000),
    }


def main() -> None:
    runtimes()
    decoders()
    photos()
