"""The wheel by itself: what is in it, and that it serves with nothing but its dependencies."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
import tomllib
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from packaging.requirements import Requirement

from facetraits import __version__
from facetraits.web.views.libraries import FILES
from tests.packaging.conftest import ROOT, Installed, build
from tests.photos import astronaut, encode
from tests.ports import free_port

# The first test waits for the environment, which downloads 160 MB where pip has not yet.
pytestmark = pytest.mark.timeout(900)

LARGEST_BYTES = 500_000_000
PHOTO = encode(astronaut())
_IMPORT = re.compile(r"""\b(?:from\s*|import\s*\(?\s*)"([^"]+\.js)\"""")
_SCRIPT = re.compile(r"""<script[^>]*src="([^"]+)"|<link rel="stylesheet" href="([^"]+)\"""")


def test_the_wheel_carries_what_serves_and_not_what_trains(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    carried = {name.removeprefix("facetraits/carried/") for name in names}
    nets = ("traitnet", "baseline_age", "baseline_gender", "baseline_emotion", "face_detector")
    for net in nets:
        assert {f"models/{net}/card.json", f"models/{net}/runtime.tflite"} <= carried
    assert {"templates/index.html", "static/css/app.css", "static/favicon.svg"} <= carried
    assert "static/locales/en.json" in carried
    assert {f"libraries/{file}" for file in FILES.values()} <= carried
    assert {"libraries/socket.io-client/LICENSE", "libraries/uplot/LICENSE"} <= carried
    assert "facetraits/py.typed" in names
    assert not [name for name in names if name.endswith(".keras")]
    packages = {name.partition("/")[0] for name in names}
    assert packages == {"facetraits", f"facetraits-{__version__}.dist-info"}
    assert wheel.stat().st_size < 15_000_000


def test_without_the_browsers_libraries_nothing_is_built(tmp_path: Path) -> None:
    checkout = tmp_path / "checkout"
    ignored = shutil.ignore_patterns("weights.keras", "__pycache__")
    for name in ("facetraits", "models", "static", "templates", "tools"):
        shutil.copytree(ROOT / name, checkout / name, ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, checkout / name)
    done = build(checkout, tmp_path)
    assert done.returncode != 0
    wanted = "node_modules/socket.io-client/dist/socket.io.esm.min.js is missing: run `npm ci`"
    assert wanted in done.stdout + done.stderr
    assert not list(tmp_path.glob("*.whl"))


def test_the_environment_is_small_and_has_no_tensorflow(installed: Installed) -> None:
    sizes = [path.lstat().st_size for path in installed.folder.rglob("*") if path.is_file()]
    print(f"the environment: {sum(sizes) / 1e6:.0f} MB")
    assert sum(sizes) < LARGEST_BYTES
    listed = installed.run(
        "python", "-m", "pip", "list", "--disable-pip-version-check", "--format=json"
    )
    names = {package["name"].lower() for package in json.loads(listed.stdout)}
    assert {"facetraits", "flask", "ai-edge-litert"} <= names
    assert not names & {"tensorflow", "keras", "matplotlib", "redis", "gevent"}


def test_its_name_and_its_version(installed: Installed) -> None:
    assert installed.run("facetraits", "--version").stdout == f"facetraits {__version__}\n"
    names = "Analyzer, Reading, Face, FacetraitsError"
    done = installed.run("python", "-c", f"from facetraits import {names}; print({names})")
    assert done.stdout.count("facetraits.") == 4, done.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (["train", "baseline_age", "--data", "."], {}, "train"),
        (["serve"], {"STORE": "redis://me:s3cret@localhost/0"}, "redis"),
        (["serve"], {"MESSAGE_QUEUE": "redis://localhost/0"}, "redis"),
        (["serve"], {"ASYNC_MODE": "gevent"}, "gevent"),
    ],
)
def test_a_missing_extra_is_one_line(
    installed: Installed, arguments: list[str], settings: dict[str, str], said: str
) -> None:
    done = installed.run("facetraits", *arguments, PORT=str(free_port()), **settings)
    assert done.returncode == 2
    assert done.stderr.startswith("facetraits: ")
    assert done.stderr.endswith(f': pip install "facetraits[{said}]"\n')
    assert done.stderr.count("\n") == 1
    assert "s3cret" not in done.stderr


@pytest.fixture(scope="module")
def url(installed: Installed) -> Iterator[str]:
    """`facetraits serve`, as a person starts it who has installed the wheel."""
    assert shutil.which("node", path=installed.environment()["PATH"]) is None
    port = free_port()
    process = subprocess.Popen(
        [installed.programs / "facetraits", "serve"],
        cwd=installed.home,
        env=installed.environment(PORT=str(port), WORKERS="1"),
    )
    try:
        _wait_until_ready(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, f"it ended with {process.returncode}"
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=2).close()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("it was not ready within a minute")


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return answer.read().decode()


def post(url: str, data: bytes) -> Any:
    request = urllib.request.Request(url, data, {"Content-Type": "image/jpeg"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def test_it_reads_a_photo(url: str) -> None:
    reading = post(f"{url}/api/v1/analyze", PHOTO)
    (face,) = reading["faces"]
    assert face["gender"]["value"] == "female"


def test_it_keeps_a_result_and_embeds_it(installed: Installed, url: str) -> None:
    kept = post(f"{url}/api/v1/results", PHOTO)
    assert kept["id"] in get(kept["url"])
    assert "<img" in get(kept["embed_url"])
    with urllib.request.urlopen(f"{kept['url']}/picture", timeout=10) as picture:
        assert picture.read(3) == b"\xff\xd8\xff"
    told = installed.run(
        "python", "-c", "from facetraits.paths import Paths as P; print(P.found().data)"
    )
    assert (Path(told.stdout.strip()) / "instance" / "results.sqlite3").is_file()


@pytest.mark.parametrize("page", ["/", "/live", "/demo", "/embed/live"])
def test_every_script_and_style_of_its_pages_is_there(url: str, page: str) -> None:
    found = {urljoin(url + page, a or b) for a, b in _SCRIPT.findall(get(url + page))}
    waiting, seen = sorted(found), set()
    while waiting:
        file = waiting.pop()
        if file in seen:
            continue
        seen.add(file)
        text = get(file)  # raises for 404
        if file.endswith(".js") and "/vendor/" not in file:
            waiting += [urljoin(file, name) for name in _IMPORT.findall(text)]
    paths = {urlsplit(file).path for file in seen}
    assert len(paths) > 1
    if page == "/live":
        assert {"/vendor/socket.io.esm.min.js", "/vendor/uPlot.esm.js"} <= paths


@pytest.mark.parametrize("name", FILES)
def test_it_serves_the_browsers_libraries(url: str, name: str) -> None:
    assert len(get(f"{url}/vendor/{name}")) > 1000


def test_it_writes_nothing_into_itself_and_reaches_nobody(
    installed: Installed, wheel: Path, url: str
) -> None:
    post(f"{url}/api/v1/results", PHOTO)
    mine = {
        f"facetraits/{path.relative_to(installed.package).as_posix()}"
        for path in installed.package.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert mine <= set(zipfile.ZipFile(wheel).namelist())
    assert installed.reached == []


def test_the_guard_notices_who_reaches_out(installed: Installed) -> None:
    script = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    done = installed.run("python", "-c", script, PORT="1")
    assert "no network: 192.0.2.1" in done.stderr
    (installed.home / "reached").unlink()


def test_pins_fit_what_the_package_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pins = {**_pins("requirements.txt"), **_pins("requirements-dev.txt")}
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *(n for extra in extras.values() for n in extra)]
    for requirement in map(Requirement, wanted):
        if requirement.name == "facetraits":
            continue
        assert requirement.specifier.contains(pins[requirement.name]), requirement
    asked = {Requirement(text).name for text in wanted}
    # What the packages asked for bring anyway is pinned for its own sake.
    assert set(pins) - asked == {"simple-websocket"}


def _pins(name: str) -> dict[str, str]:
    lines = [re.split("[#;]", line)[0].strip() for line in (ROOT / name).read_text().splitlines()]
    return dict(line.split("==") for line in lines if line)
