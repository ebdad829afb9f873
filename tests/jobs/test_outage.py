"""A running job while Redis is away for some seconds: killed and started again, or hanging."""

from __future__ import annotations

import time

import pytest
from redis import Redis

from facetraits.settings import Settings
from facetraits.web import create_app
from tests.jobs.test_local import batch, check_complete
from tests.jobs.waiting import ended, until
from tests.jobs.workers import worker
from tests.store.clients import DurableRedis
from tests.web.fakes import FakeService

PHOTOS = 200
AWAY_S = 4.0


@pytest.fixture
def redis(tmp_path):
    folder = tmp_path / "redis"
    folder.mkdir()
    server = DurableRedis(folder)
    yield server
    server.go_on()
    server.kill()


@pytest.fixture
def settings(redis, tmp_path):
    return Settings(
        jobs=redis.url,
        jobs_files=str(tmp_path / "shared"),
        data_dir=str(tmp_path / "data"),
        workers=1,
        async_mode="threading",
    )


@pytest.fixture
def app(settings):
    app = create_app(settings, FakeService())
    yield app
    app.extensions["facetraits_jobs"].close()
    app.extensions["facetraits_wall"].close()
    app.extensions["facetraits_store"].close()


@pytest.mark.timeout(300)
@pytest.mark.parametrize("away", ["killed", "hanging"])
def test_a_running_job_ends_once_with_the_right_result(redis, app, settings, tmp_path, away):
    client, jobs = app.test_client(), app.extensions["facetraits_jobs"]
    job = client.post(
        "/api/v1/batches", data=batch(PHOTOS), content_type="application/zip"
    ).get_json()
    with worker(settings, tmp_path):
        until(lambda: jobs.get(job["id"]), lambda seen: seen.detail.get("photos", 0) > 0)
        attempt = attempt_at(redis.url)
        began_s = time.monotonic()
        (redis.kill if away == "killed" else redis.hang)()
        page = client.get(f"/videos/{job['id']}", headers={"Accept": "text/html"})
        shown = client.get(job["url"])
        time.sleep(max(0.0, AWAY_S - (time.monotonic() - began_s)))
        (redis.start if away == "killed" else redis.go_on)()

        assert ended(lambda: _again(client, job["url"]))["state"] == "done"
        # It went on: no other attempt took over.
        assert attempt_at(redis.url) == attempt
    for response in (page, shown):
        assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert page.mimetype == "text/html"
    assert shown.get_json()["code"] == "storage_unavailable"
    check_complete(jobs, jobs.get(job["id"]), PHOTOS)


def attempt_at(url):
    """The name of the latest attempt at the only job."""
    with Redis.from_url(url) as records:
        (key,) = records.keys("facetraits:job:*")
        return records.hget(key, "attempt")


def _again(client, url):
    """The job, as soon as it can be seen: a client tries again after a 503."""
    response = until(lambda: client.get(url), lambda answer: answer.status_code != 503)
    return response.get_json()
