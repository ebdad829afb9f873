"""The log as JSON, and the metrics that the dashboard shows."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
from flask import Flask, g

from facetraits.logs import JsonLines
from facetraits.web.http.logs import request_fields
from tests.web.fakes import form, photo

DASHBOARD = Path(__file__).resolve().parents[3] / "deploy" / "grafana.json"


@pytest.fixture
def lines():
    """The lines that facetraits' loggers write as JSON."""
    written: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            written.append(self.format(record))

    handler = Handler()
    handler.setFormatter(JsonLines(request_fields))
    logger = logging.getLogger("facetraits")
    logger.addHandler(handler)
    yield written
    logger.removeHandler(handler)


def test_a_request_is_a_line_with_its_id_and_fields(client, lines):
    client.post("/api/v1/analyze", **form(photo()), headers={"X-Request-Id": "abc-1"})
    (line,) = (json.loads(line) for line in lines)
    assert line["message"].startswith("POST /api/v1/analyze 200 ")
    assert line["milliseconds"] > 0
    known = ("level", "logger", "request_id", "method", "route", "status", "faces")
    assert [line[name] for name in known] == [
        "INFO",
        "facetraits.access",
        "abc-1",
        "POST",
        "/api/v1/analyze",
        200,
        2,
    ]


def test_what_else_is_logged_within_a_request_has_its_id_and_its_error(lines):
    app = Flask("test")
    with app.test_request_context():
        g.request_id = "abc-2"
        try:
            raise ValueError('two\nlines, "quoted"')
        except ValueError:
            logging.getLogger("facetraits.test").exception("it failed")
    (line,) = lines
    assert "\n" not in line
    found = json.loads(line)
    assert (found["request_id"], found["level"], found["message"]) == (
        "abc-2",
        "ERROR",
        "it failed",
    )
    assert 'ValueError: two\nlines, "quoted"' in found["error"]


def test_outside_a_request_there_is_no_id(lines):
    logging.getLogger("facetraits.test").warning("%d workers", 2)
    assert "request_id" not in json.loads(lines[0])
    assert json.loads(lines[0])["message"] == "2 workers"


def test_the_probe_of_load_balancers_is_not_logged(client, lines):
    assert client.get("/readyz").status_code == 200
    assert lines == []


def test_each_metric_and_label_of_the_dashboard_exists(client):
    client.post("/api/v1/analyze", **form(photo()))
    text = client.get("/metrics").get_data(as_text=True)
    there = set(re.findall(r"^(facetraits_\w+)[ {]", text, re.MULTILINE))
    shown = json.loads(DASHBOARD.read_text())
    queries = [t["expr"] for panel in shown["panels"] for t in panel["targets"]]
    queries += [v["query"] for v in shown["templating"]["list"]]
    named = {name for query in queries for name in re.findall(r"facetraits_\w+", query)}
    assert len(named) >= 8
    assert named - there == set()
    labels = {label for query in queries for label in re.findall(r"by \(([^)]*)\)", query)}
    used = {label.strip() for group in labels for label in group.split(",")} - {"instance", "le"}
    assert used and all(f'{label}="' in text for label in used)
