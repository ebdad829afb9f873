"""The engine of several machines: a real Redis server, and real Celery workers that are killed."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing
from typing import Any

import pytest
from redis import Redis

from facetraits.errors import BadSetting, Expired, JobsBusy, NotFound, StorageUnavailable
from facetraits.jobs import open_jobs
from facetraits.jobs.distributed import DistributedJobs
from facetraits.jobs.local import LocalJobs
from facetraits.jobs.model import Origin, key_of
from facetraits.jobs.queue import QUEUE
from facetraits.paths import Paths
from facetraits.serving.tracing import NoTracer
from facetraits.settings import Settings
from facetraits.video.frames import Video
from facetraits.video.read import PLACE_EVERY_FRAMES
from tests.jobs.test_local import ROOT, batch, check_complete, read, started, submit
from tests.jobs.test_tracing import ORIGIN, PARENT, TRACE
from tests.jobs.waiting import ended, until
from tests.jobs.workers import children, worker
from tests.store.clients import redis_server
from tests.video.videos import opened, video
from tests.web.http.test_tracing import collector

WORKER = f"celery@{socket.gethostname()}"
KILLS = 4
PHOTOS = 150
# Enough to outlast two children that are killed within this time, also on a fast machine.
STORMY_PHOTOS, LONGEST_LIFE_S = 300, 2.5


@pytest.fixture
def redis_url():
    with redis_server() as url:
        yield url


@pytest.fixture
def settings(redis_url, tmp_path):
    return Settings(
        jobs=redis_url,
        jobs_files=str(tmp_path / "shared"),
        data_dir=str(tmp_path / "data"),
        workers=1,
        job_queue_size=3,
    )


@pytest.fixture
def jobs(settings):
    jobs = open_jobs(settings, Paths.found())
    assert isinstance(jobs, DistributedJobs)
    yield jobs
    jobs.close()


@pytest.mark.timeout(300)
def test_killed_children_finish_the_job_once_with_the_right_result(settings, jobs, tmp_path):
    calm, _ = submit(jobs, batch(STORMY_PHOTOS))
    with worker(settings, tmp_path) as process:
        assert ended(lambda: jobs.get(calm.id)).state == "done"
        stormy, token = submit(jobs, batch(STORMY_PHOTOS))
        chance = random.Random(5)
        killed: set[int] = set()
        while len(killed) < KILLS and jobs.get(stormy.id).is_active:
            # Celery's child, while it runs a job: the job's own process must end with it.
            for child in children(process.pid):
                if child not in killed and children(child, "jobs.child"):
                    time.sleep(chance.uniform(0.1, LONGEST_LIFE_S))
                    os.kill(child, signal.SIGKILL)
                    killed.add(child)
            time.sleep(0.05)
        assert len(killed) >= 2
        assert ended(lambda: jobs.get(stormy.id)).state == "done"

        check_complete(jobs, stormy, STORMY_PHOTOS)
        assert read(jobs, stormy) == read(jobs, calm)
        assert list((tmp_path / "shared").glob("*/input")) == []
        assert list((tmp_path / "shared").glob("*/parts")) == []
    jobs.delete(stormy.id, token)
    with pytest.raises(Expired):
        jobs.get(stormy.id)
    assert len(list((tmp_path / "shared").iterdir())) == 1


def submit_video(jobs, data: bytes):
    with jobs.new_upload() as upload:
        upload.write(data)
        record, _ = jobs.submit("video", upload, {"anonymize": False, "annotate": True}, Origin())
    return record


def results_of(jobs, record) -> dict[str, bytes | list[float]]:
    """What each result file of a job contains, once it is done.

    Of a video, the times of its frames: the encoder begins again where the job does.
    """
    done = ended(lambda: jobs.get(record.id))
    assert done.state == "done", done.error
    found: dict[str, bytes | list[float]] = {}
    for name in done.results:
        with jobs.open_result(record.id, name).stream as stream:
            data = stream.read()
        found[name] = times_of(data) if name.endswith(".mp4") else data
    return found


def times_of(data: bytes) -> list[float]:
    with Video(opened(data)) as made:
        return [round(frame.time_s, 2) for frame in made.frames()]


@pytest.mark.timeout(200)
def test_killed_children_finish_a_video_as_the_local_engine_does(settings, jobs, tmp_path):
    clip = video(frames=PLACE_EVERY_FRAMES + 100)
    local = LocalJobs(
        Settings(data_dir=str(tmp_path / "local"), workers=1), ROOT, Paths.found(), NoTracer()
    )
    with closing(local):
        expected = results_of(local, submit_video(local, clip))
    record = submit_video(jobs, clip)
    with worker(settings, tmp_path) as process:
        # Before a place is saved, and after one is.
        for frames in (20, PLACE_EVERY_FRAMES + 20):
            until(
                lambda: jobs.get(record.id), lambda job, n=frames: job.detail.get("frames", 0) >= n
            )
            (child,) = [c for c in children(process.pid) if children(c, "jobs.child")]
            os.kill(child, signal.SIGKILL)
        assert results_of(jobs, record) == expected
    assert {"frames.csv", "summary.json", "annotated.mp4"} <= set(expected)
    lines = expected["frames.jsonl"].splitlines()
    assert [json.loads(line)["frame"] for line in lines] == list(range(len(expected["copy.mp4"])))
    assert len(lines) == PLACE_EVERY_FRAMES + 100


@pytest.mark.timeout(200)
def test_another_worker_takes_over_when_a_machine_is_gone(settings, jobs, tmp_path):
    record, _ = submit(jobs, batch(PHOTOS))
    with worker(settings, tmp_path, "first") as first:
        started(jobs, record)
        # The whole machine: nobody is left to give the message back.
        for pid in (first.pid, *children(first.pid)):
            os.kill(pid, signal.SIGKILL)
        with worker(settings, tmp_path, "second"):
            assert ended(lambda: jobs.get(record.id)).state == "done"
    check_complete(jobs, record, PHOTOS)


def inspected(settings, what: str) -> dict[str, Any]:
    """What `celery inspect` prints: a worker's name → its answer."""
    command = [sys.executable, "-m", "celery", "--broker", settings.jobs]
    done = subprocess.run(
        [*command, "inspect", "--json", "--timeout", "10", "--destination", WORKER, what],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


@pytest.mark.timeout(200)
def test_any_server_answers_cancels_and_inspects(settings, jobs, tmp_path):
    record, token = submit(jobs, batch(2_000))
    with worker(settings, tmp_path) as process:
        started(jobs, record)
        ((name, active),) = inspected(settings, "active").items()
        assert [task["name"] for task in active] == ["facetraits.job"]
        assert inspected(settings, "ping") == {name: {"ok": "pong"}}
        # Neither the job's ID nor anything of its files is in the message.
        assert record.id not in str(active)
        other = open_jobs(settings, Paths.found())
        other.cancel(record.id, token)
        assert other.get(record.id).state == "cancelled"
        other.close()
        child = children(process.pid, "worker")[0]
        until(lambda: children(child, "jobs.child"), lambda left: not left)
    with pytest.raises(NotFound):
        jobs.open_result(record.id, "readings.jsonl")


@pytest.mark.timeout(100)
def test_a_worker_continues_the_trace_of_the_request(settings, jobs, tmp_path):
    with collector() as (url, spans):
        record, _ = submit(jobs, batch(2), ORIGIN)
        with worker(settings, tmp_path, FACETRAITS_TRACES=url):
            assert ended(lambda: jobs.get(record.id)).state == "done"
            (span,) = until(lambda: list(spans), bool)
    assert (span.name, span.trace_id.hex()) == ("job batch", TRACE)
    assert span.parent_span_id.hex() == PARENT


def test_the_queue_is_bounded_and_jobs_can_be_deleted_before_they_run(jobs, tmp_path):
    kept = [submit(jobs, batch(1)) for _ in range(3)]
    with pytest.raises(JobsBusy):
        submit(jobs, batch(1))
    assert len(list((tmp_path / "shared").iterdir())) == 3

    for record, token in kept:
        assert jobs.get(record.id).state == "queued"
        jobs.delete(record.id, token)
    assert list((tmp_path / "shared").iterdir()) == []


def test_a_job_whose_message_is_lost_is_sent_again(settings, jobs):
    record, _ = submit(jobs, batch(1))
    with Redis.from_url(settings.jobs) as redis:
        jobs.sweep()
        assert redis.llen(QUEUE) == 1
        # As after the death of a server or a worker at the wrong moment, some time ago.
        redis.delete(QUEUE)
        redis.zadd("facetraits:jobs:queued", {key_of(record.id): 0})
        for _ in range(2):
            jobs.sweep()
            assert redis.llen(QUEUE) == 1


def test_without_redis_requests_get_a_problem_and_the_start_fails(tmp_path):
    with redis_server() as url:
        settings = Settings(jobs=url, jobs_files=str(tmp_path / "s"), data_dir=str(tmp_path))
        jobs = open_jobs(settings, Paths.found())
        record, _ = submit(jobs, batch(1))
    with pytest.raises(StorageUnavailable):
        jobs.get(record.id)
    with pytest.raises(StorageUnavailable):
        submit(jobs, batch(1))
    jobs.close()
    with pytest.raises(BadSetting, match=r"FACETRAITS_JOBS='redis://.*' cannot be reached"):
        open_jobs(settings, Paths.found())


def test_the_files_need_a_place(redis_url):
    with pytest.raises(BadSetting, match="needs FACETRAITS_JOBS_FILES"):
        open_jobs(Settings(jobs=redis_url), Paths.found())
    with pytest.raises(BadSetting, match="FACETRAITS_JOBS_FILES='odd://x' cannot be used"):
        open_jobs(Settings(jobs=redis_url, jobs_files="odd://x"), Paths.found())


@pytest.mark.timeout(100)
def test_a_worker_waits_for_redis(settings, tmp_path):
    missing = Settings(jobs="redis://:secret@127.0.0.1:1/0", jobs_files=str(tmp_path / "s"))
    with worker(missing, tmp_path):
        log = until((tmp_path / "worker.log").read_text, lambda text: "Cannot connect" in text)
    assert "Trying again" in log
    assert "secret" not in log
