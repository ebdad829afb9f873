import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.memory import children_of, memory_mb

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="/proc")


def resident_mb(pid):
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def test_what_processes_share_is_counted_once():
    code = "import numpy; print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        assert child.pid in children_of(os.getpid())
        pids = [os.getpid(), child.pid]
        together, alone = memory_mb(pids), memory_mb(pids[:1])
        assert alone == pytest.approx(resident_mb(os.getpid()), rel=0.1)
        assert alone < together < sum(map(resident_mb, pids)) - 2
        child.stdin.close()
