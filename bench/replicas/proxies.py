"""nginx and HAProxy with the files in deploy/, moved to other ports and folders.

Also for the tests of several servers.
"""

from __future__ import annotations

import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.hostile import wait_until

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
_MAIN = """
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxied;
    include {folder}/site.conf;
}}
"""


@dataclass(frozen=True, slots=True)
class Certificate:
    """For 127.0.0.1, signed by itself."""

    certificate: Path
    key: Path

    @property
    def both(self) -> Path:
        return self.certificate.with_suffix(".both.pem")

    def context(self) -> ssl.SSLContext:
        """For a client that knows it."""
        return ssl.create_default_context(cafile=self.certificate)


def make_certificate(folder: Path) -> Certificate:
    made = Certificate(folder / "certificate.pem", folder / "key.pem")
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(made.key), "-out", str(made.certificate)]
    kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    subprocess.run(
        ["openssl", "req", *kind, "-days", "2", *names, *files], check=True, capture_output=True
    )
    made.both.write_text(made.certificate.read_text() + made.key.read_text())
    return made


class Proxy:
    """One that listens at a port, and is started by a command that stays in the foreground."""

    def __init__(self, command: Sequence[str], port: int) -> None:
        self.port = port
        self._command = command

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns as soon as it listens."""
        self.process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(lambda: self.process.poll() is not None or _listens(self.port))
        assert self.process.poll() is None, f"{self._command[0]} did not start"

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


def nginx_site(servers: Sequence[int], port: int, certificate: Certificate) -> str:
    """deploy/nginx.conf with other ports and this certificate."""
    text = _with_servers((DEPLOY / "nginx.conf").read_text(), servers)
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
    text = text.replace("    listen [::]:443 ssl;\n", "")
    text = text.replace("/etc/ssl/certs/faces.example.pem", str(certificate.certificate))
    return text.replace("/etc/ssl/private/faces.example.key", str(certificate.key))


def haproxy_config(servers: Sequence[int], port: int, certificate: Certificate) -> str:
    """deploy/haproxy.cfg with other ports and this certificate, as whoever runs the tests."""
    text = _with_servers((DEPLOY / "haproxy.cfg").read_text(), servers)
    text = text.replace("bind :443 ", f"bind 127.0.0.1:{port} ")
    text = text.replace("/etc/haproxy/faces.example.pem", str(certificate.both))
    return re.sub(r"^    (user|group) haproxy\n|^    log /dev/log.*\n", "", text, flags=re.M)


def _with_servers(text: str, servers: Sequence[int]) -> str:
    for number, server in enumerate(servers, 5001):
        text = text.replace(f"127.0.0.1:{number}", f"127.0.0.1:{server}")
    return text


@contextmanager
def nginx(servers: Sequence[int], folder: Path, certificate: Certificate) -> Iterator[Proxy]:
    """nginx before the servers at these ports."""
    port = _free_port()
    (folder / "site.conf").write_text(nginx_site(servers, port, certificate))
    as_root = sys.platform != "win32" and os.geteuid() == 0
    user = "user root root;" if as_root else ""
    (folder / "nginx.conf").write_text(_MAIN.format(folder=folder, user=user))
    with _running(["nginx", "-p", str(folder), "-c", str(folder / "nginx.conf")], port) as proxy:
        yield proxy


@contextmanager
def haproxy(servers: Sequence[int], folder: Path, certificate: Certificate) -> Iterator[Proxy]:
    """HAProxy before the servers at these ports."""
    port = _free_port()
    config = folder / "haproxy.cfg"
    config.write_text(haproxy_config(servers, port, certificate))
    with _running(["haproxy", "-db", "-f", str(config)], port) as proxy:
        yield proxy


StartProxy = Callable[[Sequence[int], Path, Certificate], AbstractContextManager[Proxy]]
PROXIES: dict[str, StartProxy] = {"nginx": nginx, "haproxy": haproxy}


@contextmanager
def _running(command: list[str], port: int) -> Iterator[Proxy]:
    proxy = Proxy(command, port)
    try:
        proxy.start()
        yield proxy
    finally:
        proxy.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except OSError:
        return False
    return True
