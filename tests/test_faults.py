"""Promise: whole builds, search index included, that are killed, stopped or starved leave a whole site and no process behind."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from site_builder import publish
from tests.conftest import FULL, ROOT

MARK = "SITE_BUILDER_TEST"


def start(letters: Path, out: Path, before: Callable[[], object] | None = None, **more: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "site_builder",
        "build",
        "-q",
        "--no-cache",
        "--jobs",
        "2",
        "--letters",
        str(letters),
        "--out",
        str(out),
    ]
    how = {"env": {**os.environ, MARK: str(out), **more}, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=ROOT, text=True, preexec_fn=before, **how)  # noqa: PLW1509  # it sets a limit, no more


def descendants(out: Path) -> list[str]:
    """Processes that a build of `out` started, by its mark in their environment or the folder in which they work."""
    found = []
    for process in Path("/proc").iterdir():
        try:
            if process.name.isdigit() and int(process.name) != os.getpid():
                said = (process / "cmdline").read_bytes().replace(b"\0", b" ")
                marked = f"{MARK}={out}\0".encode() in (process / "environ").read_bytes() + b"\0"
                if marked or str(process.joinpath("cwd").readlink()).startswith(f"{out.parent}/"):
                    state = (process / "stat").read_text().rpartition(")")[2].split()[0]
                    found += [said.decode(errors="replace")] if state != "Z" else []
        except (OSError, IndexError):  # it has ended meanwhile
            continue
    return found


def orphans(out: Path) -> list[str]:
    """Those that live on two seconds later."""
    until = time.monotonic() + 2
    while (left := descendants(out)) and time.monotonic() < until:
        time.sleep(0.02)
    return left


@pytest.fixture(scope="module")
def generations(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Path], list[bytes], float]:
    """Two collections, the manifests of their sites, and how long a build takes. Some letters are PDFs: they have workers."""
    place = tmp_path_factory.mktemp("generations")
    samples = sorted((ROOT / "letters").glob("CM*.txt"))[:6], sorted((ROOT / "letters").glob("CM*.pdf"))[:3]
    folders, manifests, started = [], [], time.monotonic()
    for name, chosen in (("old", samples[0]), ("new", [*samples[0][1:], *samples[1]])):
        folders.append(place / name)
        folders[-1].mkdir()
        for path in chosen:
            shutil.copy(path, folders[-1])
        build = start(folders[-1], place / f"site-{name}")
        told = build.communicate(timeout=120)
        assert build.returncode == 0, told
        manifests.append((place / f"site-{name}" / publish.MANIFEST).read_bytes())
    return folders, manifests, (time.monotonic() - started) / 2


@pytest.fixture
def site(generations: tuple[list[Path], list[bytes], float], tmp_path: Path) -> Path:
    """A copy of the old site in a folder of its own."""
    (tmp_path / "place").mkdir()
    return shutil.copytree(generations[0][0].parent / "site-old", tmp_path / "place" / "out")


def is_one_of(out: Path, manifests: list[bytes]) -> bool:
    return publish.is_whole(out) and (out / publish.MANIFEST).read_bytes() in manifests


def test_whole_builds_killed_at_random_leave_a_whole_site_and_no_process(
    generations: tuple[list[Path], list[bytes], float], site: Path
) -> None:
    folders, manifests, seconds = generations
    torn, left, killed, number = 0, [], 0, 0
    while number < (200 if FULL else 2) or not killed:  # one that was measured on a busy machine may be over before it is killed
        assert number < 210
        build = start(folders[number % 2], site)
        number += 1
        time.sleep(random.uniform(0.2, 1.05) * seconds)
        build.kill()
        killed += build.wait() == -signal.SIGKILL
        torn += not is_one_of(site, manifests)
        left += orphans(site)
    assert (torn, left) == (0, [])
    start(folders[1], site).communicate()
    assert is_one_of(site, manifests[1:])
    assert {path.name for path in site.parent.iterdir()} == {"out", ".previous-out"}


def test_a_build_killed_while_the_indexer_runs_takes_it_with_it_and_leaves_nothing_for_ever(
    generations: tuple[list[Path], list[bytes], float], site: Path
) -> None:
    folders, manifests, _ = generations
    build = start(folders[1], site)
    while not any("pagefind" in said and "--service" in said for said in descendants(site)):
        assert build.poll() is None, "the indexer was never seen"
    build.kill()
    build.wait()
    assert orphans(site) == []
    assert is_one_of(site, manifests[:1])
    start(folders[1], site).communicate()
    assert {path.name for path in site.parent.iterdir()} == {"out", ".previous-out"}


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_a_stopped_build_clears_up_behind_it(
    generations: tuple[list[Path], list[bytes], float], site: Path, number: int, code: int
) -> None:
    folders, manifests, _ = generations
    build = start(folders[1], site)
    for _ in range(3000):  # until it writes
        if list(site.parent.glob(".stage-out-*/*")) or build.poll() is not None:
            break
        time.sleep(0.005)
    build.send_signal(number)
    _, told = build.communicate(timeout=120)
    assert build.returncode == code, told
    assert "Traceback" not in told
    assert is_one_of(site, manifests[:1])
    assert orphans(site) == []
    assert {path.name for path in site.parent.iterdir()} <= {"out", ".previous-out"}


@pytest.fixture
def small_disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A file system of its own, with the options asked for."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", request.param, "none", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("file systems can be mounted by root only")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


@pytest.mark.parametrize("small_disk", ["size=200k", "size=900k", "nr_inodes=60"], indirect=True)
def test_a_full_disk_is_told_with_its_remedy_and_the_old_site_stands(
    generations: tuple[list[Path], list[bytes], float], small_disk: Path
) -> None:
    folders, _, _ = generations
    out = small_disk / "out"
    with publish.publishing(out) as stage:
        (stage / "index.html").write_text("old")
    before = publish.manifest(out)
    build = start(folders[1], out)
    _, told = build.communicate(timeout=120)
    assert build.returncode in (5, 6), told
    assert told.count("error: ") == 1
    assert "Traceback" not in told
    assert publish.is_whole(out)
    assert publish.manifest(out) == before
    assert orphans(out) == []


@pytest.mark.parametrize("small_disk", ["size=2m"], indirect=True)
def test_a_read_only_disk_is_told_with_its_remedy(generations: tuple[list[Path], list[bytes], float], small_disk: Path) -> None:
    out = small_disk / "out"
    with publish.publishing(out) as stage:
        (stage / "index.html").write_text("old")
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    build = start(generations[0][1], out)
    _, told = build.communicate(timeout=120)
    assert build.returncode == 5, told
    assert "read-only" in told
    assert publish.is_whole(out)


@pytest.mark.parametrize(
    ("limit", "most", "codes"),
    [
        (resource.RLIMIT_FSIZE, 10_000, {5}),
        (resource.RLIMIT_NOFILE, 10, {5, 6}),  # we run out of them, or the indexer does
    ],
    ids=["size of files", "open files"],
)
def test_a_limit_of_the_machine_is_told_with_its_remedy(
    generations: tuple[list[Path], list[bytes], float], site: Path, limit: int, most: int, codes: set[int]
) -> None:
    folders, manifests, _ = generations
    build = start(folders[1], site, before=lambda: resource.setrlimit(limit, (most, most)))
    _, said = build.communicate(timeout=120)
    assert build.returncode in codes, said
    assert said.count("error: ") == 1
    assert "Traceback" not in said
    assert is_one_of(site, manifests[:1])
    assert {path.name for path in site.parent.iterdir()} == {"out"}


def test_a_missing_node_is_told_with_its_remedy(
    generations: tuple[list[Path], list[bytes], float], site: Path, tmp_path: Path
) -> None:
    folders, manifests, _ = generations
    build = start(folders[1], site, PATH=str(tmp_path))
    _, said = build.communicate(timeout=120)
    assert build.returncode == 3
    assert said.startswith("error: Node.js is missing: install Node 20")
    assert said.count("\n") == 1
    assert is_one_of(site, manifests[:1])
