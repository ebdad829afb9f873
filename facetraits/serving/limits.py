"""How much memory and processor time one picture may take in a worker, set by the system.

Most of what is too large is refused before it is decoded. These limits are for the rest:
what no header shows. Linux enforces both, macOS the processor time, Windows neither.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import resource
    import signal

    # How a process ends whose processor time is used up.
    OUT_OF_TIME_EXIT = -signal.SIGXCPU
else:
    OUT_OF_TIME_EXIT = None

# Of glibc's malloc.h.
_M_MMAP_THRESHOLD = -3
_LARGE_BLOCK_BYTES = 262_144


def limit_memory(extra_bytes: int) -> None:
    """From now on this process gets so much more memory, and then MemoryError."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + extra_bytes
        _lower(resource.RLIMIT_AS, limit)


def limit_cpu(seconds: int) -> None:
    """From now on this process gets so much processor time, and is then ended by SIGXCPU."""
    if sys.platform != "win32":
        usage = resource.getrusage(resource.RUSAGE_SELF)
        # Whole seconds only: rounded up.
        _lower(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime) + 1 + seconds)


def no_core_dump() -> None:
    """Whatever ends this process, no file with people's pictures in it is written."""
    if sys.platform != "win32":
        _lower(resource.RLIMIT_CORE, 0)


def _lower(which: int, limit: int) -> None:
    if sys.platform != "win32":
        _, hard = resource.getrlimit(which)
        allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(which, (allowed, hard))


def return_large_blocks() -> None:
    """From now on each large block of memory goes back to the system once it is freed (glibc).

    By itself glibc learns from a freed upload that such blocks are common, and keeps them.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK_BYTES)


def give_memory_back() -> None:
    """What the C library keeps of freed memory goes back to the system (glibc; 0.1 to 5 ms)."""
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # musl has none, and keeps nothing
        trim(0)
