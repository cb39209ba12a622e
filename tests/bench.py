"""How long builds take, and what they cost: `make bench`, or `make bench ARGS="300 --runs 1 --out out/bench.md"` for a try.

Invented letters (tests/corpus.py) are built cold, with nothing changed, and after one change of each kind, without and with the text
index; beside it other generators build the same letters, see tests/bench_peers.py. One run does all of it once, one after the other,
so that what else the machine does falls on all alike. The program runs as it is called by `make build`, from a copy of the checkout
in which facets and templates may be changed. Writes docs/benchmarks.md.

CPU is that of the whole process tree. Memory is the largest sum of the tree's proportional sizes (PSS) that was seen, Pagefind's own
apart; looking takes at most a twentieth of one core. Known limits: a peak shorter than 20 ms may be missed, and what is in the
system's file cache is not emptied.
"""

from __future__ import annotations

import argparse
import functools
import multiprocessing
import os
import platform
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from site_builder import (
    build,
    cache,
    collection,
    comparing,
    datasets,
    facets,
    formats,
    languages,
    metadata,
    pagefind,
    pages,
    parse,
    privacy,
    publish,
    render,
    rules,
    search,
    sources,
    statistics,
    workers,
)
from site_builder.options import Options
from site_builder.shelf import Shelf
from tests import bench_peers, corpus
from tests.bench_peers import PAGEFIND, TOOLS, Peer
from tests.conftest import ROOT

TABLE = ROOT / "docs" / "benchmarks.md"
SIZES = (1_000, 10_000)
OFTEN, SHARE = 0.02, 20
"""Memory is looked at every so many seconds at most, and for one part in so many of the time."""
FACET = "site_builder/facets/specialty.toml"
VALUE = '\n[[value]]\nid = "rare-medicine"\nlabel = "Rare medicine"\nwords = ["addiction medicine", "aerospace medicine"]\n'
"""A quarter of the letters has it."""
TEMPLATE, LINE = "templates/base.html", "<!-- changed -->\n"
"""Every page follows from it."""
SENTENCE = "Nothing further was sent.\n"


class Cost(NamedTuple):
    """Of one command, or of two after each other."""

    seconds: float
    cpu: float
    memory: float
    """MB at its largest, without Pagefind."""
    pagefind: float
    """MB of Pagefind's processes at their largest."""
    bytes: int
    files: int

    def then(self, other: Cost) -> Cost:
        memory, indexer = max(self.memory, other.memory), max(self.pagefind, other.pagefind)
        return Cost(self.seconds + other.seconds, self.cpu + other.cpu, memory, indexer, other.bytes, other.files)


class Failed(Exception):
    """A command that did not end well, or not in time."""


Costs = dict[str, list[Cost]]
"""By what was done, one a run."""


# One command.


def measured(command: Sequence[str], folder: Path, site: Path, limit: float | None = None) -> Cost:
    """Runs it; `limit`: seconds after which it is stopped. Raises Failed."""
    os.sync()
    with tempfile.TemporaryFile() as said:
        started = time.monotonic()
        process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT, start_new_session=True
        )
        stop = threading.Timer(limit or 1e6, os.killpg, (process.pid, signal.SIGKILL))
        stop.start()
        watch = Watch(process.pid)
        try:
            _, status, used = os.wait4(process.pid, 0)
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        finally:
            stop.cancel()
            watch.end()
        seconds = time.monotonic() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            said.seek(0)
            last = said.read().decode("utf-8", "replace").strip().splitlines()[-1:] or [f"exit code {process.returncode}"]
            raise Failed(f"stopped after {limit:,.0f} s" if limit and seconds >= limit else last[0])
    sizes = [path.stat().st_size for path in site.rglob("*") if path.is_file()]
    return Cost(seconds, used.ru_utime + used.ru_stime, watch.memory, watch.pagefind, sum(sizes), len(sizes))


class Watch(threading.Thread):
    """Looks at the memory of a process and of all below it until told to end."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.pid, self.memory, self.pagefind = pid, 0.0, 0.0
        self._over = threading.Event()
        self.start()

    def end(self) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        pause = 0.0
        while not self._over.wait(pause):
            started = time.thread_time()
            found = [_megabytes(pid) for pid in _tree(self.pid)]
            self.memory = max(self.memory, sum(size for name, size in found if not name.startswith("pagefind")))
            self.pagefind = max(self.pagefind, sum(size for name, size in found if name.startswith("pagefind")))
            pause = max(OFTEN, SHARE * (time.thread_time() - started))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in _text(task).split():
            yield from _tree(int(child))


def _megabytes(pid: int) -> tuple[str, float]:
    """Name of a process and its proportional size; nothing of one that has ended."""
    sizes = [int(line.split()[1]) for line in _text(Path(f"/proc/{pid}/smaps_rollup")).splitlines() if line.startswith("Pss:")]
    return _text(Path(f"/proc/{pid}/comm")), sum(sizes) * 1024 / 1e6


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


# What is built.


class Place(NamedTuple):
    """A folder with the letters, a copy of the checkout, what is built, and a folder for every peer."""

    folder: Path
    size: int

    @property
    def letters(self) -> Path:
        return self.folder / "letters"

    @property
    def checkout(self) -> Path:
        return self.folder / "checkout"

    @property
    def site(self) -> Path:
        return self.folder / "site"

    @property
    def cache(self) -> Path:
        return self.folder / "cache"

    def letter(self, share: float) -> Path:
        """The letter that stands so far down the list of names."""
        return sorted(self.letters.iterdir())[int(self.size * share)]

    def fill(self, peers: Sequence[Peer]) -> None:
        for folder in (self.letters, *(self.folder / peer.name / peer.letters for peer in peers)):
            folder.mkdir(parents=True)
        corpus.wordings()  # found once, before there are copies of this process

        def write(number: int) -> list[str]:
            letter = facets.tag(next(corpus.letters(1, first=number)), corpus.known())
            text = corpus.text(letter)
            (self.letters / letter.source).write_text(text, encoding="utf-8")
            for peer in peers:
                peer.write(self.folder / peer.name, letter, text)
            return bench_peers.tags(letter)

        tags = {tag for found in workers.spread(write, range(self.size), os.cpu_count() or 1) for tag in found}
        for peer in peers:
            peer.prepare(self.folder / peer.name, sorted(tags))
        for name in ("site_builder", "templates"):
            shutil.copytree(ROOT / name, self.checkout / name)
        (self.checkout / "node_modules").symlink_to(ROOT / "node_modules")
        (self.checkout / "site.toml").write_text('host = "none"\n')
        subprocess.run([sys.executable, "-m", "compileall", "-q", "site_builder"], cwd=self.checkout, check=True)


def _forget(place: Place) -> None:
    for path in (place.cache, place.site, place.site.with_name(f".previous-{place.site.name}")):
        shutil.rmtree(path, ignore_errors=True)


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


STEPS: tuple[tuple[str, Callable[[Place], None]], ...] = (
    ("cold", _forget),
    ("nothing changed", lambda place: None),
    ("one letter changed", lambda place: _append(place.letter(0.5), SENTENCE)),
    ("one letter removed", lambda place: place.letter(0.7).unlink()),
    ("one facet value added", lambda place: _append(place.checkout / FACET, VALUE)),
    ("one template changed", lambda place: _append(place.checkout / TEMPLATE, LINE)),
)
"""What is done before each build; each begins with what the one before has left."""
COLD = STEPS[0][0]


def with_index(name: str, wanted: bool = True) -> str:
    return f"{name}, with the index" if wanted else name


def ours(place: Place, costs: Costs) -> None:
    """Every step without and with the index; letters, facets and templates are afterwards what they were."""
    for index in (False, True):
        touched = [place.letter(0.5), place.letter(0.7), place.checkout / FACET, place.checkout / TEMPLATE]
        kept = {path: path.read_bytes() for path in touched}
        command = [sys.executable, "-m", "site_builder", "build", "--quiet", "--letters", str(place.letters)]
        command += ["--out", str(place.site), "--cache", str(place.cache), *["--no-search"] * (not index)]
        for name, change in STEPS:
            change(place)
            costs[with_index(name, index)].append(measured(command, place.checkout, place.site))
        for path, content in kept.items():
            path.write_bytes(content)
    _forget(place)


def theirs(place: Place, peer: Peer, limit: float, costs: Costs) -> None:
    """Cold, then Pagefind over what it made. Raises Failed."""
    folder = place.folder / peer.name
    shutil.rmtree(folder / "site", ignore_errors=True)
    plain = measured(peer.command, folder, folder / "site", limit)
    costs[peer.name].append(plain)
    costs[with_pagefind(peer)].append(plain.then(measured(PAGEFIND, folder, folder / "site", limit)))
    shutil.rmtree(folder / "site")


def with_pagefind(peer: Peer) -> str:
    return f"{peer.name} + Pagefind"


# Where a letter's time goes.

STAGES: tuple[tuple[str, object, tuple[str, ...]], ...] = (
    ("rules, proved", rules, ("load",)),
    ("rules, proved", formats, ("load",)),
    ("rules, proved", privacy, ("load",)),
    ("rules, proved", languages, ("load",)),
    ("read", sources, ("_opened", "_understood", "read_metadata")),
    ("parse", parse, ("parse",)),
    ("parse", metadata, ("merge",)),
    ("tag", facets, ("tag",)),
    ("gate", privacy.Gate, ("problems",)),
    ("plan", collection.Collection, ("__init__",)),
    ("plan", pages, ("parts",)),
    ("similar decisions", comparing, ("compare",)),
    ("render", render.Renderer, ("__init__", "render")),
    ("write", publish, ("put",)),
    ("plan", statistics, ("tables",)),
    ("exports", datasets, ("write", "_write_parquet")),
    ("catalogue", search, ("join",)),
    ("index", search.Indexer, ("hub", "shard")),
    ("index", search, ("indexed",)),
    ("cache", cache, ("keep", "restore", "sweep")),
    ("cache", Shelf, ("put", "take", "everything", "sweep")),
    ("sums and sizes", publish, ("manifest", "sizes")),
)
"""(stage, where, functions). One that is renamed stops the harness here instead of leaving its stage empty."""
REST = "everything else"


class Clock:
    """Adds up the time of stages; one within another counts for itself alone."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._running, self._since = [REST], time.perf_counter()

    def wrap(self, stage: str, work: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(work)
        def timed(*given: Any, **named: Any) -> Any:
            self._switch()
            self._running.append(stage)
            try:
                return work(*given, **named)
            finally:
                self._switch()
                self._running.pop()

        return timed

    def _switch(self) -> None:
        now = time.perf_counter()
        self.seconds[self._running[-1]] += now - self._since
        self._since = now


def stages(letters: Path, folder: Path) -> dict[str, float]:
    """Seconds of each stage of a cold build with one worker, so that all of it but the indexer is in this process."""
    clock = Clock()
    for stage, owner, names in STAGES:
        for name in names:
            setattr(owner, name, clock.wrap(stage, getattr(owner, name)))
    planned = pages.parts

    def parts(*given: Any, **named: Any) -> list[pages.Part]:
        return [
            part._replace(
                pages=clock.wrap("plan", lambda part=part: list(part.pages())),
                follows_from=part.follows_from and clock.wrap("plan", part.follows_from),
            )
            for part in planned(*given, **named)
        ]

    pages.parts = parts  # type: ignore[assignment]  # the same, but for the clock
    (folder / "site.toml").write_text('host = "none"\n')
    build.build(Options(letters=letters, out=folder / "site", config=folder / "site.toml", cache=folder / "cache"))
    clock.wrap(REST, lambda: None)()  # what has run since the last stage
    return dict(clock.seconds)


# The tables.


class Measured(NamedTuple):
    """Everything about one number of letters."""

    size: int
    load: tuple[str, str]
    costs: Costs
    stages: dict[str, float]
    missing: dict[str, str]


def measure(size: int, runs: int, limit: float, peers: Sequence[Peer]) -> Measured:
    costs: Costs = defaultdict(list)
    missing: dict[str, str] = {}
    TOOLS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="letters-", dir=TOOLS) as folder:
        place = Place(Path(folder), size)
        _say(f"{size:,} letters: inventing them")
        place.fill(peers)
        before = _load()
        for run in range(1, runs + 1):
            _say(f"{size:,} letters, run {run} of {runs}: this site")
            ours(place, costs)
            for peer in peers:
                if peer.name not in missing:
                    _say(f"{size:,} letters, run {run} of {runs}: {peer.name}")
                    try:
                        theirs(place, peer, limit, costs)
                    except Failed as error:
                        missing[peer.name] = str(error)
        load = before, _load()
        _say(f"{size:,} letters: where the time goes")
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            timed = pool.submit(stages, place.letters, place.folder).result()
    return Measured(size, load, costs, timed, missing)


def _sections(found: Measured, peers: Sequence[Peer], runs: int) -> Iterator[str]:
    yield f"\n## {found.size:,} letters\n"
    yield f"{runs} run{'s' * (runs != 1)}; load average of 1, 5 and 15 minutes {found.load[0]} before them, {found.load[1]} after.\n"
    yield "| this site | wall, s | CPU, s | memory, MB | Pagefind, MB | published, MB | files |\n|---|---|---|---|---|---|---|"
    for index in (False, True):
        for name, _ in STEPS:
            yield f"| {with_index(name, index)} | {_figures(found.costs[with_index(name, index)])} |"
    yield "\n| other generators, cold | wall, s | CPU, s | memory, MB | Pagefind, MB | published, MB | files | this site / it |\n|---|---|---|---|---|---|---|---|"
    for peer in peers:
        for name, index in ((peer.name, False), (with_pagefind(peer), True)):
            if costs := found.costs.get(name):
                ratio = median(
                    one.seconds / other.seconds for one, other in zip(found.costs[with_index(COLD, index)], costs, strict=False)
                )
                yield f"| {name} | {_figures(costs)} | {ratio:.2f} |"
    for name, why in found.missing.items():
        yield f"\n{name}: {why}; {len(found.costs.get(name, ()))} of {runs} runs done."


def _figures(costs: Sequence[Cost]) -> str:
    one = Cost(*(median(figures) for figures in zip(*costs, strict=True)))
    return (
        f"{one.seconds:.2f} | {one.cpu:.2f} | {one.memory:,.0f} | {one.pagefind:,.0f} | {one.bytes / 1e6:,.1f} | {one.files:,.0f}"
    )


def _stages(found: Sequence[Measured]) -> Iterator[str]:
    yield "\n## Where a letter's time goes\n"
    yield "Microseconds a letter in a cold build with the index and one worker, by timers around the stages (one run); proving the rules costs the same however many letters there are.\n"
    yield f"| stage | {' | '.join(f'{one.size:,} letters' for one in found)} |\n|---|{'---|' * len(found)}"
    names = dict.fromkeys([*(stage for stage, *_ in STAGES), REST])
    for name in names:
        yield f"| {name} | {' | '.join(_share(one, one.stages.get(name, 0.0)) for one in found)} |"
    yield f"| **all** | {' | '.join(_share(one, sum(one.stages.values())) for one in found)} |"


def _share(found: Measured, seconds: float) -> str:
    return f"{seconds / found.size * 1e6:,.0f} ({seconds / sum(found.stages.values()):.0%})"


def _head(peers: Sequence[Peer], absent: dict[str, str]) -> Iterator[str]:
    told = ", ".join(f"{peer.name} {bench_peers.version(peer)}" for peer in peers) or "none"
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    yield "# What building costs\n"
    yield f'Written by `make bench` (tests/bench.py, which says how; `make bench ARGS="1000 --runs 1"` for a short run). {os.cpu_count()} cores, {memory:.0f} GB of memory, {platform.system()}, Python {platform.python_version()}, Pagefind {pagefind.VERSION}.\n'
    yield "Letters are invented, some 4 KB each. Figures are medians, ratios the medians of those of each run. *This site* reads the letters as the State prints them, and publishes every page, data file, feed and list that it has; each row begins with what the one above has left. The template that is changed is the one from which every page follows, and a facet value more may change any letter.\n"
    yield f"Other generators ({told}) get the letters as Markdown with title, date and every facet value ready in the front matter, and small templates that make a page a letter and lists by facet value, no more (tests/bench_peers.py). Pagefind is run over their pages as it comes.\n"
    yield from (f"{name} is missing: {why}\n" for name, why in absent.items())


def _load() -> str:
    return ", ".join(f"{one:.1f}" for one in os.getloadavg())


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sizes", type=int, nargs="*", default=SIZES, help="numbers of letters")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=float, default=600, help="seconds after which another generator is stopped for good")
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    _say("installing other generators")
    found = dict(bench_peers.installed())
    peers = [peer for peer, why in found.items() if not why]
    lines = list(_head(peers, {peer.name: why for peer, why in found.items() if why}))
    done = [measure(size, given.runs, given.limit, peers) for size in given.sizes or SIZES]
    lines += [line for one in done for line in _sections(one, peers, given.runs)]
    given.out.write_text("\n".join([*lines, *_stages(done)]) + "\n", encoding="utf-8")
    print(given.out.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
