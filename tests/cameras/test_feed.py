"""The decoder process on real streams."""

from __future__ import annotations

import os
import resource
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from facetraits.cameras.config import CameraConfig
from facetraits.cameras.decoder import words
from facetraits.cameras.feed import Feed, FeedEnded
from facetraits.paths import Paths
from facetraits.settings import CAMERA_MEMORY_BYTES
from facetraits.vision.decoding import decode_image
from tests.cameras.sources import mjpeg_server, rtsp_server, write_video
from tests.video.videos import video


@contextmanager
def opened(source: str, memory_bytes: int = CAMERA_MEMORY_BYTES, **more):
    camera = CameraConfig(source, **more)
    with Feed(camera, Paths.found(), memory_bytes=memory_bytes) as feed:
        yield feed


def test_rtsp_frames_are_pictures(tmp_path):
    write_video(tmp_path / "door.mp4")
    with rtsp_server(tmp_path) as server, opened(server.url("door.mp4"), fps=25.0) as feed:
        picture = feed.next()

    assert decode_image(picture.jpeg, 10**6, 10**6).shape == (240, 320, 3)
    assert (picture.width, picture.height) == (320, 240)


@pytest.mark.parametrize("cut_end", [False, True])
def test_mjpeg_frames_are_pictures_even_without_an_end_marker(cut_end):
    with mjpeg_server(cut_end) as url, opened(url, fps=25.0) as feed:
        pictures = [feed.next() for _ in range(3)]

    for picture in pictures:
        pixels = decode_image(picture.jpeg, 10**6, 10**6)
        assert pixels.shape == (240, 320, 3)
        # The last rows are there, and not the gray of a cut picture.
        assert pixels[-8:].std() > 0.2 and abs(float(pixels[-8:].mean()) - 149) < 8


def test_frames_are_shrunk(tmp_path):
    path = write_video(tmp_path / "door.mp4", 5)
    with opened(str(path), width=160) as feed:
        picture = feed.next()

    assert (picture.width, picture.height) == (160, 120)


def test_a_file_ends_without_a_reason_unless_it_loops(tmp_path):
    path = write_video(tmp_path / "door.mp4", 10)
    with opened(str(path), fps=25.0) as feed:
        count = 0
        with pytest.raises(FeedEnded) as end:
            while True:
                feed.next()
                count += 1
        assert (count, end.value.reason) == (10, "")
    with opened(str(path), fps=25.0, loop=True) as feed:
        for _ in range(25):
            feed.next()


def test_a_rare_codec_is_refused(tmp_path):
    path = tmp_path / "door.mkv"
    path.write_bytes(video(codec="ffv1", container="matroska", frames=3))

    with opened(str(path)) as feed, pytest.raises(FeedEnded) as end:
        feed.next()

    assert end.value.reason == "the stream's codec is not supported"


def test_fewer_frames_are_sent_than_the_stream_has(tmp_path):
    path = write_video(tmp_path / "door.mp4", 25)
    with opened(str(path), fps=5.0) as feed:
        count = 0
        with pytest.raises(FeedEnded):
            while True:
                feed.next()
                count += 1
    assert count == 5


@pytest.mark.parametrize(
    ("name", "reason"), [("none.mp4", "No such file"), ("list.m3u8", ""), ("text.mp4", "Invalid")]
)
def test_what_cannot_be_opened_says_why(tmp_path, name, reason):
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n")
    (tmp_path / "text.mp4").write_text("no video")
    with opened(str(tmp_path / name)) as feed, pytest.raises(FeedEnded) as end:
        feed.next()

    assert end.value.reason.startswith(reason) and end.value.reason


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux enforces the limit")
def test_a_stream_cannot_fill_the_memory(tmp_path):
    small = write_video(tmp_path / "small.mp4", 3)
    large = write_video(tmp_path / "large.mp4", 3, size=(4096, 4096))
    with opened(str(small)) as feed:
        feed.next()
        limit, _ = resource.prlimit(feed.pid, resource.RLIMIT_AS)
        assert CAMERA_MEMORY_BYTES < limit < CAMERA_MEMORY_BYTES + 1_000_000_000
    # Less than a frame.
    with opened(str(large), memory_bytes=20_000_000) as feed, pytest.raises(FeedEnded):
        feed.next()


def test_a_lack_of_memory_is_the_reason_that_is_given():
    assert "FACETRAITS_CAMERA_MEMORY_BYTES" in words(MemoryError())
    assert words(OSError(111, "Connection refused")) == "Connection refused"


def test_no_server_is_said_without_the_password():
    with (
        opened("rtsp://me:s3cret@127.0.0.1:9/a?token=s3cret") as feed,
        pytest.raises(FeedEnded) as end,
    ):
        feed.next()

    assert end.value.reason == "Connection refused"


def test_a_stalled_stream_is_ended_by_the_watchdog(tmp_path):
    write_video(tmp_path / "door.mp4")
    with rtsp_server(tmp_path) as server, opened(server.url("door.mp4"), stall_s=2.0) as feed:
        feed.next()
        # The decoder itself hangs: no time limit inside it can help.
        os.kill(feed.pid, signal.SIGSTOP)
        with pytest.raises(FeedEnded) as end:
            while True:
                feed.next()

    assert end.value.stalled and "2 s" in end.value.reason


def test_a_decoder_that_dies_ends_the_feed(tmp_path):
    path = write_video(tmp_path / "door.mp4")
    with opened(str(path), loop=True) as feed:
        feed.next()
        os.kill(feed.pid, signal.SIGKILL)
        with pytest.raises(FeedEnded) as end:
            while True:
                feed.next()

    assert end.value.reason == "its decoder ended unexpectedly"


def test_the_address_is_not_in_the_process_list(tmp_path):
    path = write_video(tmp_path / "s3cret.mp4")
    with opened(str(path), loop=True) as feed:
        feed.next()
        command = Path(f"/proc/{feed.pid}/cmdline").read_bytes()

    assert b"decoder" in command and b"s3cret" not in command
