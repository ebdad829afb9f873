"""Calls from native threads onto each mode's event loop."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from facetraits.settings import ASYNC_MODES
from facetraits.web.concurrency.event_loops import make_loop
from facetraits.web.concurrency.offload import import_eventlet


def run_on_loop(async_mode, body):
    """Runs body where that mode's loop runs: in a green thread of a native thread of its own."""
    failure, ended = [], threading.Event()

    def native():
        try:
            if async_mode == "eventlet":
                import_eventlet().spawn(body).wait()
            elif async_mode == "gevent":
                import gevent

                gevent.spawn(body).get()
            else:
                body()
        except BaseException as error:
            failure.append(error)
        ended.set()

    # Not joined: a thread that leaves a sleeping green one behind never counts as ended.
    threading.Thread(target=native, daemon=True).start()
    assert ended.wait(20)
    if failure:
        raise failure[0]


@pytest.mark.parametrize("async_mode", ASYNC_MODES)
def test_calls_run_in_their_order_on_the_loop(async_mode):
    def body():
        loop, seen, gate = make_loop(async_mode), [], None
        loop.start()
        loop.start()  # more than once does no harm
        gate = loop.gate()

        def note(number):
            seen.append((number, threading.get_ident()))

        def from_elsewhere():
            for number in range(500):
                loop.post(lambda number=number: note(number))
            loop.post(gate.set)

        other = threading.Thread(target=from_elsewhere)
        other.start()
        gate.wait(10)
        other.join(10)
        assert [number for number, _ in seen] == list(range(500))
        where = {thread for _, thread in seen}
        # Under threading every thread may send: there is no other place to go to.
        here = threading.get_ident()
        assert (where == {here}) == (async_mode != "threading")

    run_on_loop(async_mode, body)


@pytest.mark.parametrize("async_mode", ASYNC_MODES)
def test_no_call_waits_for_the_next_one_to_wake_the_loop(async_mode):
    def body():
        loop, seen = make_loop(async_mode), []
        loop.start()
        with ThreadPoolExecutor(1) as elsewhere:
            for number in range(300):
                gate = loop.gate()

                def call(number=number, gate=gate):
                    seen.append(number)
                    gate.set()

                elsewhere.submit(loop.post, call)
                gate.wait(10)
                assert seen[-1:] == [number]

    run_on_loop(async_mode, body)


@pytest.mark.parametrize("async_mode", ASYNC_MODES)
def test_a_call_that_fails_does_not_stop_the_next(async_mode):
    def body():
        loop = make_loop(async_mode)
        loop.start()
        gate, done = loop.gate(), []

        def fail():
            raise RuntimeError("one client's trouble")

        def from_elsewhere():
            loop.post(fail)
            loop.post(lambda: done.append(1))
            loop.post(gate.set)

        other = threading.Thread(target=from_elsewhere)
        other.start()
        gate.wait(10)
        other.join(10)
        assert done == [1]

    run_on_loop(async_mode, body)


@pytest.mark.parametrize("async_mode", ASYNC_MODES)
def test_a_gate_that_nobody_opens_lets_go_in_the_end(async_mode):
    def body():
        loop = make_loop(async_mode)
        loop.start()
        loop.gate().wait(0.05)

    run_on_loop(async_mode, body)
