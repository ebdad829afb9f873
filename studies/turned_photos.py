"""How often a photo that lies on its side or head is turned rightly, and an upright one left.

    python -m studies.turned_photos --data DIR [--each N]

Takes the same pictures of the train splits each time: N of LFW, FairFace and APPA-REAL each, as
they are in their archives.
"""

from __future__ import annotations

import argparse
import io
import random
import tarfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from facetraits.pixels import Pixels
from facetraits.vision import orientation
from facetraits.vision.detection import FaceDetector

# Archive → what the path of a picture has in it.
_ARCHIVES = {"lfw.tar": "", "fairface.tar": "train", "appa-real.tar": "train"}
_SEED = 1


def pictures(archive: Path, part: str, count: int) -> list[Pixels]:
    """That many pictures of an archive, always the same ones."""
    with tarfile.open(archive) as tar:
        members = [m for m in tar.getmembers() if m.name.endswith(".jpg") and part in m.name]
        chosen = random.Random(_SEED).sample(members, min(count, len(members)))
        files = [tar.extractfile(member) for member in chosen]
        return [
            np.array(Image.open(io.BytesIO(file.read())).convert("RGB")) for file in files if file
        ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="studies.turned_photos", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--each", type=int, default=150, metavar="N")
    options = parser.parse_args()
    detector = FaceDetector()
    print(f"{'':16}{'turned by':>10}{'right':>8}{'left':>8}{'wrong':>8}{'ms':>8}")
    for name, part in _ARCHIVES.items():
        photos = pictures(options.data / name, part, options.each)
        for degrees in orientation.TURNS:
            answers, began_s = Counter[str](), time.process_time()
            for photo in photos:
                found = detector.find_turned(orientation.turned(photo, degrees)).rotated_deg
                right = found == -degrees % 360
                answers["right" if right else "wrong" if found else "left"] += 1
            ms = (time.process_time() - began_s) * 1000 / len(photos)
            print(
                f"{name:16}{degrees:10}{answers['right']:8}{answers['left']:8}"
                f"{answers['wrong']:8}{ms:8.1f}"
            )


if __name__ == "__main__":
    main()
