"""Limits on memory and processor time for one picture in a worker, enforced by the system.

Most oversized pictures are rejected before they are decoded. These limits catch the rest:
costs that no header shows. Linux enforces both limits, macOS only processor time, Windows
neither.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

if sys.platform != "win32":
    import resource
    import signal

    # The exit code of a process that used up its processor time.
    OUT_OF_TIME_EXIT = -signal.SIGXCPU
else:
    OUT_OF_TIME_EXIT = None

# The exit code of a worker that lacks the memory to receive a picture or to answer: `ENOMEM`.
OUT_OF_MEMORY_EXIT = 12

# From glibc's malloc.h.
_M_MMAP_THRESHOLD = -3
_LARGE_BLOCK_BYTES = 262_144


def limit_memory(extra_bytes: int) -> None:
    """Lets this process allocate this much more memory; beyond that, it gets MemoryError."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        limit = pages * os.sysconf("SC_PAGE_SIZE") + extra_bytes
        _lower(resource.RLIMIT_AS, limit)


def limit_cpu(seconds: int) -> None:
    """Gives this process this much more processor time; after that, SIGXCPU ends it."""
    if sys.platform != "win32":
        usage = resource.getrusage(resource.RUSAGE_SELF)
        # The limit takes whole seconds, so round up.
        _lower(resource.RLIMIT_CPU, int(usage.ru_utime + usage.ru_stime) + 1 + seconds)


def no_core_dump() -> None:
    """Turns off core dumps: a crash must not write people's pictures to disk."""
    if sys.platform != "win32":
        _lower(resource.RLIMIT_CORE, 0)


def _lower(which: int, limit: int) -> None:
    if sys.platform != "win32":
        _, hard = resource.getrlimit(which)
        allowed = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(which, (allowed, hard))


def return_large_blocks() -> None:
    """Makes each large block of memory go back to the system as soon as it is freed (glibc).

    By default, glibc takes a freed upload as a sign that such blocks are common, and keeps them.
    """
    if sys.platform == "linux":
        mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
        if mallopt is not None:
            mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK_BYTES)


def give_memory_back() -> None:
    """Returns freed memory that the C library has kept to the system (glibc; 0.1 to 5 ms)."""
    if sys.platform != "linux":
        return
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:  # musl lacks malloc_trim, and keeps no freed memory
        trim(0)
