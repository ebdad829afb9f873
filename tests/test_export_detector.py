"""The exported face detector can be made again from the installed ONNX file."""

import json

import numpy as np
import pytest

from facetraits.paths import Paths
from facetraits.vision.yunet import LiteYuNet, load_yunet, yunet_path
from tests.photos import astronaut
from tools.export_detector import write

# TensorFlow's converter and what it imports speak of their own future.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_a_new_export_answers_as_the_one_that_is_there(tmp_path):
    write(tmp_path / "face_detector", yunet_path())

    new, old = load_yunet(tmp_path), load_yunet(Paths.found().models)

    assert isinstance(new, LiteYuNet)
    assert np.array_equal(new(astronaut(), 0.3), old(astronaut(), 0.3))
    cards = [
        json.loads((models / "face_detector" / "card.json").read_text())
        for models in (tmp_path, Paths.found().models)
    ]
    for card in cards:  # another converter may write the same network in other bytes
        del card["sha256"]
    assert cards[0] == cards[1]
