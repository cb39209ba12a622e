"""Promise: whoever looks at the published folder, whenever a build is killed or fails, sees one whole generation."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from site_builder import publish
from site_builder.model import BuildError
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


@pytest.mark.parametrize("strategy", ["exchanging", "renaming_twice"])
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


@pytest.mark.parametrize("kind", ["link", "hard link", "pipe"])
def test_a_site_with_anything_but_plain_files_is_not_published(tmp_path: Path, kind: str) -> None:
    out = published(tmp_path / "out")
    (tmp_path / "secret").write_text("outside")
    with pytest.raises(BuildError, match="no regular file"), publish.publishing(out) as stage:
        if kind == "link":
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
    build.communicate(timeout=20)
    assert build.returncode == code
    assert (out / "index.html").read_text() == "old index.html"
    assert beside(out) == set()
