"""`python -m bench [PART…] [--data DIR]`: the usual parts, or those named.

photos: where the time for a photo goes, and what the runtime saves.
detectors: finding faces by runtime and size, decoding, and whole photos.
whole: photos from file to answers, with time and memory, next to deepface and face_recognition.
tracking: what searching only where the faces were saves, and what it misses.
recordings: how many times faster than real time a video is read.
live: the live mode under real Socket.IO clients.
peers: other libraries compared with ours, on the same faces; accuracy needs the data sets.
replicas: one server and two behind a proxy, and what cameras lose when one dies; only if named.
soak: twenty minutes of clients that flood, in turn and out of turn; only if named.
cameras: thirty minutes of RTSP streams and the memory they take; only if named.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import cv2
import numpy as np
from skimage import data

from bench import cameras, detectors, following, live, recordings, whole_photos
from bench.peers import comparing
from bench.replicas import measuring
from facetraits.networks.cards import KERAS_WEIGHTS
from facetraits.networks.classifiers import TraitClassifier
from facetraits.networks.runtime import Net
from facetraits.paths import Paths
from facetraits.serving.worker import make_reader
from facetraits.settings import BASELINE_NETS, DEFAULT_NETS, MAX_BYTES, MAX_PIXELS

ROUNDS = 60


def median_ms(action: Callable[[], object], rounds: int = ROUNDS) -> float:
    """The median over a number of calls, after two warm-up calls."""
    times = []
    for _ in range(rounds + 2):
        began = time.perf_counter()
        action()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times[2:])


def portrait_jpeg() -> bytes:
    """A 640x480 JPEG of about 40 kB with one face (NASA's portrait of Eileen Collins)."""
    photo = cv2.resize(data.astronaut(), (640, 640), interpolation=cv2.INTER_AREA)[:480]
    bgr = cv2.cvtColor(photo, cv2.COLOR_RGB2BGR)
    return cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 75])[1].tobytes()


def photo_path() -> None:
    """decode → detect → classify of one photo, one core."""
    from facetraits.vision.decoding import decode_image

    jpeg = portrait_jpeg()
    reader = make_reader(DEFAULT_NETS, 5, Paths.found().models)
    image = decode_image(jpeg, MAX_BYTES, MAX_PIXELS)
    steps: dict[str, list[float]] = {"detect": [], "classify": []}
    for _ in range(ROUNDS):
        for step, ms in reader.read(image, "bench").processing_ms.items():
            steps.setdefault(step, []).append(ms)
    decode = median_ms(lambda: decode_image(jpeg, MAX_BYTES, MAX_PIXELS))
    detect, classify = (statistics.median(steps[step]) for step in ("detect", "classify"))
    print(f"\nA 640x480 JPEG of {len(jpeg) / 1000:.0f} kB, one face, one core, median ms")
    print(f"  decode {decode:6.2f}   detect {detect:6.2f}   classify {classify:6.2f}", end="")
    print(f"   total {decode + detect + classify:6.2f}")


def runtimes() -> None:
    """Each network through Keras and through what serving runs."""
    import keras

    print("\nOne face, batch 1, median ms")
    print(f"  {'network':14}{'predict':>10}{'call':>10}{'served':>10}{'predict/served':>17}")
    for name in BASELINE_NETS:
        model = keras.models.load_model(Paths.found().models / name / KERAS_WEIGHTS)
        net = Net(Paths.found().models / name)
        face = np.full((net.card.size_px,) * 2, 127, np.uint8)
        batch = face[None, ..., None].astype(np.float32)
        predict = median_ms(partial(model.predict, batch, verbose=0), 20)
        call = median_ms(partial(model, batch, training=False), 20)
        served = median_ms(partial(net, [face]))
        print(_runtime_row(name, predict, call, served))
    model = keras.models.load_model(Paths.found().models / "traitnet" / KERAS_WEIGHTS)
    classifier = TraitClassifier(Paths.found().models)
    crop = classifier.cut(np.full((200, 200, 3), 127, np.uint8), None)
    batch = crop[0][None].astype(np.float32)
    predict = median_ms(lambda: model.predict(batch, verbose=0), 20)
    call = median_ms(lambda: model(batch, training=False), 20)
    print(_runtime_row("traitnet", predict, call, median_ms(lambda: classifier([crop]))))
    five = median_ms(lambda: classifier([crop] * 5)) / 5
    print(f"  traitnet, five faces in a call: {five:.2f} ms a face")


def _runtime_row(name: str, predict: float, call: float, served: float) -> str:
    return f"  {name:14}{predict:10.1f}{call:10.1f}{served:10.2f}{predict / served:16.0f}x"


def start_up() -> None:
    """From nothing to the first answer, in a new process."""
    code = (
        "import time; t = time.perf_counter()\n"
        "from facetraits import Analyzer; import numpy as np, re\n"
        "Analyzer().analyze(np.full((480, 640, 3), 127, np.uint8))\n"
        "took = time.perf_counter() - t\n"
        # Linux's own count: getrusage would count the parent that forked us.
        "peak = re.search(r'VmHWM:\\s*(\\d+)', open('/proc/self/status').read()).group(1)\n"
        "print(took, int(peak) / 1024)"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    print(
        f"\nFirst answer of a new process after {float(output[0]):.2f} s, "
        f"with {float(output[1]):.0f} MB at most"
    )


def photos() -> None:
    photo_path()
    runtimes()
    start_up()


PARTS = ("photos", "detectors", "whole", "tracking", "recordings", "live", "peers")
LONG = ("replicas", "soak", "cameras")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("parts", nargs="*", help=", ".join(PARTS + LONG), metavar="part")
    parser.add_argument("--data", type=Path, help="the folder with the data sets, as for training")
    parser.add_argument("--faces", type=int, help="peers: the maximum number of faces per kind")
    parser.add_argument("--minutes", type=float, default=30.0, help="cameras: for how long")
    options = parser.parse_args()
    actions: dict[str, Callable[[], None]] = {
        "photos": photos,
        "detectors": detectors.main,
        "whole": whole_photos.main,
        "tracking": following.main,
        "recordings": recordings.main,
        "live": live.main,
        "peers": partial(comparing.main, options.data, options.faces),
        "replicas": measuring.main,
        "soak": live.soak,
        "cameras": partial(cameras.main, options.minutes),
    }
    for name in options.parts:
        if name not in actions:
            raise SystemExit(f"bench: {name} is none of {', '.join(actions)}")
    for name in options.parts or PARTS:
        actions[name]()


if __name__ == "__main__":
    cv2.setNumThreads(1)
    main()
