from __future__ import annotations

from pathlib import Path

import pytest

from facetraits.cameras.config import read_config
from facetraits.errors import BadSetting

SECRET = "s3cret-and-long-enough"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "cameras.toml"
    path.write_text(text)
    return path


def test_one_line_names_a_camera(tmp_path):
    config = read_config(written(tmp_path, 'cameras.door = "rtsp://10.0.0.5/stream1"\n'))

    camera = config.camera("door")
    assert (camera.kind, camera.title, camera.fps) == ("rtsp", "door", 5)
    assert (camera.picture, camera.expression) == ("off", False)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("rtsps://cam/1", "rtsp"),
        ("http://cam/video.mjpg", "mjpeg"),
        ("https://cam/video.mjpg", "mjpeg"),
        ("/dev/video0", "device"),
        ("video=Integrated Camera", "device"),
        ("clip.mp4", "file"),
    ],
)
def test_the_kind_follows_from_the_source(tmp_path, source, kind):
    camera = read_config(written(tmp_path, f'cameras.a = "{source}"')).camera("a")

    assert camera.kind == kind
    if kind == "file":
        assert camera.source == str(tmp_path / "clip.mp4")


def test_passwords_can_come_from_the_environment(tmp_path):
    path = written(tmp_path, 'cameras.a = "rtsp://me:${DOOR}@cam/1"')

    assert read_config(path, {"DOOR": "pw"}).camera("a").source == "rtsp://me:pw@cam/1"
    with pytest.raises(BadSetting, match=r"environment variable DOOR is not set$"):
        read_config(path, {})


ADDRESS = f"rtsp://me:{SECRET}@cam/1"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "missing required field `cameras`"),
        ("[cameras]", "cameras must be 1 to 64"),
        ("cameras.a = [", "(at"),
        ('cameras.A = "a.mp4"', "cameras.A: a name is 1 to 32 lowercase letters"),
        (f'cameras.a = "ftp://me:{SECRET}@cam"', "cameras.a.source must be rtsp://"),
        (f'cameras.a = "rtsp://me:{SECRET}@"', "cameras.a.source must be rtsp://"),
        (f'[cameras.a]\nsource = "{ADDRESS}"\nfpz = 3', "unknown field `fpz`"),
        (f'[cameras.a]\nsource = "{ADDRESS}"\nfps = 99', "cameras.a.fps must be 0.2 to 30"),
        (f'[cameras.a]\nsource = "{ADDRESS}"\nfps = "5"', "$.cameras"),
        (f'[cameras.a]\nsource = "{ADDRESS}"\nloop = true', "loop is for files only"),
        (f'[cameras.a]\nsource = "{ADDRESS}"\npicture = "on"', "'on'"),
        (f'[cameras.a]\nsource = "{ADDRESS}"\nexpression = true', "needs an expression_reason"),
        ('cameras.a = "a.mp4"\nwebhook = 1', "unknown field `webhook`"),
        (f'cameras.a = "a.mp4"\n[[webhooks]]\nurl = "{ADDRESS}"\nsecret="{SECRET}"', "http"),
        ('cameras.a = "a.mp4"\n[[webhooks]]\nurl = "http://a"\nsecret="x"', "16 characters"),
        ('cameras.a = "a.mp4"\n[mqtt]\nhost = "a"\ntopic = "a/#"', "mqtt.topic"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_without_an_address(tmp_path, text, words):
    path = written(tmp_path, text)

    with pytest.raises(BadSetting) as caught:
        read_config(path, {})

    said = str(caught.value)
    assert said.startswith(f"{path}: ") and words in said
    assert SECRET not in said and "\n" not in said


def test_a_missing_file_is_one_line(tmp_path):
    with pytest.raises(BadSetting, match=r"none\.toml: No such file or directory$"):
        read_config(tmp_path / "none.toml")


def test_values_do_not_show_their_secrets(tmp_path):
    text = f'cameras.a = "{ADDRESS}"\n[[webhooks]]\nurl = "http://a/{SECRET}"\nsecret="{SECRET}"\n'
    text += f'[mqtt]\nhost = "broker"\nusername = "me"\npassword = "{SECRET}"\n'

    assert SECRET not in repr(read_config(written(tmp_path, text)))
