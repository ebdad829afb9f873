import json
import sys

import pytest

from bench.peers.environments import ROOT, reason
from bench.peers.faces import portraits, write_job
from bench.peers.running import RunnerFailed, parse, run


def job(folder, traits=("age", "gender")):
    return write_job(folder, portraits(2), traits, "baseline", boxed=False)


def test_our_runner_answers_every_face_and_says_what_it_cost(tmp_path):
    answered = run([sys.executable], "run_ours.py", job(tmp_path), ROOT)
    assert [answer["gender"] in ("male", "female") for answer in answered.answers] == [True, True]
    assert all(ms > 0 for ms in answered.ms)
    assert answered.start_s > 0
    # An interpreter with NumPy holds more than that, and a whole TensorFlow is not in it.
    assert 20 < answered.peak_mb < 400


def test_a_runner_whose_package_is_missing_says_so(tmp_path):
    with pytest.raises(RunnerFailed, match=r"^ModuleNotFoundError: No module named 'fer'$"):
        run([sys.executable], "run_fer.py", job(tmp_path, ["emotion"]), ROOT)


def test_an_interpreter_that_is_not_there(tmp_path):
    with pytest.raises(RunnerFailed, match="No such file"):
        run([str(tmp_path / "node")], "run_human.mjs", job(tmp_path), ROOT)


def said(**changes):
    answer = {"answers": [None], "ms": [1.5], "first_answer_at": 12.0, "peak_mb": 50}
    return "a library talks\n" + json.dumps(answer | changes) + "\n"


def test_the_last_line_is_the_answer():
    answered = parse(said(), 10.0, 1)
    assert (answered.ms, answered.start_s, answered.answers) == ([1.5], 2.0, [None])


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "cannot be read"),
        ("nothing", "cannot be read"),
        (said(ms=None), "cannot be read"),
        (said(answers=[None, None]), "2 answers for 1 faces"),
    ],
)
def test_what_is_no_answer_is_a_failure(text, why):
    with pytest.raises(RunnerFailed, match=why):
        parse(text, 0.0, 1)


def test_the_reason_is_the_line_that_names_the_error():
    assert reason("at x\nError: no module y\n\nNode.js v20.0.0\n") == "Error: no module y"
    assert reason("one\ntwo\n") == "two"
    assert reason("") == "no output"
