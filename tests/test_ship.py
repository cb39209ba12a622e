"""Promise: whoever reads while a site is uploaded finds what is named; a cut-off upload is finished by another; withdrawn letters go first."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import boto3
import fsspec
import pytest
from click.testing import CliRunner, Result
from fsspec.implementations.memory import MemoryFileSystem
from moto.server import ThreadedMotoServer

from site_builder import build, metadata, publish, ship, takedowns
from site_builder.cli import main
from site_builder.model import BuildError, File
from site_builder.options import Options
from tests.conftest import FULL, ROOT
from tests.test_takedowns import DAY, hits

LETTERS = ("CM99-0000012.txt", "CM99-0000037.txt", "CM99-0000064.txt", "CM99-0000118.txt")
TAKEN_DOWN, GONE, NEW = "CM99-0000012", "CM99-0000037", "CM99-0000204.pdf"
WITHDRAWN = [f"decisions/{case.lower()}.html" for case in (TAKEN_DOWN, GONE)]
NEEDLES = [form for case in (TAKEN_DOWN, GONE) for form in (case, case.replace("-", ""))]
POINTERS = ["catalogue/index.json", "offline.json", "sw.js", "manifest.json"]


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A site, and the next one of the same letters: one is taken down, one is not there any more, one is new."""
    place = tmp_path_factory.mktemp("ship")
    letters = place / "letters"
    letters.mkdir()
    for name in LETTERS:
        shutil.copy(ROOT / "letters" / name, letters)
    options = Options(letters=letters, out=place / "before", jobs=2, cache=place / "cache", base_url="https://example.org/imr/")
    build.build(options)
    (letters / f"{GONE}.txt").unlink()
    shutil.copy(ROOT / "letters" / NEW, letters)
    (letters / metadata.TAKEDOWNS).write_text(takedowns.as_toml(TAKEN_DOWN, "asked for", DAY, ""))
    build.build(Options(letters=letters, out=place / "after", jobs=2, cache=place / "cache", base_url="https://example.org/imr/"))
    return place / "before", place / "after"


@pytest.fixture(scope="session")
def sites(whole: tuple[Path, Path]) -> tuple[Path, Path]:
    """The same with some files of each kind: the S3 server of the tests takes 5 ms for each."""
    left_out = re.compile(r"catalogue/words\.[^/]*/(?!sh).*|es/.*|browse/.*/.*|statistics/.*|coverage/.*|glossary/.*")
    for site in whole:
        with publish.publishing(site.with_name(f"few-{site.name}")) as stage:
            for path in publish.files(site):
                if path not in (publish.MANIFEST, publish.NOJEKYLL) and not left_out.fullmatch(path):
                    publish.put(stage, File(path=path, content=(site / path).read_bytes()))
    before, after = (site.with_name(f"few-{site.name}") for site in whole)
    return before, after


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    """Address of an S3 server on this machine."""
    given = {"AWS_ACCESS_KEY_ID": "nobody", "AWS_SECRET_ACCESS_KEY": "nothing", "AWS_DEFAULT_REGION": "us-east-1"}
    given |= {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**given, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}.items():
            patch.setenv(name, value)
        yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3: str, request: pytest.FixtureRequest) -> str:
    name = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower())[:60].strip("-")
    boto3.client("s3").create_bucket(Bucket=name)
    return f"s3://{name}/archive/imr"


@pytest.fixture(params=["file", "memory", "s3"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "s3":
        return str(request.getfixturevalue("bucket"))
    return f"file://{tmp_path}/remote/imr" if request.param == "file" else f"memory://{tmp_path.name}/imr"


def remote(target: str) -> dict[str, bytes]:
    """Path -> bytes of everything at the target."""
    fs, root = fsspec.core.url_to_fs(target, skip_instance_cache=True)
    found = fs.find(root)
    return {path[len(root) + 1 :]: content for path, content in (fs.cat(found) if found else {}).items()}


def local(site: Path) -> dict[str, bytes]:
    return {path: (site / path).read_bytes() for path in publish.files(site)}


class Cut(Exception):
    """The line went dead."""


class Watched(MemoryFileSystem):  # type: ignore[misc]  # fsspec has no types
    """A store in memory that tells what is done to it, and fails when it is told to."""

    done: ClassVar[list[str]] = []
    left: ClassVar[int | None] = None
    lost: ClassVar[str] = ""
    after_each: ClassVar[Callable[[], None] | None] = None

    def put_file(self, lpath: str, rpath: str, *arguments: Any, **named: Any) -> None:
        self._count(f"put {rpath}")
        if not self.lost or not rpath.endswith(self.lost):
            super().put_file(lpath, rpath, *arguments, **named)
        self._tell()

    def rm_file(self, path: str) -> None:
        self._count(f"delete {path}")
        super().rm_file(path)
        self._tell()

    def rm(self, path: list[str], *_arguments: Any, **_named: Any) -> None:
        for one in path:
            self.rm_file(self._strip_protocol(one))

    def _count(self, what: str) -> None:
        if Watched.left is not None:
            if not Watched.left:
                raise Cut
            Watched.left -= 1
        self.done.append(what)

    def _tell(self) -> None:
        if Watched.after_each:
            Watched.after_each()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[str]:
    """A place in a watched store."""
    whole = fsspec.get_filesystem_class("memory")
    fsspec.register_implementation("memory", Watched, clobber=True)
    root = f"/{tmp_path.name}-watched"
    yield f"memory:/{root}"
    fsspec.register_implementation("memory", whole, clobber=True)
    Watched.left, Watched.lost, Watched.after_each = None, "", None
    Watched.done.clear()


def steps(target: str) -> list[str]:
    """What was done to it, paths below the place."""
    return [step.replace(target.removeprefix("memory:/") + "/", "") for step in Watched.done]


def upload(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["upload", *map(str, arguments)])


def test_what_stands_at_the_target_is_the_site_byte_for_byte_and_a_second_upload_sends_nothing(
    sites: tuple[Path, Path], target: str
) -> None:
    for site in sites:  # the second holds the page of a letter that was taken down, which its manifest does not name
        shipped = ship.ship(site, target)
        assert remote(target) == local(site)
        assert shipped.sent + shipped.unchanged == len(local(site))
        assert shipped.sent > 0
        assert shipped.bytes > 0
        assert ship.ship(site, target) == (0, len(local(site)), 0, 0)


def test_one_changed_file_is_all_that_is_sent_and_a_name_like_a_pattern_is_a_name(sites: tuple[Path, Path], target: str) -> None:
    site = sites[0]
    ship.ship(site, target)
    fs, root = fsspec.core.url_to_fs(target, skip_instance_cache=True)
    time.sleep(0.01)
    fs.pipe_file(f"{root}/about/index.html", (site / "about/index.html").read_bytes()[::-1])  # as long as it was
    fs.pipe_file(f"{root}/browse/[a-z]ndex.html", b"stray")
    assert ship.ship(site, target)[:3] == (1, len(local(site)) - 1, 1)
    assert remote(target) == local(site)


def test_every_object_says_what_it_is_and_how_long_it_may_be_kept(sites: tuple[Path, Path], bucket: str) -> None:
    ship.ship(sites[1], bucket)
    client, name = boto3.client("s3"), bucket.split("/")[2]
    told = {}
    for path in local(sites[1]):
        head = client.head_object(Bucket=name, Key=f"archive/imr/{path}")
        told[path] = (head["ContentType"], head["CacheControl"])
    for_ever = {path for path, (_, caching) in told.items() if caching == "public, max-age=31536000, immutable"}
    assert all(caching == "no-cache" for path, (_, caching) in told.items() if path not in for_ever)
    assert all(re.search(r"[._][0-9a-f]{7,}[./]", path) for path in for_ever)
    assert not [path for path in for_ever if path.startswith(("decisions/", "browse/", "data/")) or path.endswith(".html")]
    kinds = {Path(path).suffix for path in for_ever}
    assert kinds >= {".css", ".js", ".svg", ".png", ".bin", ".txt", ".json", ".pf_meta", ".pf_index", ".pf_fragment"}
    assert told["index.html"] == ("text/html; charset=utf-8", "no-cache")
    assert told["feed.xml"][0] == "application/xml; charset=utf-8"
    assert told["catalogue/index.json"] == ("application/json; charset=utf-8", "no-cache")
    assert told["pagefind/hub/pagefind-entry.json"][1] == "no-cache"


def broken(target: str, sites: tuple[Path, Path]) -> Iterator[str]:
    """What a reader who arrives now would be led to and not find as it was named."""
    here = remote(target)
    generations = [local(site) for site in sites]
    if index := here.get("catalogue/index.json"):
        one = next(files for files in generations if files["catalogue/index.json"] == index)
        named = re.compile(r"static/.*|catalogue/(?!index\.json).*|pagefind/(?!hub/pagefind-entry\.json).*")
        yield from (f"catalogue: {path}" for path in one if named.fullmatch(path) and here.get(path) != one[path])
    if (
        here.get("sw.js") == generations[1]["sw.js"]
    ):  # the old one names pages that are replaced by and by; whoever asks then keeps no copy
        listed = json.loads(generations[1]["offline.json"])["files"]
        yield from (f"copy: {path}" for path in ["offline.json", *listed] if here.get(path) != generations[1].get(path))
    for entry in (path for path in here if path == "pagefind/hub/pagefind-entry.json"):
        for language in json.loads(here[entry])["languages"].values():
            if (meta := f"{entry.rpartition('/')[0]}/pagefind.{language['hash']}.pf_meta") not in here:
                yield f"entry: {meta}"
    for page in (path for path in here if path.endswith(".html")):
        text = here[page].decode()
        root = "../" * page.count("/")
        assets = re.findall(r"(?:href|src)=\"?" + re.escape(root) + r"(static/[^\"> ]+)", text) if page != "404.html" else []
        yield from (f"{page}: {asset}" for asset in assets if asset not in here)
    if record := here.get("manifest.json"):
        one = next((files for files in generations if files["manifest.json"] == record), None)
        if one is None or record == generations[1]["manifest.json"]:
            yield from (f"manifest: {path}" for path in generations[1] if here.get(path) != generations[1][path])


def found_broken(
    target: str,
    sites: tuple[Path, Path],
) -> list[str]:
    """What was broken after any step of uploading the first site, and the second over it."""
    found: list[str] = []

    def look() -> None:
        found.extend(broken(target, sites))

    Watched.after_each = look
    for site in sites:
        ship.ship(site, target)
    return found


def test_at_every_step_what_is_named_is_there(sites: tuple[Path, Path], watched: str) -> None:
    assert found_broken(watched, sites) == []
    assert remote(watched) == local(sites[1])


def test_the_control_that_sends_by_name_leads_readers_to_what_is_not_there(
    sites: tuple[Path, Path], watched: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ship, "_WAVES", ((0, re.compile(r".*", re.DOTALL)),))
    found = found_broken(watched, sites)
    assert [line for line in found if line.startswith("catalogue: ")]
    assert [line for line in found if line.startswith("entry: ")]


def test_pointers_are_sent_last_and_what_nobody_names_any_more_is_deleted_before_the_manifest(
    sites: tuple[Path, Path], watched: str
) -> None:
    ship.ship(sites[0], watched)
    first = steps(watched)
    assert first[0] == "put .nojekyll"
    assert first[-4:] == [f"put {path}" for path in POINTERS]
    Watched.done.clear()
    ship.ship(sites[1], watched)
    done = steps(watched)
    assert done[:2] == [f"put {WITHDRAWN[0]}", f"delete {WITHDRAWN[1]}"]
    kinds = [step.split()[0] for step in done[2:]]
    assert kinds == [*sorted(kinds[:-1], reverse=True), "put"]
    assert done[-1] == "put manifest.json"
    sent = [step.removeprefix("put ") for step in done if step.startswith("put ")]
    assert sent[-4:] == POINTERS
    places = [
        sent.index(path) for path in ("decisions/cm99-0000204.html", "browse/index.html", "feed.xml", "catalogue/index.json")
    ]
    assert places == sorted(places)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 0.99])
def test_an_upload_that_was_cut_off_is_finished_by_another(sites: tuple[Path, Path], watched: str, share: float) -> None:
    ship.ship(sites[0], watched)
    todo = ship.plan(sites[1], ship.open_store(watched))
    Watched.left = int(share * (len(todo.sent) + len(todo.removed)))
    told: list[str] = []
    with pytest.raises(BuildError, match="Cut") as caught:
        ship.ship(sites[1], watched, announce=told.extend)
    assert caught.value.exit_code == 5
    assert list(broken(watched, sites)) == []
    Watched.left = None
    told.clear()
    ship.ship(sites[1], watched, announce=told.extend)
    assert remote(watched) == local(sites[1])
    assert told[:2] == WITHDRAWN


def test_a_first_upload_that_was_cut_off_may_be_finished_with_another_site(sites: tuple[Path, Path], watched: str) -> None:
    Watched.left = 30
    with pytest.raises(BuildError, match="Cut"):
        ship.ship(sites[0], watched)
    Watched.left = None
    ship.ship(sites[1], watched)
    assert remote(watched) == local(sites[1])


@pytest.mark.skipif(not FULL, reason="an upload in a process of its own: make test-full")
def test_an_upload_that_is_killed_leaves_what_the_next_one_need_not_send(whole: tuple[Path, Path], bucket: str, s3: str) -> None:
    command = [sys.executable, "-m", "site_builder", "upload", "--out", str(whole[0]), "--to", bucket, "--endpoint-url", s3]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    fs, root = fsspec.core.url_to_fs(bucket, skip_instance_cache=True, use_listings_cache=False)
    while len(fs.find(root)) < 25 and running.poll() is None:
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    there = len(remote(bucket))
    assert 25 <= there < len(local(whole[0])), "it was over before it could be killed"
    assert "manifest.json" not in remote(bucket)
    shipped = ship.ship(whole[0], bucket)
    assert shipped.unchanged >= there - ship.AT_ONCE
    assert remote(bucket) == local(whole[0])


def test_a_letter_that_was_taken_down_is_in_no_object_and_its_addresses_are_told(
    sites: tuple[Path, Path], bucket: str, tmp_path: Path
) -> None:
    assert upload("--out", sites[0], "--to", bucket, "--purge-list", tmp_path / "purge").exit_code == 0
    assert (tmp_path / "purge").read_text() == ""
    fetched(bucket, tmp_path / "control")
    assert len(hits(tmp_path / "control", NEEDLES)) == 2
    result = upload("--out", sites[1], "--to", bucket, "--purge-list", tmp_path / "purge")
    assert result.exit_code == 0, result.output
    fetched(bucket, tmp_path / "after")
    assert hits(tmp_path / "after", NEEDLES) == {}
    purged = (tmp_path / "purge").read_text().splitlines()
    assert purged[:2] == WITHDRAWN
    assert {"catalogue/index.json", "browse/index.html", "browse/", "data/letters.jsonl"} <= set(purged)
    held, needed = local(sites[0]), set(purged)
    forms = re.compile("|".join(NEEDLES).encode(), re.IGNORECASE)
    assert {path for path, content in held.items() if forms.search(content)} <= needed
    assert upload("--out", sites[1], "--to", bucket, "--purge-list", tmp_path / "purge").exit_code == 0
    assert (tmp_path / "purge").read_text() == ""


def fetched(target: str, folder: Path) -> None:
    for path, content in remote(target).items():
        publish.put(folder, File(path=path, content=content))


def test_a_change_without_a_takedown_needs_no_purge(sites: tuple[Path, Path], watched: str) -> None:
    told: list[str] = ["nothing yet"]
    ship.ship(sites[0], watched)
    (name,) = [path for path in local(sites[0]) if path.startswith("static/site.")]
    fsspec.filesystem("memory").rm_file(f"{watched.removeprefix('memory:/')}/{name}")
    ship.ship(sites[0], watched, announce=lambda addresses: told.__setitem__(slice(None), list(addresses)))
    assert told == []


def test_an_object_that_did_not_arrive_is_found_out_and_the_upload_is_not_recorded(
    sites: tuple[Path, Path], watched: str
) -> None:
    Watched.lost = "/browse/index.html"
    with pytest.raises(BuildError, match=r"1 objects are not as sent, browse/index\.html among them") as caught:
        ship.ship(sites[0], watched)
    assert caught.value.exit_code == 5
    assert "manifest.json" not in remote(watched)


def test_of_two_uploads_at_once_the_one_that_ends_last_says_so_and_repeated_mends_everything(
    sites: tuple[Path, Path], watched: str
) -> None:
    def the_other() -> None:
        if len(Watched.done) == 30:
            Watched.after_each = None
            ship.ship(sites[1], watched)

    Watched.after_each = the_other
    with pytest.raises(BuildError, match="upload again"):
        ship.ship(sites[0], watched)
    ship.ship(sites[0], watched)
    assert remote(watched) == local(sites[0])


def test_where_another_upload_ended_meanwhile_nothing_is_recorded(sites: tuple[Path, Path], watched: str) -> None:
    """Even where its files are as long as ours."""
    theirs = b"{}"

    def the_other() -> None:
        if len(Watched.done) == 30:
            fsspec.filesystem("memory").pipe_file(f"{watched.removeprefix('memory:/')}/manifest.json", theirs)

    Watched.after_each = the_other
    with pytest.raises(BuildError, match="another upload ended there meanwhile"):
        ship.ship(sites[0], watched)
    assert remote(watched)["manifest.json"] == theirs


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda site: (site / "about/index.html").write_text("mine"), "not as it was built"),
        (lambda site: (site / "more.html").write_text("mine"), "not as it was built"),
        (lambda site: (site / "about/index.html").unlink(), "not as it was built"),
        (lambda site: (site / "manifest.json").write_text("{}"), "not as it was built"),
        (lambda site: (site / "manifest.json").unlink(), "holds no site yet"),
        (lambda site: (site / "link.html").symlink_to("index.html"), "not as it was built"),
    ],
)
def test_what_is_no_whole_site_is_refused(
    sites: tuple[Path, Path], tmp_path: Path, change: Callable[[Path], object], told: str
) -> None:
    site, place = tmp_path / "site", tmp_path / "remote"
    shutil.copytree(sites[0], site)
    change(site)
    result = upload("--out", site, "--to", place.as_uri())
    assert result.exit_code == 2
    assert told in result.stderr
    assert not place.exists()


@pytest.mark.parametrize("name", ["thesis.doc", "index.html", ".nojekyll/x", "logs/today"])
def test_a_place_that_holds_something_else_is_refused_and_left_alone(sites: tuple[Path, Path], tmp_path: Path, name: str) -> None:
    document = tmp_path / "remote" / name
    document.parent.mkdir(parents=True)
    document.write_text("mine")
    result = upload("--out", sites[0], "--to", (tmp_path / "remote").as_uri())
    assert result.exit_code == 2
    assert "empty it, or name a place that the site has for itself" in result.stderr
    assert list((tmp_path / "remote").rglob("*.*")) or document.read_text() == "mine"
    assert [path for path in (tmp_path / "remote").rglob("*") if path.is_file()] == [document]


def test_a_site_beside_which_somebody_put_something_is_not_cleared_of_it(sites: tuple[Path, Path], bucket: str) -> None:
    ship.ship(sites[0], bucket)
    fs, root = fsspec.core.url_to_fs(bucket, skip_instance_cache=True)
    fs.pipe_file(f"{root}/logs/today", b"mine")
    with pytest.raises(BuildError, match="holds logs, which belongs to no site"):
        ship.ship(sites[1], bucket)
    assert fs.cat_file(f"{root}/logs/today") == b"mine"


@pytest.mark.parametrize("below", ["", "/inside", "/.."])
def test_a_site_is_not_uploaded_into_itself(sites: tuple[Path, Path], tmp_path: Path, below: str) -> None:
    shutil.copytree(sites[0], tmp_path / "all/site")
    result = upload("--out", tmp_path / "all/site", "--to", f"file://{tmp_path}/all/site{below}")
    assert result.exit_code == 2
    assert "lie in each other" in result.stderr
    assert publish.is_whole(tmp_path / "all/site")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--to", "nowhere://x"), 2, "Protocol not known"),
        (
            ("--to", "memory://x", "--endpoint-url", "http://127.0.0.1:1"),
            2,
            "--endpoint-url is for addresses that begin with s3:",
        ),
        (("--to", "gs://bucket"), 3, "make install-cluster"),
        ((), 2, "--to"),
    ],
)
def test_an_address_that_will_not_do_is_told_with_its_remedy(
    sites: tuple[Path, Path], arguments: tuple[str, ...], code: int, told: str
) -> None:
    result = upload("--out", sites[0], *arguments)
    assert result.exit_code == code
    assert told in result.stderr


def test_without_fsspec_it_says_what_to_install(sites: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    result = upload("--out", sites[0], "--to", "s3://bucket")
    assert result.exit_code == 3
    assert "make install-cluster" in result.stderr


def test_a_store_that_refuses_is_told_in_one_line(sites: tuple[Path, Path], s3: str) -> None:
    result = upload("-q", "--out", sites[0], "--to", "s3://no-such-bucket/imr", "--endpoint-url", s3)
    assert result.exit_code == 5
    assert "bucket does not exist" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_dry_run_names_everything_and_changes_nothing(sites: tuple[Path, Path], watched: str) -> None:
    ship.ship(sites[0], watched)
    before = remote(watched)
    Watched.done.clear()
    result = upload("--out", sites[1], "--to", watched, "--dry-run")
    assert result.exit_code == 0
    assert Watched.done == []
    assert remote(watched) == before
    said = result.stdout.splitlines()
    ship.ship(sites[1], watched)
    done = steps(watched)
    assert sorted(line for line in said if line.startswith(("send ", "delete "))) == sorted(
        step.replace("put ", "send ") for step in done
    )
    assert f"purge {WITHDRAWN[0]}" in said
    assert said[-1].startswith(f"Would upload to {watched}: ")


def test_the_last_line_says_what_was_done(sites: tuple[Path, Path], tmp_path: Path) -> None:
    result = upload("-q", "--out", sites[0], "--to", (tmp_path / "remote").as_uri())
    count = len(local(sites[0]))
    assert re.fullmatch(rf"Uploaded to file://\S+: {count} sent \([\d.]+ [KM]B\), 0 unchanged, 0 removed\n", result.stdout)
    assert result.stderr == ""


def test_no_build_replaces_the_site_while_it_is_sent(sites: tuple[Path, Path], watched: str) -> None:
    refused: list[int] = []

    def try_to_build() -> None:
        if not refused:
            with pytest.raises(BuildError) as caught, publish.publishing(sites[0]):
                pytest.fail("a build began")
            refused.append(caught.value.exit_code)

    Watched.after_each = try_to_build
    ship.ship(sites[0], watched)
    assert refused == [7]
    with contextlib.suppress(FileNotFoundError):
        assert not sites[0].with_name(".before.lock.pid").exists()
