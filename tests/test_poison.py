"""Promise: a poison letter costs only itself. Of 200 with five kinds of poison among them, 195 are published and five named."""

from __future__ import annotations

import os
import signal
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from site_builder import build, intake, workers
from site_builder.model import BuildError
from site_builder.options import Options
from site_builder.pdf import PdfReader
from tests.conftest import FULL, ROOT
from tests.test_sources import bomb, maze

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="processes are copied on Linux only")
SAMPLE = (ROOT / "letters" / "CM99-0000118.txt").read_text(encoding="utf-8")


def raises() -> NoReturn:
    raise ValueError("odd")


def fills_memory() -> NoReturn:
    raise MemoryError


def recurses() -> object:
    return recurses()


def sleeps() -> None:
    time.sleep(600)


POISON: dict[int, tuple[Callable[[], object], str]] = {
    13: (raises, "ValueError"),
    14: (fills_memory, "MemoryError"),
    77: (recurses, "RecursionError"),
    110: (lambda: os._exit(3), "its process ended with 3"),
    111: (lambda: os.kill(os.getpid(), signal.SIGKILL), "its process ended with -9"),
    199: (sleeps, "no end within 1 s"),
}


def work(piece: int) -> str:
    if piece in POISON:
        POISON[piece][0]()
    return str(piece)


@LINUX
@pytest.mark.parametrize("jobs", [2, 3] if FULL else [2])
def test_pieces_that_raise_kill_or_never_end_cost_themselves(jobs: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "SECONDS", 1)
    found = list(workers.spread(work, range(200), jobs, lambda piece, told: f"lost {piece}: {told}"))
    assert found == [f"lost {piece}: {POISON[piece][1]}" if piece in POISON else str(piece) for piece in range(200)]


@LINUX
def test_the_control_that_does_not_say_what_stands_in_their_place_ends_at_the_first() -> None:
    with pytest.raises(BuildError, match="was killed"):
        list(workers.spread(lambda piece: os._exit(3) if piece == 30 else piece, range(200), 2))


def test_without_processes_exceptions_cost_themselves() -> None:
    found = list(workers.spread(lambda piece: raises() if piece == 3 else piece, range(9), 1, lambda piece, told: -1))
    assert found == [0, 1, 2, -1, 4, 5, 6, 7, 8]


def copies(folder: Path, count: int) -> Path:
    """A letter so many times, each with a case number of its own."""
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:03}.txt").write_text(SAMPLE.replace("CM99-0000118", f"CM99-{3000000 + number}"))
    return folder


@LINUX
def test_of_200_letters_with_five_kinds_of_poison_195_are_published_and_five_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copies(tmp_path / "letters", 195)
    (folder / "bomb.pdf").write_bytes(bomb())
    (folder / "maze.pdf").write_bytes(maze().replace(b"Tj ET", b"TJ ET").replace(b"(The", b"[The"))
    (folder / "deep.md").write_text("---\n" + "[" * 30_000 + "\n---\n")
    (folder / "nul.txt").write_bytes(SAMPLE.encode().replace(b"e", b"\0", 3))
    with zipfile.ZipFile(folder / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.txt", b" " * 50_000_000)
    monkeypatch.setitem(PdfReader.__init__.__kwdefaults__, "seconds", 20 if FULL else 2)
    options = Options(letters=folder, out=tmp_path / "site", search=False, jobs=2)
    if FULL:
        assert build.build(options).letters == 195
    reading = build.read(options)
    assert len(reading.letters) == 195
    named = {problem.file for problem in reading.problems if problem.severity == "quarantine"}
    assert named == {"bomb.pdf", "maze.pdf", "deep.md", "nul.txt", "bomb.zip/a.txt"}


@LINUX
def test_a_letter_over_which_our_own_code_falls_is_named_and_tried_again_by_the_next_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = copies(tmp_path / "letters", 120)
    read = build.Reader.read
    kinds = {"007.txt": raises, "050.txt": lambda: os._exit(3)}
    options = Options(letters=folder, out=tmp_path / "site", search=False, jobs=2, cache=tmp_path / "cache")
    with monkeypatch.context() as patched:
        patched.setattr(build.Reader, "read", lambda self, source: (kinds.get(source.name, int)(), read(self, source))[1])
        reading = build.read(options)
    assert len(reading.letters) == 118
    assert {problem.file for problem in reading.problems if problem.code == intake.LOST} == set(kinds)
    assert len(build.read(options).letters) == 120
