from __future__ import annotations

import importlib
import threading

import pytest

from facetraits.errors import BadSetting, Overloaded
from facetraits.settings import ASYNC_MODES, Settings
from facetraits.web import create_app, one_line_errors
from facetraits.web.concurrency.offload import make_offload
from tests.web.fakes import FakeService, photo


@pytest.mark.parametrize("async_mode", ASYNC_MODES)
def test_socket_io_runs_in_the_mode_of_the_settings(make_app, async_mode):
    app = make_app(async_mode=async_mode)

    assert app.extensions["socketio"].async_mode == async_mode


def test_eventlet_is_the_default(tmp_path):
    app = create_app(Settings(data_dir=str(tmp_path)), FakeService())

    assert app.extensions["socketio"].async_mode == "eventlet"
    app.extensions["facetraits_jobs"].close()
    app.extensions["facetraits_store"].close()


@pytest.mark.parametrize("async_mode", ASYNC_MODES)
def test_offloaded_work_returns_and_raises(async_mode):
    offload = make_offload(async_mode, 2)

    assert offload(lambda a, b: a + b, 1, 2) == 3
    with pytest.raises(Overloaded, match="full"):
        offload(_refuse, "full")


@pytest.mark.parametrize(("async_mode", "elsewhere"), [("eventlet", True), ("gevent", True)])
def test_work_leaves_the_thread_of_the_event_loop(async_mode, elsewhere):
    offload = make_offload(async_mode, 2)

    assert (offload(threading.get_ident) != threading.get_ident()) == elsewhere


def test_threads_and_locks_stay_native(make_app):
    make_app(async_mode="eventlet").test_client().post("/api/v1/analyze", data=photo())

    assert type(threading.Lock()).__module__ == "_thread"
    patcher = importlib.import_module("eventlet.patcher")
    assert not any(map(patcher.is_monkey_patched, ("thread", "socket", "time", "os")))


def test_an_error_at_the_start_is_one_line_and_code_2(capsys):
    with pytest.raises(SystemExit) as ended, one_line_errors():
        raise BadSetting("FACETRAITS_PORT='x' is not a port")

    assert ended.value.code == 2
    assert capsys.readouterr().err == "facetraits: FACETRAITS_PORT='x' is not a port\n"


def _refuse(reason: str) -> None:
    raise Overloaded(reason)
