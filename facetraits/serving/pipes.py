"""A pipe of which a child process gets one end: a file descriptor, or on Windows a handle."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Pipe

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection as PipeEnd
else:
    from multiprocessing.connection import Connection as PipeEnd

__all__ = ["Pipe", "PipeEnd", "inherited", "start"]


def start(
    command: Sequence[str], pipe: PipeEnd, environment: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Starts a process that finds its end of the pipe by the number at its command's end.

    Raises:
        OSError: where it cannot be started.
    """
    number = pipe.fileno()
    whole = [*command, str(number)]
    if sys.platform == "win32":
        os.set_handle_inheritable(number, True)
        # Only this one: workers start side by side.
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [number]})
        return subprocess.Popen(
            whole, stdin=subprocess.DEVNULL, env=environment, startupinfo=startup
        )
    return subprocess.Popen(whole, stdin=subprocess.DEVNULL, env=environment, pass_fds=(number,))


def inherited(number: str) -> PipeEnd:
    """The child's end: see :func:`start`."""
    return PipeEnd(int(number))
