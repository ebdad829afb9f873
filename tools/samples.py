"""Makes the first page's sample photos, from NASA's portrait of the astronaut Eileen Collins.

`python -m tools.samples` writes static/samples/. The portrait is in the public domain as a work
of NASA; scikit-image ships it. The second sample shows it under five conditions, to see how
the answers and their doubts change.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from skimage import data

from facetraits.paths import Paths
from facetraits.pixels import Pixels, as_pixels

_QUALITY = 88
_PANEL_PX = (320, 400)
_GAP_PX = 12


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    portrait = as_pixels(data.astronaut())
    write(folder / "portrait.jpg", portrait)
    write(folder / "conditions.jpg", conditions(portrait))


def conditions(portrait: Pixels) -> Pixels:
    """The head as taken, in gray, dark, blurred, and with few pixels, side by side."""
    head = cv2.resize(portrait[5:280, 115:335], _PANEL_PX, interpolation=cv2.INTER_CUBIC)
    gray = cv2.cvtColor(cv2.cvtColor(head, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    few = cv2.resize(head, (32, 40), interpolation=cv2.INTER_AREA)
    panels = (
        head,
        gray,
        (head * 0.18).astype(np.uint8),
        cv2.GaussianBlur(head, (0, 0), 7),
        cv2.resize(few, _PANEL_PX, interpolation=cv2.INTER_NEAREST),
    )
    gap = np.full((_PANEL_PX[1], _GAP_PX, 3), 255, np.uint8)
    parts = [part for panel in panels for part in (as_pixels(panel), gap)]
    return as_pixels(np.concatenate(parts[:-1], axis=1))


def write(path: Path, pixels: Pixels) -> None:
    quality = [cv2.IMWRITE_JPEG_QUALITY, _QUALITY]
    _, encoded = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), quality)
    path.write_bytes(encoded.tobytes())


if __name__ == "__main__":
    main(Paths.found().static / "samples")
