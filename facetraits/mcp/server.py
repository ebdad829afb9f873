"""Serves the tools to one client over standard input and output."""

from __future__ import annotations

import asyncio
import base64
import logging
import os
import select
import signal
import sys
import threading
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mcp import types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server
from mcp.shared.exceptions import MCPError

from facetraits import __version__
from facetraits.errors import FacetraitsError, problem_body
from facetraits.mcp.folders import Folders, printable
from facetraits.mcp.tools import APPARENT, Answer, Tool, Tools
from facetraits.serving.service import InferenceService
from facetraits.settings import Settings

log = logging.getLogger(__name__)

_INSTRUCTIONS = (
    "Facetraits finds the faces in a picture, estimates their apparent traits, or hides them. "
    f"{APPARENT}"
)
# A wait that Ctrl-C cannot end on Windows is a short one.
_LOOK_EVERY_S = 0.5


def run(settings: Settings, folders: Sequence[Path]) -> None:
    """Serves until the client closes standard input or output, or until SIGTERM or Ctrl-C.

    Args:
        settings: the limits, and how many pictures are read at a time.
        folders: the only ones that the client may name files in.

    Raises:
        BadSetting: if one of them is not a folder.
        BadWeights, WorkerDied: if the workers cannot start.
    """
    tools_folders = Folders(folders, settings.max_bytes)
    service = InferenceService(settings)
    server = make_server(Tools(service, tools_folders, settings.max_bytes))
    over = threading.Event()
    answers = os.dup(sys.stdout.fileno())  # the protocol's side replaces standard output
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    service.start()
    try:
        # Reading standard input cannot be interrupted: only a daemon thread lets the process end.
        threading.Thread(target=_serve, args=(server, over), name="mcp", daemon=True).start()
        while not over.wait(_LOOK_EVERY_S):
            if _nobody_reads(answers):
                log.error("the client no longer reads the answers")
                break
    finally:
        # Nobody waits for the answers any more.
        service.close()
        service.kill()
        os.close(answers)


def _nobody_reads(pipe: int) -> bool:
    """Whether the other end of a pipe is closed; without `poll` (Windows), it is not known."""
    if sys.platform == "win32":
        return False
    poll = select.poll()
    poll.register(pipe, 0)  # reports errors alone
    return bool(poll.poll(0))


def make_server(tools: Tools) -> Server:
    """The protocol's side of the tools."""
    listed = tools.list()
    names = {tool.name for tool in listed}

    async def list_tools(
        context: ServerRequestContext, params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(tool) for tool in listed])

    async def call_tool(
        context: ServerRequestContext, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        if params.name not in names:
            raise MCPError(types.INVALID_PARAMS, f"there is no tool {params.name!r}")
        # A call that the client cancels goes on in its thread; its answer is dropped.
        return await asyncio.to_thread(_result, tools, params.name, params.arguments or {})

    return Server(
        "facetraits",
        version=__version__,
        title="Facetraits",
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def _serve(server: Server, over: threading.Event) -> None:
    async def serve() -> None:
        async with stdio_server() as (received, sent):
            await server.run(received, sent, server.create_initialization_options())
        # Not later: calls that are still running keep asyncio.run from returning.
        over.set()

    try:
        asyncio.run(serve())
    except Exception:
        log.exception("the connection to the client failed")
    finally:
        over.set()


def _result(tools: Tools, name: str, arguments: dict[str, Any]) -> types.CallToolResult:
    request_id = uuid.uuid4().hex
    try:
        return _as_result(tools.call(name, arguments, request_id))
    except FacetraitsError as error:
        if error.status == 500:
            log.error("call %s failed: %s", request_id, error)
        return _failed(error, request_id)
    except Exception:
        log.exception("call %s failed", request_id)
        return _failed(FacetraitsError(), request_id)


def _as_result(answer: Answer) -> types.CallToolResult:
    content: list[types.ContentBlock] = [types.TextContent(text=printable(answer.text))]
    if answer.picture is not None:
        data = base64.b64encode(answer.picture.data).decode()
        content.append(types.ImageContent(data=data, mime_type=answer.picture.media_type))
    return types.CallToolResult(content=content, structured_content=answer.members)


def _failed(error: FacetraitsError, request_id: str) -> types.CallToolResult:
    """In text alone: clients expect structured content to be what the tool's schema describes."""
    problem = problem_body(error, request_id)
    text = f"{problem['code']}: {problem['title']}: {problem['detail']}"
    if error.status == 500:
        text += f" (request_id {request_id})"  # it is in the log, with the reason
    return types.CallToolResult(content=[types.TextContent(text=printable(text))], is_error=True)


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        title=tool.title,
        description=tool.description,
        input_schema=tool.arguments,
        output_schema=tool.output,
        annotations=types.ToolAnnotations(
            read_only_hint=not tool.writes,
            # With `overwrite`, it can replace a file.
            destructive_hint=tool.writes,
            idempotent_hint=not tool.writes,
            open_world_hint=False,
        ),
    )
