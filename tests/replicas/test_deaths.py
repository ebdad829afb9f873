"""kill -9 of each part in turn, while cameras, photos, and jobs are read: nothing is lost.

HAProxy and Redis run with the files in deploy/, and what dies is started again, as systemd would.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from facetraits.settings import Settings
from tests.jobs.test_local import batch
from tests.jobs.workers import Worker
from tests.replicas.clients import Batches, wait_for_uploads
from tests.replicas.site import CAMERAS, Site
from tests.store.clients import DurableRedis, wait_until

KEY = "ft_for-the-tests-only"
PHOTOS = 40
LONGEST_S = 60.0


@pytest.fixture
def redis(tmp_path) -> Iterator[DurableRedis]:
    folder = tmp_path / "redis"
    folder.mkdir()
    server = DurableRedis(folder)
    yield server
    server.kill()


@pytest.fixture
def workers(redis, tmp_path) -> Iterator[list[Worker]]:
    settings = Settings(jobs=redis.url, jobs_files=str(tmp_path / "shared"))
    two = [Worker(settings, tmp_path, name) for name in ("first", "second")]
    for worker in two:
        worker.start()
    yield two
    for worker in two:
        worker.stop()


@pytest.mark.timeout(300)
def test_whatever_is_killed_no_job_is_lost_or_read_twice(make_site, redis, workers, tmp_path):
    site = make_site("haproxy", JOBS=redis.url, JOBS_FILES=str(tmp_path / "shared"), API_KEYS=KEY)
    with (
        site.streaming() as streaming,
        site.uploading(threads=1, pause_s=0.05) as uploads,
        Batches(site.proxy, site.certificate, batch(PHOTOS), KEY) as batches,
    ):
        wait_until(lambda: len(batches.results) > 0, LONGEST_S)
        for kill in (kill_worker, kill_child, kill_server, kill_redis, kill_proxy):
            kill(site, redis, workers)
            streaming.wait_until_all_read(CAMERAS)
            wait_for_uploads(uploads)
        wanted = len(batches.results) + len(workers)
        wait_until(lambda: len(batches.results) >= wanted, LONGEST_S)
    check(batches)


def kill_worker(site: Site, redis: DurableRedis, workers: list[Worker]) -> None:
    wait_until(lambda: workers[0].busy_child, LONGEST_S)
    workers[0].kill()
    workers[0].start()


def kill_child(site: Site, redis: DurableRedis, workers: list[Worker]) -> None:
    wait_until(lambda: workers[1].busy_child, LONGEST_S)
    os.kill(workers[1].busy_child, signal.SIGKILL)


def kill_server(site: Site, redis: DurableRedis, workers: list[Worker]) -> None:
    wait_until_busy(workers)
    replica = site.replicas[0]
    replica.stop()
    replica.start()


def kill_redis(site: Site, redis: DurableRedis, workers: list[Worker]) -> None:
    wait_until_busy(workers)
    redis.kill()
    redis.start()


def kill_proxy(site: Site, redis: DurableRedis, workers: list[Worker]) -> None:
    wait_until_busy(workers)
    site.proxy.process.kill()
    site.proxy.process.wait()
    site.proxy.start()


def wait_until_busy(workers: list[Worker]) -> None:
    wait_until(lambda: any(worker.busy_child for worker in workers), LONGEST_S)


def check(batches: Batches) -> None:
    """Each job was done, and has a line for each photo, as the first one, which was left alone."""
    assert [record["state"] for record in batches.ended] == ["done"] * len(batches.submitted)
    first, *others = batches.results
    assert [line["number"] for line in first] == list(range(1, PHOTOS + 1))
    assert ["problem" in line for line in first] == [n % 7 == 3 for n in range(PHOTOS)]
    assert len(others) + 1 == len(set(batches.submitted))
    for lines in others:
        assert lines == first
