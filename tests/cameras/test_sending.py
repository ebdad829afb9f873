"""Figures that are sent: to a webhook that fails at first, and to a real MQTT broker."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import shutil
import socket
import subprocess
import threading
import time
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from facetraits.cameras.config import Mqtt
from facetraits.cameras.figures import SLOT_MS
from facetraits.cameras.lease import SoleOwner
from facetraits.cameras.mqtt import MqttSink
from facetraits.cameras.publisher import Publisher
from facetraits.cameras.store import SqliteFigures
from facetraits.cameras.webhook import WebhookSink
from facetraits.store.database import Database
from tests.cameras.test_figures import appearance
from tests.ports import free_port
from tests.store.clients import wait_until

HOUR_MS = 3_600_000
SECRET = "s3cret-and-long-enough"
BROKER = shutil.which("mosquitto") or "/usr/sbin/mosquitto"


class Heard:
    """A sink that keeps what it is given."""

    def __init__(self):
        self.figures = []

    def send(self, figures):
        self.figures.append(figures)

    def close(self):
        """There is nothing to close."""


@pytest.fixture
def figures(tmp_path):
    figures = SqliteFigures(Database(tmp_path, 10**8))
    yield figures
    figures.close()


def test_each_hour_is_sent_once_when_it_is_over(figures):
    now, heard = [HOUR_MS + 60_000], Heard()
    publisher = Publisher(figures, ["door"], [heard], SoleOwner(), clock_ms=lambda: now[0])
    figures.add("door", 0, HOUR_MS + SLOT_MS, [appearance()] * 12)

    publisher.tick()
    assert heard.figures == []
    now[0] = 2 * HOUR_MS + 60_000
    publisher.tick()
    publisher.tick()
    (sent,) = heard.figures
    (period,) = sent["periods"]
    assert (sent["camera"], period["appearances"]["count"]) == ("door", 10)
    assert (period["start"], period["complete"]) == ("1970-01-01T01:00:00Z", True)


def test_a_camera_that_another_server_reads_is_not_sent(figures):
    class Nobody(SoleOwner):
        def holds(self, camera):
            return False

    now, heard = [HOUR_MS], Heard()
    publisher = Publisher(figures, ["door"], [heard], Nobody(), clock_ms=lambda: now[0])
    now[0] = 3 * HOUR_MS
    publisher.tick()

    assert heard.figures == []


@contextmanager
def hook(statuses):
    """A server that answers with each status in turn, and what it was sent."""
    given = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = statuses[min(len(given), len(statuses) - 1)]
            given.append((dict(self.headers.items()), body))
            self.send_response(status)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_):
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://me:{SECRET}@127.0.0.1:{server.server_port}/hook?{SECRET}", given
    finally:
        server.shutdown()
        server.server_close()


def lowered(headers):
    return {name.lower(): value for name, value in headers.items()}


def without_login(url):
    return url.replace(f"me:{SECRET}@", "")


def test_a_webhook_is_signed_and_tried_again_with_the_same_id(caplog):
    with hook([500, 302, 204]) as (url, given):
        sink = WebhookSink(without_login(url), SECRET, waits_s=(0.01, 0.01, 0.01))
        sink.send({"camera": "door"})
        wait_until(lambda: len(given) == 3)
        sink.close()

    for headers, body in given:
        headers = lowered(headers)
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        digest = hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()
        assert headers["webhook-signature"] == f"v1,{base64.b64encode(digest).decode()}"
        assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    assert len({lowered(headers)["webhook-id"] for headers, _ in given}) == 1
    assert json.loads(given[0][1]) == {"camera": "door"}
    assert "status 500" in caplog.text and "status 302" in caplog.text
    assert SECRET not in caplog.text


def test_a_webhook_that_never_works_is_given_up(caplog):
    caplog.set_level(logging.WARNING)
    with hook([500]) as (url, given):
        sink = WebhookSink(without_login(url), SECRET, waits_s=(0.01, 0.01))
        sink.send({"camera": "door"})
        wait_until(lambda: "are dropped" in caplog.text)
        sink.close()

    assert len(given) == 3


@contextmanager
def broker(port, folder, password=""):
    """Debian's mosquitto on the loopback."""
    lines = [f"listener {port} 127.0.0.1", "persistence false", "log_type none"]
    if password:
        file = folder / "passwords"
        command = ["mosquitto_passwd", "-b", "-c", str(file), "me", password]
        subprocess.run(command, check=True, capture_output=True)
        lines += ["allow_anonymous false", f"password_file {file}"]
    else:
        lines.append("allow_anonymous true")
    (folder / "broker.conf").write_text("\n".join([*lines, f"user {_me()}"]) + "\n")
    process = subprocess.Popen([BROKER, "-c", str(folder / "broker.conf")])
    try:
        wait_until(lambda: _listens(port))
        yield
    finally:
        process.kill()
        process.wait()


def _me():
    import getpass

    return getpass.getuser()


def _listens(port):
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def received(port, topic, **login):
    """The first message that a new subscriber gets: the one that was retained."""
    came = []
    client = Client(CallbackAPIVersion.VERSION2)
    if login:
        client.username_pw_set(**login)
    client.on_connect = lambda client, *_: client.subscribe(topic, qos=1)
    client.on_message = lambda client, data, message: came.append(message)
    client.connect("127.0.0.1", port)
    client.loop_start()
    try:
        wait_until(lambda: came)
    finally:
        client.disconnect()
        client.loop_stop()
    return came[0]


def test_a_broker_keeps_the_latest_figures(tmp_path):
    port = free_port()
    with broker(port, tmp_path, password=SECRET):
        sink = MqttSink(Mqtt("127.0.0.1", port, topic="shop", username="me", password=SECRET))
        sink.send({"camera": "door", "periods": []})
        received(port, "shop/+/figures", username="me", password=SECRET)
        # Whoever comes later gets it, too.
        message = received(port, "shop/+/figures", username="me", password=SECRET)
        sink.close()

    assert message.topic == "shop/door/figures" and message.retain
    assert json.loads(message.payload) == {"camera": "door", "periods": []}


def test_figures_wait_for_a_broker_that_is_not_there_yet(tmp_path, caplog):
    port = free_port()
    sink = MqttSink(Mqtt("127.0.0.1", port))
    sink.send({"camera": "door"})
    wait_until(lambda: "broker cannot be reached" in caplog.text)
    with broker(port, tmp_path):
        assert json.loads(received(port, "facetraits/door/figures").payload) == {"camera": "door"}
        sink.close()
