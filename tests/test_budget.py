"""The site is held to the limits of its host: how much room is left, a warning when it gets tight, no site above them."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from site_builder import budget, build, publish
from site_builder.budget import Host, Weight
from site_builder.model import BuildError
from site_builder.options import Options
from tests.conftest import ROOT

HOSTS = (ROOT / "site_builder" / "hosts.toml").read_text("utf-8")
WEIGHT = Weight(letters=100, bytes=30_000_000, files=2_000, largest=("data/letters.jsonl", 400_000), fullest=("decisions", 100))
NOWHERE = "30 MB in 2,000 files for 100 letters: 300 KB and 20.0 files a letter"


@pytest.mark.parametrize(
    ("limits", "room", "warned"),
    [
        ({}, "", ""),
        ({"bytes": 1_000_000_000}, "about 3,200 more fit on Here (1 GB)", ""),
        ({"bytes": 10**9, "files": 20_000}, "about 900 more fit on Here (20,000 files)", ""),  # files run out first
        ({"files": 10**6, "file_bytes": 4_000_000}, "about 900 more fit on Here (4 MB a file)", ""),
        ({"folder_files": 54_000}, "about 53,000 more fit on Here (54,000 files a folder)", ""),
        ({"bytes": 37_500_001}, "about 25 more fit", ""),
        ({"bytes": 37_500_000}, "about 25 more fit", "Here: 30 MB are 80% of 37.5 MB"),  # from 80 % on
        ({"files": 2_100}, "about 5 more fit", "2,000 files are 95% of 2,100 files"),
        ({"file_bytes": 400_000}, "about 0 more fit", "400 KB in data/letters.jsonl are 100% of 400 KB a file"),
    ],
)
def test_a_site_is_told_how_many_letters_more_fit_and_warned_at_four_fifths(
    limits: dict[str, int], room: str, warned: str
) -> None:
    told = budget.fit(WEIGHT, Host(name="Here", **limits))
    assert told.line.startswith(NOWHERE)
    assert (room in told.line) if room else told.line == NOWHERE
    assert (warned in told.warning) if warned else told.warning == ""


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"bytes": 29_999_999}, "the site has 30 MB (100 letters); Here takes 30 MB at most: publish fewer letters, or"),
        ({"files": 1_999}, "has 2,000 files "),
        ({"file_bytes": 399_999}, "has 400 KB in data/letters.jsonl "),
        ({"folder_files": 99}, "has 100 files in decisions/ "),
        ({"bytes": 10**9, "files": 10}, "has 2,000 files "),
    ],
)
def test_above_a_limit_a_site_is_refused_in_one_line_that_says_what_to_do(limits: dict[str, int], told: str) -> None:
    with pytest.raises(BuildError) as refused:
        budget.fit(WEIGHT, Host(name="Here", **limits))
    assert told in str(refused.value)
    assert "`host` in site.toml" in str(refused.value)
    assert "\n" not in str(refused.value)
    assert refused.value.exit_code == 5


def test_every_host_is_known_by_its_name_and_others_are_refused() -> None:
    assert budget.load(HOSTS, "github-pages").bytes == 1_000_000_000
    assert budget.load(HOSTS, "cloudflare-pages").files == 20_000
    assert budget.fit(msgspec.structs.replace(WEIGHT, bytes=10**13), budget.load(HOSTS, "none")).warning == ""
    with pytest.raises(BuildError, match="host 'github' is not known; known are none, github-pages"):
        budget.load(HOSTS, "github")
    with pytest.raises(BuildError, match=r"hosts\.toml"):
        budget.load('[a]\nname = "A"\nbites = 3\n', "a")


def options(folder: Path, host: str) -> Options:
    letters, config = folder / "letters", folder / "site.toml"
    letters.mkdir(exist_ok=True)
    shutil.copy(ROOT / "letters" / "CM99-0000118.txt", letters)
    config.write_text(f'host = "{host}"\n')
    return Options(letters=letters, out=folder / "out", config=config, search=False)


def test_an_unknown_host_is_named_before_a_letter_is_read(tmp_path: Path) -> None:
    read: list[str] = []
    with pytest.raises(BuildError, match="host 's3' is not known"):
        build.build(options(tmp_path, "s3"), lambda stage, done, total: read.append(stage))
    assert read == []


def tiny(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """A package whose every host takes next to nothing."""
    package = folder / "package"
    shutil.copytree(build.PACKAGE, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "hosts.toml").write_text('[none]\nname = "any"\n[github-pages]\nname = "Small Pages"\nbytes = 1000\n')
    monkeypatch.setattr(build, "PACKAGE", package)


def test_a_refused_site_leaves_the_old_one_and_the_same_letters_pass_without_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build.build(options(tmp_path, "github-pages"))
    before = publish.manifest(tmp_path / "out")
    tiny(monkeypatch, tmp_path)
    (tmp_path / "letters" / "CM99-0000012.txt").write_bytes((ROOT / "letters" / "CM99-0000012.txt").read_bytes())
    with pytest.raises(BuildError, match="Small Pages takes 1 KB at most"):
        build.build(options(tmp_path, "github-pages"))
    assert publish.manifest(tmp_path / "out") == before
    assert publish.is_whole(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".stage")] == []
    assert build.build(options(tmp_path, "none")).letters == 2
    assert publish.manifest(tmp_path / "out") != before


def test_what_is_weighed_is_what_is_published_the_manifest_included(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with publish.publishing(out) as stage:
        (stage / "decisions").mkdir()
        (stage / "decisions" / "a.html").write_text("a" * 1000)
        (stage / "index.html").write_text("b")
        weighed = publish.sizes(stage)
    published = {path.relative_to(out).as_posix(): path.stat().st_size for path in out.rglob("*") if path.is_file()}
    assert weighed.keys() == published.keys()
    assert budget.weigh(weighed, 1).largest == ("decisions/a.html", 1000)
    assert abs(sum(weighed.values()) - sum(published.values())) <= 3  # the brackets of the manifest
