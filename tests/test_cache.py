"""What is kept from build to build: a shard whose letters have not changed is not indexed again, and nothing else is believed."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
import shutil
import tarfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest

from site_builder import build, cache, catalogue, pagefind, publish, rules, search, staged
from site_builder.model import BuildError, File, Letter
from site_builder.options import Options
from site_builder.rules import Rules
from site_builder.shelf import Shelf
from tests import corpus
from tests.conftest import ROOT

KEY = "0" * 64


@pytest.fixture
def indexed(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of the shards that Pagefind was run for."""
    names: list[str] = []
    index = pagefind.index

    def counting(program: Path, pages: Sequence[File], out: Path, *, hub: bool = False) -> dict[str, int]:
        names.append(out.name.partition(".")[0])
        return index(program, pages, out, hub=hub)

    monkeypatch.setattr(pagefind, "index", counting)
    return names


@pytest.fixture
def options(tmp_path: Path, years_apart: None) -> Options:
    letters = tmp_path / "letters"
    shutil.copytree(ROOT / "letters", letters)
    return Options(letters=letters, out=tmp_path / "site", cache=tmp_path / "cache", jobs=2)


@pytest.fixture
def here(options: Options) -> Options:
    """In one process, where what it does can be counted."""
    return msgspec.structs.replace(options, jobs=1)


def manifest(options: Options) -> bytes:
    return (options.out / publish.MANIFEST).read_bytes()


def test_a_changed_letter_indexes_its_shard_alone(here: Options, indexed: list[str]) -> None:
    build.build(here)
    first, before = list(indexed), manifest(here)
    assert len(first) == len(set(first)) > 3
    indexed.clear()
    build.build(here)
    assert (indexed, manifest(here)) == ([], before), "nothing changed, so nothing is indexed and nothing differs"
    letter = here.letters / "CM99-0000118.txt"
    letter.write_text(letter.read_text("utf-8") + "\n\nOne more sentence about the lumbar spine.\n", "utf-8")
    build.build(here)
    assert len(indexed) == 1
    assert set(indexed) < set(first)


def test_letters_of_a_shard_that_has_not_changed_are_not_looked_into(here: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_into: list[str] = []
    page = staged.page

    def counting(letter: Letter, rules: Rules) -> File:
        looked_into.append(letter.source)
        return page(letter, rules)

    monkeypatch.setattr(staged, "page", counting)
    for other in sorted(here.letters.iterdir())[8:]:
        if other.name != "CM99-0000118.txt":
            other.unlink()
    build.build(here)
    every = len(looked_into)
    looked_into.clear()
    changed = here.letters / "CM99-0000118.txt"
    changed.write_text(changed.read_text("utf-8") + "\n\nOne more sentence about the lumbar spine.\n", "utf-8")
    build.build(here)
    assert changed.name in looked_into
    assert len(looked_into) < every


def test_the_text_index_of_a_shard_is_named_by_what_it_holds(options: Options) -> None:
    """Who came before the change asks the old catalogue for the old folder, and never reads one index by the numbers of another."""

    def text() -> dict[str, str]:
        shards = msgspec.json.decode((options.out / "catalogue" / "index.json").read_bytes())["shards"]
        found = {shard["name"]: shard["text"] for shard in shards}
        stands = {f"pagefind/{path.name}/" for path in (options.out / "pagefind").iterdir()}
        assert stands == {"pagefind/hub/", *found.values()}
        return found

    build.build(options)
    before = text()
    letter = options.letters / "CM99-0000118.txt"
    letter.write_text(letter.read_text("utf-8") + "\n\nOne more sentence about the lumbar spine.\n", "utf-8")
    build.build(options)
    assert len(set(text().items()) - set(before.items())) == 1
    assert len(set(text().values()) & set(before.values())) == len(before) - 1


def test_a_shard_that_has_another_name_now_is_found_under_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A year that is cut in two leaves the letters of its first half together, so that their index comes from the cache."""
    monkeypatch.setattr(catalogue, "LETTERS_A_SHARD", 2)
    days = [dt.date(2014, 11, 3), dt.date(2014, 5, 6), dt.date(2014, 2, 4)]
    letters = [msgspec.structs.replace(one, decision_date=day) for one, day in zip(corpus.letters(3, 1), days, strict=True)]

    def texts(stage: Path, some: list[Letter]) -> dict[str, str]:
        stage.mkdir()
        keys = Shelf(tmp_path / "cache" / "indexes.sqlite")
        kept = search.Kept(tmp_path / "cache", keys, lambda letter: letter.id.encode())
        indexer = search.Indexer(pagefind.program(ROOT), stage, kept, corpus.known(), lambda one: one)
        planned = catalogue.plan(some, corpus.known())
        search.join(stage, planned, corpus.known(), search.index(planned, indexer, 1, build.silent))
        shards = msgspec.json.decode((stage / "catalogue" / "index.json").read_bytes())["shards"]
        assert all((stage / shard["text"]).is_dir() for shard in shards)
        return {shard["name"]: shard["text"] for shard in shards}

    assert texts(tmp_path / "before", letters[1:]).keys() == {"2014"}
    assert texts(tmp_path / "after", letters).keys() == {"2014-07", "2014-01"}


def test_a_build_from_the_cache_is_byte_for_byte_one_without(options: Options) -> None:
    build.build(options)
    (options.letters / "CM99-0000118.txt").unlink()
    build.build(options)
    kept = manifest(options)
    shutil.rmtree(options.cache or "")
    build.build(options)
    assert manifest(options) == kept


def folder(path: Path) -> dict[str, bytes]:
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A cache with one entry."""
    made = tmp_path / "made"
    (made / "deep").mkdir(parents=True)
    (made / "deep" / "file").write_bytes(b"\x00\xff")
    (made / "X").touch()
    cache.keep(tmp_path / "cache", KEY, made, b"a note")
    return tmp_path / "cache"


def test_what_is_kept_comes_back_as_it_was(kept: Path, tmp_path: Path) -> None:
    assert cache.restore(kept, KEY, tmp_path / "back") == b"a note"
    assert folder(tmp_path / "back") == folder(tmp_path / "made") == {"deep/file": b"\x00\xff", "X": b""}


@pytest.mark.parametrize("spoil", ["flipped", "cut", "emptied", "renamed"])
def test_a_spoilt_entry_is_as_good_as_none(kept: Path, tmp_path: Path, spoil: str) -> None:
    (entry,) = kept.iterdir()
    content = entry.read_bytes()
    if spoil == "flipped":
        entry.write_bytes(content.replace(b"a note", b"A note"))
    elif spoil == "cut":
        entry.write_bytes(content[:-1])
    elif spoil == "emptied":
        entry.write_bytes(b"")
    else:
        entry.rename(kept / f"{KEY}.tar")
    assert cache.restore(kept, KEY, tmp_path / "back") is None
    assert not (tmp_path / "back").exists()


def test_an_entry_under_another_key_is_not_taken(kept: Path, tmp_path: Path) -> None:
    assert cache.restore(kept, "1" * 64, tmp_path / "back") is None


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache.keep(tmp_path / "file", KEY, tmp_path, b"")
    assert cache.restore(tmp_path / "file", KEY, tmp_path / "back") is None
    cache.sweep(tmp_path / "file", {KEY}, all_others=True)


def test_what_nobody_asked_for_is_removed_in_time_or_at_once(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache.sweep(kept, set(), all_others=False)
    assert len(list(kept.iterdir())) == 1, "asked for lately"
    cache.sweep(kept, {KEY}, all_others=True)
    assert len(list(kept.iterdir())) == 1, "asked for now"
    monkeypatch.setattr(cache, "KEPT_DAYS", -1)
    cache.sweep(kept, set(), all_others=False)
    assert not list(kept.iterdir())


def test_what_else_lies_in_the_folder_is_left_alone(kept: Path) -> None:
    (kept / "notes.txt").touch()
    cache.sweep(kept, set(), all_others=True)
    assert [path.name for path in kept.iterdir()] == ["notes.txt"]


DAY = 24 * 3600


def aged(path: Path, days: float) -> Path:
    then = time.time() - days * DAY
    os.utime(path, (then, then))
    return path


def test_an_entry_is_one_file_named_by_its_key_and_its_sum_in_a_folder_that_is_made(tmp_path: Path) -> None:
    (tmp_path / "made").mkdir()
    deep = tmp_path / "not" / "there" / "yet"
    for note in (b"one", b"two"):
        cache.keep(deep, KEY, tmp_path / "made", note)
    named = {f"{KEY}.{hashlib.sha256(path.read_bytes()).hexdigest()}.tar" for path in deep.iterdir()}
    assert {path.name for path in deep.iterdir()} == named
    assert len(named) == 2


def test_the_same_folder_and_note_are_kept_once(kept: Path, tmp_path: Path) -> None:
    before = list(kept.iterdir())
    cache.keep(kept, KEY, tmp_path / "made", b"a note")
    assert list(kept.iterdir()) == before


def test_beside_a_spoilt_entry_and_others_the_whole_one_is_found(kept: Path, tmp_path: Path) -> None:
    (kept / f"{KEY}.{'0' * 64}.tar").write_bytes(b"spoilt")
    (kept / f"{KEY}.{'f' * 64}.tar").write_bytes(b"spoilt")
    (kept / "0-foreign").touch()
    cache.keep(kept, "1" * 64, tmp_path / "made", b"another")
    cache.keep(kept, "00" + "1" * 62, tmp_path / "made", b"another")
    assert cache.restore(kept, KEY, tmp_path / "back") == b"a note"
    assert cache.restore(kept, "1" * 64, tmp_path / "again") == b"another"


@pytest.mark.parametrize("content", [b"no archive", b"", "without a note"])
def test_an_entry_whose_sum_is_right_and_whose_content_is_foreign_is_as_good_as_none(
    tmp_path: Path, content: bytes | str
) -> None:
    if isinstance(content, str):
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w") as tar:
            tar.addfile(tarfile.TarInfo("folder/file"))
        content = packed.getvalue()
    (tmp_path / f"{KEY}.{hashlib.sha256(content).hexdigest()}.tar").write_bytes(content)
    assert cache.restore(tmp_path, KEY, tmp_path / "back") is None
    assert not (tmp_path / "back").exists()


def test_an_entry_is_kept_for_thirty_days_after_it_was_asked_for(kept: Path) -> None:
    (entry,) = kept.iterdir()
    aged(entry, 29.9)
    cache.sweep(kept, set(), all_others=False)
    assert entry.exists()
    aged(entry, 40)
    cache.sweep(kept, {KEY}, all_others=False)
    assert time.time() - entry.stat().st_mtime < DAY, "asked for now: the days begin again"
    cache.sweep(kept, {"1" * 64}, all_others=False)
    assert entry.exists()
    aged(entry, 30.1)
    cache.sweep(kept, {"1" * 64}, all_others=False)
    assert not entry.exists()


def test_what_a_killed_build_left_half_written_goes_with_the_rest(kept: Path) -> None:
    half = kept / ".0123456789abcdef"
    half.touch()
    cache.sweep(kept, {KEY}, all_others=False)
    assert half.exists(), "it may be another build's, at work"
    aged(half, 30.1)
    cache.sweep(kept, {KEY}, all_others=False)
    assert not half.exists()
    half.touch()
    cache.sweep(kept, {KEY}, all_others=True)
    assert not half.exists()
    assert len(list(kept.iterdir())) == 1


def test_what_was_written_and_never_got_its_name_is_known_for_what_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def dying(old: Path, new: Path) -> Path:
        raise OSError(5, "as if killed here", str(old))

    (tmp_path / "made").mkdir()
    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", dying)
        cache.keep(tmp_path / "cache", KEY, tmp_path / "made", b"")
    (left,) = (tmp_path / "cache").iterdir()
    aged(left, 30.1)
    cache.sweep(tmp_path / "cache", {KEY}, all_others=False)
    assert not left.exists()


@pytest.mark.parametrize("name", [".0123456789abcde", ".0123456789abcdeg", "0123456789abcdef", f"{KEY}.tar", f"{KEY}.{KEY}.zip"])
def test_a_file_with_another_name_is_nobodys_however_old(kept: Path, name: str) -> None:
    aged_file = kept / name
    aged_file.touch()
    aged(aged_file, 100)
    cache.sweep(kept, {KEY}, all_others=False)
    cache.sweep(kept, set(), all_others=True)
    assert aged_file.exists()


def test_what_cannot_be_removed_does_not_keep_the_rest(kept: Path, tmp_path: Path) -> None:
    (kept / f"{KEY}.{'0' * 64}.tar").mkdir()
    cache.sweep(kept, set(), all_others=True)
    assert [path.name for path in kept.iterdir()] == [f"{KEY}.{'0' * 64}.tar"]
    assert cache.restore(kept, KEY, tmp_path / "back") is None


KNEE = 'label = "Part"\nplural = "Parts"\nlevel = "issue"\norder = 1\n[[value]]\nid = "knee"\nlabel = "Knee"\nwords = ["knee"]\n'
GOOD = (("part", KNEE),)
BROKEN = (("part", f'{KNEE}counter = ["the left knee"]\n'),)
"""What it must not find, it finds."""


def test_rules_are_proved_once_and_anew_where_they_or_the_code_have_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proved: list[str] = []
    prove = rules.prove
    monkeypatch.setattr(rules, "prove", lambda known: (proved.extend(known.vocabularies), prove(known)))

    def load(texts: tuple[tuple[str, str], ...], made_with: bytes, cache: Path | None = tmp_path) -> None:
        build._compiled.cache_clear()
        build._vocabularies(texts, (), Shelf(cache / "proofs.sqlite" if cache else None, made_with, all_others=True))

    load(GOOD, b"code")
    load(GOOD, b"code")
    assert proved == ["part"]
    load(GOOD, b"other code")
    load(GOOD, b"other code", None)
    assert proved == ["part"] * 3
    for _ in range(2):
        with pytest.raises(BuildError, match="counter-example"):
            load(BROKEN, b"other code")
    (tmp_path / "proofs.sqlite").write_bytes(b"no table")
    with pytest.raises(BuildError, match="counter-example"):
        load(BROKEN, b"other code")


def test_one_process_proves_rules_once_whatever_it_builds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    proved: list[str] = []
    monkeypatch.setattr(rules, "prove", lambda known: proved.extend(known.vocabularies))
    build._compiled.cache_clear()
    for name in ("one", "another"):
        build._vocabularies(GOOD, (), Shelf(tmp_path / name, b"code", all_others=True))
    assert proved == ["part"]
    build._compiled.cache_clear()
