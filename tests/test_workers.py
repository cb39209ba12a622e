"""Work shared out to copies of this process: the same answers in the same order, and no copy outlives us."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from site_builder import workers
from site_builder.model import BuildError
from tests.conftest import ROOT

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux only")


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_come_in_the_order_of_the_pieces(jobs: int) -> None:
    assert list(workers.spread(lambda number: number * number, range(333), jobs)) == [number * number for number in range(333)]


@LINUX
def test_the_work_is_done_in_other_processes_and_may_be_any_function() -> None:
    assert os.getpid() not in set(workers.spread(lambda _: os.getpid(), range(200), 2))


@LINUX
def test_a_copy_never_looks_for_garbage_in_what_it_was_born_with() -> None:
    first, *_ = workers.spread(lambda number: gc.get_freeze_count() if number == 0 else 0, range(200), 2)  # counting is slow
    assert first > 10_000
    assert gc.get_freeze_count() == 0, "here nothing is frozen"


@LINUX
def test_what_goes_wrong_in_a_process_is_raised_here() -> None:
    with pytest.raises(ZeroDivisionError):
        list(workers.spread(lambda number: 1 // number, range(200), 2))


@LINUX
def test_a_killed_process_ends_the_build_with_one_line() -> None:
    with pytest.raises(BuildError, match="fewer --jobs"):
        list(workers.spread(lambda _: os.kill(os.getpid(), signal.SIGKILL), range(200), 2))


@LINUX
def test_no_process_outlives_the_one_that_began_it() -> None:
    code = 'import os, time; from site_builder import workers; list(workers.spread(lambda n: (os.write(1, f"{os.getpid()}\\n".encode()), time.sleep(60)), range(200), 2))'
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    children = [int(process.stdout.readline()) for _ in range(2)]
    process.kill()
    process.wait()
    end = time.monotonic() + 10
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < end:
        time.sleep(0.05)
    assert not any(Path(f"/proc/{child}").exists() for child in children)
