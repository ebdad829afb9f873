"""cameras.toml: which cameras there are, and who gets their figures. Read once, strictly."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from facetraits.cameras.addresses import filled_in
from facetraits.errors import BadSetting

MOST_CAMERAS = 64
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_SCHEMES = ("rtsp", "rtsps", "http", "https")
_DEVICE = re.compile(r"/dev/video[0-9]{1,3}|video=.+|[0-9]{1,2}")
_FEWEST_WORDS = 3


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the notice to print says about the operator.

    Attributes:
        operator: who runs the cameras.
        contact: how to reach them, and their data protection officer.
        purpose: what the figures are for.
    """

    operator: str = ""
    contact: str = ""
    purpose: str = ""


class Webhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An address that gets each hour's figures.

    Attributes:
        url: http:// or https://; ${NAME} is replaced by that environment variable.
        secret: signs what is sent; at least 16 characters.
    """

    url: str
    secret: str

    def __repr__(self) -> str:
        return "Webhook(…)"


class Mqtt(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A broker that gets each hour's figures.

    Attributes:
        host, port: of the broker.
        topic: the figures of a camera go to TOPIC/NAME/figures.
        username, password: "" for none; ${NAME} is replaced by that environment variable.
        tls: whether to encrypt the connection and check the broker's certificate.
    """

    host: str
    port: int = 1883
    topic: str = "facetraits"
    username: str = ""
    password: str = ""
    tls: bool = False

    def __repr__(self) -> str:
        return f"Mqtt({self.host}:{self.port})"


class CameraConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One camera.

    Attributes:
        source: rtsp(s)://…, http(s)://… (MJPEG), a device such as /dev/video0, or a file.
        title: its name for people; by default, its name.
        fps: how many frames a second are analyzed at most, 0.2 to 30.
        width: frames are shrunk to this width at most, in pixels.
        loop: whether a file starts again at its end.
        stall_s: the camera reconnects after this many seconds without a frame.
        picture: what of it the wall may show: nothing, the picture with its faces blurred, or
            the picture as it is.
        appearance_s: how many seconds a face must be seen to count as an appearance.
        expression: whether apparent expressions are counted; see docs/cameras.md before.
        expression_reason: why that is allowed here; shown with the figures and on the notice.
    """

    source: str
    title: str = ""
    fps: float = 5.0
    width: int = 1280
    loop: bool = False
    stall_s: float = 10.0
    picture: Literal["off", "blurred", "clear"] = "off"
    appearance_s: float = 2.0
    expression: bool = False
    expression_reason: str = ""

    def __repr__(self) -> str:
        return f"CameraConfig({self.title!r})"

    @property
    def kind(self) -> str:
        """ "rtsp", "mjpeg", "device" or "file"."""
        scheme = urlsplit(self.source).scheme
        if scheme in _SCHEMES:
            return "rtsp" if scheme.startswith("rtsp") else "mjpeg"
        return "device" if _DEVICE.fullmatch(self.source) else "file"


class CamerasConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file; `cameras` maps each camera's name to its settings."""

    cameras: dict[str, CameraConfig | str]
    notice: Notice = Notice()
    webhooks: list[Webhook] = []
    mqtt: Mqtt | None = None

    def camera(self, name: str) -> CameraConfig:
        camera = self.cameras[name]
        assert isinstance(camera, CameraConfig)  # `read_config` leaves no other
        return camera

    def items(self) -> list[tuple[str, CameraConfig]]:
        return [(name, self.camera(name)) for name in self.cameras]


NO_CAMERAS = CamerasConfig(cameras={})


def read_config(path: Path, environ: Mapping[str, str] | None = None) -> CamerasConfig:
    """The cameras in a TOML file.

    Raises:
        BadSetting: with one line that names the file and the place, and repeats no address.
    """
    try:
        given = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise BadSetting(f"{path}: {error.strerror}") from None
    except ValueError as error:  # not UTF-8, or not TOML; says where, and not what
        words = str(error) if isinstance(error, tomllib.TOMLDecodeError) else "not UTF-8"
        raise BadSetting(f"{path}: {words}") from None
    try:
        config = msgspec.convert(given, CamerasConfig)
        return _checked(config, path.parent, environ)
    except (msgspec.ValidationError, BadSetting) as error:
        raise BadSetting(f"{path}: {error}") from None


def _checked(config: CamerasConfig, folder: Path, environ: Any) -> CamerasConfig:
    _must(1 <= len(config.cameras) <= MOST_CAMERAS, f"cameras must be 1 to {MOST_CAMERAS}")
    cameras: dict[str, CameraConfig | str] = {}
    for name, given in config.cameras.items():
        where = f"cameras.{name[:40]}"
        _must(
            _NAME.fullmatch(name) is not None,
            f"{where}: a name is 1 to 32 lowercase letters, digits, dashes, and underscores",
        )
        camera = CameraConfig(given) if isinstance(given, str) else given
        cameras[name] = _checked_camera(camera, where, name, folder, environ)
    hooks = [_checked_webhook(hook, environ) for hook in config.webhooks]
    return msgspec.structs.replace(
        config, cameras=cameras, webhooks=hooks, mqtt=_checked_mqtt(config.mqtt, environ)
    )


def _checked_camera(
    camera: CameraConfig, where: str, name: str, folder: Path, environ: Any
) -> CameraConfig:
    camera = msgspec.structs.replace(
        camera, source=filled_in(camera.source, environ), title=camera.title or name
    )
    _check_source(camera, where)
    _must(0.2 <= camera.fps <= 30, f"{where}.fps must be 0.2 to 30")
    _must(160 <= camera.width <= 3840, f"{where}.width must be 160 to 3840")
    _must(2 <= camera.stall_s <= 600, f"{where}.stall_s must be 2 to 600")
    _must(0.5 <= camera.appearance_s <= 60, f"{where}.appearance_s must be 0.5 to 60")
    _must(len(camera.title) <= 80, f"{where}.title must have at most 80 characters")
    if camera.expression:
        _must(
            len(camera.expression_reason.split()) >= _FEWEST_WORDS,
            f"{where}.expression needs an expression_reason in a few words: why it is allowed "
            "here (docs/cameras.md says what the EU AI Act forbids)",
        )
    if camera.kind == "file":
        return msgspec.structs.replace(camera, source=str(folder / camera.source))
    _must(not camera.loop, f"{where}.loop is for files only")
    return camera


def _check_source(camera: CameraConfig, where: str) -> None:
    wanted = f"{where}.source must be rtsp://…, http://…, a device like /dev/video0, or a file"
    _must(camera.source.strip() != "" and "\x00" not in camera.source, wanted)
    if "://" in camera.source:
        try:
            parts = urlsplit(camera.source)
            good = parts.scheme in _SCHEMES and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        _must(good, wanted)


def _checked_webhook(hook: Webhook, environ: Any) -> Webhook:
    hook = Webhook(filled_in(hook.url, environ), filled_in(hook.secret, environ))
    _must(
        urlsplit(hook.url).scheme in ("http", "https") and bool(urlsplit(hook.url).hostname),
        "webhooks.url must be http://… or https://…",
    )
    _must(len(hook.secret) >= 16, "webhooks.secret must have at least 16 characters")
    return hook


def _checked_mqtt(mqtt: Mqtt | None, environ: Any) -> Mqtt | None:
    if mqtt is None:
        return None
    _must(1 <= mqtt.port <= 65_535, "mqtt.port must be 1 to 65535")
    _must(
        bool(mqtt.topic) and not set("+#\x00") & set(mqtt.topic),
        "mqtt.topic must not be empty or contain + or #",
    )
    return msgspec.structs.replace(
        mqtt,
        username=filled_in(mqtt.username, environ),
        password=filled_in(mqtt.password, environ),
    )


def _must(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BadSetting(otherwise)
