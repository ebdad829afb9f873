"""One server and two behind nginx: frames and photos per second, and what is lost when one dies.

A server is pinned to one core, with one worker. The proxy and the clients need cores, too, so all
of one server's run shares its core, and all of two servers' run shares both: a second machine
brings a core for its share of the proxy's work as well.
"""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from bench.live import Server, percentile, serving, written
from bench.replicas.cameras import ROOT, Cameras, cameras
from bench.replicas.proxies import PROXIES, Certificate, Proxy, make_certificate
from bench.video import jpegs

SECONDS = 8.0
ROUNDS = 3
CAMERAS_EACH = 8
LOOPS_EACH = 4
# Whose links a death cuts: enough that the shares come near a half.
STREAMING = 24


@contextmanager
def on_cores(*cores: int) -> Iterator[None]:
    """This process, and what it starts, on these cores."""
    if sys.platform != "linux":
        raise SystemExit("bench: replicas needs Linux, to pin servers to cores")
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextmanager
def site(
    cores: list[int], proxy: str, certificate: Certificate
) -> Iterator[tuple[list[Server], Proxy]]:
    """A server on each core, and a proxy that may use all of them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = []
        for core in cores:
            with on_cores(core):
                data_dir = folder / f"data-{core}"
                servers.append(
                    stack.enter_context(
                        serving(
                            "eventlet",
                            data_dir=data_dir,
                            drain_s=3,
                            proxies=1,
                            trusted_hosts="x.example",
                        )
                    )
                )
        with on_cores(*cores):
            ports = [server.port for server in servers]
            yield servers, stack.enter_context(PROXIES[proxy](ports, folder, certificate))


def node(script: str, job: dict[str, Any], certificate: Certificate) -> dict[str, Any]:
    """What a script prints."""
    done = subprocess.run(
        ["node", script, json.dumps(job)],
        cwd=ROOT,
        env={**os.environ, "NODE_EXTRA_CA_CERTS": str(certificate.certificate)},
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def scaling(frames: Path, certificate: Certificate) -> None:
    """Frames and photos per second with one server and with two, in turns."""
    if sys.platform != "linux":
        raise SystemExit("bench: replicas needs Linux, to pin servers to cores")
    print("\nServers of one core each behind nginx; the proxy and the clients share the cores")
    print(f"  {'':10}{'frames/s':>10}{'p95 ms':>8}{'photos/s':>10}{'p95 ms':>8}")
    first, second = sorted(os.sched_getaffinity(0))[:2]
    rates: dict[int, list[tuple[float, float]]] = {1: [], 2: []}
    for _ in range(ROUNDS):
        for cores in ([first], [first, second]):
            rates[len(cores)].append(_both_rates(cores, frames, certificate))
    for what, index in (("frames", 0), ("photos", 1)):
        one, two = (statistics.median(r[index] for r in rates[count]) for count in (1, 2))
        print(f"  {what}: two servers read {two / one:.2f} times as many as one")


def _both_rates(cores: list[int], frames: Path, certificate: Certificate) -> tuple[float, float]:
    with site(cores, "nginx", certificate) as (_, proxy), on_cores(*cores):
        count = len(cores)
        live = {"url": proxy.url, "frames": str(frames), "seconds": SECONDS}
        live |= {"clients": CAMERAS_EACH * count}
        streamed = node("bench/clients.mjs", live, certificate)
        photo = str(next(frames.iterdir()))
        upload = {"url": proxy.url, "photo": photo, "loops": LOOPS_EACH * count, "seconds": SECONDS}
        uploaded = node("bench/replicas/photos.mjs", upload, certificate)
    rate = float(sum(streamed["rates"]))
    trips = [percentile(found["trips"], 0.95) for found in (streamed, uploaded)]
    print(
        f"  {count} server{'s' * (count > 1):2}"
        f"{rate:10.1f}{trips[0]:8.1f}{uploaded['rate']:10.1f}{trips[1]:8.1f}",
        flush=True,
    )
    if streamed["lost"] or streamed["problems"] or uploaded["failed"]:
        print(f"    {streamed['lost']} links lost, {uploaded['failed']} photos failed")
    return rate, float(uploaded["rate"])


def deaths(frames: Path, certificate: Certificate) -> None:
    """What cameras lose when a server dies or is drained."""
    if sys.platform != "linux":
        raise SystemExit("bench: replicas needs Linux, to pin servers to cores")
    print(f"\nOne of two servers ends under {STREAMING} cameras of 5 fps")
    print(f"  {'':24}{'moved':>8}{'saw it':>8}{'longest gap s':>15}")
    cores = sorted(os.sched_getaffinity(0))[:2]
    frame = next(frames.iterdir())
    for proxy in PROXIES:
        for name, number in (("killed", signal.SIGKILL), ("drained", signal.SIGTERM)):
            with (
                site(cores, proxy, certificate) as (servers, entry),
                cameras(entry, certificate, STREAMING, frame, fps=5) as streaming,
            ):
                streaming.wait_until_all_read(STREAMING, since=0)
                _end_one(servers[0], streaming, f"{name}, {proxy}", number)


def _end_one(server: Server, streaming: Cameras, name: str, number: int) -> None:
    since = streaming.mark()
    server.process.send_signal(number)
    server.process.wait(30)
    # Until those that noticed nothing by then are known to go on.
    streaming.wait_until_all_read(STREAMING)
    streaming.wait_until_all_read(STREAMING)
    troubled = streaming.in_trouble(since)
    moved = troubled | streaming.moved(since)
    print(
        f"  {name:24}{len(moved) / STREAMING:8.0%}{len(troubled):8}"
        f"{streaming.longest_gap_s(since):15.2f}",
        flush=True,
    )


def main() -> None:
    """About three minutes."""
    with tempfile.TemporaryDirectory() as folder, written(jpegs()) as frames:
        certificate = make_certificate(Path(folder))
        scaling(frames, certificate)
        deaths(frames, certificate)
