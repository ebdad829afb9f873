"""What the build adds to the package: the networks, the pages, the browser's libraries.

In a checkout, they are next to the package, and the libraries are where npm installs them.
"""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# Where facetraits.paths looks for it.
CARRIED = "facetraits/carried"
# Not the weights that training goes on from: serving does without their megabytes.
SERVED = ("card.json", "runtime.tflite")


class CarryHook(BuildHookInterface):
    """Runs before hatchling collects its files."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return  # the checkout itself is what is imported then
        root = Path(self.root)
        libraries = libraries_of(root)
        if self.target_name == "sdist":
            # A wheel is built from it where there is no Node.
            found = {root / "node_modules" / name: f"node_modules/{name}" for name in libraries}
        else:
            found = {
                root / "node_modules" / name: f"{CARRIED}/libraries/{name}" for name in libraries
            }
            found |= carried(root)
        build_data["force_include"].update({str(path): inside for path, inside in found.items()})


def libraries_of(root: Path) -> list[str]:
    """The files of the browser's libraries, below node_modules.

    Raises:
        SystemExit: where one is missing.
    """
    listed = runpy.run_path(str(root / "facetraits" / "web" / "views" / "libraries.py"))
    names = [*listed["FILES"].values(), *listed["LICENSES"]]
    missing = [name for name in names if not (root / "node_modules" / name).is_file()]
    if missing:
        raise SystemExit(
            f"facetraits: node_modules/{missing[0]} is missing: run `npm ci` in {root} first, "
            "the package carries the browser's libraries"
        )
    return names


def carried(root: Path) -> dict[Path, str]:
    """File or folder → where it goes in the wheel.

    Raises:
        SystemExit: where there is no network.
    """
    found = {root / name: f"{CARRIED}/{name}" for name in ("templates", "static")}
    nets = [path.parent for path in sorted((root / "models").glob("*/card.json"))]
    if not nets:
        raise SystemExit(f"facetraits: {root / 'models'} has no network to carry")
    return found | {
        net / name: f"{CARRIED}/models/{net.name}/{name}" for net in nets for name in SERVED
    }
