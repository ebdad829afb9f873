"""One of several servers that share cameras: `python -m tests.cameras.owner NAME REDIS DATA FILE`.

Reads the cameras of FILE with a service that sees two faces in every frame, and says on a line
of its own each time a camera's state changes.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from facetraits.cameras.config import read_config
from facetraits.cameras.fleet import Fleet, Surroundings
from facetraits.cameras.setup import open_figures, open_lease
from facetraits.paths import Paths
from facetraits.settings import Settings
from tests.web.fakes import FakeService


def main(name: str, redis: str, data: str, file: str) -> None:
    settings = Settings(message_queue=redis, data_dir=data, cameras=file)
    paths = Paths.found()
    figures = open_figures(settings, paths)
    around = Surroundings(FakeService(), figures, paths, open_lease(settings, figures))
    fleet = Fleet(read_config(Path(file)), around)
    fleet.start()
    said: dict[str, str] = {}
    while True:
        for camera, state in fleet.all_states().items():
            if said.get(camera) != state["state"]:
                said[camera] = state["state"]
                print(name, camera, state["state"], f"{time.time():.3f}", flush=True)
        time.sleep(0.05)


if __name__ == "__main__":
    main(*sys.argv[1:])
