"""A pipe, one end of which a child process inherits: a file descriptor or, on Windows, a handle."""

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
    """Starts a process; the last argument of its command is the number of its pipe end.

    It has no standard input or output: they may be how this process talks with its own client.

    Raises:
        OSError: if it cannot be started.
    """
    number = pipe.fileno()
    whole = [*command, str(number)]
    if sys.platform == "win32":
        os.set_handle_inheritable(number, True)
        # Inherit only this handle: workers start in parallel.
        startup = subprocess.STARTUPINFO(lpAttributeList={"handle_list": [number]})
        return subprocess.Popen(
            whole,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            env=environment,
            startupinfo=startup,
        )
    return subprocess.Popen(
        whole,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=environment,
        pass_fds=(number,),
    )


def inherited(number: str) -> PipeEnd:
    """The child's end of the pipe: see :func:`start`."""
    return PipeEnd(int(number))
