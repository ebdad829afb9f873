"""A websocket that is closed while its client, or its own reader, closes it, too."""

from types import SimpleNamespace

import pytest
import simple_websocket

from facetraits.web.concurrency.fair_websocket import websocket_class
from facetraits.web.concurrency.sessions import _Checked


class Ended:
    """A websocket that seems to be connected, but whose connection has ended."""

    connected = True
    is_cut = False

    def __init__(self, error):
        self._error = error

    def close(self):
        raise self._error

    def cut(self):
        self.is_cut = True


@pytest.mark.parametrize("error", [ConnectionResetError(), BrokenPipeError(), OSError()])
def test_a_connection_that_the_client_has_reset_is_cut(error):
    websocket = Ended(error)
    _Checked(websocket, SimpleNamespace(closed=False)).close()
    assert websocket.is_cut


@pytest.mark.parametrize("async_mode", ["threading", "gevent"])
def test_a_websocket_that_its_reader_has_closed_is_cut(async_mode):
    websocket = websocket_class(async_mode)(lambda _: None, SimpleNamespace(max_http_buffer_size=1))
    websocket.ws = Ended(simple_websocket.ConnectionClosed())
    _Checked(websocket, SimpleNamespace(closed=False)).close()
    assert websocket.ws.is_cut
