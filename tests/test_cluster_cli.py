"""Pieces from the command line: three verbs over a few letters, what they refuse, and a Dask cluster that lets in only its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner, Result

from site_builder import publish
from site_builder.cli import main
from tests.conftest import FULL, ROOT

dask = pytest.importorskip("dask")
pytest.importorskip("distributed")

NAMES = ("CM99-0000012.txt", "CM99-0000118.txt", "CM99-0000231.md")
ADDRESS = ("--base-url", "https://example.org/imr/", "--no-search")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def tree(site: Path) -> dict[str, bytes]:
    return {name: (site / name).read_bytes() for name in publish.files(site)}


@pytest.fixture
def letters(tmp_path: Path) -> Path:
    """Two folders and a loose letter: three units."""
    folder = tmp_path / "letters"
    for number, name in enumerate(NAMES):
        place = folder / ("", "one", "two")[number] / name
        place.parent.mkdir(exist_ok=True, parents=True)
        place.write_bytes((ROOT / "letters" / name).read_bytes())
    return folder


@pytest.fixture
def pieces(letters: Path, tmp_path: Path) -> tuple[object, ...]:
    """The options that every piece must be told alike."""
    return ("--letters", letters, "--work", tmp_path / "work", "--config", ROOT / "site.toml", *ADDRESS)


def test_three_verbs_publish_the_site_of_build(
    letters: Path, pieces: tuple[object, ...], tmp_path: Path, years_apart: None
) -> None:
    told = [run(verb, share, *pieces) for verb in ("read-shard", "build-shard") for share in ("1/2", "2/2")]
    assert [(one.exit_code, one.stdout) for one in told] == [(0, "")] * 4, [one.output for one in told]
    assert [one.stderr for one in told[:2]] == ["Reading letters: 2\n", "Reading letters: 1\n"]
    assert all(re.fullmatch(r"Building shards: \d\n", one.stderr) for one in told[2:])
    last = run("assemble", *pieces, "--out", tmp_path / "site")
    assert last.exit_code == 0, last.output
    assert last.stdout.startswith("Published 3 letters with ")
    build = ("build", "--letters", letters, "--config", ROOT / "site.toml", *ADDRESS, "--out", tmp_path / "alone")
    assert run(*build).exit_code == 0
    assert tree(tmp_path / "site") == tree(tmp_path / "alone")


def test_more_shares_than_letters_leave_some_without_work(pieces: tuple[object, ...]) -> None:
    told = run("read-shard", "9/9", *pieces)
    assert (told.exit_code, told.output) == (0, "")


@pytest.mark.parametrize("share", ["0/3", "4/3", "x", "1", "1/0", "-1/3", "1/3/5", "1/99999"])
@pytest.mark.parametrize("verb", ["read-shard", "build-shard"])
def test_what_is_no_share_is_refused(verb: str, share: str, pieces: tuple[object, ...], tmp_path: Path) -> None:
    told = run(verb, *pieces, "--", share)
    assert told.exit_code == 2
    assert "is no share: write 1/8, 2/8 ... 8/8" in told.stderr
    assert not (tmp_path / "work").exists()


def test_steps_in_a_wrong_order_say_what_to_run_first(pieces: tuple[object, ...], tmp_path: Path) -> None:
    early = run("build-shard", "1/1", *pieces)
    assert (early.exit_code, "run read-shard for all" in early.stderr) == (1, True)
    assert run("read-shard", "1/1", *pieces).exit_code == 0
    early = run("assemble", *pieces, "--out", tmp_path / "site")
    assert (early.exit_code, "run build-shard for it" in early.stderr) == (1, True)
    assert not (tmp_path / "site").exists()


def test_a_piece_that_was_told_another_address_is_missed(pieces: tuple[object, ...], tmp_path: Path) -> None:
    assert run("read-shard", "1/1", *pieces).exit_code == 0
    assert run("build-shard", "1/1", *pieces, "--base-url", "https://example.org/other/").exit_code == 0
    told = run("assemble", *pieces, "--out", tmp_path / "site")
    assert (told.exit_code, "run build-shard for it" in told.stderr) == (1, True)


@pytest.mark.parametrize("verb", ["build", "check", "watch"])
def test_an_address_of_letters_is_refused_by_whoever_is_no_cluster(verb: str, tmp_path: Path) -> None:
    told = run(verb, "--letters", "s3://bucket/letters", *(() if verb == "check" else ("--out", tmp_path / "site")))
    assert told.exit_code == 2
    assert "s3://bucket/letters: an address is read by a cluster only: build --executor dask, or read-shard" in told.stderr


def all_steps(pieces: tuple[object, ...], *options: object) -> Result:
    for verb in ("read-shard", "build-shard"):
        assert run(verb, "1/1", *pieces).exit_code == 0
    return run("assemble", *pieces, *options)


def test_a_letter_that_the_gate_holds_back_shows_in_the_exit_code_of_assemble(
    letters: Path, pieces: tuple[object, ...], tmp_path: Path
) -> None:
    number = "536-22-1234"
    text = (letters / NAMES[0]).read_text("utf-8").replace("CM99-0000012", "CM99-0999999")
    (letters / "two" / "leak.txt").write_text(f"{text}\n\nThe employee's social security number is {number}.\n", "utf-8")
    told = all_steps(pieces, "--out", tmp_path / "site")
    assert told.exit_code == 4, told.output
    assert "leak.txt" in told.stderr
    assert number not in told.output
    assert publish.is_whole(tmp_path / "site")
    written = [path for place in ("site", "work") for path in (tmp_path / place).rglob("*") if path.is_file()]
    assert written
    assert [path for path in written if number.encode() in path.read_bytes()] == []


def test_problems_end_assemble_with_1_under_strict_only(letters: Path, pieces: tuple[object, ...], tmp_path: Path) -> None:
    (letters / "photo.txt").write_bytes(bytes(range(256)) * 20)
    told = all_steps(pieces, "--out", tmp_path / "site")
    assert told.exit_code == 0
    assert "photo.txt" in told.stderr
    assert run("assemble", *pieces, "--out", tmp_path / "site", "--strict").exit_code == 1
    assert publish.is_whole(tmp_path / "site")


def certificates(folder: Path) -> None:
    """An authority of ours and one of others, each with a certificate for its own machines: as docs/cluster.md makes them."""
    script = re.search(r"```sh\n(openssl .*?)```", (ROOT / "docs" / "cluster.md").read_text("utf-8"), re.DOTALL)
    assert script
    for who in ("ours", "theirs"):
        (folder / who).mkdir()
        shell = ["bash", "-euc", script[1]]
        subprocess.run(shell, cwd=folder / who, capture_output=True, check=True)


def trusting(folder: Path, showing: Path) -> dict[str, str]:
    """Dask's settings: whom to believe, and what to show oneself."""
    told = {"CA_FILE": folder / "ca.pem"}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        told |= {f"{role}__CERT": showing / "cluster.pem", f"{role}__KEY": showing / "cluster.key"}
    settings = {f"DASK_DISTRIBUTED__COMM__TLS__{name}": str(value) for name, value in told.items()}
    waits = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "20s"}
    return {**os.environ, **settings, **waits, "DASK_DISTRIBUTED__COMM__REQUIRE_ENCRYPTION": "true"}


class Cluster(NamedTuple):
    """A scheduler and a worker that speak TLS."""

    address: str
    ours: Path
    theirs: Path


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl")
    folder = tmp_path_factory.mktemp("tls")
    certificates(folder)
    environment = trusting(folder / "ours", folder / "ours")
    dask, told = [sys.executable, "-m", "dask"], folder / "scheduler.json"
    local = ("--protocol", "tls", "--host", "127.0.0.1", "--no-dashboard", "--scheduler-file", str(told))
    quiet = {"env": environment, "cwd": ROOT, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    started = [
        subprocess.Popen([*dask, "scheduler", *local, "--port", "0"], **quiet),
        subprocess.Popen([*dask, "worker", *local, "--nworkers", "1", "--nthreads", "1"], **quiet),
    ]
    try:
        end = time.monotonic() + 60
        while not told.exists():
            assert time.monotonic() < end, "no scheduler"
            time.sleep(0.05)
        yield Cluster(json.loads(told.read_text("utf-8"))["address"], folder / "ours", folder / "theirs")
    finally:
        for process in reversed(started):
            process.terminate()
            process.wait(30)


def on_cluster(cluster: Cluster, environment: Mapping[str, str], *options: object) -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "site_builder",
        "build",
        "--executor",
        "dask",
        "--scheduler",
        cluster.address,
        *map(str, options),
    ]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.skipif(not FULL, reason="a scheduler and its workers with certificates: make test-full")
def test_over_tls_a_cluster_builds_for_its_own(cluster: Cluster, pieces: tuple[object, ...], tmp_path: Path) -> None:
    assert cluster.address.startswith("tls://127.0.0.1:")
    told = on_cluster(cluster, trusting(cluster.ours, cluster.ours), *pieces, "--out", tmp_path / "site")
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("Published 3 letters with ")
    assert publish.is_whole(tmp_path / "site")


def test_who_shows_a_certificate_of_others_is_refused(cluster: Cluster, pieces: tuple[object, ...], tmp_path: Path) -> None:
    environment = trusting(cluster.ours, cluster.theirs) | {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    told = on_cluster(cluster, environment, *pieces, "--out", tmp_path / "site")
    assert told.returncode == 5, told.stderr
    assert f"error: --scheduler {cluster.address}: " in told.stderr
    assert "Traceback" not in told.stderr
    assert not (tmp_path / "site").exists()
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("address", ["nonsense", "tcp://127.0.0.1:1", "tls://127.0.0.1:1"])
def test_a_scheduler_that_cannot_be_reached_is_told_in_a_line(
    address: str, pieces: tuple[object, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last one: nobody said which certificates to show."""
    monkeypatch.setitem(dask.config.get("distributed.comm.timeouts"), "connect", "0.2s")
    told = run("build", *pieces, "--out", tmp_path / "site", "--executor", "dask", "--scheduler", address)
    assert told.exit_code == 5, told.output
    assert f"error: --scheduler {address}: " in told.stderr
    assert not (tmp_path / "site").exists()
