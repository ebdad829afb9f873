"""The locations of all files: found once, then passed to the code that needs them."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import platformdirs

_PACKAGE = "facetraits"
# The wheel has the files here that are next to the package in a checkout.
_CARRIED = "carried"


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of an installed package or of a checkout.

    Attributes:
        models: the networks that answer, `NET/card.json` and `NET/runtime.tflite`.
        templates, static: of the pages.
        libraries: the browser's libraries, laid out as npm does.
        import_from: the folder that the package is imported from.
        data: the folder that a relative `FACETRAITS_DATA_DIR` is in: kept results.
        runs: training's checkpoints and caches.
        trained: where training puts a network that it finished, `NET/…`.
        plots: where training puts its plots.
    """

    models: Path
    templates: Path
    static: Path
    libraries: Path
    import_from: Path
    data: Path
    runs: Path
    trained: Path
    plots: Path

    @classmethod
    def found(cls) -> Paths:
        """The paths of this package, whether it is installed or in a checkout."""
        package = Path(str(resources.files(_PACKAGE)))
        carried = package / _CARRIED
        return cls.of_wheel(package) if carried.is_dir() else cls.of_checkout(package.parent)

    @classmethod
    def of_checkout(cls, root: Path) -> Paths:
        """The paths in a checkout of the repository."""
        return cls(
            models=root / "models",
            templates=root / "templates",
            static=root / "static",
            libraries=root / "node_modules",
            import_from=root,
            data=root,
            runs=root / "runs",
            trained=root / "models",
            plots=root / "docs" / "plots",
        )

    @classmethod
    def of_wheel(cls, package: Path) -> Paths:
        """Read from the installed package; written to the user's data folder and, by training,
        to the working folder, because an installed package must not be modified."""
        carried, here = package / _CARRIED, Path.cwd()
        return cls(
            models=carried / "models",
            templates=carried / "templates",
            static=carried / "static",
            libraries=carried / "libraries",
            import_from=package.parent,
            data=_user_data(),
            runs=here / "runs",
            trained=here / "models",
            plots=here / "plots",
        )


def _user_data() -> Path:
    """The user's data folder, or the working folder if the user has no home (as a service)."""
    try:
        return Path(platformdirs.user_data_dir(_PACKAGE, appauthor=False))
    except RuntimeError:
        return Path.cwd()
