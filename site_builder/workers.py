"""Work shared out to processes that begin as copies of this one: what is to be done is not sent to them, only what came out.

Each dies with us and lets Ctrl-C be ours. Where the system cannot copy a process, or there is little to do, it is done here.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, TypeVar

from site_builder.model import BuildError

Item = TypeVar("Item")
Result = TypeVar("Result")

FEWEST = 100
"""Pieces of work that are worth a second process."""
CHUNK = 25
"""Pieces handed out at once."""

_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
"""Looked up here: between fork and exec nothing may be."""
_DIES_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl."""

_shared: tuple[Callable[[Any], Any], Sequence[Any]] = (lambda item: item, ())
"""What the copies find: the work, and all pieces of it."""


def spread(work: Callable[[Item], Result], pieces: Sequence[Item], jobs: int) -> Iterator[Result]:
    """`work` of every piece, in their order; results cross a process border by pickle. Raises BuildError where a process dies."""
    if jobs < 2 or len(pieces) < FEWEST or sys.platform != "linux":
        yield from map(work, pieces)
        return
    global _shared  # noqa: PLW0603  # the one way to hand something to a copy without sending it
    _shared = work, pieces
    chunks = [range(first, min(first + CHUNK, len(pieces))) for first in range(0, len(pieces), CHUNK)]
    pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("fork"), initializer=_begin, initargs=(os.getpid(),))
    try:
        for results in pool.map(_chunk, chunks):
            yield from results
    except BrokenProcessPool:
        raise BuildError("a worker process was killed: close other programs, or use fewer --jobs", exit_code=5) from None
    finally:
        pool.shutdown(cancel_futures=True)
        _shared = (lambda item: item), ()


def die_with_parent() -> None:
    """For a new process: to end when the one that made it ends, however that happens."""
    if _PRCTL:
        _PRCTL(_DIES_WITH_PARENT, signal.SIGKILL)


def _begin(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent()
    if os.getppid() != parent:  # it ended before we could ask to
        os._exit(1)


def _chunk(numbers: range) -> list[Any]:
    work, pieces = _shared
    return [work(pieces[number]) for number in numbers]
