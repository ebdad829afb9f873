"""`python -m bench live`: the live mode under real Socket.IO clients, side by side in one run."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import IO, Any

from bench.hostile import PONG, Flood, RawClient, frame
from bench.memory import children_of, memory_mb
from bench.video import jpegs
from facetraits.serving.follower import Follower
from facetraits.serving.job import Analysis, Job
from facetraits.serving.worker import LocalWorker
from facetraits.settings import Settings
from facetraits.vision.hints import Hints
from facetraits.vision.tracking import Tracker

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 8.0
_GET_EVERY_S = 0.05


@dataclass(slots=True)
class Server:
    """`python app.py` in one async mode."""

    mode: str
    port: int
    process: subprocess.Popen[bytes]
    get_ms: list[float] = field(default_factory=list)
    ready_s: float = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def memory_mb(self) -> float:
        """Memory of the server and its workers; what they share is counted once."""
        return memory_mb([self.process.pid, *children_of(self.process.pid)])

    def get(self) -> float:
        """Milliseconds of a plain GET."""
        began = time.perf_counter()
        with urllib.request.urlopen(f"{self.url}/healthz", timeout=10) as answer:
            answer.read()
        return (time.perf_counter() - began) * 1000


@contextlib.contextmanager
def serving(
    mode: str, output: int | IO[str] = subprocess.DEVNULL, **settings: object
) -> Iterator[Server]:
    """`python app.py` with those settings; its log goes to output."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    settings = {"log_level": "ERROR", "live_clients_per_address": 1000, **settings}
    environ = {f"FACETRAITS_{name.upper()}": str(value) for name, value in settings.items()}
    environ |= {"FACETRAITS_PORT": str(port), "FACETRAITS_ASYNC_MODE": mode}
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env={**os.environ, **environ},
        stdout=output,
        stderr=output,
    )
    server, began_s = Server(mode, port, process), time.monotonic()
    try:
        _wait(server)
        server.ready_s = time.monotonic() - began_s
        yield server
    finally:
        process.terminate()
        process.wait(20)


def _wait(server: Server) -> None:
    deadline = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            server.get()
            return
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("bench: the server did not start")
        time.sleep(0.1)


def clients(server: Server, frames: Path, **options: object) -> dict[str, Any]:
    """What the clients measured while a plain GET is timed twenty times a second."""
    job = {"url": server.url, "frames": str(frames), "seconds": SECONDS, **options}
    process = subprocess.Popen(
        ["node", "bench/clients.mjs", json.dumps(job)], cwd=ROOT, stdout=subprocess.PIPE
    )
    done = threading.Event()
    watch = threading.Thread(target=_time_gets, args=(server, done))
    watch.start()
    printed, _ = process.communicate()
    done.set()
    watch.join()
    if process.returncode:
        raise SystemExit("bench: the clients failed")
    answers: dict[str, Any] = json.loads(printed)
    return answers


def _time_gets(server: Server, done: threading.Event) -> None:
    server.get_ms.clear()
    while not done.wait(_GET_EVERY_S):
        with contextlib.suppress(OSError):
            server.get_ms.append(server.get())


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else 0.0


HEAD = (
    f"  {'':26}{'frames/s':>9}{'p50 ms':>8}{'p95 ms':>8}{'slowest/fastest':>17}"
    f"{'GET p95':>9}{'MB':>6}"
)


def row(name: str, server: Server, found: dict[str, Any]) -> float:
    """Prints a row; returns its frames a second."""
    rates, trips = found["rates"], found["trips"]
    fairness = min(rates) / max(rates) if max(rates) else 0.0
    print(
        f"  {name:26}{sum(rates):9.1f}{percentile(trips, 0.5):8.1f}{percentile(trips, 0.95):8.1f}"
        f"{fairness:17.2f}{percentile(server.get_ms, 0.95):9.1f}{server.memory_mb():6.0f}",
        flush=True,
    )
    if found["problems"] or found["lost"]:
        print(f"    {found['problems']} problems, {found['lost']} links lost")
    return float(sum(rates))


def whole_path(frames: list[bytes]) -> None:
    """decode → detect → classify of a camera's frames in one process on one core."""
    worker, follower = LocalWorker(Settings()), Follower(Tracker())
    steps = dict[str, list[float]]()

    def analyze(jpeg: bytes, hints: Hints) -> Analysis:
        return worker.run(Job(jpeg, "bench", hints))

    for number, jpeg in enumerate(frames * 4):
        reading = follower.read(number / 30, partial(analyze, jpeg))
        for step, ms in reading.processing_ms.items():
            steps.setdefault(step, []).append(ms)
    print(f"\nA frame of {len(frames[0]) / 1000:.0f} kB, one moving face, one core, ms")
    for step, times in steps.items():
        middle, mean = statistics.median(times), statistics.mean(times)
        print(f"  {step:10} median {middle:6.2f}   mean {mean:6.2f}")


def load(frames: Path) -> None:
    """Each async mode with one client, sixteen and sixty-four."""
    print("\nLive, 640x480 JPEGs with one moving face, clients in a process of their own")
    print(HEAD)
    totals = {}
    for mode in ("eventlet", "threading", "gevent"):
        with serving(mode) as server:
            print(f"  {mode}: ready {server.ready_s:.1f} s after the start")
            row(f"{mode}, 1 client at 30 fps", server, clients(server, frames, clients=1, fps=30))
            row(f"{mode}, 1 client", server, clients(server, frames, clients=1))
            totals[mode] = row(
                f"{mode}, 16 clients", server, clients(server, frames, clients=16, seconds=15)
            )
            row(f"{mode}, 64 clients", server, clients(server, frames, clients=64, seconds=15))
            if mode == "eventlet":
                found = clients(server, frames, clients=256, seconds=15)
                row(f"{mode}, 256 clients", server, found)
    print(f"  eventlet/threading at 16 clients: {totals['eventlet'] / totals['threading']:.2f}")


def idle(frames: Path) -> None:
    """What 200 connections that send nothing cost those that do, in turns A B A B."""
    print("\nFour streaming clients, without and with 200 idle connections")
    print(HEAD)
    alone, beside = [], []
    with serving("eventlet", live_clients=1000) as server:
        for _ in range(3):
            alone.append(row("4 clients", server, clients(server, frames, clients=4)))
            found = clients(server, frames, clients=4, idle=200)
            beside.append(row("4 clients, 200 idle", server, found))
    print(f"  with/without: {statistics.median(beside) / statistics.median(alone):.2f}")


def flood(frames: Path, minutes: float) -> None:
    """A client that sends 60 frames a second and never waits, for as long as asked."""
    print(f"\nOne client floods at 60 frames a second for {minutes:g} minutes")
    print(HEAD)
    with serving("eventlet") as server:
        rounds = max(2, round(minutes))
        for number in range(rounds):
            found = clients(
                server, frames, clients=1, fps=60, flood=True, seconds=60 * minutes / rounds
            )
            row(f"after {(number + 1) * minutes / rounds:g} min", server, found)
            behind = found["behind"]
            print(
                f"    frames behind the newest: p50 {percentile(behind, 0.5):.0f}, "
                f"p95 {percentile(behind, 0.95):.0f}, most {max(behind)}"
            )


@contextlib.contextmanager
def written(loop: list[bytes]) -> Iterator[Path]:
    """A folder with the frames as files, for the clients."""
    with tempfile.TemporaryDirectory() as folder:
        for number, jpeg in enumerate(loop):
            (Path(folder) / f"{number:04d}.jpg").write_bytes(jpeg)
        yield Path(folder)


def main() -> None:
    """Five minutes in all."""
    loop = jpegs()
    whole_path(loop)
    with written(loop) as frames:
        load(frames)
        idle(frames)
        flood(frames, 1.0)


def hostile(frames: Path, minutes: float) -> None:
    """Clients that never wait, not even for their own sends, next to two cameras."""
    tiny, jpeg = frame('42/live,["x"]') * 2000, next(frames.glob("*.jpg")).read_bytes()
    head = '451-/live,["frame",{"seq":1},{"_placeholder":true,"num":0}]'
    floods = {
        "alone": None,
        "tiny messages": (tiny, True),
        "tiny, never reads": (tiny, False),
        "pongs": (frame(b"", PONG) * 4000, False),
        "frames": ((frame(head) + frame(jpeg)) * 8, True),
        "frames, never reads": ((frame(head) + frame(jpeg)) * 8, False),
    }
    print(f"\nTwo cameras next to one client that sends as fast as it can, {minutes:g} minutes")
    print(HEAD)
    for mode in ("eventlet", "gevent", "threading"):
        with serving(mode) as server:
            for name, flood in floods.items():
                with _flooding(server, flood):
                    seconds = 60 * minutes / 3 / len(floods)
                    found = clients(server, frames, clients=2, seconds=seconds)
                row(f"{mode}, {name}", server, found)


@contextlib.contextmanager
def _flooding(server: Server, flood: tuple[bytes, bool] | None) -> Iterator[None]:
    if flood is None:
        yield
        return
    data, reads = flood
    with RawClient(server.port) as client, Flood(client, data, reads):
        yield


def soak() -> None:
    """Ten minutes of a flood, with the memory after each, then ten of hostile ones."""
    with written(jpegs()) as frames:
        flood(frames, 10.0)
        hostile(frames, 10.0)
