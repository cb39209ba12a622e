"""Promise: the same letters give the same bytes, the search index included, whoever builds them, where and when."""

from __future__ import annotations

import datetime as dt
import getpass
import gzip
import hashlib
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from site_builder import publish
from tests.conftest import FULL, ROOT

SAMPLES = [*sorted((ROOT / "letters").glob("CM*.txt"))[:5], *sorted((ROOT / "letters").glob("CM*.pdf"))[:2]]
BARE = {
    "PATH": os.environ["PATH"],
    "HOME": os.environ.get("HOME", "/"),
    "LANG": "C.UTF-8",
    "PYTHONHASHSEED": "0",
    "PYTHONPATH": str(ROOT),
}
OTHERS: Mapping[str, dict[str, object]] = {
    "once more": {},
    "another hash seed": {"PYTHONHASHSEED": "1"},
    "a third hash seed": {"PYTHONHASHSEED": "4242"},
    "the C locale without UTF-8": {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "a locale of another country": {"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"},
    "fourteen hours ahead": {"TZ": "Pacific/Kiritimati"},
    "twelve hours behind": {"TZ": "Etc/GMT+12"},
    "a strict umask": {"umask": 0o077},
    "another working folder": {"cwd": "elsewhere"},
    "four workers": {"jobs": "4"},
    "one processor": {"before": ["taskset", "-c", "0"]},
    "letters made in another order, with times of the future": {"shuffled": True},
    "another name of the site's folder": {"out": "quite/another/place"},
    "another disk, which lists files in another order": {"disk": True},
    "no home and no user": {"HOME": "/nonexistent", "USER": "", "LOGNAME": ""},
    "another place for temporary files": {"TMPDIR": "temporary"},
    "a date given from outside": {"SOURCE_DATE_EPOCH": "86400"},
    "a narrow terminal with colours": {"COLUMNS": "20", "TERM": "xterm-256color", "FORCE_COLOR": "1"},
    "indexes kept from the build before": {"cache": "kept"},
}  # fmt: skip
MIXED: Mapping[str, dict[str, object]] = {
    "one way": {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "umask": 0o077, "cwd": "elsewhere", "jobs": "4", "out": "another/place", "disk": True},
    "another way": {"PYTHONHASHSEED": "7", "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "shuffled": True}
    | {"TMPDIR": "temporary", "HOME": "/nonexistent", "before": ["taskset", "-c", "0"], "SOURCE_DATE_EPOCH": "86400", "cache": "kept"},
}  # fmt: skip
"""The quick form: the same variations in two builds."""


def letters(folder: Path, shuffled: bool) -> Path:
    chance = random.Random(7)
    paths = chance.sample(SAMPLES, len(SAMPLES)) if shuffled else SAMPLES
    folder.mkdir()
    for number, path in enumerate(paths):
        shutil.copyfile(path, folder / path.name)
        os.utime(folder / path.name, (4e9 + number, 4e9 - number) if shuffled else (1e9, 1e9))
    return folder


def tree(place: Path, **how: object) -> dict[str, str]:
    """Path -> digest of every file of a site built in an environment of its own."""
    with tempfile.TemporaryDirectory() as elsewhere:
        return _tree(place, Path(elsewhere) if how.pop("disk", False) else place, **how)


def _tree(place: Path, of_site: Path, **how: object) -> dict[str, str]:
    out = of_site / str(how.pop("out", "site"))
    folder = place / "letters-shuffled" if how.get("shuffled") else place / "letters"
    if not folder.exists():
        letters(folder, bool(how.get("shuffled")))
    how.pop("shuffled", None)
    before, umask, jobs = how.pop("before", []), how.pop("umask", 0o022), how.pop("jobs", "2")
    where, kept = place / str(how.pop("cwd", ".")), how.pop("cache", None)
    for path in (where, place / "temporary"):
        path.mkdir(exist_ok=True)
    if "TMPDIR" in how:
        how["TMPDIR"] = str(place / "temporary")
    keeping = ["--cache", str(place / str(kept))] if kept else ["--no-cache"]
    command = [*before, sys.executable, "-m", "site_builder", "build", "-q", "--letters", str(folder), "--out", str(out)]  # type: ignore[misc]
    done = subprocess.run(
        [*command, *keeping, "--jobs", str(jobs), "--base-url", "https://example.org/imr/"],
        cwd=where,
        env={**BARE, **{name: str(value) for name, value in how.items()}},
        umask=int(str(umask)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in publish.files(out)}
    return dict(sorted(found.items()))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("same")


@pytest.fixture(scope="module")
def first(place: Path) -> dict[str, str]:
    return tree(place, out="first")


@pytest.mark.parametrize("name", OTHERS if FULL else MIXED)
def test_the_site_is_the_same_bytes_with(name: str, place: Path, first: dict[str, str]) -> None:
    if "taskset" in (OTHERS | MIXED)[name].get("before", []) and not shutil.which("taskset"):  # type: ignore[operator]
        pytest.skip("taskset is not here")
    for _ in range(2 if "kept" in (OTHERS | MIXED)[name].values() else 1):  # the second from what the first has kept
        found = tree(place, **(OTHERS | MIXED)[name])
        assert {path for path in first.keys() | found.keys() if first.get(path) != found.get(path)} == set()
    assert any(path.endswith(".pf_fragment") for path in found)


def test_the_site_names_no_time_host_or_path_of_the_machine(place: Path, first: dict[str, str]) -> None:
    today = dt.datetime.now(dt.UTC).date()
    words = {str(place), str(ROOT), today.isoformat(), f"{today:%Y%m%d}", sys.executable, f"/{getpass.getuser()}/"}
    words |= {word for word in (socket.gethostname(), getpass.getuser()) if len(word) > 5}  # a shorter one is in any noise
    found = set()
    for name in first:
        content = (place / "first" / name).read_bytes()
        plain = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else b""
        found |= {(name, word) for word in words if word.encode() in content or word.encode() in plain}
        if content.startswith(b"\x1f\x8b") and "/wasm." not in name:  # that was packed by its makers, once
            assert content[4:8] == bytes(4), f"{name} holds the time at which it was packed"
    assert found == set()


CONTROL = "import datetime, os; print(*{'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'}, datetime.datetime.fromtimestamp(0).hour)"


def test_the_control_that_joins_a_set_and_tells_local_time_is_different_everywhere() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", CONTROL], env={**BARE, "PYTHONHASHSEED": seed, "TZ": zone}, capture_output=True, check=True
        ).stdout
        for seed, zone in (("0", "UTC"), ("1", "UTC"), ("0", "Pacific/Kiritimati"))
    }
    assert len(told) == 3


def test_the_control_with_one_other_word_is_another_tree(place: Path, first: dict[str, str]) -> None:
    (place / "other").mkdir()
    for path in letters(place / "other" / "letters", shuffled=False).glob("*.txt"):
        path.write_text(path.read_text().replace("medically necessary", "medically needed"))
    assert tree(place / "other") != first
