"""The table of detectors: whose columns there are, and that its photos have their faces."""

import time

import pytest

from bench import detectors
from facetraits.vision.detection import FaceDetector


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(detectors, "SIZES", [(128, 128), (160, 128)])
    monkeypatch.setattr(detectors, "_ROUNDS", 1)
    monkeypatch.setattr(detectors, "_ROUNDS_OF_LARGE", 1)


def test_the_least_time_counts_and_the_first_call_does_not():
    waits = iter([0.05, 0.03, 0.01, 0.02])

    def work():
        end = time.process_time() + next(waits)
        while time.process_time() < end:
            pass

    least = detectors.least_ms({"work": work}, 3)

    assert 10 <= least["work"] < 20


def test_runtimes_print_a_row_for_each_size(quick, capsys):
    detectors.runtimes()

    rows = capsys.readouterr().out.splitlines()[-2:]
    assert [row.split()[0] for row in rows] == ["128x128", "160x128"]
    for row in rows:
        opencv, lite, ratio = row.split()[1:4]
        assert float(opencv) / float(lite) == pytest.approx(float(ratio[:-1]), abs=0.3)


@pytest.mark.parametrize("name", ["640x480, 1 face", "1600x1250, 20 faces", "3000x4000, 1 face"])
def test_the_photos_have_the_faces_that_they_are_called_by(name):
    photo = detectors.examples()[name]

    size, faces = name.split(", ")
    assert f"{photo.shape[1]}x{photo.shape[0]}" == size
    assert len(FaceDetector().find(photo)) == int(faces.split()[0])
