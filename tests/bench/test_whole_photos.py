import json
import sys

import pytest

from bench import detectors
from bench.peers.environments import ROOT
from bench.peers.running import Limits, RunnerFailed, printed
from bench.whole_photos import Photo, table


@pytest.fixture
def job(tmp_path):
    photo = tmp_path / "photo.jpg"
    photo.write_bytes(detectors.jpeg(detectors.portrait(320, 240)))
    path = tmp_path / "job.json"
    path.write_text(json.dumps({"photos": [str(photo)], "rounds": 2, "most_ms": 1000}))
    return path


def test_our_runner_reads_a_whole_photo(job):
    found = json.loads(printed([sys.executable], "photos_ours.py", job, ROOT))
    (photo,) = found["photos"]
    assert photo["faces"] == 1
    assert photo["cpu_ms"] > 0
    assert photo["wall_ms"] > 0
    assert 20 < found["peak_mb"] < 600


def test_a_library_that_is_not_installed_says_so(job):
    with pytest.raises(RunnerFailed, match="No module named 'face_recognition'"):
        printed([sys.executable], "photos_face_recognition.py", job, ROOT)


def test_a_row_shows_the_cost_and_its_ratio_to_ours():
    ours, theirs = Photo(1, 10.0, 8.0, 90.0), Photo(2, 900.0, 1600.0, 2100.0)
    row = table("deepface", ["640x480"], [theirs], [ours]).splitlines()[-1].split()
    assert row == ["640x480", "2", "900.0", "1600.0", "0.62", "2100", "200.0x"]


def test_a_row_without_an_answer_says_why():
    row = table("deepface", ["48 MP"], ["no answer within 300 s"], [Photo(1, 10.0, 8.0, 90.0)])
    assert row.splitlines()[-1].split() == ["48", "MP", "no", "answer", "within", "300", "s"]


@pytest.mark.skipif(sys.platform != "linux", reason="needs prlimit")
def test_a_library_that_takes_too_much_memory_is_stopped(job):
    with pytest.raises(RunnerFailed):
        printed([sys.executable], "photos_ours.py", job, ROOT, Limits(memory_bytes=10**7))
