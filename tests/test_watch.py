"""Promise: after any storm of changes there is one build of what is there, and none without a change."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import pytest
from watchdog.observers import Observer

from site_builder.watch import looks, watch


class Builds:
    """Counts builds, and what each saw."""

    def __init__(self, inputs: list[Path]) -> None:
        self.inputs = inputs
        self.seen: list[set[str]] = []
        self.slow = 0.0
        self.can = True
        self.news = threading.Semaphore(0)

    def __call__(self) -> bool:
        self.seen.append({Path(os.fsdecode(name)).name for name, *_ in looks(self.inputs)})
        time.sleep(self.slow)
        self.news.release()
        return self.can

    def next(self) -> set[str]:
        assert self.news.acquire(timeout=60), "no build within a minute"
        return self.seen[-1]

    def none_within(self, seconds: float) -> bool:
        return not self.news.acquire(timeout=seconds)


@contextlib.contextmanager
def watching(
    inputs: list[Path], recheck: float = 60, glance: Callable[[frozenset[Path]], object] = lambda files: None, **more: object
) -> Iterator[Builds]:
    """Without rechecks, so that only events can ring."""
    builds, stop, looked = Builds(inputs), threading.Event(), threading.Event()

    def look(inputs: list[Path]) -> frozenset[object]:
        found = looks(inputs)
        looked.set()
        return found

    thread = threading.Thread(target=watch, args=(inputs, builds, stop, recheck), kwargs={"glance": glance, **more})
    with mock.patch("site_builder.watch.looks", look):
        thread.start()
        assert looked.wait(60), "nobody watches"
    try:
        yield builds
    finally:
        stop.set()
        thread.join(timeout=60)
        assert not thread.is_alive()


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    folder = tmp_path / "letters"
    (folder / "2014").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "2014" / "b.txt").write_text("b")
    return folder


def rewritten(path: Path, text: str) -> None:
    path.write_text(text)


def replaced(path: Path, text: str) -> None:
    """As careful editors save."""
    fresh = path.with_name(f".{path.name}.swp")
    fresh.write_text(text)
    fresh.rename(path)


@pytest.mark.parametrize("save", [rewritten, replaced])
def test_a_saved_letter_is_built(letters: Path, save: Callable[[Path, str], None]) -> None:
    with watching([letters]) as builds:
        save(letters / "2014" / "b.txt", "changed")
        assert builds.next() == {"a.txt", "b.txt"}


def test_new_removed_and_renamed_letters_are_built(letters: Path) -> None:
    with watching([letters]) as builds:
        (letters / "c.txt").write_text("c")
        assert builds.next() == {"a.txt", "b.txt", "c.txt"}
        (letters / "a.txt").unlink()
        assert builds.next() == {"b.txt", "c.txt"}
        (letters / "2014").rename(letters / "2015")
        builds.next()
        (letters / "2015" / "d.txt").write_text("d")
        assert builds.next() == {"b.txt", "c.txt", "d.txt"}


def test_a_storm_of_changes_is_one_build_of_the_last_state(letters: Path) -> None:
    with watching([letters]) as builds:
        for number in range(200):
            (letters / f"{number}.txt").write_text(str(number))
        assert len(builds.next()) == 202
        assert builds.none_within(1)


def test_a_change_during_a_build_is_built_after_it(letters: Path) -> None:
    with watching([letters]) as builds:
        builds.slow = 0.5
        (letters / "c.txt").write_text("c")
        while not builds.seen:
            time.sleep(0.01)
        (letters / "d.txt").write_text("d")
        builds.next()
        assert builds.next() == {"a.txt", "b.txt", "c.txt", "d.txt"}


def test_reading_and_touching_without_a_change_build_nothing(letters: Path) -> None:
    with watching([letters]) as builds:
        (letters / "a.txt").read_text()
        status = (letters / "a.txt").stat()
        os.utime(letters / "a.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
        (letters / "gone.txt").touch()
        (letters / "gone.txt").unlink()
        assert builds.none_within(1)


def test_a_single_file_is_watched_through_its_folder_and_its_neighbours_are_not(tmp_path: Path) -> None:
    settings = tmp_path / "site.toml"
    settings.write_text("a = 1")
    with watching([settings]) as builds:
        (tmp_path / "other.txt").write_text("x")
        assert builds.none_within(0.7)
        replaced(settings, "a = 2")
        assert builds.next() == {"site.toml"}


def test_a_folder_that_is_removed_and_comes_back_is_seen_by_the_recheck(letters: Path) -> None:
    with watching([letters], recheck=0.2) as builds:
        shutil.rmtree(letters)
        assert builds.next() == set()
        letters.mkdir()
        (letters / "new.txt").write_text("new")
        while builds.next() != {"new.txt"}:
            pass


def test_inputs_that_do_not_exist_are_waited_for(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    with watching([tmp_path / "letters", tmp_path / "site.toml"]) as builds:
        (tmp_path / "site.toml").write_text("a = 1")
        assert builds.next() == {"site.toml"}


def test_whoever_glances_is_told_at_once_which_inputs_have_changed_and_of_nothing_else(letters: Path) -> None:
    settings = letters.parent / "site.toml"
    settings.write_text("a = 1")
    told, news = set[Path](), threading.Semaphore(0)

    def glance(files: frozenset[Path]) -> None:
        told.update(files)
        news.release()

    with watching([letters, settings], glance=glance):
        (letters.parent / "log").write_text("no input")
        rewritten(letters / "a.txt", "changed")
        replaced(letters / "2014" / "b.txt", "changed")
        rewritten(settings, "a = 2")
        while told != {letters / "a.txt", letters / "2014" / "b.txt", settings}:
            assert news.acquire(timeout=60)


def test_what_could_not_be_built_is_tried_again_without_another_change(letters: Path) -> None:
    """A letter saved while an upload held the folder was never built."""
    with watching([letters], recheck=0.2) as builds:
        builds.can = False
        rewritten(letters / "a.txt", "b")
        builds.next()
        builds.next()
        builds.can = True
        builds.next()
        while not builds.none_within(1):
            pass


def test_where_the_system_tells_of_no_changes_they_are_looked_for(letters: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback, and a server that went on showing the old site."""
    told: list[OSError] = []

    def start(_: object) -> None:
        raise OSError(errno.EMFILE, "inotify instance limit reached")

    monkeypatch.setattr(Observer, "start", start)
    with watching([letters], recheck=0.2, deaf=told.append) as builds:
        rewritten(letters / "c.txt", "c")
        assert "c.txt" in builds.next()
    assert [error.errno for error in told] == [errno.EMFILE]
