"""Promise: whoever looks at the published folder, whenever a build is killed or fails, sees one whole generation."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from site_builder import publish
from site_builder.model import BuildError, File
from tests import publish_faults
from tests.conftest import FULL, ROOT


def published(out: Path, word: str = "old") -> Path:
    publish_faults.exchanging(out, word)
    return out


def beside(out: Path) -> set[str]:
    return {path.name for path in out.parent.iterdir()} - {out.name}


def python(code: str, *arguments: object, **how: object) -> subprocess.Popen[str]:
    given = [sys.executable, "-c", code, *map(str, arguments)]
    return subprocess.Popen(given, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how)


def test_a_site_is_published_with_its_manifest_and_the_generation_before_is_kept(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    published(out, "new")
    assert (out / "index.html").read_text() == "new index.html"
    assert (out / ".nojekyll").read_bytes() == b""
    assert publish.is_whole(out)
    assert (tmp_path / ".previous-out" / "index.html").read_text() == "old index.html"
    assert beside(out) == {".previous-out"}
    sums = json.loads((out / "manifest.json").read_bytes())
    assert list(sums) == sorted(sums)
    assert set(sums) == {*publish_faults.NAMES, ".nojekyll"}


def test_a_generation_holds_nothing_of_the_one_before(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    with publish.publishing(out) as stage:
        (stage / "index.html").write_text("alone")
    assert set(publish.files(out)) == {"index.html", ".nojekyll", "manifest.json"}


def test_any_exception_leaves_the_old_site_and_no_staging_folder(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    for error in (ValueError, KeyboardInterrupt, SystemExit, MemoryError):
        with pytest.raises(error), publish.publishing(out) as stage:
            (stage / "index.html").write_text("half")
            raise error
        assert (out / "index.html").read_text() == "old index.html"
        assert beside(out) == set()


def test_the_first_build_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="broken"), publish.publishing(tmp_path / "deep" / "out"):
        raise ValueError("broken")
    assert list((tmp_path / "deep").iterdir()) == []


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, dict[str, list[object]]]]:
    """The answers of tests/publish_faults.py by strategy."""
    told = {}
    for name in publish_faults.STRATEGIES:
        command = [sys.executable, "-m", "tests.publish_faults", name, str(tmp_path_factory.mktemp(name))]
        told[name] = json.loads(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=200).stdout)
    return told


@pytest.mark.parametrize("strategy", ["exchanging", "renaming_twice", "carrying"])
@pytest.mark.parametrize("fault", publish_faults.FAULTS)
def test_no_point_at_which_a_build_dies_or_fails_tears_the_site(faults: dict, strategy: str, fault: str) -> None:
    tally = faults[strategy][fault]
    assert tally["points"] >= 25
    assert tally["torn"] == []
    assert tally["left"] == []
    assert tally["unclear"] == []


@pytest.mark.parametrize("control", ["in_place", "without_mending"])
@pytest.mark.parametrize("fault", publish_faults.FAULTS)
def test_the_enumeration_finds_what_tears_the_negative_controls(faults: dict, control: str, fault: str) -> None:
    assert faults[control][fault]["torn"]


def test_builds_killed_at_random_leave_a_whole_site(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    code = (
        "import sys; from pathlib import Path; from tests.publish_faults import exchanging\nprint('on', flush=True)\n"
        "while True: exchanging(Path(sys.argv[1]), 'new')"
    )
    for _ in range(200 if FULL else 10):
        builds = python(code, out)
        assert builds.stdout is not None
        builds.stdout.readline()
        time.sleep(random.random() / 50)
        builds.kill()
        builds.communicate()
        assert publish.is_whole(out)
    published(out)
    assert beside(out) == {".previous-out"}


HOLD = """
import sys; from pathlib import Path; from site_builder.publish import publishing
with publishing(Path(sys.argv[1])) as stage:
    (stage / "index.html").write_text("held"); print("held", flush=True); sys.stdin.read()
"""


def test_a_second_build_ends_at_once_and_names_the_first(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    first = python(HOLD, out, stdin=subprocess.PIPE)
    assert first.stdout is not None
    first.stdout.readline()
    with pytest.raises(BuildError, match=rf"process {first.pid}\b") as caught:
        published(out, "second")
    assert caught.value.exit_code == 7
    first.communicate("")
    assert (out / "index.html").read_text() == "held"
    published(out, "second")


def test_of_eight_builds_at_once_the_others_refuse_and_the_site_is_whole(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    code = (
        "import sys; from pathlib import Path; from site_builder.model import BuildError\n"
        "from tests.publish_faults import exchanging\n"
        "try:\n    for _ in range(20): exchanging(Path(sys.argv[1]), sys.argv[2])\n"
        "except BuildError as error: sys.exit(error.exit_code)"
    )
    builds = [python(code, out, number) for number in range(8)]
    ends = [(build.communicate()[1], build.returncode) for build in builds]
    assert {code for _, code in ends} <= {0, 7}, ends
    assert publish.is_whole(out)
    assert beside(out) == {".previous-out"}


def test_a_worker_that_outlives_a_killed_build_does_not_keep_the_next_out(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    worker = "import os, time\n    if os.fork() == 0: print(os.getpid(), flush=True); time.sleep(60)\n    "
    code = HOLD.replace("(stage /", f"{worker}(stage /").replace('print("held", flush=True); ', "")
    build = python(code, out, stdin=subprocess.PIPE)
    assert build.stdout is not None
    orphan = int(build.stdout.readline())
    build.kill()
    build.wait()
    try:
        published(out, "next")
    finally:
        os.kill(orphan, signal.SIGKILL)
        build.communicate()
    assert beside(out) == {".previous-out"}


READER = """
import os, sys
place, ready, stop = sys.argv[1], sys.argv[2], sys.argv[3]; missing = 0
open(ready, "w").close()
while not os.path.exists(stop):
    for _ in range(200):
        try: os.stat(place)
        except FileNotFoundError: missing += 1
print(missing)
"""


@pytest.mark.parametrize("slow", [False, True], ids=["exchanging", "control: two renames"])
def test_a_reader_never_finds_the_site_missing(tmp_path: Path, slow: bool) -> None:
    def two_renames(new: Path, old: Path) -> None:
        aside = old.with_name("aside")
        old.rename(aside)
        time.sleep(0.001)
        new.rename(old)
        aside.rename(new)

    out = published(tmp_path / "out")
    reader = python(READER, out / "index.html", tmp_path / "ready", tmp_path / "stop")
    while not (tmp_path / "ready").exists():
        time.sleep(0.01)
    for _ in range(300 if FULL else 60):
        with publish.publishing(out, *([two_renames] if slow else [])) as stage:
            (stage / "index.html").write_text("new")
    (tmp_path / "stop").touch()
    missing = int(reader.communicate()[0])
    assert missing > 0 if slow else missing == 0


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("folder of documents", "holds files but no site"),
        ("file", "is a file"),
    ],
)
def test_what_is_no_site_is_never_replaced(tmp_path: Path, content: str, told: str) -> None:
    out = tmp_path / "out"
    if content == "file":
        out.write_text("mine")
    else:
        out.mkdir()
        (out / "thesis.doc").write_text("mine")
    with pytest.raises(BuildError, match=told) as caught:
        published(out)
    assert caught.value.exit_code == 2
    assert beside(out) == set()


def test_the_folder_as_it_comes_from_a_clone_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".nojekyll").touch()
    assert publish.is_whole(published(tmp_path / "out"))


def test_folders_with_similar_names_leave_each_other_alone(tmp_path: Path) -> None:
    with publish.publishing(tmp_path / "out-0123abcd") as other:  # its stage is `.stage-out-0123abcd-...`
        (other / "index.html").write_text("other")
        published(tmp_path / "out")
    assert (tmp_path / "out-0123abcd" / "index.html").read_text() == "other"


def test_a_link_to_the_site_stays_a_link(tmp_path: Path) -> None:
    published(tmp_path / "real" / "out")
    (tmp_path / "link").symlink_to("real/out")
    published(tmp_path / "link", "new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real" / "out" / "index.html").read_text() == "new index.html"


@pytest.mark.parametrize("kind", ["link", "link to a folder", "hard link", "pipe"])
def test_a_site_with_anything_but_plain_files_is_not_published(tmp_path: Path, kind: str) -> None:
    out = published(tmp_path / "out")
    (tmp_path / "secret").write_text("outside")
    with pytest.raises(BuildError, match=r"/x is a link or no regular file"), publish.publishing(out) as stage:
        if kind == "link to a folder":
            (stage / "x").symlink_to(out)
        elif kind == "link":
            (stage / "x").symlink_to(tmp_path / "secret")
        elif kind == "hard link":
            (stage / "x").hardlink_to(tmp_path / "secret")
        else:
            os.mkfifo(stage / "x")
    assert (out / "index.html").read_text() == "old index.html"


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    (out / "decisions" / "a.html").write_text("old decisions/b.html")
    assert not publish.is_whole(out)


@pytest.mark.parametrize(
    ("number", "told"),
    [
        (errno.ENOSPC, "free some space"),
        (errno.EACCES, "allow this user to write there"),
        (errno.EROFS, "read-only"),
        (errno.EMFILE, "ulimit -n"),
        (errno.EFBIG, "ulimit -f"),
        (errno.EIO, "check the disk"),
    ],
)
def test_an_error_of_the_disk_names_the_path_and_the_remedy(tmp_path: Path, number: int, told: str) -> None:
    out = published(tmp_path / "out")
    with pytest.raises(BuildError, match=told) as caught, publish.publishing(out) as stage:
        raise OSError(number, os.strerror(number), str(stage / "index.html"))
    assert caught.value.exit_code == 5
    assert "index.html" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_limit_on_the_size_of_files_is_an_error_of_the_disk(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(BuildError, match="ulimit -f"), publish.publishing(out) as stage:
            (stage / "index.html").write_bytes(b"x" * 20_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert (out / "index.html").read_text() == "old index.html"


def test_a_folder_that_this_user_may_not_write_is_named(tmp_path: Path) -> None:
    place = tmp_path / "place"
    published(place / "out")
    place.chmod(0o555)
    for folder in [place, *place.parents]:
        with contextlib.suppress(PermissionError):
            folder.chmod(folder.stat().st_mode | 0o005)
    code = """
import os, sys; from pathlib import Path; from site_builder.model import BuildError
from tests.publish_faults import exchanging
if os.geteuid() == 0: os.setuid(65534)
try: exchanging(Path(sys.argv[1]), "new")
except BuildError as error: print(error); sys.exit(error.exit_code)
"""
    build = python(code, place / "out")
    told, _ = build.communicate()
    place.chmod(0o755)
    assert build.returncode == 5
    assert "allow this user to write there" in told
    assert publish.is_whole(place / "out")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_clears_the_staging_folder_and_shows_in_the_exit_code(tmp_path: Path, number: int, code: int) -> None:
    out = published(tmp_path / "out")
    program = """
import sys, time; from pathlib import Path; from site_builder import cli; from site_builder.publish import publishing
@cli.main.command()
def hold():
    with publishing(Path(OUT)) as stage:
        (stage / "index.html").write_text("half"); print("held", flush=True); time.sleep(60)
OUT = sys.argv.pop(1); cli.main(["hold"])
"""
    build = python(program, out)
    assert build.stdout is not None
    assert build.stdout.readline() == "held\n", build.communicate()
    build.send_signal(number)
    build.communicate(timeout=60)
    assert build.returncode == code
    assert (out / "index.html").read_text() == "old index.html"
    assert beside(out) == set()


# --- What is carried over, forgotten, weighed


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_file_that_has_not_changed_is_carried_over_as_the_same_file(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    with publish.publishing(out) as stage:
        for name in ("index.html", "decisions/of/1999/a.html"):
            (stage / name).parent.mkdir(parents=True, exist_ok=True)
            (stage / name).write_text(name)
    sums = {name: sha256(out / name) for name in ("index.html", "decisions/of/1999/a.html")}
    with publish.publishing(out, carried=sums, sums=sums) as stage:
        assert [publish.carry(name, digest, out, stage) for name, digest in sums.items()] == [True, True]
        assert (stage / "decisions/of/1999/a.html").samefile(out / "decisions/of/1999/a.html")
        publish.leave(stage, sums)
    assert set(publish.files(out)) == {*sums, ".nojekyll", "manifest.json"}
    assert publish.is_whole(out)


def generations(out: Path, *told: dict[str, str]) -> None:
    """Publishes pages, name -> text, one generation after the other, each carrying over what it can."""
    for texts in told:
        carried: dict[str, str] = {}
        with publish.publishing(out, carried=carried, sums=carried) as stage:
            for name, text in texts.items():
                digest = hashlib.sha256(text.encode()).hexdigest()
                if publish.carry(name, digest, out, stage):
                    carried[name] = digest
                else:
                    publish.put(stage, File(path=name, content=text.encode()))
            publish.leave(stage, texts)


def test_a_page_of_the_generation_before_stays_without_a_new_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out, page = tmp_path / "out", "decisions/a.html"
    generations(out, {page: "a"}, {page: "a"})
    first = (out / page).stat().st_ino
    monkeypatch.delattr(os, "link")
    generations(out, {page: "a"})
    assert (out / page).stat().st_ino == first
    assert publish.is_whole(out)


@pytest.mark.parametrize("last", [{"x.html": "x"}, {"x.html": "x", "a/b.html": "changed twice"}])
def test_a_page_of_the_generation_before_stays_only_if_it_is_one_of_this(tmp_path: Path, last: dict[str, str]) -> None:
    out = tmp_path / "out"
    generations(
        out, {"x.html": "x", "a/b.html": "b", "a/c/d.html": "d", "data/d.csv": "d"}, {"x.html": "x", "a/b.html": "B"}, last
    )
    assert {name: (out / name).read_text() for name in publish.files(out) if name.endswith(".html")} == last
    assert {path.name for path in out.iterdir() if path.is_dir()} == {name.partition("/")[0] for name in last} - {"x.html"}
    assert publish.is_whole(out)


def test_what_is_written_apart_is_moved_into_the_stage_whole_and_nothing_of_it_stays_behind(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with publish.publishing(out) as stage, publish.apart(stage) as place:
        publish.put(place, File(path="deep/er/x.bin", content=b"x"))
        publish.put(place, File(path="left.txt", content=b"moved too"))
        publish.put(stage, File(path="a.html", content=b"a"))
        publish.adopt(place, stage)
    assert set(publish.files(out)) == {".nojekyll", "a.html", "deep/er/x.bin", "left.txt", "manifest.json"}
    assert beside(out) == set()


def test_what_is_written_apart_is_gone_when_the_build_fails_and_swept_when_it_was_killed(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(ZeroDivisionError), publish.publishing(out) as stage, publish.apart(stage) as place:
        (place / "x").touch()
        raise ZeroDivisionError
    assert beside(out) == set()
    place.mkdir()  # as if nobody had had the time
    (place / "x").touch()
    published(out)
    assert beside(out) == set()


def test_a_page_that_is_written_over_stays_as_it_was_in_the_site_that_stands(tmp_path: Path) -> None:
    out, seen = tmp_path / "out", []
    generations(out, {"a.html": "a"}, {"a.html": "a"})
    with publish.publishing(out, carried={}) as stage:
        assert (stage / "a.html").samefile(out / "a.html")
        publish.put(stage, File(path="a.html", content=b"new"))
        seen.append((out / "a.html").read_text())
    assert (*seen, (out / "a.html").read_text()) == ("a", "new")


def test_a_folder_to_which_somebody_links_in_the_place_of_the_generation_before_is_left_alone(tmp_path: Path) -> None:
    out, theirs = published(tmp_path / "out"), tmp_path / "theirs"
    (theirs / "deep").mkdir(parents=True)
    (theirs / "deep" / "letter.txt").write_text("theirs")
    (tmp_path / ".previous-out").symlink_to(theirs)
    with pytest.raises(BuildError, match=r"\.previous-out is a link"), publish.publishing(out, carried={}):
        raise AssertionError("never begun")
    assert (theirs / "deep" / "letter.txt").read_text() == "theirs"
    assert publish.is_whole(out)


def test_a_file_in_the_place_of_the_generation_before_is_named_and_left_alone(tmp_path: Path) -> None:
    out, theirs = published(tmp_path / "out"), tmp_path / ".previous-out"
    theirs.write_text("theirs")
    with (
        pytest.raises(BuildError, match=r"\.previous-out is a link or a file, .*: move it away"),
        publish.publishing(out, carried={}),
    ):
        raise AssertionError("never begun")
    assert theirs.read_text() == "theirs"
    assert beside(out) == {".previous-out"}


@pytest.mark.parametrize("fault", ["changed", "link", "link to a folder", "pipe"])
def test_what_somebody_did_to_the_generation_before_does_not_come_back(tmp_path: Path, fault: str) -> None:
    out, page = tmp_path / "out", tmp_path / ".previous-out" / "a.html"
    generations(out, {"a.html": "a", "b/b.html": "b"}, {"a.html": "A", "b/b.html": "b"})
    page.unlink()
    if fault == "changed":
        page.write_text("other")
    elif fault == "pipe":
        os.mkfifo(page)
    else:
        page.symlink_to(out / ("b" if "folder" in fault else "a.html"))
    generations(out, {"a.html": "A", "b/b.html": "b"})
    assert {name: (out / name).read_text() for name in publish.files(out) if name.endswith(".html")} == {
        "a.html": "A",
        "b/b.html": "b",
    }
    assert publish.is_whole(out)


@pytest.mark.parametrize("fault", ["changed", "missing", "folder", "below a file", "link"])
def test_what_is_not_as_it_was_is_not_carried_over(tmp_path: Path, fault: str) -> None:
    old, stage = tmp_path / "old", tmp_path / "stage"
    old.mkdir()
    (old / "page").write_text("as it was")
    name, digest = "page", sha256(old / "page")
    if fault == "changed":
        (old / "page").write_text("as it is")
    elif fault == "link":
        (old / "page").rename(tmp_path / "elsewhere")
        (old / "page").symlink_to(tmp_path / "elsewhere")
    else:
        name = {"missing": "gone", "folder": ".", "below a file": "page/below"}[fault]
    assert publish.carry(name, digest, old, stage) is False
    assert not stage.exists()


@pytest.mark.parametrize("number", [errno.EPERM, errno.EMLINK, errno.EXDEV, errno.ENOTSUP])
def test_where_a_file_cannot_have_two_names_it_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refused(old: Path, new: Path) -> None:
        raise OSError(number, os.strerror(number), str(old), None, str(new))

    monkeypatch.setattr(os, "link", refused)
    (tmp_path / "page").write_text("as it was")
    assert publish.carry("page", sha256(tmp_path / "page"), tmp_path, tmp_path / "stage")
    assert (tmp_path / "stage" / "page").read_text() == "as it was"
    assert not (tmp_path / "stage" / "page").samefile(tmp_path / "page")


def test_a_full_disk_is_told_and_not_copied_around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(old: Path, new: Path) -> None:
        raise OSError(errno.ENOSPC, "full", str(new))

    monkeypatch.setattr(os, "link", full)
    (tmp_path / "page").write_text("as it was")
    with pytest.raises(OSError, match="full"):
        publish.carry("page", sha256(tmp_path / "page"), tmp_path, tmp_path / "stage")


def test_only_a_file_that_is_said_to_be_carried_over_may_stand_elsewhere_too(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    known = {"index.html": sha256(out / "index.html")}
    with (
        pytest.raises(BuildError, match=r"a\.html is a link or no regular file") as caught,
        publish.publishing(out, carried=known) as stage,
    ):
        (stage / "decisions").mkdir()
        (stage / "decisions" / "a.html").hardlink_to(out / "decisions" / "a.html")
    assert caught.value.exit_code == 5


def test_the_manifest_takes_the_sums_that_are_known_and_only_counts_what_was_taken_down(tmp_path: Path) -> None:
    (tmp_path / "decisions").mkdir()
    for name in ("_removed", "cm1", "cm2", "kept"):
        (tmp_path / "decisions" / f"{name}.html").write_text("kept" if name == "kept" else "gone")
    gone, kept = (sha256(tmp_path / "decisions" / f"{name}.html") for name in ("cm1", "kept"))
    (tmp_path / "manifest.json").write_text("of another time")
    assert json.loads(publish.manifest(tmp_path)) == {
        "decisions/_removed.html": gone,
        "decisions/_removed.html#1": gone,
        "decisions/_removed.html#2": gone,
        "decisions/kept.html": kept,
    }
    told = publish.manifest(tmp_path, {"decisions/kept.html": "0" * 64})
    assert list(json.loads(told).values()) == [gone, gone, gone, "0" * 64]
    assert told.startswith(b'{\n "decisions/_removed.html": "')
    assert told.endswith(b'0"\n}\n')


def test_a_generation_that_holds_what_was_taken_down_does_not_outlive_its_successor(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    (tmp_path / "link").symlink_to("out")
    with publish.publishing(tmp_path / "link", forgets=lambda: True) as stage:
        publish_faults.fill(stage, "new")
    assert beside(out) == {"link"}
    assert publish.is_whole(out)


def test_where_it_cannot_be_removed_nobody_is_told_that_the_old_site_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = published(tmp_path / "out")

    def fill_and_refuse() -> bool:
        monkeypatch.setattr(shutil, "rmtree", refuse)
        return True

    def refuse(path: Path, **_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied", str(path))

    with pytest.raises(BuildError) as caught, publish.publishing(out, forgets=fill_and_refuse) as stage:
        publish_faults.fill(stage, "new")
    monkeypatch.undo()
    assert caught.value.exit_code == 5
    assert str(caught.value).startswith(f"The new site is published, but {tmp_path / '.previous-out'} still holds")
    assert "old site stands" not in str(caught.value)
    assert publish.is_whole(out)


@pytest.mark.parametrize("name", ["CNAME", ".git/config", "notes/mine.txt"])
def test_what_no_build_has_put_into_a_site_is_never_swept_away_with_it(tmp_path: Path, name: str) -> None:
    out = published(tmp_path / "out")
    (out / name).parent.mkdir(exist_ok=True)
    (out / name).write_text("mine")
    (out / ".DS_Store").touch()
    with pytest.raises(BuildError, match=rf"holds what no build has put there \({name.partition('/')[0]}\)"):
        published(out, "new")
    assert (out / name).read_text() == "mine"
    (out / name).rename(tmp_path / "kept")
    if "/" in name:
        (out / name).parent.rmdir()
    published(out, "new")
    assert publish.is_whole(out)


@pytest.mark.parametrize("fault", ["gone", "empty"])
def test_a_page_that_was_written_and_is_lost_is_not_published(tmp_path: Path, fault: str) -> None:
    out = published(tmp_path / "out")
    sums = {"index.html": "0" * 64}
    with (
        pytest.raises(BuildError, match=r"index\.html was written and is lost, or empty"),
        publish.publishing(out, sums=sums) as stage,
    ):
        if fault == "empty":
            (stage / "index.html").touch()
    assert publish.is_whole(out)


def test_a_site_is_weighed_before_it_is_published_as_after(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with publish.publishing(out) as stage:
        publish_faults.fill(stage, "new")
        weighed = publish.sizes(stage)
    weight = {name: (out / name).stat().st_size for name in publish.files(out)}
    assert weighed.keys() == weight.keys()
    assert abs(weighed.pop("manifest.json") - weight.pop("manifest.json")) < 5
    assert weighed == weight


@pytest.mark.parametrize("fault", ["more", "less", "other", "no manifest", "link", "no folder"])
def test_a_site_is_whole_only_with_exactly_the_files_of_its_manifest(tmp_path: Path, fault: str) -> None:
    out = published(tmp_path / "out")
    page = out / "decisions" / "a.html"
    assert publish.is_whole(out)
    if fault == "more":
        (out / "decisions" / "c.html").touch()
    elif fault == "other":
        page.write_text("other")
    elif fault == "no manifest":
        (out / "manifest.json").unlink()
    elif fault == "link":
        (out / "link").symlink_to(page)
    else:
        page.unlink()
    assert not publish.is_whole(out if fault != "no folder" else tmp_path / "absent")


# --- What earlier builds left


@pytest.mark.parametrize("both", [False, True], ids=["the site missing", "the site there"])
def test_a_death_between_two_renames_is_mended_by_whoever_comes_next(tmp_path: Path, both: bool) -> None:
    out = published(tmp_path / "out")
    out.rename(tmp_path / ".aside-out")
    if both:
        published(tmp_path / "new").rename(out)
    with pytest.raises(ValueError, match="stop"), publish.publishing(out):
        raise ValueError("stop")
    assert publish.is_whole(out)
    assert ".aside-out" not in beside(out)


def test_only_what_builds_of_this_site_left_is_swept_away(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    others = {".stage-out-0123abc", ".stage-out-0123abcde", ".stage-out-0123ABCD", "stage-out-0123abcd", ".stage-oUt-0123abcd"}
    for name in (".stage-out-0123abcd", ".stage-out-ffffffff", ".previous-out", ".aside-out", *others):
        (tmp_path / name / "deep").mkdir(parents=True)
    with publish.publishing(out) as stage:
        publish_faults.fill(stage, "new")
    assert beside(out) == {".previous-out", *others}


def test_an_old_site_that_cannot_be_kept_does_not_undo_the_new_one(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    with publish.publishing(out) as stage:
        (stage / "index.html").write_text("new")
        (tmp_path / ".previous-out").mkdir()
        (tmp_path / ".previous-out" / "full").touch()
    assert (out / "index.html").read_text() == "new"
    published(out, "newer")
    assert beside(out) == {".previous-out"}


# --- Swapping


def unable(number: int) -> publish.Exchange:
    def exchange(new: Path, old: Path) -> None:
        raise OSError(number, os.strerror(number), str(new))

    return exchange


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS, errno.ENOTSUP])
def test_where_folders_cannot_be_exchanged_they_are_renamed_one_after_the_other(tmp_path: Path, number: int) -> None:
    out = published(tmp_path / "out")
    with publish.publishing(out, unable(number)) as stage:
        (stage / "index.html").write_text("new")
    assert publish.is_whole(out)
    assert (out / "index.html").read_text() == "new"
    assert (tmp_path / ".previous-out" / "index.html").read_text() == "old index.html"
    assert beside(out) == {".previous-out"}


def test_where_exchanging_fails_otherwise_the_old_site_stands(tmp_path: Path) -> None:
    out = published(tmp_path / "out")
    with pytest.raises(BuildError, match="check the disk and build again"), publish.publishing(out, unable(errno.EIO)) as stage:
        (stage / "index.html").write_text("new")
    assert (out / "index.html").read_text() == "old index.html"
    assert beside(out) == set()


def test_where_the_second_rename_fails_the_old_site_is_put_back(tmp_path: Path) -> None:
    def losing(new: Path, old: Path) -> None:
        new.rename(tmp_path / "lost")
        raise OSError(errno.EINVAL, "no exchange here", str(new))

    out = published(tmp_path / "out")
    with pytest.raises(BuildError, match="cannot use"), publish.publishing(out, losing) as stage:
        (stage / "index.html").write_text("new")
    assert publish.is_whole(out)
    assert (out / "index.html").read_text() == "old index.html"
    assert beside(out) == {"lost"}


def test_folders_are_exchanged_in_one_step_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    (one / "of one").touch()
    ctypes.set_errno(0)
    with pytest.raises(FileNotFoundError) as missing:
        publish.exchange(one, two)
    assert (missing.value.filename, missing.value.filename2) == (str(one), str(two))
    assert missing.value.strerror == os.strerror(errno.ENOENT)
    two.mkdir()
    publish.exchange(one, two)
    assert (list(one.iterdir()), list(two.iterdir())) == ([], [two / "of one"])
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: object())
    with pytest.raises(OSError, match=r"\] the system cannot exchange two folders: ") as unknown:
        publish.exchange(one, two)
    assert (unknown.value.errno, unknown.value.filename) == (errno.ENOSYS, str(one))


class Libc:
    """What the system offers, and what it was asked."""

    def __init__(self, *names: str) -> None:
        self.asked: list[tuple[object, ...]] = []
        for name in names:
            setattr(self, name, lambda *given, name=name: self.asked.append((name, *given)))


@pytest.mark.parametrize(
    ("platform", "offered", "asked"),
    [
        ("darwin", ["renamex_np"], ("renamex_np", b"/new", b"/old", 2)),
        ("darwin", ["renamex_np", "renameat2"], ("renamex_np", b"/new", b"/old", 2)),
        ("linux", ["renameat2"], ("renameat2", -100, b"/new", -100, b"/old", 2)),
        ("linux", ["renamex_np", "renameat2"], ("renameat2", -100, b"/new", -100, b"/old", 2)),
        ("darwin", [], None),
        ("linux", ["renamex_np"], None),
    ],
)
def test_each_system_is_asked_in_its_own_words(
    monkeypatch: pytest.MonkeyPatch, platform: str, offered: list[str], asked: tuple[object, ...] | None
) -> None:
    libc = Libc(*offered)
    monkeypatch.setattr("ctypes.CDLL", lambda *_, **__: libc)
    monkeypatch.setattr(sys, "platform", platform)
    with contextlib.nullcontext() if asked else pytest.raises(OSError, match="cannot exchange"):
        publish.exchange(Path("/new"), Path("/old"))
    assert libc.asked == ([asked] if asked else [])


# --- The lock


@pytest.mark.parametrize(("written", "named"), [("123\n", "123"), ("", "unknown"), ("\xff\n", "\ufffd"), ("1" * 30, "1" * 20)])
def test_whoever_holds_the_lock_is_named_as_far_as_it_is_known(tmp_path: Path, written: str, named: str) -> None:
    out = published(tmp_path / "out")
    lock = tmp_path / ".out.lock.pid"
    lock.write_bytes(written.encode("latin-1"))
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(BuildError) as caught:
            published(out, "new")
    assert str(caught.value) == f"another build of {out} is running (process {named}): wait for it, or stop it"
    assert caught.value.exit_code == 7
    published(out, "new")
    assert not lock.exists(), "a lock that nobody holds keeps nobody out, and goes"


def test_the_lock_names_the_process_while_it_is_held_and_is_gone_afterwards(tmp_path: Path) -> None:
    lock = tmp_path / "deep" / ".out.lock.pid"
    with publish.publishing(tmp_path / "deep" / "out"):
        assert lock.read_text() == f"{os.getpid()}\n"
        assert lock.stat().st_mode & 0o111 == 0
    assert not lock.exists()
    lock.write_text("99999999999\n")
    with publish.publishing(tmp_path / "deep" / "out"):
        assert lock.read_text() == f"{os.getpid()}\n", "nothing of a lock that was left behind"


def test_a_lock_that_was_removed_while_it_was_taken_is_no_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[int] = []
    flock = fcntl.flock

    def removing(handle: int, how: int) -> None:
        flock(handle, how)
        if len(taken) < 2:
            (tmp_path / ".out.lock.pid").unlink()
        if len(taken) == 1:
            (tmp_path / ".out.lock.pid").touch()
        taken.append(handle)

    monkeypatch.setattr(fcntl, "flock", removing)
    with publish.publishing(tmp_path / "out"):
        assert len(taken) == 3
        assert (tmp_path / ".out.lock.pid").read_text() == f"{os.getpid()}\n"


def test_no_handle_stays_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = published(tmp_path / "out")
    before = len(os.listdir("/dev/fd"))
    published(out, "new")
    lock = tmp_path / ".out.lock.pid"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        for _ in range(3):
            with contextlib.suppress(BuildError):
                published(out, "new")

    def none_left(_handle: int, _how: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none_left)
    with pytest.raises(BuildError, match="No locks available"):
        published(out, "new")
    assert len(os.listdir("/dev/fd")) == before


# --- What is said


def test_a_mount_point_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = published(tmp_path / "out")
    monkeypatch.setattr(os.path, "ismount", lambda path: Path(path) == out)
    with pytest.raises(BuildError) as caught:
        published(out, "new")
    assert str(caught.value) == f"{out} is a mount point, which cannot be swapped: name a folder inside it with --out"
    assert caught.value.exit_code == 5


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.EIO, "Input/output error", "/x/y"), "cannot use /x/y: Input/output error; check the disk and build again"),
        (OSError(errno.ENOMEM, "no memory"), "cannot use {out}: no memory; close other programs, or use fewer --jobs, and build again"),
        (OSError(errno.EXDEV, "other disk", 7), "cannot use {out}: other disk; name a folder on the same disk as its parent with --out"),
        (OSError("odd"), "cannot use {out}: odd; check the disk and the folder, and build again"),
    ],
    ids=["path", "no path", "handle", "no number"],
)  # fmt: skip
def test_an_error_of_the_disk_is_one_line_and_says_that_the_old_site_stands(tmp_path: Path, error: OSError, told: str) -> None:
    out = published(tmp_path / "out")
    with pytest.raises(BuildError) as caught, publish.publishing(out):
        raise error
    assert str(caught.value) == f"{told.format(out=out)}. The old site stands as it was."
    assert caught.value.exit_code == 5


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk_tells_what_was_needed_last_time_and_what_is_free(tmp_path: Path, number: int) -> None:
    out = published(tmp_path / "out")
    needed = sum((out / name).stat().st_size for name in publish.files(out))
    told = publish.remedy(number, out)
    assert re.fullmatch(rf"free some space \({needed:,} bytes were needed last time, [\d,]+ are free\) and build again", told)
    assert "(0 bytes were needed" in publish.remedy(number, tmp_path / "first")
    (out / "link").symlink_to("x")
    assert "(0 bytes were needed" in publish.remedy(number, out)
    assert publish.remedy(number) == publish.remedy(None) == "check the disk and the folder, and build again"
