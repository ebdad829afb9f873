"""`python -m tests.jobs.serve_local FOLDER` submits a batch, prints its ID, and runs it."""

from __future__ import annotations

import sys
import time

from facetraits.jobs.local import LocalJobs
from facetraits.paths import Paths
from facetraits.serving.tracing import NoTracer
from facetraits.settings import Settings
from tests.jobs.test_local import ROOT, batch, submit

if __name__ == "__main__":
    jobs = LocalJobs(Settings(data_dir=sys.argv[1], workers=1), ROOT, Paths.found(), NoTracer())
    print(submit(jobs, batch())[0].id, flush=True)
    time.sleep(600)
