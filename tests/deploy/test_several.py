"""The files for several servers: what they say agrees, and their programs understand them."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from facetraits.settings import Settings
from facetraits.web.concurrency.draining import MOVE_S
from facetraits.web.concurrency.serving import GRACE_S
from tests.deploy.test_files import (
    COMPOSE,
    DEPLOY,
    UNIT,
    composed_settings,
    image_environment,
)

ManifestDict = dict[str, Any]
MANIFESTS: list[ManifestDict] = list(
    yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()),
)
HAPROXY = (DEPLOY / "haproxy.cfg").read_text()
COMPOSED_HAPROXY = (DEPLOY / "haproxy-compose.cfg").read_text()
TEMPLATE = (DEPLOY / "facetraits@.service").read_text()


def manifest(kind: str, name: str = "facetraits") -> ManifestDict:
    (found,) = (m for m in MANIFESTS if (m["kind"], m["metadata"]["name"]) == (kind, name))
    return found


def named(one: ManifestDict) -> str:
    return f"{one['kind']} {one['metadata']['name']}"


@pytest.mark.parametrize("one", MANIFESTS, ids=named)
def test_each_manifest_fits_the_schema_of_kubernetes(one: ManifestDict) -> None:
    kubernetes_validate.validate(one, kubernetes_validate.latest_version(), strict=True)


def test_the_schema_would_notice_a_misspelling() -> None:
    wrong = {**manifest("Deployment"), "spec": {**manifest("Deployment")["spec"], "replica": 2}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, kubernetes_validate.latest_version(), strict=True)


def pod() -> ManifestDict:
    spec: ManifestDict = manifest("Deployment")["spec"]["template"]["spec"]
    return spec


def test_pods_have_time_to_drain_and_are_asked_by_a_name_they_trust() -> None:
    settings = Settings.from_env({**image_environment(), **manifest("ConfigMap")["data"]})
    assert settings.store == "redis://redis:6379/0"
    assert settings.drain_s >= 5  # an ingress takes some seconds to hear of it
    assert pod()["terminationGracePeriodSeconds"] > settings.drain_s + MOVE_S + GRACE_S
    (container,) = pod()["containers"]
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
    # Not the readiness: a pod that drains must not be restarted.
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        (host,) = container[probe]["httpGet"]["httpHeaders"]
        assert host == {"name": "Host", "value": "localhost"}


def test_what_selects_pods_selects_ours() -> None:
    labels = manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
    selectors = [
        manifest("Deployment")["spec"]["selector"]["matchLabels"],
        manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"],
        manifest("Service", "live")["spec"]["selector"],
        manifest("Service", "photos")["spec"]["selector"],
    ]
    assert selectors == [labels] * 4
    target = manifest("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]
    assert (target["kind"], target["name"]) == ("Deployment", "facetraits")
    (rule,) = manifest("Ingress")["spec"]["rules"]
    services = {p["path"]: p["backend"]["service"]["name"] for p in rule["http"]["paths"]}
    assert services == {"/socket.io": "live", "/": "photos"}


def test_redis_evicts_nothing_and_writes_nothing_wherever_it_runs() -> None:
    (container,) = manifest("Deployment", "redis")["spec"]["template"]["spec"]["containers"]
    composed = COMPOSE["services"]["redis"]["command"]
    assert container["args"] == composed


def test_compose_gives_each_server_time_to_drain() -> None:
    for name in ("one", "two"):
        server = COMPOSE["services"][name]
        settings = composed_settings(name)
        allowed_s = int(server["stop_grace_period"].removesuffix("s"))
        assert allowed_s > settings.drain_s + MOVE_S + GRACE_S


def directives(text: str) -> set[str]:
    lines = (re.sub(r"\s+#.*|^#.*", "", line).strip() for line in text.splitlines())
    return {line for line in lines if line}


def test_compose_has_the_same_haproxy_without_tls() -> None:
    differs = (
        r"^(log|user|group|bind|server|resolvers|nameserver|default-server resolvers)\b|-Proto"
    )
    ours, theirs = (
        {line for line in directives(text) if not re.search(differs, line)}
        for text in (HAPROXY, COMPOSED_HAPROXY)
    )
    assert ours == theirs
    servers = re.findall(r"^ +server \w+ (\w+):5000", COMPOSED_HAPROXY, re.MULTILINE)
    assert servers == ["one", "two"] * 2


def test_haproxy_understands_both(tmp_path: Path) -> None:
    secured = re.sub(r" ssl crt \S+| {4}(user|group) haproxy\n", "", HAPROXY)
    for text in (secured, COMPOSED_HAPROXY):
        config = tmp_path / "haproxy.cfg"
        config.write_text(text)
        done = subprocess.run(
            ["haproxy", "-c", "-f", str(config)], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_template_unit_is_the_unit_for_a_port() -> None:
    added = directives(TEMPLATE) - directives(UNIT)
    assert {re.sub(r"=.*", "", line) for line in added} == {
        "Description",
        "Environment",
        "User",
        "TimeoutStopSec",
    }
    assert "Environment=FACETRAITS_PORT=%i" in added
    changed = directives(UNIT) - directives(TEMPLATE)
    assert {re.sub(r"=.*", "", line) for line in changed} == {"Description", "TimeoutStopSec"}


def test_the_worker_unit_is_the_unit_for_jobs() -> None:
    worker = directives((DEPLOY / "facetraits-worker.service").read_text())
    changed = (worker - directives(UNIT)) | (directives(UNIT) - worker)
    assert {re.sub(r"=.*", "", line) for line in changed} == {
        "Description",
        "ExecStart",
        "User",
        "TimeoutStopSec",
        "LimitNOFILE",
    }
    assert "ExecStart=/opt/facetraits/bin/facetraits worker" in worker


def test_units_let_a_jobs_process_lower_its_priority() -> None:
    for path in DEPLOY.glob("*.service"):
        filters = re.findall(r"^SystemCallFilter=(.*)$", path.read_text(), re.MULTILINE)
        # @resources, which is taken away, includes it; the later line counts.
        assert filters == ["@system-service", "~@privileged @resources", "setpriority"]


def test_composed_servers_and_workers_share_their_jobs_and_files() -> None:
    names = ("one", "two", "worker", "worker-two")
    four = [COMPOSE["services"][name] for name in names]
    assert {(s.jobs, s.jobs_files) for s in map(composed_settings, names)} == {
        ("redis://redis-jobs:6379/0", "/var/lib/facetraits/jobs")
    }
    assert [s["volumes"] for s in four] == [["data:/var/lib/facetraits"]] * 4
    assert [s.get("command") for s in four] == [None, None, ["worker"], ["worker"]]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_systemd_understands_the_template(tmp_path: Path) -> None:
    unit = tmp_path / "facetraits@5001.service"
    unit.write_text(TEMPLATE.replace("/opt/facetraits/bin/facetraits", "/bin/true"))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    assert "facetraits@" not in done.stderr
