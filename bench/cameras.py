"""Cameras for a long time: RTSP streams that are decoded and analyzed, and the memory they take."""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import time
from pathlib import Path

from bench.memory import children_of, memory_mb
from facetraits.cameras.config import read_config
from facetraits.cameras.fleet import Fleet, Surroundings
from facetraits.cameras.store import SqliteFigures
from facetraits.paths import Paths
from facetraits.serving.service import InferenceService
from facetraits.settings import Settings
from facetraits.store.database import Database
from tests.cameras.sources import RtspServer, rtsp_server, write_video

CAMERAS = 4
FPS = 5.0
SIZE = (640, 480)
# While everything is loaded and the first searches run, memory grows.
WARM_UP_SHARE = 0.2
LINES = 12


def main(minutes: float = 30.0) -> None:
    """Four cameras of 640x480 at 25 frames a second, five of which are analyzed."""
    logging.getLogger("facetraits").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_video(folder / "video.mp4", 250, size=SIZE)
        with rtsp_server(folder) as server:
            (folder / "cameras.toml").write_text(
                "".join(
                    f'[cameras.c{n}]\nsource = "{_address(server)}"\nfps = {FPS}\n'
                    for n in range(CAMERAS)
                )
            )
            _watch(folder, minutes * 60)


def _address(server: RtspServer) -> str:
    return server.url("video.mp4", loop=True)


def _watch(folder: Path, seconds: float) -> None:
    settings, paths = Settings(workers=1), Paths.found()
    service = InferenceService(settings, paths=paths)
    service.start()
    figures = SqliteFigures(Database(folder / "data", 10**8))
    fleet = Fleet(read_config(folder / "cameras.toml"), Surroundings(service, figures, paths))
    fleet.start()
    print(f"\n{CAMERAS} RTSP cameras of 640x480, {FPS:g} frames a second each are analyzed")
    print("   minute  frames/s  reconnects  memory MB  CPU cores")
    try:
        taken = _lines(fleet, seconds)
    finally:
        fleet.close()
        service.close()
        service.kill()
        figures.close()
    steady = taken[int(len(taken) * WARM_UP_SHARE) :]
    grown = steady[-1] - steady[0]
    print(f"  after the first {WARM_UP_SHARE:.0%}, memory changed by {grown:+.1f} MB", end="")
    print(f" ({grown / steady[0]:+.1%})")


def _lines(fleet: Fleet, seconds: float) -> list[float]:
    """Prints a line at even intervals; returns the memory in MB at each."""
    taken, began_s, before = [], time.monotonic(), (0, 0.0, 0.0)
    for line in range(1, LINES + 1):
        due_s = seconds * line / LINES
        time.sleep(max(0.0, began_s + due_s - time.monotonic()))
        states = fleet.all_states().values()
        now = (sum(state["read"] for state in states), time.monotonic() - began_s, _cpu_s())
        passed_s = now[1] - before[1]
        taken.append(memory_mb(_family()))
        print(
            f"{now[1] / 60:9.1f}{(now[0] - before[0]) / passed_s:10.1f}"
            f"{sum(state['reconnects'] for state in states):12d}{taken[-1]:11.1f}"
            f"{(now[2] - before[2]) / passed_s:11.2f}",
            flush=True,
        )
        before = now
    return taken


def _family() -> list[int]:
    """This process and its children: workers, decoders, and the RTSP server (Linux)."""
    return [os.getpid(), *children_of(os.getpid())]


def _cpu_s() -> float:
    if sys.platform == "win32":
        raise SystemExit("bench: cameras needs Linux")
    ticks = 0
    for pid in _family():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        # Our own, and also those of children that have ended.
        last = 15 if pid == os.getpid() else 13
        ticks += sum(map(int, fields[11:last]))
    return ticks / os.sysconf("SC_CLK_TCK")
