"""What a stranger's file can make a job's process take, which no header shows."""

from __future__ import annotations

import struct
import subprocess
import sys

import pytest

from facetraits.errors import JobFailed
from facetraits.jobs import child
from facetraits.jobs.kinds import KINDS
from facetraits.jobs.messages import Start
from facetraits.jobs.task import NoLink
from facetraits.serving.messages import Failed
from facetraits.settings import Settings
from tests.video.videos import video

SAMPLES = 25_000_000


def with_many_samples():
    """A small MP4 file that says it has millions of frames; FFmpeg makes a list of them."""
    data = bytearray(video(frames=3))
    tables = {b"stsz": (1, SAMPLES), b"stsc": (1, 1, SAMPLES, 1), b"stts": (1, SAMPLES, 512)}
    for name, values in tables.items():
        # The name is followed by the version and flags.
        struct.pack_into(f">{len(values)}I", data, data.index(name) + 8, *values)
    return bytes(data)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces the limit")
def test_a_small_video_cannot_fill_the_memory(tmp_path):
    (tmp_path / "input").write_bytes(with_many_samples())

    command = [sys.executable, "-m", "tests.jobs.peak_memory", str(tmp_path)]
    printed = subprocess.run(command, capture_output=True, text=True, timeout=120).stdout

    assert int(printed) < 1_100_000_000


def test_a_lack_of_memory_is_the_reason_that_a_job_gives(tmp_path, monkeypatch):
    def fill(task):
        raise MemoryError

    monkeypatch.setitem(KINDS, "video", fill)
    start = Start(
        kind="video",
        input=str(tmp_path),
        out=str(tmp_path),
        options={},
        place=None,
        settings={},
        log_fields={},
    )

    answer = child.outcome(start, Settings(), NoLink())

    assert isinstance(answer, Failed)
    assert isinstance(answer.exception(), JobFailed)
    assert answer.detail == "it takes more memory than the server allows"
