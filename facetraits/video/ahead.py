"""Runs an iterator in a separate thread, a few items ahead of whoever uses them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

_POLL_S = 0.1


@contextmanager
def read_ahead(items: Iterator[T], most: int) -> Generator[Iterator[T]]:
    """`with read_ahead(frames, 4) as frames:` → the same items, of which up to `most` wait.

    An error of the iterator is raised where its item would have been. At the end of the block,
    the thread has ended.
    """
    waiting: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(most)
    done = threading.Event()

    def put(item: T | None, error: BaseException | None) -> None:
        while not done.is_set():
            try:
                return waiting.put((item, error), timeout=_POLL_S)
            except queue.Full:
                continue

    def produce() -> None:
        try:
            for item in items:
                put(item, None)
                if done.is_set():
                    return
            put(None, None)
        except BaseException as error:
            put(None, error)

    def consume() -> Iterator[T]:
        while True:
            item, error = waiting.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item

    thread = threading.Thread(target=produce, name="read-ahead", daemon=True)
    thread.start()
    try:
        yield consume()
    finally:
        done.set()
        thread.join()
