"""Publishes figures to an MQTT broker; paho connects again by itself."""

from __future__ import annotations

import json
import logging
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from facetraits.cameras.config import Mqtt

log = logging.getLogger(__name__)

_MOST_WAITING = 200
_LONGEST_WAIT_S = 60


class MqttSink:
    """Publishes to TOPIC/NAME/figures, retained and at least once (QoS 1).

    Args:
        mqtt: the broker; if it cannot be reached, at most 200 messages wait.
    """

    def __init__(self, mqtt: Mqtt) -> None:
        self._topic = mqtt.topic
        self._client = client = Client(CallbackAPIVersion.VERSION2)
        if mqtt.username:
            client.username_pw_set(mqtt.username, mqtt.password or None)
        if mqtt.tls:
            client.tls_set()
        client.max_queued_messages_set(_MOST_WAITING)
        client.reconnect_delay_set(1, _LONGEST_WAIT_S)
        client.on_connect_fail = lambda *_: log.warning("the MQTT broker cannot be reached")
        client.connect_async(mqtt.host, mqtt.port)
        client.loop_start()

    def send(self, figures: dict[str, Any]) -> None:
        topic = f"{self._topic}/{figures['camera']}/figures"
        self._client.publish(topic, json.dumps(figures), qos=1, retain=True)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
