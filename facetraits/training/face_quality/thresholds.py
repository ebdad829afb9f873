"""From which values on a face is doubted: with few false alarms, on every data set."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from facetraits.networks.face_quality import QUALITIES

# "covered" has two outputs, which share the false alarms that a reason may have.
ALLOWED = {"not_a_face": 0.008, "eyes_covered": 0.0045, "mouth_covered": 0.0045, "blur": 0.008}
# Below these, a face is more likely usable than not, however clear the data sets' faces are.
_LEAST = {"not_a_face": 0.5, "eyes_covered": 0.5, "mouth_covered": 0.5, "blur": 0.45}


def thresholds(measured: Mapping[str, NDArray[np.floating]]) -> dict[str, float]:
    """Data set → (n, qualities) of its usable val faces; → output → its threshold, 0..1."""
    return {
        name: _threshold(name, [values[:, column] for values in measured.values()])
        for column, name in enumerate(QUALITIES)
    }


def _threshold(name: str, sets: list[NDArray[np.floating]]) -> float:
    highest = max(float(np.quantile(values, 1 - ALLOWED[name])) for values in sets)
    # Rounded up: rounding down would allow more than is allowed.
    return math.ceil(max(_LEAST[name], highest) * 10_000) / 10_000
