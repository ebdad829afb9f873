"""A tenth of `make fuzz`'s events, from a fixed seed, against the server with the fake service."""

import pytest

from bench.fuzz.events import fuzz
from tests.web.fakes import photo
from tests.web.test_server import running

EVENTS = 1_000


@pytest.mark.parametrize("async_mode", ["eventlet", "threading", "gevent"])
def test_mutated_events_break_nothing(async_mode, tmp_path):
    log = tmp_path / "log"
    with log.open("w") as output, running(async_mode, output.fileno()) as server:
        found = fuzz(
            server.port, server.pid, events=EVENTS, seed=20, jpeg=photo(), workers=lambda: []
        )
    assert "Traceback" not in log.read_text()
    lines = [line for line in log.read_text().splitlines() if " INFO " not in line]
    assert len(lines) <= 2  # the address that it serves at, and one of the client
    assert found.answered == found.frames > 1
    assert found.after_mb - found.before_mb < 15
