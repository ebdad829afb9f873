"""The readers behind the server."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from facetraits.errors import BadImage, Overloaded, Starting, Stopping
from facetraits.serving.job import Job
from facetraits.serving.service import InferenceService
from facetraits.serving.worker import LocalWorker
from facetraits.settings import Settings
from facetraits.vision.decoding import decode_image
from facetraits.vision.formats import sniff
from tests.photos import astronaut, encode

PHOTO = encode(astronaut())


@pytest.fixture(scope="module")
def service():
    service = InferenceService(Settings(workers=2, queue_size=2, timeout_s=5))
    service.start()
    yield service
    service.close()


def test_a_photo(service):
    reading = service.run(Job(PHOTO, "id-7")).reading
    assert reading.request_id == "id-7"
    assert len(reading.faces) == 1
    assert set(reading.processing_ms) == {"decode", "detect", "classify", "total"}
    assert reading.processing_ms["total"] >= reading.processing_ms["detect"]


def test_a_photo_and_its_copy(service):
    analysis = service.run(Job(PHOTO, "id-8", keep_copy=True))

    assert (analysis.reading.request_id, len(analysis.reading.faces)) == ("id-8", 1)
    copy = analysis.copy
    assert decode_image(copy, len(copy), 512 * 512).shape == (512, 512, 3)
    assert sniff(copy) == "JPEG"


def test_a_bad_photo_has_no_copy(service):
    with pytest.raises(BadImage):
        service.run(Job(PHOTO[:2000], "id", keep_copy=True))


def test_many_threads_get_the_same_answer(service):
    with ThreadPoolExecutor(4) as pool:
        readings = list(pool.map(lambda n: service.run(Job(PHOTO, str(n))).reading, range(8)))
    assert [r.request_id for r in readings] == [str(n) for n in range(8)]
    assert len({str(r.to_dict()["faces"]) for r in readings}) == 1


def test_a_bad_photo_gives_its_reader_back(service):
    for _ in range(5):
        with pytest.raises(BadImage):
            service.run(Job(PHOTO[:2000], "id"))
    assert service.run(Job(PHOTO, "id")).reading.faces


def test_before_the_start_nothing_is_ready():
    service = InferenceService(Settings())
    assert not service.ready
    with pytest.raises(Starting, match="being loaded"):
        service.run(Job(PHOTO, "id"))
    service.close()
    with pytest.raises(Stopping, match="no new pictures"):
        service.run(Job(PHOTO, "id"))


class SlowReader:
    """Holds its caller until the test lets go."""

    def __init__(self):
        self.entered, self.go = threading.Event(), threading.Event()

    def read(self, image, request_id, watch=None):
        self.entered.set()
        assert self.go.wait(10)
        return request_id


def slow_service(**settings):
    reader = SlowReader()
    service = InferenceService(Settings(workers=1, **settings), lambda s: LocalWorker(s, reader))
    reader.go.set()
    service.start()
    reader.go.clear()
    reader.entered.clear()
    return service, reader


def test_with_the_queue_full_the_next_is_refused_at_once():
    service, reader = slow_service(queue_size=0, timeout_s=30)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(service.run, Job(PHOTO, "first"))
        assert reader.entered.wait(10)
        with pytest.raises(Overloaded, match="are waiting"):
            service.run(Job(PHOTO, "second"))
        reader.go.set()
        assert first.result(10).reading == "first"
        assert service.run(Job(PHOTO, "third")).reading == "third"


def test_a_wait_ends():
    service, reader = slow_service(queue_size=1, timeout_s=0.1)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(service.run, Job(PHOTO, "first"))
        assert reader.entered.wait(10)
        with pytest.raises(Overloaded, match=r"within 0\.1 s"):
            service.run(Job(PHOTO, "second"))
        reader.go.set()
        first.result(10)


def test_a_photo_that_ends_early_says_so(service):
    reading = service.run(Job(PHOTO[: len(PHOTO) * 95 // 100], "id")).reading
    assert reading.truncated is True
    assert len(reading.faces) == 1
    assert reading.to_dict()["truncated"] is True
    assert "truncated" not in service.run(Job(PHOTO, "id")).reading.to_dict()
