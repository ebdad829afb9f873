"""The Python API."""

import io

import numpy as np
import pytest
from PIL import Image

from facetraits import Analyzer
from facetraits.errors import BadImage, BadSetting, UnsupportedType
from tests.photos import astronaut, encode, group


@pytest.fixture(scope="module")
def analyzer():
    return Analyzer()


def test_pixels_a_path_and_bytes_say_the_same(analyzer, tmp_path):
    png = encode(astronaut(), ".png")
    path = tmp_path / "portrait.png"
    path.write_bytes(png)
    readings = [analyzer.analyze(image) for image in (astronaut(), png, path, str(path))]
    said = [reading.to_dict()["faces"] for reading in readings]
    assert len(said[0]) == 1
    assert all(faces == said[0] for faces in said)


def test_a_picture_on_its_side_is_read_upright(analyzer):
    turned = Image.fromarray(astronaut()).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6  # shown after a quarter turn clockwise
    file = io.BytesIO()
    turned.save(file, "PNG", exif=exif)
    upright = analyzer.analyze(encode(astronaut(), ".png")).faces[0].box
    assert analyzer.analyze(file.getvalue()).faces[0].box == upright


def test_gray_pixels_are_read_too(analyzer):
    gray = np.asarray(Image.fromarray(astronaut()).convert("L"))
    assert len(analyzer.analyze(gray).faces) == 1
    assert len(analyzer.analyze(gray[..., None]).faces) == 1


def test_crops_of_any_size_are_classified_without_detection(analyzer):
    crop = astronaut()[60:180, 165:285]
    crops = [crop, crop[..., 0], crop[::3, ::3], np.zeros((48, 48), np.uint8)]
    traits = analyzer.classify(crops)
    assert len(traits) == 4
    assert all(t.gender.value in ("male", "female") for t in traits)
    assert analyzer.classify([]) == []


def test_max_faces():
    photo, _ = group(2, 3, 60, 900, 600)
    reading = Analyzer(max_faces=4).analyze(photo)
    assert (len(reading.faces), reading.faces_found) == (4, 6)
    assert reading.to_dict()["faces_found"] == 6


@pytest.mark.parametrize("settings", [{"nets": "other"}, {"max_faces": 0}, {"max_faces": 101}])
def test_settings_that_make_no_sense_are_refused(settings):
    with pytest.raises(BadSetting):
        Analyzer(**settings)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((5, 5, 4), np.uint8),
        np.zeros((5, 5, 3), np.float32),
        np.zeros((0, 5, 3), np.uint8),
        np.zeros(5, np.uint8),
    ],
)
def test_pixels_of_another_shape_are_refused(analyzer, pixels):
    with pytest.raises(BadImage, match="uint8, not"):
        analyzer.analyze(pixels)
    with pytest.raises(BadImage, match="uint8, not"):
        analyzer.classify([pixels])


def test_files_that_cannot_be_read(analyzer, tmp_path):
    with pytest.raises(BadImage, match="cannot be opened"):
        analyzer.analyze(tmp_path / "nowhere.jpg")
    (tmp_path / "text.jpg").write_text("not a picture")
    with pytest.raises(UnsupportedType):
        analyzer.analyze(tmp_path / "text.jpg")
