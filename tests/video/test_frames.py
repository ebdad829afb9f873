"""Frames as players show them: turned, in their time, whatever the file is like."""

import numpy as np
import pytest

from facetraits.errors import BadVideo, VideoTooLarge
from facetraits.video.frames import READ_PX, Start, Video, VideoLimits
from tests.moving_face import draw
from tests.video.videos import FPS, opened, video, with_damaged_packets

# JPEG-like losses and chroma subsampling; the face's own contrast is above 40.
CLOSE = 6


def frames_of(data, **options):
    with Video(opened(data)) as read:
        return list(read.frames(**options))


def difference(a, b):
    return np.abs(a.astype(float) - b.astype(float)).mean()


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_frames_are_upright_as_the_display_matrix_says(degrees, mirrored):
    upright = draw(5)
    # What a phone that is held that way stores: the opposite turn of what it shows.
    stored = np.rot90(upright, -degrees // 90)
    if mirrored:
        stored = stored[:, ::-1] if degrees % 180 == 0 else stored[::-1]
    data = video([np.ascontiguousarray(stored)] * 3, rotation=degrees, mirrored=mirrored)
    with Video(opened(data)) as read:
        frame = next(read.frames())
        assert (read.info.width, read.info.height) == (640, 480)
    shown = [frame.pixels, frame.pixels[:, ::-1]] if mirrored else [frame.pixels]
    assert min(difference(pixels, upright) for pixels in shown) < CLOSE


def test_times_are_those_of_the_file_at_a_variable_frame_rate():
    times = [0, 0.04, 0.08, 0.5, 0.51, 1.75, 1.79]
    data = video(frames=len(times), times=times, container="matroska")
    assert [f.time_s for f in frames_of(data)] == pytest.approx(times, abs=0.0011)
    data = video(frames=len(times), times=times)
    assert [f.time_s for f in frames_of(data)] == pytest.approx(times, abs=1e-4)


def test_times_begin_with_the_first_frame():
    times = [7 + n / FPS for n in range(5)]
    data = video(frames=5, times=times, container="mpegts")
    assert [f.time_s for f in frames_of(data)] == pytest.approx(
        [n / FPS for n in range(5)], abs=1e-4
    )


def test_so_many_frames_a_second_are_due():
    data = video(frames=50)
    assert [f.number for f in frames_of(data, per_second=5)] == list(range(0, 50, 5))
    every = frames_of(data, per_second=5, only_due=False)
    assert [f.number for f in every if f.due] == list(range(0, 50, 5))
    assert len(every) == 50
    # More than there are: all of them.
    assert len(frames_of(data, per_second=100)) == 50


@pytest.mark.parametrize("container", ["mp4", "matroska", "mpegts", "avi"])
@pytest.mark.parametrize("after", [0, 17, 38])
def test_reading_goes_on_after_any_frame(container, after):
    codec = "mpeg4" if container == "avi" else "libx264"
    data = video(frames=40, container=container, codec=codec, options={"g": "12"})
    every = frames_of(data)
    rest = frames_of(data, start=Start(after, every[after].time_s))
    assert [f.number for f in rest] == list(range(after + 1, 40))
    for a, b in zip(rest, every[after + 1 :], strict=True):
        assert a.time_s == b.time_s
        assert np.array_equal(a.pixels, b.pixels)


def test_odd_sizes_and_pixels_that_are_not_square():
    odd = [draw(n)[:239, :321] for n in range(3)]
    (frame, *_) = frames_of(video(odd, codec="libvpx-vp9", container="webm"))
    assert frame.pixels.shape == (239, 321, 3)
    narrow = video([draw(0)] * 2, size=(320, 480), pixel_ratio=2)
    with Video(opened(narrow)) as read:
        assert (read.info.width, read.info.height) == (640, 480)
        assert difference(next(read.frames()).pixels, draw(0)) < CLOSE


def test_large_frames_are_shrunk_but_their_size_is_known():
    large = np.repeat(np.repeat(draw(0), 3, 0), 3, 1)
    with Video(opened(video([large] * 2))) as read:
        assert (read.info.width, read.info.height) == (1920, 1440)
        assert next(read.frames()).pixels.shape == (960, READ_PX, 3)


def test_a_truncated_file_is_read_as_far_as_it_goes():
    data = video(frames=100, container="matroska", options={"g": "10"})
    with Video(opened(data[: len(data) // 2])) as read:
        count = len(list(read.frames()))
        assert 20 < count < 80
        assert read.truncated
    with Video(opened(data)) as read:
        assert len(list(read.frames())) == 100
        assert not read.truncated


def test_a_truncated_mp4_whose_index_comes_first():
    data = video(frames=100, options={"g": "10"})
    start = data.index(b"mdat") - 4
    moov = data[data.index(b"moov") - 4 :]
    # As "fast start" writes it: the index first, then the data, whose places move.
    moved = _moved(moov, len(moov))
    whole = data[:start] + moved + data[start : data.index(b"moov") - 4]
    assert len(frames_of(whole)) == 100
    with Video(opened(whole[: len(whole) * 2 // 3])) as read:
        assert 20 < len(list(read.frames())) < 90
        assert read.truncated


def _moved(moov, by):
    """The index with its chunk offsets (stco) moved by so many bytes."""
    at = moov.index(b"stco") + 8
    count = int.from_bytes(moov[at : at + 4], "big")
    offsets = np.frombuffer(moov[at + 4 : at + 4 + 4 * count], ">u4") + by
    return moov[: at + 4] + offsets.astype(">u4").tobytes() + moov[at + 4 + 4 * count :]


def test_damage_in_the_middle_costs_only_some_frames():
    data = bytearray(video(frames=100, container="matroska", options={"g": "10"}))
    middle = len(data) // 2
    data[middle : middle + 300] = bytes(300)
    with Video(opened(bytes(data))) as read:
        assert len(list(read.frames())) > 60


def test_a_video_without_frames_is_refused():
    data = video(frames=20)
    # The header and the index are whole, but not a single frame's data is.
    start, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    with pytest.raises(BadVideo, match="no frame"):
        Video(opened(data[:start] + bytes(end - start) + data[end:]))


def test_a_file_that_says_too_little_is_stopped_at_the_limit():
    data = video(frames=50, container="matroska", header={"live": "1"})
    with (
        Video(opened(data), VideoLimits(max_seconds=1.0)) as read,
        pytest.raises(VideoTooLarge, match="longer than 1 s"),
    ):
        list(read.frames())


def test_sound_is_noted_and_not_read():
    with Video(opened(video(frames=10, sound=True))) as read:
        assert read.info.audio
        assert len(list(read.frames())) == 10
        assert not read.truncated
    with Video(opened(video(frames=3))) as read:
        assert not read.info.audio


def test_each_packet_that_cannot_be_decoded_counts_once_wherever_reading_starts():
    data = with_damaged_packets([0, 7, 8, 20, 29], 30)
    with Video(opened(data)) as read:
        every = list(read.frames())
        assert len(every) == 25
        assert [frame.damaged for frame in every] == [1] * 6 + [3] * 11 + [4] * 8
        assert read.damaged == 5
        for at, later in ((3, 4), (10, 2), (24, 1)):
            start = Start(every[at].number, every[at].time_s)
            rest = list(read.frames(start=start))
            assert [frame.time_s for frame in rest] == [f.time_s for f in every[at + 1 :]]
            assert read.damaged == later
