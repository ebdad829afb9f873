"""The fast unmasking against eventlet's own."""

import warnings

import numpy as np
import pytest

from facetraits.web.concurrency.websocket_mask import apply_mask, eventlet_is_slow

MASK = (0x12, 0xFF, 0x00, 0x9A)


def by_hand(data, mask, length=None, offset=0):
    size = len(data) if length is None else length
    return bytes(data[i] ^ mask[(offset + i) % 4] for i in range(size))


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 5, 7, 8, 125, 126, 4097, 40_001])
@pytest.mark.parametrize("offset", [0, 1, 2, 3, 4, 1001])
def test_the_same_bytes_at_every_length_and_offset(size, offset):
    data = np.random.default_rng(size).bytes(size)
    assert apply_mask(data, MASK, offset=offset) == by_hand(data, MASK, offset=offset)


def test_only_the_length_that_is_asked_for():
    assert apply_mask(b"abcdefgh", MASK, length=5) == by_hand(b"abcdefgh", MASK, length=5)


def test_twice_is_nothing():
    data = bytes(range(256))
    assert apply_mask(apply_mask(data, MASK), MASK) == data


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_any_buffer(kind):
    assert apply_mask(kind(b"hello world"), MASK) == by_hand(b"hello world", MASK)


@pytest.mark.parametrize(
    ("version", "is_slow"), [("0.40.0", True), ("0.41.3", True), ("0.42.0", False), ("1.0", False)]
)
def test_the_version_decides_whether_it_is_needed(version, is_slow):
    assert eventlet_is_slow(version) is is_slow


def test_eventlets_own_gives_the_same_and_is_still_called_so():
    """Where this fails, eventlet has changed: see whether websocket_mask is still needed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # eventlet says that it is deprecated
        from eventlet.websocket import RFC6455WebSocket
    theirs = RFC6455WebSocket._apply_mask
    data = bytes(range(200))
    assert theirs(data, MASK, length=199, offset=3) == apply_mask(data, MASK, 199, 3)


def test_the_installed_eventlet_is_one_that_was_measured():
    assert eventlet_is_slow()
