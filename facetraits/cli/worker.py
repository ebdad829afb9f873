"""`facetraits worker`: runs jobs for the servers that share its Redis server."""

from __future__ import annotations

import argparse

from facetraits.cli.common import Verbs


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser("worker", help="run jobs (batches and videos) for other machines")
    verb.add_argument(
        "--concurrency", type=int, default=1, metavar="N", help="jobs to run at a time (default: 1)"
    )
    verb.set_defaults(command=_work, extra="jobs")


def _work(options: argparse.Namespace) -> int:
    from facetraits.errors import BadSetting
    from facetraits.paths import Paths
    from facetraits.settings import Settings

    settings = Settings.from_env()
    if settings.jobs == "local":
        raise BadSetting(
            "FACETRAITS_JOBS='local' needs no worker: set it to the address of the Redis server "
            "that the servers use"
        )
    if options.concurrency < 1:
        raise BadSetting(f"--concurrency {options.concurrency} is not 1 or more")
    from facetraits.jobs.worker import run_worker

    run_worker(settings, Paths.found(), options.concurrency)
    return 0
