"""Letters are read once: what is kept is what was read, and nothing else is believed."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import threading
import time
import zlib
from pathlib import Path

import msgspec
import pytest

from site_builder import build, intake, marks, shelf, sources
from site_builder.model import Letter, Problem
from site_builder.options import Options
from site_builder.pdf import PdfReader
from site_builder.reading import Reader
from site_builder.shelf import Shelf
from tests.conftest import ROOT

KEY, OTHER = b"k" * 32, b"o" * 32


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "cache" / "letters.sqlite"
    Shelf(path).put({KEY: b"value", OTHER: b"\x00\xff"})
    return path


def test_what_is_kept_comes_back_as_it_was(path: Path) -> None:
    assert Shelf(path).take([KEY, OTHER, b"absent"]) == {KEY: b"value", OTHER: b"\x00\xff"}


def test_a_changed_value_is_as_good_as_none(path: Path) -> None:
    with sqlite3.connect(path) as file:
        file.execute("UPDATE kept SET value = ? WHERE key = ?", (b"something else", KEY))
    assert Shelf(path).take([KEY, OTHER]) == {OTHER: b"\x00\xff"}


@pytest.mark.parametrize("content", [b"", b"no database at all" * 100, b"SQLite format 3\x00" + b"\x01" * 4096])
def test_a_broken_file_is_as_good_as_none_and_is_replaced(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    assert Shelf(path).take([KEY]) == {}
    Shelf(path).put({KEY: b"again"})
    assert Shelf(path).take([KEY]) == {KEY: b"again"}


def test_a_folder_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    path = tmp_path / "file" / "letters.sqlite"
    Shelf(path).put({KEY: b"value"})
    Shelf(path, all_others=True).sweep([KEY])
    assert Shelf(path).take([KEY]) == {}


def test_what_nobody_asked_for_is_removed_in_time_or_at_once_and_overwritten(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Shelf(path).put({OTHER: bytes(range(256))})  # does not pack: it stands in the file as it is
    assert bytes(range(256)) in path.read_bytes()
    Shelf(path).sweep([KEY])
    assert len(Shelf(path).take([KEY, OTHER])) == 2, "asked for lately"
    Shelf(path, all_others=True).sweep([KEY])
    assert Shelf(path).take([KEY, OTHER]) == {KEY: b"value"}
    assert bytes(range(250)) not in path.read_bytes()
    monkeypatch.setattr(shelf, "KEPT_DAYS", -1)
    Shelf(path).sweep([])
    assert Shelf(path).take([KEY]) == {}


def reading(letters: Path, cache: Path | None, jobs: int = 1) -> build.Reading:
    return build.read(Options(letters=letters, cache=cache, jobs=jobs))


def test_a_letter_that_has_not_changed_is_not_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(ROOT / "letters", tmp_path / "letters")
    read: list[str] = []
    once = Reader.read

    def counting(reader: Reader, source: object) -> Letter:
        read.append(source.name)  # type: ignore[attr-defined]
        return once(reader, source)  # type: ignore[arg-type]

    monkeypatch.setattr(Reader, "read", counting)
    first = reading(tmp_path / "letters", tmp_path / "cache")
    assert len(read) == len(first.letters) > 20
    read.clear()
    again = reading(tmp_path / "letters", tmp_path / "cache")
    assert (list(again.every()), again.problems) == (list(first.every()), first.problems)
    assert read == []
    with (tmp_path / "letters" / "CM99-0000118.txt").open("a", encoding="utf-8") as letter:
        letter.write("\nOne more sentence.\n")
    reading(tmp_path / "letters", tmp_path / "cache")
    assert read == ["CM99-0000118.txt"]


def test_a_pdf_that_has_not_changed_is_not_opened_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "letters").mkdir()
    for path in sorted((ROOT / "letters").glob("*.pdf"))[:3]:
        shutil.copy(path, tmp_path / "letters")
    opened: list[str] = []
    text = PdfReader.text

    def counting(reader: PdfReader, content: bytes, name: str) -> str | Problem:
        opened.append(name)
        return text(reader, content, name)

    monkeypatch.setattr(PdfReader, "text", counting)
    first = reading(tmp_path / "letters", tmp_path / "cache")
    assert len(opened) == len(first.letters) == 3
    opened.clear()
    (tmp_path / "letters" / "copy.pdf").write_bytes((ROOT / "letters" / "CM99-0000204.pdf").read_bytes())
    again = reading(tmp_path / "letters", tmp_path / "cache")
    assert opened == ["copy.pdf"]
    assert again.letters == first.letters


@pytest.fixture
def looked_into(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that are opened; none is too young to be trusted."""
    opened: list[str] = []
    content = sources.content

    def counting(file: sources.Found, largest: int) -> bytes | Problem:
        opened.append(file.name)
        return content(file, largest)

    monkeypatch.setattr(sources, "content", counting)
    monkeypatch.setattr(marks, "YOUNG", -(10**15))
    monkeypatch.setattr(intake, "BATCH", 4)
    return opened


def batches(letters: Path) -> list[list[str]]:
    """Names of the files of each batch."""
    return [[file.name for file in batch] for batch in intake.cut(sources.find(letters)[0])]


@pytest.fixture
def twelve(tmp_path: Path) -> Path:
    (tmp_path / "letters").mkdir()
    for path in sorted((ROOT / "letters").glob("*.txt"))[:12]:
        shutil.copy(path, tmp_path / "letters")
    return tmp_path / "letters"


def same_from_outside(path: Path) -> None:
    """But for the time of the last touch, which nobody can set back."""
    status, text = path.stat(), path.read_text("utf-8")
    path.write_text(text.replace("treatment", "tratement", 1), "utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_of_files_that_look_as_they_did_only_the_batch_with_another_one_is_opened(
    twelve: Path, tmp_path: Path, looked_into: list[str]
) -> None:
    names = sorted(path.name for path in twelve.iterdir())
    first = reading(twelve, tmp_path / "cache")
    assert looked_into == names
    looked_into.clear()
    again = reading(twelve, tmp_path / "cache")
    assert (list(again.every()), again.problems) == (list(first.every()), first.problems)
    assert looked_into == []
    one, *_ = few = next(batch for batch in batches(twelve) if 1 < len(batch) < len(names))
    same_from_outside(twelve / one)
    changed = reading(twelve, tmp_path / "cache")
    assert looked_into == few
    assert len(Shelf(tmp_path / "cache" / "batches.sqlite").everything()) == len(batches(twelve))
    assert list(changed.every()) == list(reading(twelve, None).every()) != list(first.every())


def test_a_file_more_or_less_opens_the_files_of_its_batch_alone(twelve: Path, tmp_path: Path, looked_into: list[str]) -> None:
    before = batches(twelve)
    last = before[0][-1]
    reading(twelve, tmp_path / "cache")
    looked_into.clear()
    shutil.copy(twelve / last, twelve / f"0-{last}")  # before all others
    reading(twelve, tmp_path / "cache")
    assert len(before) > 2
    assert {f"0-{last}"} <= set(looked_into) <= {f"0-{last}", *before[0]}
    looked_into.clear()
    (twelve / f"0-{last}").unlink()
    reading(twelve, tmp_path / "cache")
    assert set(looked_into) <= set(before[0])


@pytest.mark.parametrize("lost", ["batches.sqlite", "letters.sqlite", "sources.sqlite"])
def test_whatever_the_cache_has_lost_is_read_again(twelve: Path, tmp_path: Path, looked_into: list[str], lost: str) -> None:
    first = reading(twelve, tmp_path / "cache")
    (tmp_path / "cache" / lost).write_bytes(b"no table")
    again = reading(twelve, tmp_path / "cache")
    assert (list(again.every()), again.problems) == (list(first.every()), first.problems)


def test_what_cannot_be_read_and_what_was_changed_just_now_is_looked_at_again(
    twelve: Path, tmp_path: Path, looked_into: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = sorted(path.name for path in twelve.iterdir())
    (twelve / names[0]).write_bytes(b"")
    reading(twelve, tmp_path / "cache")
    looked_into.clear()
    assert [problem.code for problem in reading(twelve, tmp_path / "cache").problems] == ["empty"]
    assert looked_into == batches(twelve)[0] != names
    monkeypatch.setattr(marks, "YOUNG", 60 * 10**9)
    looked_into.clear()
    reading(twelve, tmp_path / "cache")
    assert looked_into == names


def test_processes_side_by_side_read_what_one_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("site_builder.workers.FEWEST", 1)
    alone, together = (reading(ROOT / "letters", None, jobs) for jobs in (1, 3))
    assert msgspec.msgpack.encode(list(alone.every())) == msgspec.msgpack.encode(list(together.every()))
    assert alone.problems == together.problems


def age(path: Path, days: int) -> None:
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE kept SET asked = ?", (int(time.time() // 86_400) - days,))


def test_everything_that_is_whole_comes_back(path: Path, tmp_path: Path) -> None:
    assert Shelf(path).everything() == {KEY: b"value", OTHER: b"\x00\xff"}
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE kept SET value = ? WHERE key = ?", (zlib.compress(b"something else"), KEY))
    assert Shelf(path).everything() == {OTHER: b"\x00\xff"}
    assert Shelf(tmp_path / "not" / "there.sqlite").everything() == {}


def test_a_value_that_cannot_be_unpacked_ends_nothing(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as file, file:
        file.execute("UPDATE kept SET value = ?, sum = ? WHERE key = ?", (b"unpacked", zlib.crc32(b"unpacked"), KEY))
    assert Shelf(path).everything() == {}
    assert Shelf(path).take([OTHER, KEY]) == {OTHER: b"\x00\xff"}


def test_a_value_put_again_is_the_one_that_is_taken(path: Path) -> None:
    Shelf(path).put({KEY: b"newer"})
    assert Shelf(path).take([KEY, OTHER]) == {KEY: b"newer", OTHER: b"\x00\xff"}


def test_values_are_kept_packed(path: Path) -> None:
    Shelf(path).put({KEY: b"word " * 100_000})
    assert path.stat().st_size < 50_000
    assert Shelf(path).take([KEY]) == {KEY: b"word " * 100_000}


def test_a_value_is_kept_for_thirty_days_after_it_was_put_or_asked_for(path: Path) -> None:
    age(path, 30)
    Shelf(path).sweep([])
    assert len(Shelf(path).everything()) == 2
    age(path, 40)
    Shelf(path).sweep([KEY, b"absent"])
    assert Shelf(path).everything() == {KEY: b"value"}
    Shelf(path).sweep([])
    assert Shelf(path).everything() == {KEY: b"value"}, "asked for now: the days begin again"
    age(path, 31)
    Shelf(path).put({OTHER: b"put today"})
    Shelf(path).sweep([])
    assert Shelf(path).everything() == {OTHER: b"put today"}


def test_the_day_on_which_a_value_was_asked_for_is_noted_once_a_week(path: Path) -> None:
    def days() -> set[int]:
        with contextlib.closing(sqlite3.connect(path)) as file:
            return {int(time.time() // 86_400) - asked for (asked,) in file.execute("SELECT asked FROM kept")}

    for old, noted in ((6, 6), (7, 0)):
        age(path, old)
        Shelf(path).sweep([KEY, OTHER])
        assert days() == {noted}


def test_without_a_file_everything_is_made_and_nothing_found() -> None:
    none = Shelf(None)
    none.put({KEY: b"value"})
    assert none.take([KEY]) == none.everything() == {}
    assert list(none.through({KEY: "x"}, lambda items: (item.encode() for item in items))) == [b"x"]
    none.sweep([])


def test_a_file_that_another_build_holds_is_as_good_as_none_and_stays_as_it_is(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        begun = time.monotonic()
        assert Shelf(path).take([KEY]) == {}
        assert time.monotonic() - begun < 4, "a build waits a moment, not for the end of the other one"
        other.execute("ROLLBACK")
    assert Shelf(path).take([KEY]) == {KEY: b"value"}


def test_a_file_that_another_build_writes_for_a_moment_is_waited_for(path: Path) -> None:
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    release = threading.Timer(0.2, lambda: other.execute("ROLLBACK"))
    release.start()
    assert Shelf(path).take([KEY]) == {KEY: b"value"}
    release.join()
    other.close()
