"""Work shared out to processes that begin as copies of this one: what is to be done is not sent to them, only what came out.

Each dies with us and lets Ctrl-C be ours. Where the system cannot copy a process, or there is little to do, it is done here.

A piece that raises, kills its process or never ends costs itself where the caller says what shall stand in its place: what was
not done yet is then done in processes of its own, chunk by chunk, and in the chunk that fails again piece by piece. Known limit:
what is done here, for want of processes or of pieces, can be saved from exceptions only.
"""

from __future__ import annotations

import ctypes
import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing.connection import Connection
from typing import Any, Self, TypeVar, cast

from site_builder.model import BuildError

Item = TypeVar("Item")
Result = TypeVar("Result")
Tell = Callable[..., None]

CHUNK = 25
"""Pieces handed out at once: letters, or pages."""
FEWEST = 4
"""Chunks that are worth a second process."""
SECONDS = 120.0
"""Of wall time that a chunk, or a piece alone, may take; a chunk of letters takes one."""

_PRCTL = ctypes.CDLL(None).prctl if sys.platform == "linux" else None
"""Looked up here: between fork and exec nothing may be."""
_DIES_WITH_PARENT = 1
"""PR_SET_PDEATHSIG of prctl."""

Shared = tuple[Callable[[Any], Any], Sequence[Any]]
"""The work, and all pieces of it: what a copy is born with."""
_shared: Shared = (lambda item: item, ())
"""In a copy of a pool only."""


def spread(
    work: Callable[[Item], Result],
    pieces: Sequence[Item],
    jobs: int,
    lost: Callable[[Item, str], Result] | None = None,
    *,
    chunk: int = CHUNK,
) -> Iterator[Result]:
    """`work` of every piece, in their order; results cross a process border by pickle. `chunk`: pieces handed out at once, fewer
    where a piece is much work.

    `lost`: the result of a piece that raises, kills its process or never ends, with what was seen, in a few words. Without it an
    exception is raised here, and a process that dies raises BuildError.
    """
    whole = _guarded(work, lost) if lost else work
    if jobs < 2 or len(pieces) < FEWEST * chunk or sys.platform != "linux":
        yield from map(whole, pieces)
        return
    shared = whole, pieces
    chunks = [range(first, min(first + chunk, len(pieces))) for first in range(0, len(pieces), chunk)]
    done = 0
    for results in _together(shared, chunks, jobs, SECONDS if lost else None):
        yield from results
        done += 1
    for numbers in chunks[done:]:
        if lost is None:
            raise BuildError("a worker process was killed: close other programs, or use fewer --jobs", exit_code=5)
        yield from _apart(shared, numbers, lost)


class Aside:
    """Work that goes on beside ours, each piece in a copy of this process that begins at once; what nobody has waited for when
    the block ends is stopped. With one job, or where the system cannot copy a process, it is done when it is waited for.
    """

    def __init__(self, jobs: int) -> None:
        self._copies = jobs > 1 and sys.platform == "linux"
        self._begun: list[multiprocessing.context.ForkProcess] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self._begun:
            process.kill()
            process.join()

    def begin(self, work: Callable[[Tell], Result], heard: Tell = lambda *_: None) -> Callable[[], Result]:
        """What comes back waits for the result, or raises what `work` raised; `heard` then gets what `work` told on its way."""
        if not self._copies:
            return partial(work, heard)
        context = multiprocessing.get_context("fork")
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=_beside, args=(theirs, work, os.getpid()))
        process.start()
        theirs.close()
        self._begun.append(process)

        def wait() -> Result:
            with ours:
                try:
                    while isinstance(message := ours.recv(), _Told):
                        heard(*message)
                except EOFError:
                    raise BuildError("a worker process was killed: close other programs, or use --jobs 1", exit_code=5) from None
            result, error = message
            if error:
                raise error
            return cast("Result", result)

        return wait


HERE = Aside(1)
"""Does everything when it is waited for."""


class _Told(tuple[Any, ...]):
    """What a piece tells on its way; its result, or what it raised, comes as a plain pair."""


def _beside(answers: Connection, work: Callable[[Tell], Any], parent: int) -> None:
    _begin(parent)
    try:
        answers.send((work(lambda *told: answers.send(_Told(told))), None))
    except Exception as error:  # raised again by who waits
        answers.send((None, error))


def _guarded(work: Callable[[Item], Result], lost: Callable[[Item, str], Result]) -> Callable[[Item], Result]:
    def guarded(piece: Item) -> Result:
        try:
            return work(piece)
        except Exception as error:  # a fault of ours that one piece brings to light must not cost the others; it is told
            return lost(piece, type(error).__name__)

    return guarded


def _together(shared: Shared, chunks: Sequence[range], jobs: int, seconds: float | None) -> Iterator[list[Any]]:
    """Results of the chunks, in order, up to the first whose process dies or takes too long."""
    context = multiprocessing.get_context("fork")
    told = os.getpid(), shared  # nothing of it is sent: processes are copied
    pool = ProcessPoolExecutor(jobs, context, initializer=_begin_with, initargs=told)
    try:
        for result in [pool.submit(_pooled, chunk) for chunk in chunks]:
            yield result.result(seconds)
    except (BrokenProcessPool, TimeoutError):
        for process in list((pool._processes or {}).values()):  # kill_workers of Python 3.14
            process.kill()
    finally:
        pool.shutdown(cancel_futures=True)


def _apart(shared: Shared, chunk: range, lost: Callable[[Any, str], Any]) -> list[Any]:
    """Results of a chunk from a process of its own; where that fails, of its pieces from processes of theirs."""
    found = _alone(shared, chunk)
    if isinstance(found, list):
        return found
    if len(chunk) == 1:
        return [lost(shared[1][chunk[0]], found)]
    return [result for number in chunk for result in _apart(shared, range(number, number + 1), lost)]


def _alone(shared: Shared, chunk: range) -> list[Any] | str:
    """The results, or what became of the process."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(theirs, shared, chunk, os.getpid()))
    process.start()
    theirs.close()
    try:
        if not ours.poll(SECONDS):
            return f"no end within {SECONDS:.0f} s"
        found: list[Any] = ours.recv()
        return found
    except EOFError:
        process.join()
        return f"its process ended with {process.exitcode}"
    finally:
        process.kill()
        process.join()
        ours.close()


def _answer(answers: Connection, shared: Shared, chunk: range, parent: int) -> None:
    _begin(parent)
    answers.send(_chunk(shared, chunk))


def die_with_parent() -> None:
    """For a new process: to end when the one that made it ends, however that happens."""
    if _PRCTL:
        _PRCTL(_DIES_WITH_PARENT, signal.SIGKILL)


def _begin(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    die_with_parent()
    gc.freeze()  # what it was born with no copy can free; to look for garbage in it would write to all of its memory
    if os.getppid() != parent:  # it ended before we could ask to
        os._exit(1)


def _begin_with(parent: int, shared: Shared) -> None:
    global _shared  # noqa: PLW0603  # a pool hands its copies nothing else
    _shared = shared
    _begin(parent)


def _pooled(numbers: range) -> list[Any]:
    return _chunk(_shared, numbers)


def _chunk(shared: Shared, numbers: range) -> list[Any]:
    work, pieces = shared
    return [work(pieces[number]) for number in numbers]
