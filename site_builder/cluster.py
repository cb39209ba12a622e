"""A collection built in pieces, by whoever is at hand: a Dask cluster, the jobs of a matrix, one machine piece by piece. Shell.

Three kinds of work, which meet in the folder `work` (a path, or any fsspec URL) and nowhere else:

    read_unit     letters of a folder or an archive       -> their outlines, their words
    build_shard   pages, text index and data of a shard   -> a bundle
    assemble      all that tells of many letters          -> the site, the same as `build` would publish

A shard needs the outlines of the whole collection: of neighbours in time, of similar decisions, of values that have a page.
Nobody holds all words. A result is named by all that it follows from, stands with its sum and appears at once: a piece that is
done twice gives the same again, and whoever begins anew finds done what was done. What a run did not ask for is removed at its
end, so that nothing of a letter that was taken down stays.

Known limits: originals are not published from here; a change of what stands beside the letters (metadata.csv, takedowns.toml)
reads every letter anew.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import secrets
import shutil
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import msgspec

from site_builder import build as builder
from site_builder import catalogue, datasets, exports, metadata, pagefind, pages, publish, search, statistics, stores, writing
from site_builder.catalogue import Catalogue, Shard
from site_builder.collection import Collection
from site_builder.intake import Intake, Progress
from site_builder.model import BuildError, File, Frozen, Letter, Problem
from site_builder.options import Options, Report
from site_builder.search import Index
from site_builder.similar import Finder
from site_builder.takedowns import Gone
from site_builder.whole import Whole, pack

UNIT = 1_000
"""Most loose letters that are read in one piece; a folder or an archive is a piece, whatever it holds."""
READING = "Reading letters"
BUILDING = "Building shards"
SUM = 32
"""Bytes of the sum before a result."""
SITE = "site/"
"""In a bundle, the files of the site."""
RESULTS = ("units", "read", "words", "shards", "built")
"""Folders of the work folder, which holds nothing else."""
_PAGES, _INDEX = "pages", "index"
_LINES = "lines"
"""What stands beside them: list[Written], Index where words are searched, data."""

Item = TypeVar("Item")


class Job(Frozen, frozen=True):
    """What is built, in words that another machine understands."""

    letters: str
    """Path or URL of the folder of letters."""
    work: str
    """Path or URL of the folder in which the pieces meet."""
    config: str = ""
    """Text of the settings."""
    base_url: str | None = None
    search: bool = True


class Span(NamedTuple):
    """A piece of a result."""

    name: str
    start: int
    end: int


class Read(Frozen, frozen=True):
    """What reading a unit gives."""

    letters: tuple[Letter, ...]
    """Outlines."""
    problems: tuple[Problem, ...]
    gone: tuple[Gone, ...]
    spans: tuple[Span, ...]
    """Where the words of each are."""
    digests: tuple[bytes, ...]


class Store(NamedTuple):
    """A folder of results."""

    files: Any
    """An fsspec file system."""
    root: str

    @classmethod
    def at(cls, url: str) -> Store:
        files, root = stores.opened(url)
        files.invalidate_cache()  # what others did since this process last looked
        return cls(files, root)

    def asked(self) -> AbstractContextManager[None]:
        return stores.asked(self.root, "run the step again: what is done is found")

    def get(self, name: str) -> bytes | None:
        """None for what is not there, or torn."""
        with self.asked():
            try:
                content: bytes = self.files.cat_file(f"{self.root}/{name}")
            except FileNotFoundError:
                return None
        if hashlib.sha256(content[SUM:]).digest() == content[:SUM]:
            return content[SUM:]
        self.remove(name)
        return None

    def has(self, name: str) -> bool:
        with self.asked():
            return bool(self.files.exists(f"{self.root}/{name}"))

    def put(self, name: str, content: bytes) -> None:
        """Appears whole, with its sum before it."""
        path, summed = f"{self.root}/{name}", hashlib.sha256(content).digest() + content
        if "file" not in self.files.protocol:
            with self.asked():
                self.files.pipe_file(path, summed)
            return
        target = Path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_name(f".{secrets.token_hex(8)}")
        unfinished.write_bytes(summed)
        unfinished.replace(target)

    def parts(self, spans: Sequence[Span]) -> list[bytes]:
        """Pieces of results; the sum before them is not counted."""
        paths = [f"{self.root}/{span.name}" for span in spans]
        with self.asked():
            found: list[bytes] = self.files.cat_ranges(
                paths, [span.start + SUM for span in spans], [span.end + SUM for span in spans], on_error="raise"
            )
        return found

    def remove(self, name: str) -> None:
        """So that it is made again."""
        self.files.rm_file(f"{self.root}/{name}")

    def refuse_others(self, url: str) -> None:
        """Raises BuildError for a folder that holds anything but results: they are swept in the end."""
        held = set[str]()
        with self.asked(), contextlib.suppress(FileNotFoundError, NotADirectoryError):
            held = {entry["name"].rstrip("/").rpartition("/")[2] for entry in self.files.ls(self.root, detail=True)}
        if others := sorted(held - {"", *RESULTS}):
            raise BuildError(f"--work {url} holds {others[0]}, which no build put there: name a folder for nothing else")

    def sweep(self, kept: Iterable[str]) -> None:
        """Removes all other results."""
        paths = {f"{self.root}/{name}" for name in kept}
        with self.asked():
            self.files.invalidate_cache()
            others = [path for kind in RESULTS for path in self.files.find(f"{self.root}/{kind}") if path not in paths]
            if others:
                self.files.rm(others)


def units(job: Job) -> list[tuple[str, ...]]:
    """The letters folder cut up: every folder and archive in it, then what lies loose, by at most UNIT."""
    store = Store.at(job.letters)
    with store.asked():
        try:
            found = store.files.ls(store.root, detail=True)
        except (FileNotFoundError, NotADirectoryError):
            found = None
    if found is None:
        raise BuildError(f"{job.letters}: no such folder; name the one that holds the letters")
    listed = sorted((entry["name"].rstrip("/").rpartition("/")[2], entry["type"]) for entry in found)
    if not store.files.isdir(store.root):
        raise BuildError(f"{job.letters} is no folder; name the one that the archive lies in")
    shown = [(name, kind) for name, kind in listed if name and not name.startswith(".") and name not in metadata.BESIDE]
    loose = [name for name, kind in shown if kind == "file" and not name.lower().endswith(".zip")]
    whole = [(name,) for name, kind in shown if kind != "file" or name.lower().endswith(".zip")]
    return [*whole, *(tuple(loose[start : start + UNIT]) for start in range(0, len(loose), UNIT))]


def read_unit(job: Job, unit: Sequence[str]) -> None:
    """The letters of a unit, read and tagged."""
    work = Store.at(job.work)
    work.refuse_others(job.work)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "letters"
        options = _options(job, Path(place))
        _fetch(job, (*unit, *metadata.BESIDE), folder)
        beside = builder.look_beside(options)
        key = _digest(beside.code, msgspec.msgpack.encode(beside.settings), *_content(folder))
        if not (work.has(f"read/{key}") and work.has(f"words/{key}")):
            whole = Whole()
            taken = builder.take_in(options, beside, whole, builder.silent)
            encoded = [b"" if letter.is_quarantined else whole.encoded(letter) for letter in taken.letters]
            read = Read(
                letters=tuple(_bare(letter) if letter.is_quarantined else letter for letter in taken.letters),
                problems=tuple(problem for problem in taken.problems if problem.code != "empty-folder"),
                gone=tuple(taken.gone),
                spans=tuple(_spans(f"words/{key}", encoded)),
                digests=tuple(map(whole.digest, taken.letters)),
            )
            work.put(f"words/{key}", b"".join(encoded))
            work.put(f"read/{key}", msgspec.msgpack.encode(read))
        work.put(_pointer(unit), key.encode())


def shards(job: Job) -> list[str]:
    """Names of the shards, when every unit is read."""
    return [shard.name for shard in _overview(job, _state(job)).planned.shards]


def build_shard(job: Job, name: str) -> None:
    """What stands in the site for the letters of one shard alone."""
    work, seen = Store.at(job.work), _overview(job, _state(job))
    shard, numbers = seen.shard(name)
    parts = list(map(seen.part, numbers))
    under = [part.follows_from() for part in parts if part.follows_from]
    how = (name, job.search, pagefind.MAKING, builder.packing(seen.reading, seen.site).packed)
    key = _digest(seen.tools.follow_from, msgspec.msgpack.encode((how, under)))
    if not work.has(f"built/{key}"):
        seen.reading.whole.add(map(pack, _words(job, seen, shard.letters)))
        work.put(f"built/{key}", _bundle(job, seen, shard, parts))
        seen.reading.whole.forget()
    work.put(seen.pointer(name), key.encode())


def _words(job: Job, seen: Overview, letters: Sequence[Letter]) -> list[bytes]:
    """The letters, encoded; raises BuildError where one is not what was read."""
    work, spans = Store.at(job.work), [seen.places[letter.source] for letter in letters]
    found = work.parts(spans)
    for letter, span, encoded in zip(letters, spans, found, strict=True):
        if hashlib.sha256(encoded).digest() != seen.reading.whole.digest(letter):
            work.remove(span.name)
            raise BuildError(f"{span.name} in {job.work} is damaged and was removed: run read-shard again", exit_code=1)
    return found


def _bundle(job: Job, seen: Overview, shard: Shard, parts: Sequence[pages.Part]) -> bytes:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / SITE).mkdir()
        done = writing.write(folder / SITE, parts, seen.tools.renderer, None, jobs=1)
        (folder / _PAGES).write_bytes(msgspec.msgpack.encode([file for part in done for file in part.files]))
        if job.search:
            (folder / _INDEX).write_bytes(msgspec.msgpack.encode(seen.indexer(folder / SITE).shard(shard)))
        packing = builder.packing(seen.reading, seen.site)
        (folder / _LINES).write_bytes(msgspec.msgpack.encode(list(map(packing.piece, datasets.months([shard.letters])))))
        return _packed(folder)


def assemble(job: Job, out: Path, *, jobs: int = 1, progress: Progress = builder.silent) -> Report:
    """The site, from what the others left; raises BuildError where a piece is missing."""
    started, work = time.monotonic(), Store.at(job.work)
    work.refuse_others(job.work)
    state = _state(job)
    seen = _overview(job, state)
    builder.refuse_nothing(seen.reading, job.letters)
    kept = {*map(_pointer, units(job)), *(f"{kind}/{key}" for key in state for kind in ("read", "words"))}
    sums = dict[str, str]()
    taken_down = seen.reading.beside.gone.is_any
    with publish.publishing(out, sums=sums, forgets=lambda: taken_down) as stage, tempfile.TemporaryDirectory() as place:
        for number, shard in enumerate(seen.planned.shards, 1):
            key = (work.get(seen.pointer(shard.name)) or b"").decode()
            if not key or (content := work.get(f"built/{key}")) is None:
                raise BuildError(f"shard {shard.name} is not built from these letters: run build-shard for it", exit_code=1)
            _unpack(content, stage, Path(place) / shard.name)
            kept |= {seen.pointer(shard.name), f"built/{key}"}
            progress("Fetching shards", number, len(seen.planned.shards))
        folders = [Path(place) / shard.name for shard in seen.planned.shards]
        lines = chain.from_iterable(_decoded(folder / _LINES, list[exports.Lines]) for folder in folders)
        data, tables = (
            datasets.write(stage, seen.reading.letters, builder.packing(seen.reading, seen.site), lines)(),
            statistics.tables(seen.site),
        )
        tools, gone = seen.tools, seen.reading.beside.gone.pages
        parts = list(
            pages.parts_of_many(
                seen.site,
                seen.outlines,
                tools.contents,
                gone,
                tools.languages,
                datasets=data,
                tables=tables,
                program=search.PROGRAM if job.search else "",
            )
        )
        done = list(writing.write(stage, parts, tools.renderer, None, jobs=jobs, progress=partial(progress, "Writing pages")))
        of_shards = (_decoded(folder / _PAGES, list[writing.Written]) for folder in folders)
        written = chain((file for part in done for file in part.files), chain.from_iterable(of_shards))
        if job.search:
            seen.indexer(stage).hub()
        text = search.indexed(stage, seen.planned, partial(_index, Path(place))) if job.search else None
        search.join(stage, seen.planned, seen.site.rules, text)
        host = seen.reading.beside.host
        report = builder.complete(
            stage, _options(job, Path(place)), seen.site, tools, written, tables=tables, host=host, sums=sums
        )
    work.sweep(kept)
    return msgspec.structs.replace(report, seconds=time.monotonic() - started)


def on_dask(job: Job, out: Path, *, scheduler: str | None, jobs: int, progress: Progress = builder.silent) -> Report:
    """All of it, on the workers of a Dask scheduler, or on `jobs` processes here."""
    try:
        from distributed import Client, as_completed  # noqa: PLC0415  # only who builds on a cluster needs it
        from distributed.scheduler import KilledWorker  # noqa: PLC0415
    except ImportError as error:
        raise BuildError(f"a cluster needs a package more: {error}; {stores.INSTALL}", exit_code=3) from error

    def everywhere(stage: str, work: Callable[[Job, Item], None], items: Sequence[Item]) -> None:
        progress(stage, 0, len(items))
        asked = [client.submit(work, job, item, pure=False, retries=2) for item in items]
        for done, future in enumerate(as_completed(asked), 1):  # type: ignore[no-untyped-call]
            future.result()
            progress(stage, done, len(items))

    started = time.monotonic()
    here = {"n_workers": jobs, "threads_per_worker": 1, "dashboard_address": None}
    try:
        joined = Client(scheduler or None, **({} if scheduler else here))  # type: ignore[no-untyped-call]
    # nobody there, a foreign certificate, none at all, no such address; closed while it connects (on a busy machine)
    except (OSError, TypeError, ValueError, AssertionError) as error:
        raise BuildError(
            f"--scheduler {scheduler}: {error or 'no connection'}; look at its address and at Dask's settings", exit_code=5
        ) from error
    with joined as client:
        try:
            everywhere(READING, read_unit, units(job))
            everywhere(BUILDING, build_shard, shards(job))
        except KilledWorker as error:
            raise BuildError(f"a piece of work killed every worker that took it: {error}", exit_code=5) from error
    report = assemble(job, out, jobs=jobs, progress=progress)
    return msgspec.structs.replace(report, seconds=time.monotonic() - started)


class Overview(NamedTuple):
    """What every piece of work needs to know of the whole."""

    reading: builder.Reading
    site: Collection
    tools: builder.Press
    planned: Catalogue
    outlines: Mapping[str, bytes]
    part: Callable[[int], pages.Part]
    """For the number of a letter its page."""
    places: Mapping[str, Span]
    """Source -> where its words are."""
    run: str
    """Digest of all that the site follows from."""

    def shard(self, name: str) -> tuple[Shard, range]:
        """The shard, and the numbers of its letters."""
        first = 0
        for shard in self.planned.shards:
            if shard.name == name:
                return shard, range(first, first + len(shard.letters))
            first += len(shard.letters)
        raise BuildError(f"there is no shard {name}; there are {', '.join(one.name for one in self.planned.shards)}")

    def pointer(self, name: str) -> str:
        """Where the key of a shard's bundle stands; another collection has others."""
        return f"shards/{self.run}/{name}"

    def indexer(self, stage: Path) -> search.Indexer:
        return search.Indexer(pagefind.program(search.ROOT), stage, None, self.site.rules, self.reading.whole.letter)


def _state(job: Job) -> tuple[str, ...]:
    """Keys of what was read of each unit; raises BuildError where one is missing."""
    work = Store.at(job.work)
    found = [(unit, work.get(_pointer(unit))) for unit in units(job)]
    missing = [unit[0] for unit, key in found if key is None]
    if missing:
        raise BuildError(
            f"{len(missing)} of {len(found)} units are not read, {missing[0]} the first: run read-shard for all", exit_code=1
        )
    return tuple(key.decode() for _, key in found if key)


@lru_cache(1)
def _overview(job: Job, state: tuple[str, ...]) -> Overview:
    work = Store.at(job.work)
    with tempfile.TemporaryDirectory() as place:
        options = _options(job, Path(place))
        _fetch(job, metadata.BESIDE, options.letters)
        beside = builder.look_beside(options)
        if beside.settings.publish_originals:
            raise BuildError("publish_originals is not done in pieces: set it to false, or build in one piece")
        whole, intakes, places = Whole(), list[Intake](), dict[str, Span]()
        for key in state:
            content = work.get(f"read/{key}")
            if content is None:
                raise BuildError(f"read/{key} is missing from {job.work}: run read-shard again", exit_code=1)
            read = msgspec.msgpack.decode(content, type=Read)
            intakes.append(Intake(read.letters, read.problems, read.gone))
            for letter, span, digest in zip(read.letters, read.spans, read.digests, strict=True):
                places[letter.source], whole.digests[letter.source] = span, digest
        reading = builder.reading_of(beside, intakes, whole)
        site, tools = builder.collected(reading), builder.press(options, beside)
    outlines = pages.outlines(reading.letters)
    return Overview(
        reading=reading,
        site=site,
        tools=tools,
        planned=catalogue.plan(reading.letters, beside.rules),
        outlines=outlines,
        part=pages.part_of_letter(
            site,
            outlines,
            similar=Finder(reading.letters).of,
            digest=whole.digest,
            contents=tools.contents,
            languages=tools.languages,
        ),
        places=places,
        run=_digest(tools.follow_from, msgspec.msgpack.encode((job.search, state)))[:16],
    )


def _options(job: Job, place: Path) -> Options:
    """For a copy of some of the letters in a folder of ours."""
    config = place / "site.toml"
    config.write_text(job.config, encoding="utf-8")
    return Options(letters=place / "letters", config=config, base_url=job.base_url)


def _fetch(job: Job, names: Iterable[str], folder: Path) -> None:
    """Copies files and folders that lie in the letters folder; what is not there is left out."""
    store = Store.at(job.letters)
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = f"{store.root}/{name}"
        if "file" in store.files.protocol:
            _copy(Path(path), folder / name)
            continue
        with store.asked():
            for found in store.files.find(path):  # one by one: whole folders are asked for by patterns
                target = folder / name / found.removeprefix(path).lstrip("/")
                target.parent.mkdir(parents=True, exist_ok=True)
                store.files.get_file(found, str(target))


def _copy(path: Path, target: Path) -> None:
    """A file, or a folder with all in it. Links stay links, which who reads letters refuses; pipes and devices are left out."""
    if path.is_symlink():
        target.symlink_to(path.readlink())
    elif path.is_dir():
        target.mkdir()
        for one in path.iterdir():
            _copy(one, target / one.name)
    elif path.is_file():
        shutil.copyfile(path, target)


def _bare(letter: Letter) -> Letter:
    """What names a letter that is not published, and says why: who comes to see the work folder finds no more of it."""
    return msgspec.structs.replace(letter, issues=(), facets={})


def _content(folder: Path) -> Iterator[bytes]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape")
        yield hashlib.sha256(path.read_bytes()).digest()


def _spans(name: str, encoded: Iterable[bytes]) -> Iterator[Span]:
    end = 0
    for letter in encoded:
        start, end = end, end + len(letter)
        yield Span(name, start, end)


def _pointer(unit: Sequence[str]) -> str:
    return f"units/{_digest(*(name.encode('utf-8', 'surrogateescape') for name in unit))}"


def _digest(*told: bytes) -> str:
    return hashlib.sha256(msgspec.msgpack.encode(told)).hexdigest()


def _packed(folder: Path) -> bytes:
    """The files below the folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in _files(folder):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        yield path.relative_to(folder).as_posix(), path.read_bytes()


def _unpack(content: bytes, stage: Path, beside: Path) -> None:
    """The files of the site into `stage`, what else there is into the new folder `beside`."""
    beside.mkdir()
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        for member in tar:
            if not writing.is_below(member.name):
                raise BuildError(
                    f"a bundle holds {member.name!r}, which would stand outside the site: who else writes to the work folder?"
                )
            file = tar.extractfile(member)
            found = file.read() if file else b""
            if member.name in (_PAGES, _INDEX, _LINES):
                (beside / member.name).write_bytes(found)
            else:
                publish.put(stage, File(path=member.name.removeprefix(SITE), content=found))


def _index(place: Path, name: str) -> Index:
    return _decoded(place / name / _INDEX, Index)


def _decoded(path: Path, kind: type[Item]) -> Item:
    return msgspec.msgpack.decode(path.read_bytes(), type=kind)
