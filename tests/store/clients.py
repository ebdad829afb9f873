"""The stores that the tests share, and a Redis server of their own.

`python -m tests.store.clients write ADDRESS FIRST COUNT` writes so many results and reads each
again, from several threads; `… pour ADDRESS FIRST` writes until it is killed. Both say on
a line of its own which is begun and which is kept.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import numpy as np
from redis import Redis
from redis.exceptions import ConnectionError

from facetraits.errors import FacetraitsError
from facetraits.store import KeptResult, Store, new_result
from facetraits.store.redis import RedisStore
from facetraits.store.sqlite import SqliteStore
from tests.ports import free_port

OpenStore = Callable[..., Store]

_DURABLE = Path(__file__).resolve().parents[2] / "deploy" / "redis-jobs.conf"
_THREADS = 8
_POURED_BYTES = 1_500_000


def open_address(address: str, **options: float) -> Store:
    """A Redis server's address, or the SQLite store's folder."""
    if address.startswith("redis://"):
        return RedisStore(address, **options)
    return SqliteStore(Path(address), **options)


def picture(number: int, bytes_: int = 20_000) -> bytes:
    """Bytes that only this number has."""
    return np.random.default_rng(number).bytes(bytes_)


def result(number: int = 0, ttl_s: float = 600, bytes_: int = 20_000) -> tuple[KeptResult, str]:
    return new_result(f'{{"number":{number}}}', picture(number, bytes_), ttl_s)


@contextmanager
def redis_server(port: int | None = None) -> Iterator[str]:
    """The address of one that keeps nothing on disk, at that port or a free one."""
    port = port or free_port()
    with tempfile.TemporaryDirectory() as folder:
        options = {"port": str(port), "bind": "127.0.0.1", "save": "", "dir": folder}
        words = [word for name, text in options.items() for word in (f"--{name}", text)]
        process = subprocess.Popen(["redis-server", *words], stdout=subprocess.DEVNULL)
        try:
            wait_for_redis(port, process)
            yield f"redis://127.0.0.1:{port}/0"
        finally:
            process.kill()
            process.wait()


class DurableRedis:
    """One for jobs, as in deploy/, that has all its data again after it was killed.

    Args:
        folder: an existing one, for its data.
    """

    def __init__(self, folder: Path) -> None:
        self._folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        place = ("--port", str(self.port), "--dir", str(self._folder))
        self.process = subprocess.Popen(
            ["redis-server", str(_DURABLE), *place], stdout=subprocess.DEVNULL
        )
        wait_for_redis(self.port, self.process)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def hang(self) -> None:
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self.process.send_signal(signal.SIGCONT)


def wait_for_redis(port: int, process: subprocess.Popen[bytes]) -> None:
    """Returns when the server at that port answers."""
    deadline = time.monotonic() + 20
    with Redis(port=port) as redis:
        while True:
            try:
                redis.ping()
                return
            except ConnectionError:
                assert process.poll() is None, "redis-server did not start"
                assert time.monotonic() < deadline, "redis-server does not answer"
                time.sleep(0.02)


def wait_until(condition: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)


def raised(store: Store, result_id: str) -> type[FacetraitsError] | None:
    """What asking for it raises, or None where it is there."""
    try:
        store.get(result_id)
    except FacetraitsError as error:
        return type(error)
    return None


def _write(store: Store, first: int, how_many: int) -> None:
    def write(number: int) -> None:
        kept, _ = result(number)
        store.put(kept)
        assert store.get(kept.id) == kept
        say("kept", kept.id, number)

    with ThreadPoolExecutor(_THREADS) as threads:
        list(threads.map(write, range(first, first + how_many)))


def _pour(store: Store, first: int) -> None:
    for number in count(first):
        kept, _ = result(number, bytes_=_POURED_BYTES)
        say("begun", kept.id, number)
        store.put(kept)
        say("kept", kept.id, number)


def say(*words: object) -> None:
    """A line in one piece: print() of several threads would mix theirs."""
    os.write(1, (" ".join(map(str, words)) + "\n").encode())


def main(verb: str, address: str, *numbers: str) -> None:
    store = open_address(address)
    {"write": _write, "pour": _pour}[verb](store, *map(int, numbers))
    store.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
