"""The server against its own description: Schemathesis makes the requests and judges the answers.

The same by hand: `schemathesis run http://127.0.0.1:5000/api/v1/openapi.json`.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, seed, settings
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi.checks import ignored_auth

from tests.web.test_server import running

ROOT = Path(__file__).resolve().parents[3]
DESCRIPTION = "/api/v1/openapi.json"
SEED = "20261126"


@pytest.mark.timeout(180)
def test_every_answer_is_as_described():
    with running("threading", JOB_QUEUE_SIZE="10000") as server:
        options = ("--checks=all", "--max-examples=12", f"--seed={SEED}", "--no-color")
        address = f"http://127.0.0.1:{server.port}{DESCRIPTION}"
        ended = subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "run", address, *options],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=170,
            check=False,
        )

    assert ended.returncode == 0, ended.stdout
    made = re.search(r"(\d+) generated, (\d+) passed", ended.stdout)
    assert made is not None and made[1] == made[2] and int(made[1]) > 300, ended.stdout
    tested = re.search(r"Tested: (\d+)", ended.stdout)
    assert tested is not None and int(tested[1]) == 25 and "Stateful" in ended.stdout, ended.stdout


def test_results_live_and_die_as_described(make_app):
    """The states that need a delete token: no link of a description can hand one on."""
    config = SchemathesisConfig.from_path(ROOT / "schemathesis.toml")
    schema = schemathesis.openapi.from_wsgi(DESCRIPTION, make_app(), config=config).include(
        path_regex="/results"
    )
    tokens: dict[str, str] = {}
    deletions: list[int] = []

    @seed(int(SEED))
    class Workflow(schema.as_state_machine()):  # type: ignore[misc]
        def get_call_kwargs(self, case):
            token = tokens.get((case.path_parameters or {}).get("result_id", ""))
            is_known = case.method == "DELETE" and token
            return {"headers": {"Authorization": f"Bearer {token}"}} if is_known else {}

        def after_call(self, response, case):
            if response.status_code == 201:
                kept = response.json()
                tokens[kept["id"]] = kept["delete_token"]
            if case.method == "DELETE":
                deletions.append(response.status_code)

        def validate_response(self, response, case, additional_checks=None, **kwargs):
            # That one asks again without the token, of a result that is deleted by then.
            case.validate_response(
                response, excluded_checks=[ignored_auth], transport_kwargs=kwargs
            )

    bounds = settings(
        max_examples=60,
        stateful_step_count=6,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    Workflow.run(settings=bounds)

    assert len(tokens) > 10
    assert {204, 410} <= set(deletions)
