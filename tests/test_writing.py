"""What is carried over from the site that stands: whatever would come out the same, and nothing else."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest

from site_builder import build, publish, writing
from site_builder.options import Options
from site_builder.shelf import Shelf
from tests.example_site import few

OF_LETTERS = re.compile("decisions/|browse/[^/]+/[^/]+/")
PAGE = "decisions/cm99-0000118.html"


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Letters, templates, a site of them and the cache that it has left."""
    place = few(tmp_path_factory.mktemp("once"), 10)
    build.build(options_of(place))
    return place


@pytest.fixture
def options(once: Path, tmp_path: Path) -> Options:
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return options_of(tmp_path)


def options_of(place: Path) -> Options:
    return Options(
        letters=place / "letters", out=place / "site", templates=place / "templates", cache=place / "cache", search=False
    )


def inodes(folder: Path) -> dict[str, int]:
    return {name: (folder / name).stat().st_ino for name in publish.files(folder)}


def rendered(options: Options) -> set[str]:
    """Paths of the pages of letters and values that the next build writes anew."""
    before = inodes(options.out)
    build.build(options)
    after = inodes(options.out)
    return {name for name in after if before.get(name) != after[name] and OF_LETTERS.match(name)}


def further(names: Iterable[str]) -> Counter[str]:
    """Folder of a list -> how many of its further pages are among the names."""
    return Counter(name.partition("/page-")[0] for name in names if "/page-" in name)


def as_clean(options: Options, tmp_path: Path) -> bool:
    clean = msgspec.structs.replace(options, out=tmp_path / "clean", cache=None)
    build.build(clean)
    return publish.manifest(clean.out) == publish.manifest(options.out)


def test_nothing_that_would_come_out_the_same_is_rendered_again(options: Options) -> None:
    assert rendered(options) == set()
    assert publish.is_whole(options.out)


def test_of_a_letter_with_a_sentence_more_its_page_alone_is_rendered(options: Options, tmp_path: Path) -> None:
    letter = options.letters / "CM99-0000118.txt"
    letter.write_text(letter.read_text("utf-8") + "\n\nOne more sentence.\n", "utf-8")
    assert rendered(options) == {PAGE}
    assert as_clean(options, tmp_path)


def test_of_a_letter_that_decides_otherwise_its_page_and_those_that_show_it_are_rendered(
    options: Options, tmp_path: Path
) -> None:
    letter = options.letters / "CM99-0000118.txt"
    letter.write_text(letter.read_text("utf-8").replace("Norco 10/325mg #90:", "Norco 10/325mg #60:"), "utf-8")
    changed = rendered(options)
    assert PAGE in changed
    assert 3 <= sum(name.startswith("decisions/") for name in changed) < 9, "its own, its neighbours', those like it"
    assert {name for name in changed if name.startswith("browse/year/")} == {"browse/year/2014/index.html"}
    assert as_clean(options, tmp_path)


def test_a_letter_that_goes_leaves_nothing_behind(options: Options, tmp_path: Path) -> None:
    (options.letters / "CM99-0000118.txt").unlink()
    assert PAGE not in rendered(options)
    assert not (options.out / PAGE).exists()
    assert as_clean(options, tmp_path)


def test_of_a_newer_letter_no_further_page_of_a_list_is_rendered_but_a_new_one_and_that_before_it(
    options: Options, tmp_path: Path
) -> None:
    (tmp_path / "short.toml").write_text("page_size = 3")
    options = msgspec.structs.replace(options, config=tmp_path / "short.toml")
    build.build(options)
    text = (options.letters / "CM99-0000118.txt").read_text("utf-8")
    dated = text.replace("Decision Date: 06/19/2014", "Decision Date: 12/30/2024")
    (options.letters / "new.txt").write_text(dated.replace("CM99-0000118", "CM99-0000999"), "utf-8")
    anew, all_of_them = further(rendered(options)), further(inodes(options.out))
    assert max(all_of_them.values()) > 6
    assert max(anew.values()) <= 3, "for the three issues of the letter"
    assert as_clean(options, tmp_path)


@pytest.mark.parametrize("changed", ["templates/decision.html", "templates/static/site.css", "settings"])
def test_templates_and_settings_are_followed(options: Options, tmp_path: Path, changed: str) -> None:
    pages = {name for name in publish.files(options.out) if OF_LETTERS.match(name)}
    if changed == "settings":
        options = msgspec.structs.replace(options, base_url="https://example.org/other/")
    else:
        path = tmp_path / changed
        path.write_text(path.read_text("utf-8") + "\n", "utf-8")
    assert pages <= rendered(options)


def test_what_somebody_did_to_the_old_site_is_not_carried_over(options: Options, tmp_path: Path) -> None:
    other, gone, link, folder = sorted((options.out / "decisions").iterdir())[:4]
    other.write_text(other.read_text("utf-8").replace("treatment", "tratement", 1), "utf-8")
    gone.unlink()
    link.rename(tmp_path / "elsewhere")
    link.symlink_to(tmp_path / "elsewhere")
    folder.unlink()
    folder.mkdir()
    build.build(options)
    assert as_clean(options, tmp_path)


def test_a_foreign_table_names_no_file_outside_the_site(options: Options, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    digest = hashlib.sha256(b"secret").hexdigest()
    assert options.cache
    table = options.cache / "pages.sqlite"
    for path in ("../secret", str(tmp_path / "secret"), "decisions/../../secret"):
        foreign = msgspec.msgpack.encode([writing.Written(path, digest, False)])
        Shelf(table).put(dict.fromkeys(Shelf(table).everything(), foreign))
        build.build(options)
        assert publish.is_whole(options.out)
        assert (options.out / PAGE).exists()


def test_where_nothing_can_be_linked_it_is_copied(options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    build.build(options)
    assert (options.out / PAGE).stat().st_nlink == 1
    assert as_clean(options, tmp_path)


def test_an_unreadable_table_costs_time_only(options: Options, tmp_path: Path) -> None:
    assert options.cache
    (options.cache / "pages.sqlite").write_bytes(b"not SQLite")
    assert PAGE in rendered(options)
    assert as_clean(options, tmp_path)
