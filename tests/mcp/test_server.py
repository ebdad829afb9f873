"""`facetraits mcp` as a process, with the SDK's own client and the real networks."""

import base64
import json
import os
import signal
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from anyio.from_thread import start_blocking_portal
from mcp import Client, MCPError, StdioServerParameters
from PIL import Image

from facetraits import Analyzer, Reading, __version__
from facetraits.mcp.folders import Folders
from facetraits.mcp.server import make_server
from facetraits.mcp.tools import Tools
from facetraits.serving.service import InferenceService
from facetraits.settings import Settings
from tests.photos import astronaut, encode, group

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "facetraits", "mcp"]
PHOTO = encode(astronaut())
MAX_BYTES = 500_000


def in_base64(data):
    return base64.b64encode(data).decode()


class Assistant:
    """A client of a server, for tests without async."""

    def __init__(self, server):
        self.client, self._server = None, server

    def __enter__(self):
        self._portals = start_blocking_portal()
        self._portal = self._portals.__enter__()
        self._connection = self._portal.wrap_async_context_manager(Client(self._server))
        self.client = self._connection.__enter__()
        return self

    def __exit__(self, *error):
        self._connection.__exit__(*error)
        self._portals.__exit__(*error)

    def tools(self):
        return {tool.name: tool for tool in self._portal.call(self.client.list_tools).tools}

    def call(self, name, **arguments):
        # The client checks structured content by the tool's schema.
        return self._portal.call(self.client.call_tool, name, arguments)

    def problem(self, name, **arguments):
        """The text of a call that fails."""
        result = self.call(name, **arguments)
        assert result.is_error and result.structured_content is None
        (content,) = result.content
        return content.text


@pytest.fixture(scope="module")
def analyzer():
    return Analyzer()


@pytest.fixture(scope="module")
def album(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures") / "album"
    folder.mkdir()
    (folder / "a.jpg").write_bytes(PHOTO)
    (folder.parent / "outside.jpg").write_bytes(PHOTO)
    return folder


@pytest.fixture(scope="module")
def assistant(album):
    env = {**os.environ, "FACETRAITS_MAX_BYTES": str(MAX_BYTES)}
    arguments = [*COMMAND[1:], "--folder", str(album)]
    server = StdioServerParameters(command=COMMAND[0], args=arguments, env=env, cwd=ROOT)
    with Assistant(server) as assistant:
        yield assistant


def test_the_tools_say_what_they_do(assistant, album):
    info = assistant.client.server_info
    assert (info.name, info.version) == ("facetraits", __version__)
    tools = assistant.tools()
    assert set(tools) == {"analyze", "anonymize"}
    analyze, anonymize = tools["analyze"], tools["anonymize"]
    assert analyze.annotations.read_only_hint and not anonymize.annotations.read_only_hint
    assert anonymize.annotations.destructive_hint
    assert "apparent" in analyze.description and "may miss faces" in anonymize.description
    assert str(album) in analyze.description
    assert set(analyze.input_schema["properties"]) == {"path", "data", "annotate"}
    assert set(anonymize.input_schema["properties"]) == {
        *("path", "data", "style", "faces", "out", "overwrite")
    }


@pytest.mark.parametrize("form", ["path", "relative", "base64", "data URL"])
def test_a_reading_is_the_same_as_everywhere(assistant, album, analyzer, form):
    wrapped = base64.encodebytes(PHOTO).decode()
    arguments = {
        "path": {"path": str(album / "a.jpg")},
        "relative": {"path": "a.jpg"},
        "base64": {"data": wrapped},
        "data URL": {"data": f"data:image/jpeg;base64,{in_base64(PHOTO)}"},
    }[form]
    result = assistant.call("analyze", **arguments)
    assert not result.is_error
    reading = Reading.from_dict(result.structured_content)
    assert [face.to_dict() for face in reading.faces] == [
        face.to_dict() for face in analyzer.analyze(PHOTO).faces
    ]
    (content,) = result.content
    name = "a.jpg" if "path" in arguments else "The picture"
    assert content.text.startswith(f"{name} (512x512): 1 face\n  1. looks ")
    assert "about 80% of faces" in content.text and "All traits are apparent" in content.text


def test_what_is_unsure_says_why(assistant):
    small, _ = group(1, 1, 20, 400, 300)
    result = assistant.call("analyze", data=in_base64(encode(small, ".png")))
    assert "; unsure: age (small)" in result.content[0].text


def test_no_face_is_no_error(assistant):
    gray = np.full((100, 100, 3), 127, np.uint8)
    result = assistant.call("analyze", data=in_base64(encode(gray)))
    assert result.structured_content["faces"] == []
    assert result.content[0].text == "The picture (100x100): no faces found"


def test_an_annotated_picture(assistant):
    result = assistant.call("analyze", path="a.jpg", annotate=True)
    _, picture = result.content
    assert picture.mime_type == "image/jpeg"
    drawn = np.asarray(Image.open(BytesIO(base64.b64decode(picture.data))))
    assert drawn.shape == (512, 512, 3)
    assert np.abs(drawn.astype(int) - astronaut()).max() > 200


def test_an_anonymized_picture_is_returned(assistant, analyzer):
    result = assistant.call("anonymize", data=in_base64(PHOTO), style="pixelate")
    text, picture = result.content
    assert text.text.startswith("1 face hidden. Faces may have been missed")
    assert picture.mime_type == "image/jpeg"
    assert analyzer.analyze(base64.b64decode(picture.data)).faces == ()
    assert len(result.structured_content["hidden"]) == 1
    assert "path" not in result.structured_content


def test_an_anonymized_picture_is_written(assistant, analyzer, album):
    arguments = {"path": "a.jpg", "out": "hidden/a.png", "style": "cover"}
    result = assistant.call("anonymize", **arguments)
    (text,) = result.content
    path = Path(result.structured_content["path"])
    assert path == (album / "hidden" / "a.jpg").resolve()
    assert text.text.endswith(f"\nWritten to {path}")
    assert analyzer.analyze(path).faces == ()
    assert assistant.problem("anonymize", **arguments).startswith("not_written: ")
    assert not assistant.call("anonymize", **arguments, overwrite=True).is_error


@pytest.mark.parametrize(
    "arguments, problem",
    [
        ({"path": "a.jpg", "out": "a.jpg", "overwrite": True}, "not_written: "),
        ({"path": "a.jpg", "out": "../a-hidden.jpg"}, "outside_folders: "),
        ({"path": "a.jpg", "faces": "2"}, "bad_request: .*there is no face 2"),
        ({"path": "a.jpg", "faces": "first"}, "bad_request: .*faces='first'"),
        ({"path": "a.jpg", "style": "smudge"}, "bad_request: .*style='smudge'"),
    ],
)
def test_what_cannot_be_anonymized(assistant, album, arguments, problem):
    assert_starts(assistant.problem("anonymize", **arguments), problem)
    assert (album / "a.jpg").read_bytes() == PHOTO
    assert not (album.parent / "a-hidden.jpg").exists()


@pytest.mark.parametrize(
    "arguments, problem",
    [
        ({"path": "../outside.jpg"}, "outside_folders: "),
        ({"path": "missing.jpg"}, "bad_image: .*cannot be opened"),
        ({"data": in_base64(b"no picture")}, "unsupported_type: "),
        ({"data": in_base64(PHOTO[:2000])}, "bad_image: "),
        ({"data": in_base64(PHOTO + bytes(MAX_BYTES))}, "too_large: .*the limit is 500,000"),
        ({"data": "not base64!"}, "bad_request: .*data is not base64"),
        ({}, "bad_request: .*give either path or data"),
        ({"path": "a.jpg", "data": "AAAA"}, "bad_request: .*and not both"),
        ({"path": 7}, "bad_request: "),
        ({"path": "a.jpg", "annotated": True}, "bad_request: .*annotated"),
    ],
)
def test_what_cannot_be_analyzed(assistant, arguments, problem):
    assert_starts(assistant.problem("analyze", **arguments), problem)


def assert_starts(text, problem):
    start, _, rest = problem.partition(".*")
    assert text.startswith(start) and rest in text


@pytest.mark.skipif(sys.platform == "win32", reason="Windows lets only administrators make links")
def test_a_link_that_leads_out(assistant, album):
    (album / "link.jpg").symlink_to(album.parent / "outside.jpg")
    assert assistant.problem("analyze", path="link.jpg").startswith("outside_folders: ")


def test_too_many_pixels(assistant):
    file = BytesIO()
    Image.new("L", (8000, 8000)).save(file, "PNG")
    assert len(file.getvalue()) < MAX_BYTES
    problem = assistant.problem("analyze", data=in_base64(file.getvalue()))
    assert problem.startswith("too_large: ")


def test_an_unknown_tool(assistant):
    with pytest.raises(MCPError, match="there is no tool 'identify'"):
        assistant.call("identify")


@pytest.fixture
def service():
    service = InferenceService(Settings(workers=1, timeout_s=2))
    service.start()
    yield service
    service.close()
    service.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot stop a process")
def test_a_picture_that_hangs_its_worker_is_an_error_and_the_next_one_is_read(service):
    with Assistant(make_server(Tools(service, Folders([], MAX_BYTES), MAX_BYTES))) as assistant:
        assert set(assistant.tools()["anonymize"].input_schema["properties"]) == {
            *("data", "style", "faces")
        }
        assert assistant.problem("analyze", path="a.jpg").startswith("outside_folders: ")
        (worker,) = workers_of(os.getpid())
        os.kill(worker, signal.SIGSTOP)
        assert assistant.problem("analyze", data=in_base64(PHOTO)).startswith("worker_died: ")
        # Starting another one may take longer than a call waits.
        while (result := assistant.call("analyze", data=in_base64(PHOTO))).is_error:
            assert result.content[0].text.startswith("overloaded: ")
        assert len(result.structured_content["faces"]) == 1


class Raw:
    """The server as a process, and what is on its standard output."""

    def __init__(self):
        self.process = subprocess.Popen(
            COMMAND, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        self.said = []
        client = {"name": "test", "version": "1"}
        version = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
        self.ask(1, "initialize", **version)
        self.send({"method": "notifications/initialized"})

    def send(self, message):
        self.process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        self.process.stdin.flush()

    def request(self, number, method, **params):
        self.send({"id": number, "method": method, "params": params})

    def ask(self, number, method, **params):
        self.request(number, method, **params)
        while not self.said or self.said[-1].get("id") != number:
            self.said.append(json.loads(self.process.stdout.readline()))
        return self.said[-1]["result"]


@pytest.fixture
def raw():
    raw = Raw()
    yield raw
    raw.process.kill()
    raw.process.wait()
    raw.process.stdin.close()
    raw.process.stdout.close()


def workers_of(pid):
    command = ["pgrep", "-P", str(pid), "-f", "facetraits.serving.worker"]
    found = subprocess.run(command, capture_output=True, text=True, check=True)
    return [int(number) for number in found.stdout.split()]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("ending", ["end of input", signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_its_workers_even_if_one_hangs(raw, ending):
    arguments = {"data": in_base64(PHOTO)}
    result = raw.ask(2, "tools/call", name="analyze", arguments=arguments)
    assert len(result["structuredContent"]["faces"]) == 1
    (worker,) = workers_of(raw.process.pid)
    os.kill(worker, signal.SIGSTOP)
    raw.request(3, "tools/call", name="analyze", arguments=arguments)
    if ending == "end of input":
        raw.process.stdin.close()
    else:
        raw.process.send_signal(ending)
    rest = raw.process.stdout.read().splitlines()
    assert raw.process.wait(30) == 0
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)
    # Nothing else is on standard output, from nobody.
    messages = [*raw.said, *map(json.loads, rest)]
    assert all(message["jsonrpc"] == "2.0" for message in messages)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot tell")
def test_it_ends_when_nobody_reads_its_answers(raw):
    raw.process.stdout.close()
    assert raw.process.wait(30) == 0
