"""The same face as a picture, without its colors, and found in a photo, by the real networks."""

import pytest

from facetraits.training.data.datasets import Sample, Skipped
from facetraits.vision.crop import fit_face
from facetraits.vision.detection import FaceDetector
from studies import drift
from tests.photos import astronaut


def portrait():
    """The face as UTKFace has them, 200x200."""
    (face,) = FaceDetector().find(astronaut(), most=1)
    return fit_face(astronaut(), 200, face.landmarks, "utkface", color=True)


@pytest.mark.parametrize("nets", ["traitnet", "baseline"])
def test_every_way_of_seeing_a_face_is_told(monkeypatch, tmp_path, nets):
    samples = [Sample("UTKFace/a.jpg", "val", portrait, age, 1, 0) for age in (30, 33, 40)]
    elsewhere = Sample("UTKFace/b.jpg", "train", portrait, 33, 1, 0)
    monkeypatch.setattr(drift, "load_utkface", lambda *_: [*samples, elsewhere])
    figures = drift.measure(tmp_path, "val", Skipped(), nets)
    assert (figures["split"], figures["faces"], figures["found"]) == ("val", 3, 1.0)
    assert figures["gender_accuracy_direct"] == figures["gender_accuracy_found"] == 1.0
    assert figures["age_mae_years_direct"] < 12
    assert 0 <= figures["emotion_agreement"] <= 1
    # The baseline networks see no colors.
    assert figures["emotion_agreement_gray"] == 1.0 or nets == "traitnet"
