"""What a million letters cost whoever assembles their site, and whoever searches it: `make scale`, or with ARGS="20000" in a minute.

Some thousands of invented letters (tests/corpus.py) are tagged; their outlines are copied under other case numbers and dates until
there are enough, each with memory of its own, as if it had come from another machine. From them one process makes everything that
tells of many letters. Of the pages of lists one in LISTS, drawn by a seed, is rendered, and what all would take is reckoned from
these. The catalogue of all letters is then written beside the text indexes of REAL
shards, whose letters have all their words, and the search page is driven in Chromium; how see tests/bench_search.py.

docs/scale.md is written between two marks only: what stands outside them is written by hand. Known limit: a copy has the issues of
its model, so that there are fewer different sets of values than a million letters would have; nothing here profits from that.
"""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import multiprocessing
import os
import random
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from site_builder import build, catalogue, pagefind, pages, publish, search, sitemap, staged, statistics, workers
from site_builder.catalogue import Shard
from site_builder.collection import Collection
from site_builder.model import Letter
from site_builder.options import Options
from site_builder.pages import Part
from site_builder.search import Index
from site_builder.settings import Settings
from site_builder.whole import Whole, pack
from tests import bench_search, browser, corpus
from tests.bench_search import CLICK, OTHER, RARE, SEARCH, Counted, Reader
from tests.conftest import ROOT

TABLE = ROOT / "docs" / "scale.md"
BEGIN, END = "<!-- written by make scale -->", "<!-- up to here -->"
FRAME = f"""# What more letters cost

{BEGIN}
{END}

## 100,000 letters, built here
"""
MODELS, PART = 10_000, 1_000
"""Letters that are copied; so many are tagged in one piece."""
REAL = 12
"""Shards with a text index."""
LISTS = 50
"""Of the pages of lists one in so many is rendered."""
MOST_BYTES, MOST_ROWS, MOST_MAP = 100_000, 100, 50 * 2**20
OPEN = "(selector) => measured(() => { document.querySelector(selector).open = true; })"
Figures = dict[str, Any]


class Stage(NamedTuple):
    """Something done, and what it took."""

    name: str
    seconds: float
    peak: int
    """Megabytes that the process had at most until then."""
    made: str = ""


class Clock:
    """The stages of this process."""

    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self.started = time.monotonic()

    def done(self, name: str, made: str = "") -> None:
        now = time.monotonic()
        self.stages.append(Stage(name, now - self.started, peak(), made))
        self.started = now
        print(f"  {self.stages[-1]}", flush=True)


class Sort(NamedTuple):
    """Pages of one kind."""

    pages: int = 0
    rendered: int = 0
    bytes: int = 0
    largest: int = 0
    rows: int = 0
    """On the page with most of them."""

    def times(self, count: int) -> Sort:
        """As many pages as there would be."""
        return self._replace(pages=self.pages * count)

    def with_(self, other: Sort) -> Sort:
        return Sort(*map(sum, zip(self[:3], other[:3], strict=True)), *map(max, zip(self[3:], other[3:], strict=True)))

    @property
    def estimate(self) -> float:
        """Bytes of all of them."""
        return self.bytes / self.rendered * self.pages if self.rendered else 0


class Told(NamedTuple):
    """What became of a part."""

    sorts: Mapping[str, Sort]
    paths: Sequence[str]
    """Of pages that search engines may show."""
    peak: int


def peak() -> int:
    """Megabytes of this process at its largest."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) // 1024  # type: ignore[index]


# A million letters.


def copies(models: Sequence[bytes], count: int) -> Iterator[Letter]:
    """Outlines; the letter `number` has the words of the model `number % len(models)`."""
    chance = random.Random(1)
    years = [facet.key for facet in corpus.known().facets if facet.field == "decision_year"]
    decoder = msgspec.msgpack.Decoder(Letter)
    for number in range(count):
        model = decoder.decode(models[number % len(models)])  # each copy with strings of its own
        decided = dt.date(2013, 1, 2) + dt.timedelta(days=int(corpus.DAYS * chance.betavariate(2, 2.5)))
        case = f"CM{decided:%y}-{number:07}"
        yield msgspec.structs.replace(
            model,
            id=case.lower(),
            source=f"{case}.txt",
            sha256=hashlib.sha256(case.encode()).hexdigest(),
            case_number=case,
            decision_date=decided,
            facets={**model.facets, **dict.fromkeys(years, (str(decided.year),))},
        ).outline


def whole_of(whole: Whole, models: Sequence[Letter], letter: Letter) -> Letter:
    model = whole.letter(models[int(letter.id[-7:]) % len(models)])
    return msgspec.structs.replace(model, id=letter.id, case_number=letter.case_number, decision_date=letter.decision_date)


# What tells of many letters, made by one process.


def assemble(parts: Sequence[Path], size: int, place: Path, jobs: int) -> Figures:
    clock, rules = Clock(), corpus.known()
    options = Options(letters=place / "none", base_url="https://example.org/imr/")
    settings = Settings(base_url="https://example.org/imr/", indexing="all")
    press = build.press(options, build.look_beside(options)._replace(rules=rules, settings=settings))
    models = [msgspec.msgpack.encode(letter.outline) for letter in _letters(parts)]
    base = peak()
    clock.done("before any letter")

    letters = sorted(copies(models, size), key=lambda letter: (-letter.decision_date.toordinal(), letter.id))  # type: ignore[union-attr]
    clock.done("outlines decoded, put in order")
    site = Collection(tuple(letters), rules, settings)
    del letters
    clock.done("grouped by facet value", f"{len(site.rows):,} issues")
    digests = {letter.id: bytes.fromhex(letter.sha256) for letter in site.letters}
    tables = statistics.tables(site)
    csv = [len(file.content) for file in statistics.files(tables)]
    clock.done("tables of the statistics", f"{len(csv)} files, {sum(csv) / 1e6:.1f} MB")
    contents, spoken = press.contents, press.languages
    planned = list(pages.parts_of_many(site, digests, contents, (), spoken, datasets=(), tables=tables, program=search.PROGRAM))
    clock.done("parts planned, with a digest of each letter", f"{len(planned):,} parts")

    def one(part: Part) -> Told:
        sorts, paths = dict[str, Sort](), list[str]()
        for page in part.pages():
            further = "/page-" in page.path
            name = f"{page.template}{', further pages' if further else ''}"
            lines = page.context.get("lines", ())
            rows = sum(len(getattr(line, "decided", "1")) for line in lines) if isinstance(lines, Sequence) else 0
            size = len(press.renderer.render(page).content)
            sorts[name] = sorts.get(name, Sort()).with_(Sort(1, 1, size, size, rows))
            if page.path.endswith(".html") and page.context["indexed"]:
                paths.append(page.path)
        return Told(sorts, paths, peak())

    sorts, paths, copied = dict[str, Sort](), list[str](), 0
    lists_ = [part for part in planned if part.follows_from]  # what else there is follows from everything
    drawn = random.Random(1).sample(lists_, -(-len(lists_) // LISTS))
    for told in workers.spread(one, [*(part for part in planned if not part.follows_from), *drawn], jobs):
        is_list = any(name.startswith("value.html") for name in told.sorts)
        times = LISTS if is_list else 1
        sorts |= {name: sorts.get(name, Sort()).with_(sort.times(times)) for name, sort in told.sorts.items()}
        paths += told.paths * times
        copied = max(copied, told.peak)
    listed = sum(sort.pages for sort in sorts.values())
    clock.done(f"lists, feeds, statistics ({jobs} processes)", f"{listed:,} pages")
    for name, sort in sorted(sorts.items()):
        print(f"    {name}: {sort}", flush=True)
    del planned, tables
    paths += (letter.url for letter in site.letters)
    maps = [(file.path, len(file.content), file.content.count(b"<loc>")) for file in sitemap.files(paths, settings)]
    clock.done("sitemap, letters too", f"{len(maps)} files, {sum(size for _, size, _ in maps) / 1e6:.0f} MB")
    del paths

    found = catalogue.plan(site.letters, rules)
    real = _middle(found.shards)
    clock.done("catalogue planned", f"{len(found.shards)} shards")
    indexes = _indexes(parts, place / "site", real, jobs)
    clock.done(f"{len(real)} shards indexed ({jobs} processes)", f"{sum(len(shard.letters) for shard in real):,} letters")
    many = staged.words(indexes[real[number % REAL].name].words for number in range(len(found.shards)))
    clock.done(
        "words of all shards joined, those of the 12 over and over",
        f"{sum(text.count(chr(10)) + 1 for text in many.values()):,} words listed",
    )
    del many

    def index_of(name: str) -> Index:
        """Of a shard without a text index one that is not there."""
        return indexes.get(name) or Index("0" * 64, defaultdict(int), {})

    sizes = Counter[str]()
    files = 0
    for file in catalogue.files(found, rules, search.indexed(place / "site", found, index_of)):
        publish.put(place / "site", file)
        files += 1
        sizes[_kind(file.path)] += len(file.content)
    clock.done("catalogue written", f"{files:,} files, {sizes.total() / 1e6:.0f} MB")
    dates = [letter.decision_date for shard in real for letter in shard.letters if letter.decision_date]
    text = [path.stat().st_size for path in (place / "site" / "pagefind").rglob("*") if path.is_file()]
    return {
        "stages": clock.stages,
        "base": base,
        "peak": peak(),
        "copied": copied,
        "issues": len(site.rows),
        "sorts": sorts,
        "maps": maps,
        "shards": len(found.shards),
        "real": [shard.name for shard in real],
        "real_letters": sum(len(shard.letters) for shard in real),
        "text": (sum(text), len(text)),
        "sizes": dict(sizes),
        "files": files,
        "from": f"{min(dates):%Y-%m}",
        "to": f"{max(dates):%Y-%m}",
    }


def _kind(path: str) -> str:
    return next(
        (name for name in (".more.", ".cases.", ".fragments.") if name in path), "cards" if path.count("/") == 2 else "first"
    )


def _letters(parts: Sequence[Path]) -> Iterator[Letter]:
    return (letter for path in parts for letter in msgspec.msgpack.decode(path.read_bytes(), type=list[Letter]))


def _middle(shards: Sequence[Shard]) -> Sequence[Shard]:
    """REAL shards in a row, of whole months, as near to the middle as can be: a search can be limited to them."""

    def month(number: int) -> object:
        decided = shards[number].letters[0].decision_date if 0 <= number < len(shards) else None
        return decided and (decided.year, decided.month)

    firsts = [
        first
        for first in range(len(shards) - REAL + 1)
        if month(first - 1) != month(first) and month(first + REAL - 1) != month(first + REAL)
    ]
    first = min(firsts, key=lambda first: abs(first + REAL / 2 - len(shards) / 2))
    return shards[first : first + REAL]


def _indexes(parts: Sequence[Path], stage: Path, shards: Sequence[Shard], jobs: int) -> dict[str, Index]:
    """In processes of their own, so that their memory is not ours."""
    global _indexing  # noqa: PLW0603  # what copies of this process find
    _indexing = parts, stage, shards
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("fork")) as pool:
        return dict(zip([search.HUB, *(shard.name for shard in shards)], pool.map(_index, range(-1, len(shards))), strict=True))


_indexing: tuple[Sequence[Path], Path, Sequence[Shard]] = ((), Path(), ())


def _index(number: int) -> Index:
    parts, stage, shards = _indexing
    whole = Whole()
    models = whole.add(pack(msgspec.msgpack.encode(letter)) for letter in _letters(parts))
    indexer = search.Indexer(pagefind.program(ROOT), stage, None, corpus.known(), lambda letter: whole_of(whole, models, letter))
    return indexer.hub() if number < 0 else indexer.shard(shards[number])


# Searching among them.


def read(place: Path, figures: Figures) -> tuple[list[bench_search.Row], tuple[int, int]]:
    months = f"from={figures['from']}&to={figures['to']}"
    cold = {
        "a page without letters": "?from=1999-01&to=1999-01",
        "open the page": "",
        "two facets, cold": f"?{bench_search.FACETS}",
        "a rare word in the 12 shards, cold": f"?q={RARE}&{months}",
    }
    rows = []
    with bench_search._served(place / "site") as server, browser.launched() as chromium:
        for name, query in cold.items():
            with bench_search._fresh(chromium) as context:
                rows.append(_opened(Reader(context, server), server, name, query))
        with bench_search._fresh(chromium) as context:
            reader = Reader(context, server)
            _opened(reader, server, "", "")
            clicks = {
                "a facet": (CLICK, 'input[name="body-part"][value="low-back"]'),
                "+ another facet": (CLICK, 'input[name="outcome"][value="overturned"]'),
                "a facet less": (CLICK, 'input[name="outcome"][value="overturned"]'),
                "all facets (one of the others opened)": (OPEN, "#panel details[data-facet]:not([open])"),
                "a facet more, all counted": (CLICK, 'input[name="outcome"][value="overturned"]'),
            }
            for name, (script, given) in clicks.items():
                rows.append(reader.step(name, lambda page, script=script, given=given: page.evaluate(script, given)))
            renderer = bench_search._renderer(chromium)
        with bench_search._fresh(chromium) as context:
            reader = Reader(context, server)
            _opened(reader, server, "", f"?{months}")
            reader.page.evaluate(SEARCH, OTHER)
            for name, given in {
                "a rare word": RARE,
                "two words": "lumbar MRI",
                "a word of every letter": "treatment",
            }.items():
                step = f"{name} in the 12 shards, open"
                rows.append(reader.step(step, lambda page, given=given: page.evaluate(SEARCH, given)))
            return rows, (renderer, bench_search._renderer(chromium))


def _opened(reader: Reader, server: Counted, name: str, query: str) -> bench_search.Row:
    return reader.step(name, lambda page: (page.goto(f"{server.url}search/{query}"), page.evaluate("opened"))[1])


# The report.


def report(size: int, figures: Figures, rows: Sequence[bench_search.Row], renderer: tuple[int, int]) -> Iterator[str]:
    yield from assembled(size, figures)
    yield from listed(size, figures)
    yield from searched(figures, rows, renderer)
    yield from reckoned(size, figures, {row.name: row for row in rows})


def assembled(size: int, figures: Figures) -> Iterator[str]:
    yield f"## {size:,} letters, by simulation\n"
    yield (
        f"Written by `make scale` (tests/scale.py, which says how). {bench_search._machine()}; load {os.getloadavg()[1]:.1f} at the "
        f"end, so seconds are an upper bound where that is more than {os.cpu_count()}.\n"
    )
    yield (
        f"{size:,} outlines with {figures['issues']:,} issues, copied from {MODELS:,} invented letters under other case numbers and "
        f"dates, are assembled by one process. It takes **{figures['peak']:,} MB** at most ({figures['base']:,} MB before the first "
        f"letter), {(figures['peak'] - figures['base']) * 2**20 / size:,.0f} bytes a letter; limit 4,096 MB. A copy of it that renders "
        f"lists has up to {figures['copied']:,} MB resident, in part shared with it.\n"
    )
    yield "| stage | seconds | largest so far, MB | what came of it |\n|---|---|---|---|"
    yield from (f"| {stage.name} | {stage.seconds:,.1f} | {stage.peak:,} | {stage.made} |" for stage in figures["stages"])


def listed(size: int, figures: Figures) -> Iterator[str]:
    sorts: Mapping[str, Sort] = figures["sorts"]
    lists = [sort for name, sort in sorts.items() if name.startswith(("value.html", "axis.html"))]
    yield "\n### Lists\n"
    yield (
        f"One page in {LISTS}, drawn by a seed, is rendered; numbers and bytes of all pages are reckoned from these. Limits: {MOST_BYTES:,} bytes and {MOST_ROWS} rows a page.\n"
    )
    yield "| pages | all, reckoned | rendered | MB in all | largest, KB | most rows |\n|---|---|---|---|---|---|"
    for name, sort in sorted(sorts.items()):
        yield f"| {name} | {sort.pages:,} | {sort.rendered:,} | {sort.estimate / 1e6:,.0f} | {sort.largest / 1e3:,.1f} | {sort.rows} |"
    pages_, bytes_ = sum(sort.pages for sort in lists), sum(sort.estimate for sort in lists)
    yield f"\nThe lists come to {pages_ / size:.2f} pages and {bytes_ / size / 1e3:,.1f} KB a letter."
    largest, most = max(sort.largest for sort in lists), max(sort.rows for sort in lists)
    yield f"Largest list page: {largest:,} bytes, {_held(largest <= MOST_BYTES)}; most rows: {most}, {_held(most <= MOST_ROWS)}."
    most_urls, most_bytes = (max(sizes) for sizes in zip(*((urls, size) for _, size, urls in figures["maps"]), strict=True))
    yield (
        f"Sitemap with every letter: {len(figures['maps'])} files, at most {most_urls:,} addresses and {most_bytes / 1e6:.1f} MB each, "
        f"{_held(most_urls <= sitemap.MOST and most_bytes <= MOST_MAP)} (50,000 and 50 MB)."
    )


def searched(figures: Figures, rows: Sequence[bench_search.Row], renderer: tuple[int, int]) -> Iterator[str]:
    shards, real, letters = figures["shards"], len(figures["real"]), figures["real_letters"]
    yield "\n### Searching\n"
    kinds = {"first": "columns of the open facets, index and vocabulary", ".more.": "columns of the others", "cards": "cards"}
    kinds |= {".cases.": "case numbers", ".fragments.": f"numbers of fragments (noughts but in {real} shards)"}
    told = ", ".join(
        f"{kinds[kind]} {size / 1e6:,.1f} MB" for kind, size in sorted(figures["sizes"].items(), key=lambda one: -one[1])
    )
    yield (
        f"{shards} shards in {figures['files']:,} files of the catalogue: {told}. The {real} shards {figures['real'][-1]} to "
        f"{figures['real'][0]} ({letters:,} letters) have a text index: {figures['text'][0] / letters:,.0f} bytes and "
        f"{figures['text'][1] / letters:.2f} files a letter. Words are searched in the months of these shards. Served with gzip from "
        f"the same machine. Renderer at most {renderer[0]:,} MB with all facets, {renderer[1]:,} MB with words.\n"
    )
    yield "| step | KB to the first results | KB | requests | first results, ms | all counted, ms | script, ms |\n|---|---|---|---|---|---|---|"
    for row in rows:
        first = "" if row.first_bytes is None else f"{row.first_bytes / 1e3:,.0f}"
        yield f"| {row.name} | {first} | {row.bytes / 1e3:,.0f} | {row.requests} | {row.first:,.0f} | {row.all:,.0f} | {row.script:,.0f} |"


def reckoned(size: int, figures: Figures, named: Mapping[str, bench_search.Row]) -> Iterator[str]:
    shards, real, letters = figures["shards"], len(figures["real"]), figures["real_letters"]
    indexing = next(stage.seconds for stage in figures["stages"] if "shards indexed" in stage.name)
    word = named["a rare word in the 12 shards, cold"]
    opening, bare = named["open the page"], named["a page without letters"].bytes
    yield "\n### The rest, on paper\n"
    yield (
        f"Assumed: a shard costs what one of these {real} costs, whichever it is; words are as frequent in all years.\n\n"
        f"- Text index of all {shards} shards: {indexing * shards / real / 60:,.0f} minutes on this machine ({indexing / real:.1f} s a "
        f"shard, two at once), {figures['text'][0] / letters * size / 1e9:.1f} GB in {figures['text'][1] / letters * size / 1e3:,.0f} thousand files.\n"
        f"- A rare word in all of them, in a new browser: {(bare + (word.bytes - bare) / real * shards) / 1e6:,.0f} MB, "
        f"{word.all / real * shards / 1e3:,.0f} s on this machine; {word.bytes / 1e6:,.1f} MB and {word.all / 1e3:,.1f} s when it is "
        f"limited to the {real} shards.\n"
        f"- Columns of all facets come to {(opening.bytes + named['all facets (one of the others opened)'].bytes) / 1e6:,.1f} MB over the line, and stay in the page."
    )


def _held(is_held: bool) -> str:
    return "within the limit" if is_held else "**over the limit**"


def written(table: str, lines: Iterator[str]) -> str:
    """With the lines between the marks, all else as it was."""
    before, _, rest = table.partition(BEGIN)
    return f"{before}{BEGIN}\n{chr(10).join(lines)}\n{END}{rest.partition(END)[2]}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("size", type=int, nargs="?", default=1_000_000)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    spawned = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="scale-") as folder:
        place = Path(folder)
        print(f"inventing {MODELS:,} letters", flush=True)
        with ProcessPoolExecutor(given.jobs, mp_context=spawned) as pool:
            firsts = range(0, MODELS, PART)
            parts = list(
                pool.map(bench_search.part, firsts, [PART] * len(firsts), [place / f"{first}.letters" for first in firsts])
            )
        bench_search.frame(place / "site")
        print(f"assembling {given.size:,}", flush=True)
        with ProcessPoolExecutor(1, mp_context=spawned) as pool:
            figures = pool.submit(assemble, parts, given.size, place, given.jobs).result()
        print("searching", flush=True)
        rows, renderer = read(place, figures)
    table = given.out.read_text("utf-8") if given.out.exists() else FRAME
    given.out.write_text(written(table, report(given.size, figures, rows, renderer)), encoding="utf-8")
    print(given.out.read_text("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
