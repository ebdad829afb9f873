"""Foreign names, strangers' pages and requests that end too early, in every mode of the server."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.web.fakes import photo
from tests.web.test_server import Server, running

HANDSHAKE = "/socket.io/?EIO=4&transport=polling"
WEBSOCKET = "/socket.io/?EIO=4&transport=websocket"
UPGRADE = (
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
)


@pytest.fixture(scope="module", params=["eventlet", "threading", "gevent"])
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with running(request.param) as server:
        yield server


def ask(server: Server, line: str, *headers: str, close: str = "Connection: close") -> bytes:
    """What comes back of a request as it is written here, up to its first pause for a websocket."""
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=20)) as client:
        client.sendall("\r\n".join([line, *headers, close, "", ""]).encode())
        if not close:
            return client.recv(4096)
        return b"".join(iter(lambda: client.recv(4096), b""))


def status(answer: bytes) -> int:
    return int(answer.split()[1])


def test_a_foreign_host_gets_no_page_and_no_link(server):
    own = f"Host: 127.0.0.1:{server.port}"
    for path in ("/", HANDSHAKE):
        assert status(ask(server, f"GET {path} HTTP/1.1", own)) == 200
        for foreign in ("Host: evil.example", "Host:", "Host: a b"):
            answer = ask(server, f"GET {path} HTTP/1.1", foreign)
            assert status(answer) == 400 and b"evil" not in answer, (path, foreign)
    assert b"untrusted_host" in ask(server, f"GET {HANDSHAKE} HTTP/1.1", "Host: evil.example")


def test_a_strangers_page_gets_no_link(server):
    own = f"Host: 127.0.0.1:{server.port}"
    for headers in (
        ("Origin: https://evil.example",),
        ("Origin: null",),
        ("Sec-Fetch-Site: cross-site",),
        # There is no proxy here that could have said so.
        ("Origin: https://evil.example", "X-Forwarded-Host: evil.example"),
    ):
        assert status(ask(server, f"GET {HANDSHAKE} HTTP/1.1", own, *headers)) == 403
        line = f"GET {WEBSOCKET} HTTP/1.1"
        assert status(ask(server, line, own, *headers, *UPGRADE, close="")) == 403
    for headers in (
        (),
        (f"Origin: http://127.0.0.1:{server.port}",),
        ("Origin: https://faces.example", "Sec-Fetch-Site: same-origin"),
    ):
        assert status(ask(server, f"GET {HANDSHAKE} HTTP/1.1", own, *headers)) == 200


def test_messages_are_not_compressed(server):
    own = f"Host: 127.0.0.1:{server.port}"
    offer = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"
    answer = ask(server, f"GET {WEBSOCKET} HTTP/1.1", own, *UPGRADE, offer, close="")
    head = answer.split(b"\r\n\r\n")[0].lower()
    assert status(answer) == 101
    assert b"sec-websocket-accept" in head and b"extensions" not in head


def test_an_absolute_target_names_the_host(server):
    own = f"Host: 127.0.0.1:{server.port}"
    answer = ask(server, f"GET http://127.0.0.1:{server.port}/healthz HTTP/1.1", own)
    assert status(answer) == 200 and b'"ok"' in answer
    foreign = ask(server, "GET http://evil.example/nowhere HTTP/1.1", own)
    assert status(foreign) == 400 and b"evil" not in foreign


def test_connect_is_answered_without_its_target(server):
    answer = ask(server, "CONNECT evil.example:443 HTTP/1.1", f"Host: 127.0.0.1:{server.port}")

    assert status(answer) == 405 and b"evil" not in answer


FORM_HEAD = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n\r\n'


@pytest.mark.parametrize("path", ["/api/v1/results", "/api/v1/analyze"])
@pytest.mark.parametrize("as_form", [True, False])
@pytest.mark.parametrize("is_whole", [True, False])
def test_an_upload_that_was_cut_is_not_taken_for_whole(server, path, as_form, is_whole):
    # Bytes that make a picture all the same: some formats do without their end.
    body = FORM_HEAD + photo() + b"\r\n--x--\r\n" if as_form else photo()
    announced = len(body) if is_whole else len(body) + 1_000
    kind = "multipart/form-data; boundary=x" if as_form else "image/jpeg"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {announced}\r\n\r\n"
    )
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=20)) as client:
        client.sendall(head.encode() + body)
        client.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: client.recv(4096), b""))

    assert status(answer) == ((201 if "results" in path else 200) if is_whole else 400)
