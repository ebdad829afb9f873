"""The vectorised unmasking against eventlet's own."""

import warnings

import numpy as np
import pytest

from facetraits.web.concurrency.websocket_mask import apply_mask, install, is_faster

MASK = (0x12, 0xFF, 0x00, 0x9A)


def by_hand(data, mask, length=None, offset=0):
    size = len(data) if length is None else length
    return bytes(data[i] ^ mask[(offset + i) % 4] for i in range(size))


@pytest.fixture
def websocket_class():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # eventlet says that it is deprecated
        from eventlet.websocket import RFC6455WebSocket
    before = RFC6455WebSocket.__dict__["_apply_mask"]
    RFC6455WebSocket._apply_mask = staticmethod(by_hand)
    yield RFC6455WebSocket
    RFC6455WebSocket._apply_mask = before


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


def test_it_takes_the_place_of_a_slow_one_once(websocket_class):
    assert install()
    assert websocket_class._apply_mask is apply_mask
    assert not install()


def test_it_stands_aside_where_eventlets_is_as_fast(websocket_class):
    def as_fast(data, mask, length=None, offset=0):
        return apply_mask(data, mask, length, offset)

    websocket_class._apply_mask = staticmethod(as_fast)
    assert not install()
    assert websocket_class._apply_mask is as_fast


def test_it_stands_aside_where_eventlets_means_something_else(websocket_class):
    def reversed_(data, mask, length=None, offset=0):
        return by_hand(data, mask[::-1], length, offset)

    assert not is_faster(reversed_)
    websocket_class._apply_mask = staticmethod(lambda data: data)  # called another way
    assert not install()
    del websocket_class._apply_mask
    assert not install()
    websocket_class._apply_mask = staticmethod(by_hand)


def test_eventlet_still_has_the_function_that_is_replaced():
    """Where this fails, eventlet has changed: see whether unmask.py is still needed."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from eventlet.websocket import RFC6455WebSocket
    assert callable(RFC6455WebSocket._apply_mask)
