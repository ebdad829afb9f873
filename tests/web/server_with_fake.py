"""The real server, no networks.

`python -m tests.web.server_with_fake PORT ASYNC_MODE WORK_S [FACETRAITS_NAME=VALUE …]`
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace

from facetraits.settings import Settings
from facetraits.web import create_app, one_line_errors, run
from tests.web.fakes import FakeService

if __name__ == "__main__":
    port, async_mode, work_s, *more = sys.argv[1:]
    with one_line_errors(), tempfile.TemporaryDirectory() as folder:
        settings = replace(
            Settings.from_env(dict(setting.split("=", 1) for setting in more)),
            port=int(port),
            async_mode=async_mode,
            max_bytes=5_000_000,
            data_dir=folder,
        )
        run(create_app(settings, FakeService(float(work_s))))
