"""The files that run Facetraits elsewhere name what is there, and set what it understands."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from facetraits.settings import Settings, variable_of
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
UNIT = (DEPLOY / "facetraits.service").read_text()
PLACES = ("Dockerfile", "compose.yaml", "docs/deploying.md", "deploy")


def instructions(name: str) -> list[str]:
    return re.findall(rf"^{name} +(.*)$", DOCKERFILE, re.MULTILINE)


def image_environment() -> dict[str, str]:
    return dict(word.split("=", 1) for line in instructions("ENV") for word in shlex.split(line))


def unit_environment() -> dict[str, str]:
    found = re.findall(r"^Environment=(\w+)=(.*)$", UNIT, re.MULTILINE)
    return {name: value.replace("%S", "/var/lib") for name, value in found}


def composed_settings(service: str) -> Settings:
    """Of a service of compose.yaml, where nobody sets what it takes from outside."""
    composed = COMPOSE["services"][service]["environment"]
    given = {name: re.sub(r"\$\{\w+:-\}", "", text) for name, text in composed.items()}
    return Settings.from_env({**image_environment(), **given})


def copied_from_the_checkout() -> set[str]:
    words = [shlex.split(line) for line in instructions("COPY") if not line.startswith("--from")]
    return {source for *sources, _ in words for source in sources}


def test_what_the_image_copies_is_there_and_sent_to_the_builder_and_nothing_else_is() -> None:
    copied = copied_from_the_checkout()
    assert {"facetraits", "models", "requirements.txt", "package-lock.json"} <= copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == copied
    assert {"models/*/weights.keras", "models/*/best.npz"} <= set(rules)


def test_settings_are_ones_that_exist() -> None:
    known = {variable_of(field.name) for field in fields(Settings)}
    files = [ROOT / place for place in PLACES]
    files += [path for path in DEPLOY.iterdir()]
    named = {
        name
        for path in files
        if path.is_file()
        for name in re.findall(r"FACETRAITS_[A-Z][A-Z_]*[A-Z]", path.read_text())
    }
    assert "FACETRAITS_TRUSTED_HOSTS" in named
    stands_for_any = {"FACETRAITS_NAME"}
    assert named - known - stands_for_any == set()


def test_each_sets_the_server_up_as_it_understands() -> None:
    image = Settings.from_env(image_environment())
    assert (image.host, image.data_dir) == ("0.0.0.0", "/var/lib/facetraits")
    assert composed_settings("one").store == "redis://redis:6379/0"
    assert Settings.from_env(unit_environment()).data_dir == "/var/lib/facetraits"


def test_redis_keeps_what_is_kept_until_it_expires_and_on_no_disk() -> None:
    command = COMPOSE["services"]["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--maxmemory-policy"] == "noeviction"
    assert (options["--save"], options["--appendonly"]) == ("", "no")


def test_redis_for_jobs_loses_none() -> None:
    command = COMPOSE["services"]["redis-jobs"]["command"]
    composed = dict(zip(command[1::2], command[2::2], strict=True))
    lines = (DEPLOY / "redis-jobs.conf").read_text().splitlines()
    installed = {f"--{name}": value for name, _, value in (line.partition(" ") for line in lines)}
    for options in (composed, installed):
        assert options["--maxmemory-policy"] == "noeviction"
        assert options["--appendonly"] == "yes"
    assert COMPOSE["services"]["redis-jobs"]["volumes"] == ["jobs:/data"]
    # The steps have the servers and workers use it.
    port = installed["--port"]
    assert f"FACETRAITS_JOBS=redis://127.0.0.1:{port}/0" in (ROOT / "docs/deploying.md").read_text()


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server's port whose /readyz has that status."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def check_health(port: int) -> int:
    (line,) = instructions("HEALTHCHECK")
    program, *arguments = json.loads(line.partition("CMD ")[2])
    assert program == "python"
    # A proxy that nobody is behind: the check must not ask it.
    settings = {"FACETRAITS_PORT": str(port), "HTTP_PROXY": f"http://127.0.0.1:{free_port()}"}
    environment = {**os.environ, **settings, "http_proxy": settings["HTTP_PROXY"]}
    done = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, timeout=30, check=False
    )
    return done.returncode


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False), (404, False)])
def test_the_health_check_says_whether_it_is_ready(status: int, healthy: bool) -> None:
    with answering(status) as port:
        assert (check_health(port) == 0) is healthy


def test_the_health_check_fails_where_nothing_answers() -> None:
    assert check_health(free_port()) != 0


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "facetraits.service"
    unit.write_text(UNIT.replace("/opt/facetraits/bin/facetraits", sys.executable))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    # It tells of unknown names and still ends with 0; and of the machine's own units.
    assert "facetraits.service" not in done.stderr
    assert done.returncode == 0, done.stderr
