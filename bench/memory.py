"""The memory of several processes (Linux)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def memory_mb(pids: Iterable[int]) -> float:
    """Memory in MB (1024 x 1024 bytes) of processes; what they share is counted once.

    The sum of their resident memory would count a library once for each of them. Linux's
    proportional share (Pss) would change whenever another program starts that uses the same files.
    """
    kinds = [_own_and_shared_mb(pid) for pid in pids]
    return sum(own for own, _ in kinds) + max(shared for _, shared in kinds)


def children_of(pid: int) -> list[int]:
    """The processes that a process started, with any of its threads."""
    threads = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for path in threads for child in path.read_text().split()]


def _own_and_shared_mb(pid: int) -> tuple[float, float]:
    """A process's own memory, and what it shares with others: the files of libraries, mostly."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    kb = {name: int(rest.split()[0]) for name, rest in (line.split(":") for line in lines)}
    own = kb["Private_Clean"] + kb["Private_Dirty"]
    return own / 1024, (kb["Rss"] - own) / 1024
