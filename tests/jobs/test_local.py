"""The engine of one machine, with real processes and files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from facetraits.errors import Expired, Forbidden, JobsBusy, NotFound, StorageFull, TooLarge
from facetraits.jobs.files import JobFolder
from facetraits.jobs.local import LocalJobs
from facetraits.jobs.model import Origin
from facetraits.paths import Paths
from facetraits.serving.tracing import NoTracer
from facetraits.settings import Settings
from tests.jobs.archives import zipped
from tests.jobs.waiting import ended, until
from tests.photos import astronaut, encode

ROOT = Path(__file__).resolve().parents[2]
PHOTOS = 40


@pytest.fixture
def opened(tmp_path):
    """`opened(**settings)` → one more engine on the same folder."""
    engines = []

    def open_it(tracer=None, **changed):
        settings = Settings(**{"data_dir": str(tmp_path), "workers": 1, **changed})
        engines.append(LocalJobs(settings, ROOT, Paths.found(), tracer or NoTracer()))
        return engines[-1]

    yield open_it
    for engine in engines:
        engine.close()


def batch(photos: int = PHOTOS) -> bytes:
    """Some readable and, every seventh, some not."""
    face = encode(astronaut())
    return zipped({f"{n}.jpg": b"words" if n % 7 == 3 else face for n in range(photos)})


def submit(jobs, data: bytes, origin: Origin | None = None):
    with jobs.new_upload() as upload:
        upload.write(data)
        return jobs.submit("batch", upload, {"request_id": "r"}, origin or Origin())


def read(jobs, record) -> list[dict]:
    with jobs.open_result(record.id, "readings.jsonl").stream as stream:
        lines = [json.loads(line) for line in stream.read().splitlines()]
    for line in lines:
        line.get("reading", {}).pop("processing_ms", None)
    return lines


def check_complete(jobs, record, photos: int = PHOTOS) -> None:
    """Each photo has exactly one line, in order, with its own answer."""
    lines = read(jobs, record)
    assert [line["number"] for line in lines] == list(range(1, photos + 1))
    assert [line["name"] for line in lines] == [f"{n}.jpg" for n in range(photos)]
    assert ["problem" in line for line in lines] == [n % 7 == 3 for n in range(photos)]
    with jobs.open_result(record.id, "faces.csv").stream as stream:
        rows = stream.read().decode().splitlines()
    assert [row.split(",")[0] for row in rows[1:]] == [
        f"{n}.jpg" for n in range(photos) if n % 7 != 3
    ]


def child_of(jobs_or_pid=None) -> int | None:
    """The process of a job that this process, or another, has started."""
    parent = jobs_or_pid or os.getpid()
    found = subprocess.run(
        ["pgrep", "-P", str(parent), "-f", "facetraits.jobs.child"],
        capture_output=True,
        text=True,
        check=False,
    )
    return int(found.stdout.split()[0]) if found.stdout else None


def started(jobs, record, photos: int = 1):
    return until(lambda: jobs.get(record.id), lambda job: job.detail.get("photos", 0) >= photos)


def test_a_killed_process_goes_on_without_repeating_a_line(opened):
    jobs = opened()
    record, _ = submit(jobs, batch(200))
    for share in (0.2, 0.5):
        until(lambda: jobs.get(record.id), lambda job, share=share: job.progress >= share)
        os.kill(child_of(), signal.SIGKILL)

    assert ended(lambda: jobs.get(record.id)).state == "done"
    check_complete(jobs, record, 200)


def test_a_job_goes_on_after_the_engine_is_closed_and_opened(opened):
    first = opened()
    record, token = submit(first, batch())
    started(first, record)
    first.close()
    second = opened()

    assert ended(lambda: second.get(record.id)).state == "done"
    check_complete(second, record)
    second.delete(record.id, token)
    with pytest.raises(Expired):
        second.get(record.id)


def test_a_job_that_always_crashes_fails_with_a_reason(opened):
    jobs = opened()
    # The process is killed each time it starts.
    with jobs.new_upload() as upload:
        upload.write(b"x")
        record, _ = jobs.submit("a kind that is not there", upload, {}, Origin())

    job = ended(lambda: jobs.get(record.id))
    assert (job.state, job.error.code) == ("failed", "internal")


def test_a_process_that_is_killed_again_and_again_fails_the_job(opened):
    jobs = opened()
    record, _ = submit(jobs, batch(400))
    killed: set[int] = set()
    while jobs.get(record.id).is_active:
        child = child_of()
        if child is not None and child not in killed:
            os.kill(child, signal.SIGKILL)
            killed.add(child)
        time.sleep(0.01)

    job = jobs.get(record.id)
    assert (job.state, job.error.code) == ("failed", "job_failed")
    assert "crashed" in job.error.detail
    assert len(killed) == 3


def test_a_cancelled_job_stops_and_its_files_are_gone(opened, tmp_path):
    jobs = opened()
    record, token = submit(jobs, batch(400))
    started(jobs, record)

    with pytest.raises(Forbidden):
        jobs.cancel(record.id, "wrong")
    jobs.cancel(record.id, token)
    assert jobs.get(record.id).state == "cancelled"
    until(lambda: list((tmp_path / "jobs").glob("*/*")), lambda left: left == [])
    until(child_of, lambda child: child is None)
    with pytest.raises(NotFound):
        jobs.open_result(record.id, "readings.jsonl")


def test_a_job_that_is_deleted_while_it_runs_leaves_nothing(opened, tmp_path):
    jobs = opened()
    record, token = submit(jobs, batch(400))
    started(jobs, record)

    jobs.delete(record.id, token)
    with pytest.raises(Expired):
        jobs.get(record.id)
    until(child_of, lambda child: child is None)
    next_record, _ = submit(jobs, batch(3))
    assert ended(lambda: jobs.get(next_record.id)).state == "done"


def test_the_queue_is_bounded(opened):
    jobs = opened(job_queue_size=1)
    first, _ = submit(jobs, batch(400))
    until(lambda: jobs.get(first.id), lambda job: job.state == "running")
    submit(jobs, batch(2))

    with pytest.raises(JobsBusy) as refused:
        submit(jobs, batch(2))
    assert refused.value.retry_after_s == 60


def test_jobs_expire_with_their_files(opened, tmp_path):
    jobs = opened(result_ttl_s=1)
    record, _ = submit(jobs, batch(2))
    until(lambda: _is_expired(jobs, record), bool)

    jobs.sweep()
    assert [path.name for path in (tmp_path / "jobs").iterdir()] == ["incoming"]


def _is_expired(jobs, record) -> bool:
    try:
        jobs.get(record.id)
    except Expired:
        return True
    return False


def test_space_is_bounded(opened):
    jobs = opened(jobs_max_bytes=1_000_000, upload_max_bytes=2_000_000)
    with jobs.new_upload() as upload, pytest.raises(StorageFull):
        upload.write(bytes(1_500_000))
    with jobs.new_upload() as upload, pytest.raises(TooLarge):
        upload.write(bytes(2_500_000))
    record, _ = submit(jobs, batch(2))
    assert ended(lambda: jobs.get(record.id)).state == "done"


def test_uploads_that_arrive_together_share_the_space(tmp_path):
    folder = JobFolder(tmp_path, 40_000_000, 100_000_000)
    with folder.new_upload() as one, folder.new_upload() as other, pytest.raises(StorageFull):
        for _ in range(30):
            one.write(bytes(1_000_000))
            other.write(bytes(1_000_000))


def test_a_job_that_takes_too_long_fails(opened):
    jobs = opened(job_timeout_s=1)
    record, _ = submit(jobs, batch(400))

    job = ended(lambda: jobs.get(record.id))
    assert (job.state, job.error.code) == ("failed", "job_failed")
    assert "longer than 1 s" in job.error.detail


def test_the_process_ends_with_its_engine(tmp_path):
    """kill -9 of the server: its job's process must not go on, and the next server takes over."""
    command = [sys.executable, "-m", "tests.jobs.serve_local", str(tmp_path)]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    job_id = server.stdout.readline().strip()
    child = until(lambda: child_of(server.pid), bool)
    server.kill()
    server.wait()
    server.stdout.close()

    until(lambda: Path(f"/proc/{child}").exists(), lambda there: not there)
    jobs = LocalJobs(Settings(data_dir=str(tmp_path), workers=1), ROOT, Paths.found(), NoTracer())
    try:
        assert ended(lambda: jobs.get(job_id)).state == "done"
        lines = read(jobs, jobs.get(job_id))
        assert [line["number"] for line in lines] == list(range(1, PHOTOS + 1))
    finally:
        jobs.close()
