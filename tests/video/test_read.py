"""A whole video to result files, at once and with interruptions."""

import base64
import csv
import io
import json
import os
import threading

import cv2
import numpy as np
import pytest

from facetraits.errors import VideoTooLarge
from facetraits.reading.model import Face
from facetraits.video.frames import Video, VideoLimits
from facetraits.video.wanted import Wanted
from facetraits.vision.pipeline import FrameReader
from tests.moving_face import FACE_AT, FPS, HEIGHT, SECONDS, SWING, WIDTH, draw
from tests.video.readers import PLACE_EVERY, Interrupted, Steps, difference, frames, read
from tests.video.videos import FPS as VIDEO_FPS
from tests.video.videos import opened, video, with_damaged_packets

FRAMES = 55
LENGTH_S = FRAMES / VIDEO_FPS
EVERYTHING = Wanted(
    csv=True, json=True, boxes=True, copy=True, annotate=True, anonymize=True, thumbnails=True
)


@pytest.fixture(scope="module")
def clip():
    """Two seconds and a bit; two places are saved on the way."""
    return video(frames=FRAMES)


@pytest.fixture(scope="module")
def whole(clip, tmp_path_factory):
    """Everything, read at once: the folder, the summary, and what was reported."""
    out, steps = tmp_path_factory.mktemp("whole"), Steps()
    return out, read(clip, out, EVERYTHING, steps), steps


def middle(frame):
    """Where the face is drawn, as shares."""
    return 0.5 + SWING * np.sin(2 * np.pi * frame / (FPS * SECONDS)), FACE_AT


def test_every_frame_has_its_face_where_it_is(whole):
    out, _, _ = whole
    lines = [json.loads(line) for line in (out / "frames.jsonl").read_text().splitlines()]
    assert [line["frame"] for line in lines] == list(range(FRAMES))
    assert [line["time_s"] for line in lines] == pytest.approx(
        [n / VIDEO_FPS for n in range(FRAMES)]
    )
    for line in lines:
        (face,) = line["faces"]
        x, y = middle(line["frame"])
        box = Face.from_dict(face).box
        assert abs(box.x + box.width / 2 - x * WIDTH) < box.width / 4
        assert abs(box.y + box.height / 2 - y * HEIGHT) < box.height / 4
        assert face["track_id"] == 1


def test_the_table_says_the_same(whole):
    out, _, _ = whole
    rows = list(csv.DictReader(io.StringIO((out / "frames.csv").read_text())))
    lines = [json.loads(line) for line in (out / "frames.jsonl").read_text().splitlines()]
    assert len(rows) == FRAMES
    for row, line in zip(rows, lines, strict=True):
        (face,) = line["faces"]
        assert float(row["time_s"]) == line["time_s"]
        assert float(row["age"]) == face["age"]["value"]
        assert float(row["x"]) == face["box"]["x"]
        assert float(row["score_happiness"]) == face["emotion"]["scores"]["happiness"]
        assert row["gender"] == face["gender"]["value"]


def test_the_summary_of_a_face(whole):
    _, summary, _ = whole
    (face,) = summary["faces"]
    assert face["first_s"] == 0
    assert face["last_s"] == pytest.approx((FRAMES - 1) / VIDEO_FPS)
    assert face["seen_s"] == pytest.approx((FRAMES - 1) / VIDEO_FPS, abs=0.01)
    assert face["frames"] == FRAMES
    assert face["age"]["low"] < face["age"]["value"] < face["age"]["high"]
    assert sum(face["emotion"]["mean"].values()) == pytest.approx(1, abs=0.01)
    assert sum(face["emotion"]["dominant_share"].values()) == pytest.approx(1, abs=0.01)
    assert [p["time_s"] for p in face["series"]] == [n / 2 for n in range(5)]
    assert summary["video"]["frames"] == summary["video"]["frames_read"] == FRAMES
    assert summary["video"]["duration_s"] == pytest.approx(LENGTH_S)
    assert not summary["video"]["truncated"]


def test_the_summary_has_a_picture_of_the_face(whole):
    _, summary, _ = whole
    data = base64.b64decode(summary["faces"][0]["thumbnail"])
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert max(picture.shape[:2]) == 80


def test_progress_counts_frames_seconds_and_faces(whole):
    _, _, steps = whole
    shares = [share for share, _ in steps.reports]
    assert shares == sorted(shares)
    assert shares[FRAMES // 2] == pytest.approx(0.5, abs=0.02)
    assert shares[-1] == 1
    assert steps.reports[-1][1] == {"frames": FRAMES, "seconds": 2.2, "faces": 1}


def test_only_results_are_left(whole):
    out, _, _ = whole
    assert sorted(path.name for path in out.iterdir()) == sorted(
        [
            *("frames.csv", "frames.jsonl", "boxes.jsonl", "summary.json"),
            *("copy.mp4", "annotated.mp4", "anonymized.mp4"),
        ]
    )


def test_the_videos_show_every_frame_at_its_time(whole, clip):
    out, _, _ = whole
    with Video(opened(clip)) as source:
        originals = [(f.time_s, f.pixels) for f in source.frames()]
    for name, most in (("copy.mp4", 3), ("annotated.mp4", 25), ("anonymized.mp4", 25)):
        made = frames(out / name)
        assert [s for s, _ in made] == pytest.approx([s for s, _ in originals], abs=1e-3)
        differences = [difference(a, b) for (_, a), (_, b) in zip(made, originals, strict=True)]
        assert max(differences) < most, name


def test_no_detail_of_a_face_is_left_where_it_is_blurred(whole):
    out, _, _ = whole
    lines = [json.loads(line) for line in (out / "frames.jsonl").read_text().splitlines()]
    for line, (_, copy), (_, blurred) in zip(
        lines, frames(out / "copy.mp4"), frames(out / "anonymized.mp4"), strict=True
    ):
        box = Face.from_dict(line["faces"][0]).box
        rows = slice(int(box.y), int(box.y + box.height))
        columns = slice(int(box.x), int(box.x + box.width))
        details = [cv2.Laplacian(p[rows, columns], cv2.CV_64F).std() for p in (copy, blurred)]
        assert details[1] < details[0] / 4, line["frame"]
        # The rest of the picture is as it was.
        assert difference(copy[400:], blurred[400:]) < 3


def test_reading_goes_on_where_it_was_interrupted(whole, clip, tmp_path):
    complete, _, _ = whole
    steps = Steps(stop_after=2)
    steps.folder = tmp_path
    with pytest.raises(Interrupted):
        read(clip, tmp_path, EVERYTHING, steps)
    # More was written after the place; whoever starts again cuts it off.
    for name, size in steps.sizes[-1].items():
        with (tmp_path / name).open("ab") as file:
            file.write(b"more")
        os.truncate(tmp_path / name, size)
    again = Steps()
    place = json.loads(json.dumps(steps.places[-1]))
    summary = read(clip, tmp_path, EVERYTHING, again, place=place)
    assert len(again.reports) == FRAMES - 2 * PLACE_EVERY + 1
    for name in ("frames.csv", "boxes.jsonl"):
        assert (tmp_path / name).read_text() == (complete / name).read_text(), name
    assert len(frames(tmp_path / "copy.mp4")) == FRAMES
    assert (tmp_path / "summary.json").read_text() == (complete / "summary.json").read_text()
    assert summary["video"]["frames_read"] == FRAMES


def test_some_frames_a_second(tmp_path, clip):
    wanted = Wanted(per_second=5, csv=True, copy=True)
    summary = read(clip, tmp_path, wanted)
    assert summary["video"]["frames_read"] == 11
    assert len((tmp_path / "frames.csv").read_text().splitlines()) == 12
    # The copy has every frame.
    assert len(frames(tmp_path / "copy.mp4")) == FRAMES


@pytest.mark.parametrize("copy", [False, True])
@pytest.mark.parametrize("per_second", [1, 3.3])
def test_some_frames_a_second_also_go_on_where_they_were_interrupted(
    tmp_path, clip, per_second, copy
):
    wanted = Wanted(per_second=per_second, csv=True, boxes=True, copy=copy)
    complete, parts = tmp_path / "complete", tmp_path / "parts"
    steps = Steps()
    summary = read(clip, complete, wanted, steps)
    assert steps.places
    stopped = Steps(stop_after=len(steps.places))
    with pytest.raises(Interrupted):
        read(clip, parts, wanted, stopped)
    place = json.loads(json.dumps(stopped.places[-1]))
    assert read(clip, parts, wanted, place=place) == summary
    for path in complete.iterdir():
        if path.suffix != ".mp4":
            assert (parts / path.name).read_text() == path.read_text(), path.name
        else:
            assert len(frames(parts / path.name)) == FRAMES


def test_damaged_packets_count_once_although_reading_was_interrupted(tmp_path):
    data = with_damaged_packets([0, 9, 10, 30, 49], 50)
    steps = Steps(stop_after=1)
    with pytest.raises(Interrupted):
        read(data, tmp_path, Wanted(csv=True), steps)
    place = json.loads(json.dumps(steps.places[-1]))
    summary = read(data, tmp_path, Wanted(csv=True), place=place)
    assert summary["video"]["damaged_packets"] == 5
    assert summary["video"]["frames_read"] == 45


def test_a_video_without_faces_has_an_answer(tmp_path):
    summary = read(video([np.full((120, 160, 3), 90, np.uint8)] * 30), tmp_path, EVERYTHING)
    assert summary["faces"] == []
    assert len((tmp_path / "frames.csv").read_text().splitlines()) == 1
    assert len(frames(tmp_path / "annotated.mp4")) == 30


def test_boxes_are_in_pixels_of_the_video_not_of_what_was_read(tmp_path):
    large = [np.repeat(np.repeat(draw(n), 3, 0), 3, 1) for n in range(3)]
    read(video(large), tmp_path, Wanted(json=True))
    line = json.loads((tmp_path / "frames.jsonl").read_text().splitlines()[0])
    box = Face.from_dict(line["faces"][0]).box
    assert abs(box.x + box.width / 2 - middle(0)[0] * 3 * WIDTH) < box.width / 4
    assert box.width > 300


def test_an_error_ends_the_threads(tmp_path, clip):
    before = threading.active_count()
    with pytest.raises(VideoTooLarge):
        read(
            video(frames=60, container="matroska", header={"live": "1"}),
            tmp_path,
            EVERYTHING,
            limits=VideoLimits(max_seconds=1),
        )
    assert threading.active_count() == before


@pytest.mark.parametrize("half", ["find_again", "read_frame"])
def test_an_error_where_faces_are_found_or_classified_is_raised(tmp_path, clip, monkeypatch, half):
    before, original, frames_left = threading.active_count(), getattr(FrameReader, half), [None] * 9

    def fails_later(*given):
        frames_left.pop()
        return original(*given)

    monkeypatch.setattr(FrameReader, half, fails_later)
    with pytest.raises(IndexError):
        read(clip, tmp_path, EVERYTHING)
    assert threading.active_count() == before
    assert len((tmp_path / "frames.jsonl").read_text().splitlines()) <= 9
