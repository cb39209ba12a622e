"""A build that has nothing to do sees so without opening a letter, and only then does nothing."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

import site_builder.options
from site_builder import build, cli, marks, metadata, publish
from site_builder.model import BuildError
from site_builder.options import Options, seal, standing
from site_builder.seal import looks
from site_builder.shelf import Shelf
from tests.conftest import ROOT
from tests.example_site import few


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = few(tmp_path_factory.mktemp("once"), 4)
    (place / "letters" / "empty.txt").touch()
    (place / "site.toml").write_text('title = "Decisions"\n')
    return place


@pytest.fixture
def options(once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Options:
    """A site just built, of letters that have been there for a while."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(marks, "YOUNG", -(10**15))
    options = Options(
        letters=tmp_path / "letters",
        out=tmp_path / "site",
        templates=tmp_path / "templates",
        config=tmp_path / "site.toml",
        cache=tmp_path / "cache",
        search=False,
    )
    build.build(options)
    return options


def test_without_a_change_the_site_stays_as_it_is_and_the_report_is_told_again(options: Options) -> None:
    before = options.out.stat().st_ino
    first = build.build(options)
    assert first.unchanged
    assert options.out.stat().st_ino == before
    assert [problem.code for problem in first.problems] == ["empty"]
    built = build.build(msgspec.structs.replace(options, cache=None))
    assert msgspec.structs.replace(first, seconds=0, unchanged=False) == msgspec.structs.replace(built, seconds=0)
    assert options.out.stat().st_ino != before


def same_size_and_time(path: Path) -> None:
    status, text = path.stat(), path.read_text("utf-8")
    path.write_text(text.replace("spine", "spime", 1), "utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)


CHANGES: dict[str, Callable[[Path], object]] = {
    "a letter more": lambda place: shutil.copy(ROOT / "letters" / "CM99-0000204.pdf", place / "letters"),
    "a letter less": lambda place: (place / "letters" / "CM99-0000012.txt").unlink(),
    "another name": lambda place: (place / "letters" / "CM99-0000037.txt").rename(place / "letters" / "other.txt"),
    "other words, same size, same time": lambda place: same_size_and_time(place / "letters" / "CM99-0000118.txt"),
    "a table beside the letters": lambda place: (place / "letters" / "metadata.csv").write_text("file,age\n"),
    "settings": lambda place: (place / "site.toml").write_text('title = "Others"\n'),
    "a template": lambda place: (place / "templates" / "value.html").open("a").write("\n"),
    "a page of the site": lambda place: (place / "site" / "index.html").write_text("x"),
    "a page less": lambda place: (place / "site" / "index.html").unlink(),
    "a file more in the site": lambda place: (place / "site" / "decisions" / "x.html").touch(),
    "no site": lambda place: shutil.rmtree(place / "site"),
    "a broken seal": lambda place: (place / "cache" / "seal.sqlite").write_bytes(b"x"),
}


def test_any_change_is_built(options: Options, tmp_path: Path) -> None:
    for told, change in CHANGES.items():
        assert build.build(options).unchanged, f"before: {told}"
        change(tmp_path)
        assert not build.build(options).unchanged, told
    assert publish.is_whole(options.out)


@pytest.mark.parametrize("other", [{"base_url": "https://example.org/x/"}, {"search": True}])
def test_other_options_are_another_site(options: Options, other: dict[str, object]) -> None:
    changed = msgspec.structs.replace(options, **other)
    assert standing(seal(options), lambda: looks(options.out))
    assert not standing(seal(changed), lambda: looks(changed.out))


@pytest.mark.parametrize("beside", metadata.BESIDE)
def test_what_stands_beside_an_archive_is_looked_at_too(options: Options, tmp_path: Path, beside: str) -> None:
    """A takedown there was overlooked, and the letter stayed."""
    shutil.make_archive(str(tmp_path / "box"), "zip", options.letters)
    packed = msgspec.structs.replace(options, letters=tmp_path / "box.zip")
    build.build(packed)
    assert build.build(packed).unchanged
    (tmp_path / beside).touch()
    assert not build.build(packed).unchanged


def test_a_list_of_takedowns_under_another_name_beside_an_archive_stops_a_build_that_has_nothing_to_do(
    options: Options, tmp_path: Path
) -> None:
    """It said that nothing had changed, and the letter stayed."""
    shutil.make_archive(str(tmp_path / "box"), "zip", options.letters)
    packed = msgspec.structs.replace(options, letters=tmp_path / "box.zip")
    build.build(packed)
    (tmp_path / "Takedowns.toml").touch()
    with pytest.raises(BuildError, match=r"must be named takedowns\.toml"):
        build.build(packed)


def test_a_change_while_the_site_is_built_is_told(options: Options) -> None:
    def edit(stage: str, done: int, total: int) -> None:
        if stage == "Writing pages" and done == 0:
            next(options.letters.glob("CM*.txt")).open("a").write("\nOne more line.\n")

    (options.letters / "empty.txt").unlink()
    assert [problem.code for problem in build.build(options, edit).problems] == ["changed-meanwhile"]
    assert [problem.code for problem in build.build(options).problems] == []
    assert build.build(options).unchanged


def test_what_a_link_leads_to_is_looked_at_too(options: Options, tmp_path: Path) -> None:
    """The file behind a link changed, and the site did not."""
    assert options.templates
    for name in ("site.toml", "templates/value.html"):
        (tmp_path / name).rename(tmp_path / f"real-{Path(name).name}")
        (tmp_path / name).symlink_to(tmp_path / f"real-{Path(name).name}")
    build.build(options)
    assert build.build(options).unchanged
    for name, more in (("real-site.toml", 'tagline = "x"\n'), ("real-value.html", "\n")):
        with (tmp_path / name).open("a") as file:
            file.write(more)
        assert not build.build(options).unchanged, name


def test_a_name_that_is_no_utf8_stops_no_build(options: Options) -> None:
    """A traceback took down every build of a folder in which such a file lay."""
    (options.letters / os.fsdecode(b"scan\xe9.jpg")).touch()
    build.build(options)
    assert build.build(options).unchanged


def test_other_versions_of_what_reads_and_renders_are_other_code(monkeypatch: pytest.MonkeyPatch) -> None:
    before = site_builder.options.code()
    for name in site_builder.options.LIBRARIES:
        with monkeypatch.context() as patched:
            asked = importlib.metadata.version
            patched.setattr(importlib.metadata, "version", lambda one, name=name, asked=asked: "0" if one == name else asked(one))
            assert site_builder.options.code() != before, name
    assert site_builder.options.code() == before
    with monkeypatch.context() as patched:
        patched.setattr(platform, "python_version", lambda: "3.99")
        assert site_builder.options.code() != before


def test_every_package_counts_but_those_of_terminal_and_watcher() -> None:
    given = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    named = {re.split(r"[^a-z0-9-]", package)[0] for package in given}
    assert named - set(site_builder.options.LIBRARIES) == {"click", "rich", "watchdog"}


def test_other_code_is_another_site(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(site_builder.options, "code", lambda: b"other")
    assert not build.build(options).unchanged


def test_what_has_changed_just_now_is_not_trusted(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two changes within a tick of the file system's clock look like one."""
    monkeypatch.setattr(marks, "YOUNG", 60 * 10**9)
    next(options.letters.glob("CM*")).touch()
    assert not build.build(options).unchanged
    assert not build.build(options).unchanged


def test_a_letter_that_is_held_back_is_told_each_time(options: Options, tmp_path: Path) -> None:
    (options.letters / "bad.txt").write_text(
        (ROOT / "letters" / "CM99-0000118.txt")
        .read_text("utf-8")
        .replace("Decision rationale:", "Decision rationale: SSN: 123-45-6789")
    )
    given = [
        "build",
        "--no-search",
        "-q",
        "--letters",
        str(options.letters),
        "--out",
        str(options.out),
        "--cache",
        str(options.cache),
    ]
    for begin in ("Published", "Nothing has changed:"):
        told = CliRunner().invoke(cli.main, given)
        assert told.exit_code == 4
        assert told.stdout.startswith(begin)
        assert "bad.txt" in told.stderr


def test_the_seal_of_a_site_with_takedowns_names_nothing(options: Options) -> None:
    assert options.cache
    table = options.cache / "seal.sqlite"
    assert Shelf(table).everything()
    (options.letters / metadata.TAKEDOWNS).write_text('[[takedown]]\ncase = "CM99-0000012"\nreason = "x"\ndate = 2026-11-01\n')
    build.build(options)
    assert Shelf(table).everything() == {}


def test_a_failed_build_seals_nothing(options: Options) -> None:
    (options.templates / "value.html").write_text("{{")
    with pytest.raises(build.BuildError):
        build.build(options)
    with pytest.raises(build.BuildError):
        build.build(options)


def test_help_and_a_build_with_nothing_to_do_load_nothing_that_builds() -> None:
    """Loading it takes longer than looking at 10,000 letters from outside."""
    told = "import sys, site_builder.cli; print([name for name in ('jinja2', 'markdown_it', 'ftfy', 'duckdb', 'rich.text') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True, cwd=ROOT).stdout == "[]\n"
