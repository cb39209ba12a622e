"""A site built in pieces is the site of one build: whoever does the pieces, how often, and whoever dies meanwhile."""

from __future__ import annotations

import io
import os
import signal
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fsspec
import pytest

from site_builder import build, catalogue, cluster, publish
from site_builder.model import BuildError
from site_builder.options import Options
from tests import corpus
from tests.conftest import FULL

distributed = pytest.importorskip("distributed")

ADDRESS = "https://example.org/imr/"
LONG = pytest.mark.skipif(not FULL, reason="make test-full")
LETTERS = 600 if FULL else 130
YEARS = {str(year) for year in range(2013, 2026)} if FULL else {"2014", "2016", "2018", "2019", "2020", "2021"}
"""As many shards."""


YEARS_APART = "from site_builder import catalogue; catalogue.LETTERS_TOGETHER = 0"


@pytest.fixture(scope="module", autouse=True)
def years_apart() -> Iterator[None]:
    """Here, and by YEARS_APART where the workers are."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(catalogue, "LETTERS_TOGETHER", 0)
        yield


def job_of(letters: Path | str, work: Path | str, **given: Any) -> cluster.Job:
    return cluster.Job(letters=str(letters), work=str(work), base_url=ADDRESS, **given)


def tree(site: Path) -> dict[str, bytes]:
    return {name: (site / name).read_bytes() for name in publish.files(site)}


def read_all(job: cluster.Job) -> None:
    for unit in cluster.units(job):
        cluster.read_unit(job, unit)


def build_all(job: cluster.Job) -> None:
    for name in cluster.shards(job):
        cluster.build_shard(job, name)


@pytest.fixture(scope="module")
def letters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders by year, an archive, and some that lie loose; a table, a notice, and one letter that is taken down."""
    folder = tmp_path_factory.mktemp("cluster") / "letters"
    folder.mkdir()
    written = [letter for letter in corpus.letters(LETTERS, 7) if letter.decision_year in YEARS]
    with zipfile.ZipFile(folder / "2016.zip", "w") as archive:
        for letter in written:
            year = letter.decision_year or "undated"
            if year == "2016":
                archive.writestr(letter.source, corpus.text(letter))
                continue
            place = folder / (letter.source if year in ("2014", "2021") else f"{year}/{letter.source}")
            place.parent.mkdir(exist_ok=True)
            place.write_text(corpus.text(letter), "utf-8")
    gone, told = written[3], written[4]
    (folder / "takedowns.toml").write_text(f'[[takedown]]\ncase = "{gone.case_number}"\nreason = "asked"\ndate = 2026-01-01\n')
    rows = f"case_number,sex\n{told.case_number},female\nCM99-9999999,male\n"
    (folder / "metadata.csv").write_text(rows, "utf-8")
    (folder / "NOTICE").write_text("All letters here are invented.", "utf-8")
    twice = next(letter for letter in written if letter.decision_year == "2018")
    (folder / "2019" / "copy.txt").write_text(corpus.text(twice), "utf-8")
    other = corpus.text(twice).replace("Utilization", "The utilization", 1) + "\nOne more sentence.\n"
    (folder / "2020" / "other.txt").write_text(other, "utf-8")
    return folder


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """Twelve letters, in folders by year."""
    for letter in corpus.letters(12, 7):
        place = tmp_path / "letters" / (letter.decision_year or "undated") / letter.source
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(corpus.text(letter), "utf-8")
    return tmp_path / "letters"


@pytest.fixture(scope="module")
def alone(letters: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The site of one build."""
    out = tmp_path_factory.mktemp("alone") / "site"
    report = build.build(Options(letters=letters, out=out, config=Path("none"), base_url=ADDRESS, jobs=2))
    assert {"duplicate", "same-case", "taken-down", "metadata-unknown-file"} <= {problem.code for problem in report.problems}
    return tree(out)


def test_a_work_folder_that_holds_anything_else_is_refused_and_keeps_it(few: Path, tmp_path: Path) -> None:
    """What stood there was swept away at the end, the letters too."""
    before = tree(tmp_path)
    job = job_of(few, tmp_path)
    for step in (read_all, lambda job: cluster.assemble(job, tmp_path.with_name("site"))):
        with pytest.raises(BuildError, match="holds letters, which no build put there"):
            step(job)
    assert tree(tmp_path) == before


def test_odd_names_and_links_are_taken_as_one_build_takes_them(few: Path, tmp_path: Path) -> None:
    """A folder with brackets in its name was a pattern, and what a link led to was published."""
    (tmp_path / "secret.txt").write_text(corpus.text(next(iter(corpus.letters(1, 9)))), "utf-8")
    next(path for path in sorted(few.iterdir()) if path.is_dir()).rename(few / "2016 [scans]")
    (few / "2016 [scans]" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (few / "link.txt").symlink_to(tmp_path / "secret.txt")
    (few / "linked").symlink_to(few / "2016 [scans]")
    once = build.build(Options(letters=few, out=tmp_path / "once", config=Path("none"), base_url=ADDRESS, search=False))
    job = job_of(few, tmp_path / "work", search=False)
    read_all(job)
    build_all(job)
    pieces = cluster.assemble(job, tmp_path / "pieces")
    assert tree(tmp_path / "pieces") == tree(tmp_path / "once")
    assert sorted(map(str, pieces.problems)) == sorted(map(str, once.problems))
    assert [problem.code for problem in once.problems] == ["symlink"] * 3


@pytest.mark.parametrize(("work", "code"), [("foo://bucket/work", 2), ("gs://bucket/work", 3), ("s3://bucket/work", 5)])
def test_a_store_that_cannot_be_asked_is_told_in_one_line(
    few: Path, work: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "ACCESS_KEY_ID": "x",
        "SECRET_ACCESS_KEY": "y",
        "ENDPOINT_URL": "http://127.0.0.1:9",
        "MAX_ATTEMPTS": "1",
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    with pytest.raises(BuildError) as told:
        read_all(job_of(few, work))
    assert told.value.exit_code == code
    assert "\n" not in str(told.value)


def test_pieces_done_one_after_the_other_give_the_site_of_one_build(
    letters: Path, alone: dict[str, bytes], tmp_path: Path
) -> None:
    job = job_of(letters, tmp_path / "work")
    read_all(job)
    assert len(cluster.shards(job)) >= len(YEARS)
    build_all(job)
    report = cluster.assemble(job, tmp_path / "site")
    assert tree(tmp_path / "site") == alone
    codes = sorted(problem.code for problem in report.problems)
    assert codes.count("metadata-unknown-file") == codes.count("duplicate") == codes.count("same-case") == 1


def test_a_piece_done_again_changes_nothing_and_costs_little(few: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = job_of(few, tmp_path / "work", search=False)
    read_all(job)
    build_all(job)
    before = {path: path.read_bytes() for path in (tmp_path / "work").rglob("*") if path.is_file()}
    monkeypatch.setattr(build, "take_in", None)
    monkeypatch.setattr(cluster, "_bundle", None)
    read_all(job)
    build_all(job)
    assert {path: path.read_bytes() for path in (tmp_path / "work").rglob("*") if path.is_file()} == before


def test_who_begins_anew_does_what_is_missing_or_torn(few: Path, tmp_path: Path) -> None:
    job = job_of(few, tmp_path / "work", search=False)
    read_all(job)
    build_all(job)
    cluster.assemble(job, tmp_path / "whole")
    damages: tuple[Callable[[Path], object], ...] = (Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-1]))
    for damage in damages:
        damage(min((tmp_path / "work" / "built").iterdir()))
        with pytest.raises(BuildError, match="run build-shard for it"):
            cluster.assemble(job, tmp_path / "site")
        build_all(job)
    cluster.assemble(job, tmp_path / "site")
    assert tree(tmp_path / "site") == tree(tmp_path / "whole")


def test_damaged_words_are_removed_and_read_again(few: Path, tmp_path: Path) -> None:
    job = job_of(few, tmp_path / "work", search=False)
    read_all(job)
    words = min((tmp_path / "work" / "words").iterdir())
    words.write_bytes(words.read_bytes().replace(b"MAXIMUS", b"minimus"))
    with pytest.raises(BuildError, match="run read-shard again"):
        build_all(job)
    read_all(job)
    build_all(job)
    cluster.assemble(job, tmp_path / "site")


def test_a_bundle_writes_nothing_outside_the_site(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        tar.addfile(tarfile.TarInfo("site/../../elsewhere.html"), io.BytesIO())
    with pytest.raises(BuildError, match="outside the site"):
        cluster._unpack(packed.getvalue(), tmp_path / "stage", tmp_path / "lines")
    assert not (tmp_path / "elsewhere.html").exists()


def test_pieces_of_other_letters_are_refused(few: Path, tmp_path: Path) -> None:
    job = job_of(few, tmp_path / "work", search=False)
    with pytest.raises(BuildError, match="are not read"):
        cluster.shards(job)
    read_all(job)
    build_all(job)
    with min(few.rglob("*.txt")).open("a") as letter:
        letter.write("\nAnd another one.\n")
    read_all(job)
    with pytest.raises(BuildError, match="is not built from these letters"):
        cluster.assemble(job, tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_of_a_letter_taken_down_nothing_stays_in_the_work_folder(few: Path, tmp_path: Path) -> None:
    gone = next(corpus.letters(12, 7))
    job = job_of(few, tmp_path / "work", search=False)
    sites = []
    for entry in ("", f'[[takedown]]\ncase = "{gone.case_number}"\nreason = "asked"\ndate = 2026-01-01\n'):
        (few / "takedowns.toml").write_text(entry)
        read_all(job)
        build_all(job)
        cluster.assemble(job, tmp_path / "site")
        held = [path for path in (tmp_path / "work").rglob("*") if path.is_file() and gone.id.encode() in path.read_bytes()]
        sites.append(bool(held))
    assert sites == [True, False]


@pytest.fixture(scope="module")
def scheduler() -> Iterator[Any]:
    """Over TCP, with two processes that work."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1", preload=YEARS_APART
    ) as found:
        assert found.scheduler_address.startswith("tcp://")
        yield found


@pytest.mark.parametrize(
    "killed", [pytest.param(False, marks=LONG, id="nobody dies"), pytest.param(True, id="a worker is killed")]
)
def test_two_workers_of_a_scheduler_give_the_site_of_one_build(
    letters: Path, alone: dict[str, bytes], scheduler: Any, tmp_path: Path, killed: bool
) -> None:
    work = tmp_path / "work"
    with distributed.Client(scheduler.scheduler_address) as client:
        pids = sorted(client.run(os.getpid).values())
    assert len(set(pids)) == 2

    def kill() -> None:
        while len(list(work.glob("built/*"))) < 3:
            time.sleep(0.01)
        os.kill(pids[0], signal.SIGKILL)

    thread = threading.Thread(target=kill if killed else lambda: None, daemon=True)
    thread.start()
    cluster.on_dask(job_of(letters, work), tmp_path / "site", scheduler=scheduler.scheduler_address, jobs=2)
    thread.join(1)
    assert not thread.is_alive()
    assert tree(tmp_path / "site") == alone
    with distributed.Client(scheduler.scheduler_address) as client:
        client.wait_for_workers(2)
        assert (sorted(client.run(os.getpid).values()) != pids) is killed


def test_a_piece_that_cannot_be_done_says_why(letters: Path, scheduler: Any, tmp_path: Path) -> None:
    job = job_of(letters, tmp_path / "work", config="nonsense = 1\n")
    with pytest.raises(BuildError, match="nonsense") as told:
        cluster.on_dask(job, tmp_path / "site", scheduler=scheduler.scheduler_address, jobs=2)
    assert told.value.exit_code == 2


@pytest.fixture(scope="module")
def bucket() -> Iterator[Callable[[str], str]]:
    """URLs in a bucket of an S3 server on this machine."""
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    given = {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "FSSPEC_S3_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
    }
    with pytest.MonkeyPatch.context() as patched:
        for name, value in given.items():
            patched.setenv(name, value)
        fsspec.filesystem("s3").mkdir("pieces")
        yield lambda name: f"s3://pieces/{name}"
    server.stop()


@LONG
def test_letters_and_pieces_in_an_object_store_give_the_same_site(
    letters: Path, alone: dict[str, bytes], bucket: Callable[[str], str], tmp_path: Path
) -> None:
    fsspec.filesystem("s3").put(str(letters), "pieces/letters", recursive=True)
    job = job_of(bucket("letters"), bucket("work"))
    read_all(job)
    build_all(job)
    cluster.assemble(job, tmp_path / "site")
    assert tree(tmp_path / "site") == alone


def test_originals_are_not_published_from_pieces(few: Path, tmp_path: Path) -> None:
    job = job_of(few, tmp_path / "work", config="publish_originals = true\n")
    read_all(job)
    with pytest.raises(BuildError, match="build in one piece"):
        cluster.shards(job)


def test_without_the_packages_of_a_cluster_it_is_said_how_to_get_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("fsspec.core", "distributed"):
        monkeypatch.setitem(__import__("sys").modules, name, None)
    for call in (
        lambda: cluster.units(job_of(tmp_path, tmp_path / "work")),
        lambda: cluster.on_dask(job_of(tmp_path, tmp_path), tmp_path / "site", scheduler=None, jobs=1),
    ):
        with pytest.raises(BuildError, match="make install-cluster") as told:
            call()
        assert told.value.exit_code == 3


def test_a_folder_of_letters_that_is_not_there_is_named(tmp_path: Path) -> None:
    (tmp_path / "letters.zip").touch()
    for name, told in (("nowhere", "nowhere: no such folder"), ("letters.zip", "the archive lies in")):
        with pytest.raises(BuildError, match=told):
            cluster.units(job_of(tmp_path / name, tmp_path / "work"))
