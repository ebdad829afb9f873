"""No connection waits for the client's acknowledgement before it says the next thing."""

import socket

import pytest

from facetraits.settings import ASYNC_MODES
from facetraits.web.concurrency.tcp_nodelay import prompt_options, without_delay


@pytest.fixture
def connection():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
        server.accept()[0] as connection,
    ):
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        client.shutdown(socket.SHUT_WR)
        yield connection


def no_delay(connection):
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_a_socket_of_tcp_and_another_kind(connection):
    assert not no_delay(connection)
    without_delay(connection)
    assert no_delay(connection)
    for other in socket.socketpair():
        without_delay(other)  # no TCP: there is nothing to turn off
        other.close()
    without_delay(other)


@pytest.mark.parametrize("async_mode", ASYNC_MODES)
def test_each_servers_connections(connection, async_mode):
    (handler,) = prompt_options(async_mode).values()
    made = handler.__new__(handler)
    if async_mode == "gevent":
        made.__init__(connection, ("127.0.0.1", 1), None)
    else:
        made.request = connection
        made.setup()
    assert no_delay(connection)
