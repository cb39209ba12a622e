"""Work shared out to copies of this process: the same answers in the same order, and no copy outlives us."""

from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
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
    assert os.getpid() not in set(workers.spread(lambda _: os.getpid(), range(4), 2, chunk=1))


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


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_is_done_aside_tells_on_its_way_and_gives_its_result(jobs: int) -> None:
    heard: list[tuple[object, ...]] = []

    def work(tell: workers.Tell) -> int:
        tell("half", 1, 2)
        tell("whole", 2, 2)
        return os.getpid()

    with workers.Aside(jobs) as aside:
        wait = aside.begin(work, lambda *told: heard.append(told))
        assert (wait() == os.getpid()) == (jobs == 1 or sys.platform != "linux")
    assert heard == [("half", 1, 2), ("whole", 2, 2)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_goes_wrong_aside_is_raised_where_it_is_waited_for(jobs: int) -> None:
    def work(_: workers.Tell) -> None:
        raise BuildError("no room", exit_code=5)

    with workers.Aside(jobs) as aside:
        wait = aside.begin(work)
        with pytest.raises(BuildError, match="no room") as caught:
            wait()
    assert caught.value.exit_code == 5


@LINUX
def test_a_copy_that_is_killed_aside_ends_the_build_with_one_line() -> None:
    with workers.Aside(2) as aside, pytest.raises(BuildError, match="use --jobs 1"):
        aside.begin(lambda _: os.kill(os.getpid(), signal.SIGKILL))()


@LINUX
def test_what_nobody_has_waited_for_is_stopped_with_the_programs_that_it_runs(tmp_path: Path) -> None:
    def work(_: workers.Tell) -> None:
        program = subprocess.Popen(["sleep", "60"], preexec_fn=workers.die_with_parent)  # noqa: PLW1509
        (tmp_path / "pids").write_text(f"{os.getpid()} {program.pid}")
        program.wait()

    with pytest.raises(ZeroDivisionError), workers.Aside(2) as aside:
        aside.begin(work)
        while not (tmp_path / "pids").exists() or not (tmp_path / "pids").read_text():
            time.sleep(0.01)
        raise ZeroDivisionError
    end = time.monotonic() + 10
    pids = (tmp_path / "pids").read_text().split()
    while (alive := [pid for pid in pids if runs(pid)]) and time.monotonic() < end:
        time.sleep(0.01)
    assert alive == []


def runs(pid: str) -> bool:
    """Neither gone nor waiting for somebody to ask how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


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


@LINUX
def test_two_threads_that_share_out_work_get_their_own_results() -> None:
    """While one watches, a build and the page of the letter that is edited are made side by side."""

    def times(factor: int) -> list[list[int]]:
        return [list(workers.spread(lambda number: number * factor, range(120), 2)) for _ in range(5)]

    with ThreadPoolExecutor(2) as threads:
        for factor, found in zip((2, 3), threads.map(times, (2, 3)), strict=True):
            assert found == [[number * factor for number in range(120)]] * 5
