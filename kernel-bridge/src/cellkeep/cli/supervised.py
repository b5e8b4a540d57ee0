"""What a child of the server begins with: address, token and task come by stdin, and when that is closed the server is gone."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

from ..link import ServerLink
from ..settings import Server


@contextlib.contextmanager
def supervised(memory: int | None, code: int) -> Iterator[tuple[ServerLink, dict[str, Any]]]:
    """A link to the server, closed afterwards, and the task as it was told.

    Parameters
    ----------
    memory : int or None
        MiB of data that this process and each that it starts may have; None: no limit.
    code : int
        Exit code when the server goes away.
    """
    told = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_server, args=(code,), name="cellkeep-supervisor", daemon=True).start()
    if memory:
        _limit_memory(memory)
    link = ServerLink(Server(told["url"], told["token"]))
    try:
        yield link, told
    finally:
        link.close()


def _end_with_server(code: int) -> None:
    """End this process, and all of its group, once its stdin is closed."""
    # Not by sys.stdin: a reader that waits in it aborts Python when that ends by itself, and the exit code says nothing then.
    while os.read(0, 65_536):
        pass
    if os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)  # the kernel is in the same group
    os._exit(code)


def _limit_memory(mib: int) -> None:
    """Of data, for this process and each that it starts: of address space libraries reserve more than they use."""
    import resource

    most = mib * 1024 * 1024
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard == resource.RLIM_INFINITY or most < hard:
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
