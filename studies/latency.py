"""What a traitnet costs a face, on one core through LiteRT, before it has learned anything.

`taskset -c 1 python -m studies.latency` prints a table of widths and sizes: the
curve to choose from before any is trained. Minima and medians, since machines are noisy.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterable

import keras
import numpy as np

from facetraits.networks.runtime import Runtime
from facetraits.training.model.nets import build_traitnet
from facetraits.training.publish.export import one_answer, to_tflite

_CALLS = 100
_FACES = 5
_HEADING = (
    "| side | width | blocks | channels | M multiply-adds | M weights | MB | "
    "one face, ms (least / median) | of five, ms a face |"
)


def multiplications(model: keras.Model) -> float:
    """Multiply-adds of one face, in millions."""
    total = 0.0
    for layer in model.layers:
        if isinstance(layer, keras.layers.DepthwiseConv2D):
            total += np.prod(layer.output.shape[1:]) * np.prod(layer.kernel_size)
        elif isinstance(layer, keras.layers.Conv2D):
            total += np.prod(layer.output.shape[1:3]) * np.prod(layer.kernel.shape)
        elif isinstance(layer, keras.layers.Dense):
            total += np.prod(layer.kernel.shape)
    return float(total) / 1e6


def milliseconds(runtime: Runtime, faces: np.ndarray) -> tuple[float, float]:
    """Minimum and median of a call."""
    runtime(faces)
    times = []
    for _ in range(_CALLS):
        began = time.perf_counter()
        runtime(faces)
        times.append((time.perf_counter() - began) * 1000)
    return min(times), float(np.median(times))


def row(size_px: int, width: float, blocks: int, channels: int) -> str:
    """One line of the table."""
    model = one_answer(build_traitnet(size_px, channels=channels, width=width, blocks=blocks))
    exported = to_tflite(model, any_batch=True)
    runtime = Runtime(exported)
    faces = np.random.default_rng(0).uniform(0, 255, (_FACES, size_px, size_px, channels))
    faces = faces.astype(np.float32)
    one, five = milliseconds(runtime, faces[:1]), milliseconds(runtime, faces)
    return (
        f"| {size_px} | {width:g} | {blocks} | {channels} | {multiplications(model):.1f} | "
        f"{model.count_params() / 1e6:.2f} | {len(exported) / 1e6:.1f} | {one[0]:.2f} / "
        f"{one[1]:.2f} | {five[0] / _FACES:.2f} / {five[1] / _FACES:.2f} |"
    )


def table(shapes: Iterable[tuple[int, float, int, int]]) -> None:
    """Prints a line for each size, width, blocks and channels."""
    print(_HEADING)
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for shape in shapes:
        print(row(*shape), flush=True)


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[80, 96, 112])
    parser.add_argument("--widths", type=float, nargs="+", default=[0.5, 0.75, 1.0, 1.25])
    parser.add_argument("--blocks", type=int, nargs="+", default=[3])
    parser.add_argument("--channels", type=int, nargs="+", default=[3])
    options = parser.parse_args()
    table(
        (size, width, blocks, channels)
        for size in options.sizes
        for width in options.widths
        for blocks in options.blocks
        for channels in options.channels
    )


if __name__ == "__main__":
    main()
