"""What is opened, and what is refused before FFmpeg sees it."""

import io

import pytest
from PIL import Image

from facetraits.errors import BadVideo, UnsupportedType, VideoTooLarge
from facetraits.video.containers import DECODERS, HEAD_BYTES, container_of, open_container
from facetraits.video.frames import Video, VideoLimits
from tests.video.videos import opened, sound_only, video

MAX_PIXELS = 1_000_000


@pytest.mark.parametrize(
    ("container", "codec", "name"),
    [
        ("mp4", "libx264", "mov"),
        ("mov", "mpeg4", "mov"),
        ("3gp", "mpeg4", "mov"),
        ("webm", "libvpx-vp9", "matroska"),
        ("matroska", "libx265", "matroska"),
        ("avi", "mjpeg", "avi"),
        ("mpegts", "libx264", "mpegts"),
        ("mpeg", "mpeg2video", "mpeg"),
    ],
)
def test_the_usual_containers_and_codecs_are_read(container, codec, name):
    pixel_format = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    data = video(frames=5, container=container, codec=codec, pixel_format=pixel_format)
    assert container_of(data[:HEAD_BYTES]) == name
    with Video(opened(data)) as read:
        assert len(list(read.frames())) == 5
        assert (read.info.width, read.info.height) == (640, 480)


def picture(kind):
    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a video",
        b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        b"ffconcat version 1.0\nfile 'other.mp4'\n",
        b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'></MPD>",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 9 RTP/AVP 96\r\n",
        b"1\n00:00:01,000 --> 00:00:02,000\nHello\n",
        picture("PNG"),
        picture("GIF"),
        picture("JPEG"),
        picture("WEBP"),
        picture("AVIF"),
    ],
    ids=[
        "empty",
        "text",
        "m3u8",
        "concat",
        "dash",
        "sdp",
        "srt",
        "png",
        "gif",
        "jpeg",
        "webp",
        "avif",
    ],
)
def test_what_is_no_video_is_an_unsupported_type(data):
    with pytest.raises(UnsupportedType, match="MP4 or QuickTime, WebM or Matroska"):
        Video(opened(data))


def test_a_container_cannot_open_another_file(tmp_path):
    """A QuickTime reference movie: its data is in another file, by its path."""
    other = tmp_path / "other.mov"
    other.write_bytes(video(frames=3, container="mov", codec="mpeg4"))
    data = other.read_bytes()
    # The data reference that says "in this file" (url, flag 1), replaced by an alias elsewhere.
    own = b"\x00\x00\x00\x0curl \x00\x00\x00\x01"
    assert data.count(own) == 1
    with Video(opened(data.replace(own, own[:-1] + b"\x00"))) as read:
        frames = [frame.number for frame in read.frames()]
    # Whatever it names is not opened: it is read from the file itself, or not at all.
    assert frames == [0, 1, 2]


def test_a_codec_that_is_not_listed_is_refused():
    assert "ffv1" not in DECODERS
    data = video(frames=3, container="matroska", codec="ffv1")
    with pytest.raises(UnsupportedType, match="codec"):
        Video(opened(data))


def test_a_file_with_sound_only_is_refused():
    with pytest.raises(UnsupportedType, match="only sound"):
        Video(opened(sound_only()))


def test_a_damaged_header_is_a_bad_video():
    data = video(frames=3)
    with pytest.raises(BadVideo):
        Video(opened(data[:40] + bytes(2000)))


def test_limits_are_checked_before_anything_is_decoded():
    data = video(frames=10)
    for limits, words in (
        (VideoLimits(max_bytes=1000), "bytes"),
        (VideoLimits(max_pixels=640 * 480 - 1), "640 x 480"),
        (VideoLimits(max_seconds=0.3), "0 s"),
    ):
        with pytest.raises(VideoTooLarge, match=words):
            Video(opened(data), limits)


def test_a_container_stays_open_for_another_use():
    file = opened(video(frames=2))
    open_container(file, MAX_PIXELS).close()
    assert not file.closed
