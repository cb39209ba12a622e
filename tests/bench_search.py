"""What searching costs, in a real browser: `make bench-search`, or `make bench-search SIZES=1000` for a run of a minute.

Builds the search data of invented letters (tests/corpus.py), serves them with gzip, drives Chromium through what readers do, and
writes docs/benchmarks-search.md. Beside it stands Pagefind as it comes, with filters on pages of the same letters; not at 100,000,
where its build would take 20 GB. Memory is the largest resident size of each process. Bytes are counted by the server, so that
what workers fetch counts too; a cold figure is a browser that has never seen the site, any other one an open page.

Known limit: the server is on the same machine and shares its processors with the browser and the indexer.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from markupsafe import escape
from playwright.sync_api import Browser, BrowserContext, Page

from site_builder import build, catalogue, facets, pagefind, search, serve
from site_builder.model import Letter
from site_builder.options import Options
from tests import browser, corpus
from tests.conftest import ROOT

TABLE = ROOT / "docs" / "benchmarks-search.md"
PART = 2_500
STOCK_UP_TO = 20_000
FEW = 300
RARE, OTHER = corpus.ranked(1_150), corpus.ranked(400)
"""Words of about one letter in a hundred, and of one in twenty."""
FACETS = "body-part=low-back&outcome=overturned"
Figures = dict[str, Any]

# Tells when the first card stands, when everything is counted.
WATCH = """
addEventListener("DOMContentLoaded", () => {
  const list = document.getElementById("results");
  window.measured = (act) => new Promise((done, failed) => {
    setTimeout(() => failed(new Error(`no answer: ${location.search} ${list.outerHTML.slice(0, 60)}`)), 120_000);
    const started = act ? performance.now() : 0;
    let first = null;
    const look = new MutationObserver((changes) => {
      if (changes.some((change) => change.type === "childList") && list.childElementCount && first === null) {
        first = performance.now() - started;
        window.firstResults?.();
      }
      if (list.getAttribute("aria-busy") !== "false") return;
      look.disconnect();
      const all = performance.now() - started;
      done({ first: first ?? all, all });
    });
    look.observe(list, { childList: true, attributes: true, attributeFilter: ["aria-busy"] });
    if (!act && list.getAttribute("aria-busy") === "false") done({ first: performance.now(), all: performance.now() });
    act?.();
  });
  window.opened = window.measured();
});
"""
SEARCH = "(words) => measured(() => { document.getElementById('q').value = words; document.getElementById('search').requestSubmit(); })"
CLICK = "(selector) => measured(() => document.querySelector(selector).click())"
SORT = "(order) => measured(() => { const box = document.getElementById('sort'); box.value = order; box.dispatchEvent(new Event('change', { bubbles: true })); })"
STOCK = """
async ({ steps, size }) => {
  window.pagefind ??= await import("/stock/pagefind.js");
  const started = performance.now();
  for (const [name, ...given] of steps) {
    const found = await window.pagefind[name](...given);
    if (found?.results) await Promise.all(found.results.slice(0, size).map((result) => result.data()));
  }
  const all = performance.now() - started;
  return { first: all, all };
}
"""


class Counted(serve.Server):
    """Counts what it sends."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, port=0)
        self.bytes = self.requests = 0
        self.RequestHandlerClass = Counting


class Counting(serve.Handler):
    """Lets answers be kept as long as GitHub Pages does."""

    server: Counted

    def _headers(self, headers: dict[str, str]) -> None:
        self.server.bytes += int(headers.get("Content-Length", 0))
        self.server.requests += 1
        super()._headers({**headers, "Cache-Control": "max-age=600"})


class Row(NamedTuple):
    """One step of a reader."""

    name: str
    bytes: int
    first_bytes: int | None
    """Up to the first results."""
    requests: int
    first: float
    """Milliseconds."""
    all: float
    script: float


# Building, in processes of their own, so that each one's memory is its own.


def part(number: int, size: int, file: Path) -> Path:
    tagged = [facets.tag(letter, corpus.known()) for letter in corpus.letters(size, first=number)]
    file.write_bytes(msgspec.msgpack.encode(tagged))
    return file


def frame(site: Path) -> None:
    """The site of a few of the letters, whose search page offers what the search page of all of them would."""
    few = site.with_name(f"{site.name}-letters")
    for letter in corpus.letters(FEW):
        _write(few / letter.source, corpus.text(letter).encode())
    build.build(Options(letters=few, out=site, search=False))
    shutil.rmtree(site / "catalogue")


def built(parts: Sequence[Path], site: Path) -> Figures:
    letters = _letters(parts)
    started, memory = time.monotonic(), _megabytes()
    with _watched() as theirs:
        planned = catalogue.plan(letters, corpus.known())
        indexer = search.Indexer(pagefind.program(search.ROOT), site, None, corpus.known(), lambda letter: letter)
        search.join(site, planned, corpus.known(), search.index(planned, indexer, 2, lambda *_: None))
    seconds = time.monotonic() - started
    figures = {"seconds": seconds, "letters": memory, "ours": _megabytes(), "pagefind": max(theirs)}
    return {**figures, **_sizes(site, ("catalogue", "pagefind"), len(letters))}


def built_stock(parts: Sequence[Path], site: Path) -> Figures:
    """Pagefind as it comes: a page a letter with its filters, dates to sort by, and its summary."""
    letters, folder = _letters(parts), site.with_name(f"{site.name}-pages")
    for letter in letters:
        _write(folder / letter.url, _stock_page(letter).encode())
    started = time.monotonic()
    command = [str(pagefind.program(ROOT)), "--site", str(folder), "--output-path", str(site / "stock"), "--quiet"]
    with _watched() as theirs:
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    figures = {"seconds": time.monotonic() - started, "ours": None, "pagefind": max(theirs)}
    _write(site / "stock.html", b"<!doctype html><title>stock</title>")
    return {**figures, **_sizes(site, ("stock",), len(letters))}


def _stock_page(letter: Letter) -> str:
    values = {(key, value) for owner in (letter, *letter.issues) for key, ids in owner.facets.items() for value in ids}
    filters = "".join(f'<i data-pagefind-filter="{key}:{value}"></i>' for key, value in sorted(values))
    issues = "".join(
        f'<h2 id="issue-{issue.number}">{escape(issue.disputed)}</h2><p>{escape(" ".join((issue.ur.raw, issue.imr.raw, *issue.rationale)))}</p>'
        for issue in letter.issues
    )
    body = f'{filters}<i data-pagefind-sort="date:{letter.decision_date}"></i><h1>{escape(letter.title)}</h1>{issues}<p>{escape(" ".join(letter.case_summary))}</p>'
    return f'<!doctype html><html lang="en"><title>{escape(letter.title)}</title><body data-pagefind-body>{body}</body></html>'


def _letters(parts: Sequence[Path]) -> list[Letter]:
    read = (letter for path in parts for letter in msgspec.msgpack.decode(path.read_bytes(), type=list[Letter]))
    return sorted(read, key=lambda letter: (-letter.decision_date.toordinal() if letter.decision_date else 1, letter.id))


def _sizes(site: Path, folders: Sequence[str], letters: int) -> Figures:
    found = [path.stat().st_size for folder in folders for path in (site / folder).rglob("*") if path.is_file()]
    return {"bytes": sum(found) / letters, "files": len(found) / letters}


def _megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@contextmanager
def _watched() -> Iterator[list[int]]:
    """Megabytes of our Pagefind processes. What the system counts of children would count us, of whom they are copies at first."""
    found, done = [0], threading.Event()
    children = Path(f"/proc/{os.getpid()}/task")

    def look() -> None:
        while not done.wait(0.05):
            for child in {one for thread in children.glob("*/children") for one in _text(thread).split()}:
                status = _text(Path(f"/proc/{child}/status"))
                if peak := status.startswith("Name:\tpagefind") and re.search(r"VmHWM:\s+(\d+)", status):
                    found.append(int(peak[1]) // 1024)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield found
    finally:
        done.set()
        watcher.join()


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:  # it has ended
        return ""


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


# Reading, in the browser.


def read_ours(chromium: Browser, server: Counted) -> tuple[list[Row], tuple[int, ...]]:
    """Steps of readers, and megabytes of the renderer at its largest: before the last step, and after it."""
    cold = {
        "open the page": "",
        "rare word, cold": f"?q={RARE}",
        "two words + two facets, cold": f"?q=lumbar+MRI&{FACETS}",
        "two facets, cold": f"?{FACETS}",
    }
    rows = []
    for name, query in cold.items():
        with _fresh(chromium) as context:
            reader = Reader(context, server)
            rows.append(
                reader.step(
                    name, lambda page, query=query: (page.goto(f"{server.url}search/{query}"), page.evaluate("opened"))[1]
                )
            )
    with _fresh(chromium) as context:
        reader = Reader(context, server)
        reader.page.goto(f"{server.url}search/")
        reader.page.evaluate("opened")
        reader.page.evaluate(SEARCH, OTHER)
        rows.append(reader.step("rare word", lambda page: page.evaluate(SEARCH, RARE)))
        rows.append(reader.step("two words", lambda page: page.evaluate(SEARCH, "lumbar MRI")))
        rows.append(reader.step("+ a facet", lambda page: page.evaluate(CLICK, 'input[name="body-part"][value="low-back"]')))
        rows.append(
            reader.step("+ another facet", lambda page: page.evaluate(CLICK, 'input[name="outcome"][value="overturned"]'))
        )
        rows.append(reader.step("sorted by date", lambda page: page.evaluate(SORT, "newest")))
        rows.append(reader.step("facets only", lambda page: page.evaluate(SEARCH, "")))
        rows.append(reader.step("a facet less", lambda page: page.evaluate(CLICK, 'input[name="outcome"][value="overturned"]')))
        renderer = _renderer(chromium)
        rows.append(reader.step("a word of every letter", lambda page: page.evaluate(SEARCH, "treatment")))
        return rows, (renderer, _renderer(chromium))


def read_stock(chromium: Browser, server: Counted) -> tuple[list[Row], tuple[int, ...]]:
    chosen = {"filters": {"body-part": "low-back", "outcome": "overturned"}}
    steps: list[tuple[str, list[list[Any]]]] = [
        ("open the page", [["init"], ["filters"]]),
        ("rare word", [["search", RARE]]),
        ("two words", [["search", "lumbar MRI"]]),
        ("+ another facet", [["search", "lumbar MRI", chosen]]),
        ("sorted by date", [["search", "lumbar MRI", {**chosen, "sort": {"date": "desc"}}]]),
        ("facets only", [["search", None, chosen]]),
        ("a word of every letter", [["search", "treatment"]]),
    ]
    with _fresh(chromium) as context:
        reader = Reader(context, server)
        reader.page.goto(f"{server.url}stock.html")
        rows = [
            reader.step(name, lambda page, given=given: page.evaluate(STOCK, {"steps": given, "size": 20}))
            for name, given in steps
        ]
        return rows, (_renderer(chromium),)


class Reader:
    """A page whose steps are measured."""

    def __init__(self, context: BrowserContext, server: Counted) -> None:
        self.server = server
        self.first_bytes: int | None = None
        context.expose_function("firstResults", self._first)
        self.page = context.new_page()
        self.page.set_default_timeout(300_000)
        self.metrics = context.new_cdp_session(self.page)
        self.metrics.send("Performance.enable")

    def step(self, name: str, act: Callable[[Page], dict[str, float]]) -> Row:
        self.page.wait_for_timeout(300)
        script, self.before, requests = self._script(), self.server.bytes, self.server.requests
        self.first_bytes = None
        told = act(self.page)
        script = (self._script() - script) * 1000
        sent = self.server.bytes - self.before
        return Row(name, sent, self.first_bytes, self.server.requests - requests, told["first"], told["all"], script)

    def _first(self) -> None:
        self.first_bytes = self.server.bytes - self.before

    def _script(self) -> float:
        return next(
            metric["value"]
            for metric in self.metrics.send("Performance.getMetrics")["metrics"]
            if metric["name"] == "ScriptDuration"
        )


@contextmanager
def _fresh(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context()
    context.add_init_script(WATCH)
    yield context
    context.close()


def _renderer(chromium: Browser) -> int:
    """Megabytes of the largest renderer at its largest."""
    processes = chromium.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    told = [Path(f"/proc/{one['id']}/status").read_text() for one in processes if one["type"] == "renderer"]
    return max(int(re.search(r"VmHWM:\s+(\d+)", text)[1]) for text in told) // 1024  # type: ignore[index]


# The table.


def measure(size: int, folder: Path) -> list[str]:
    print(f"{size:,} letters: inventing them", flush=True)
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        jobs = [pool.submit(part, first, min(PART, size - first), folder / f"{first}.letters") for first in range(0, size, PART)]
        parts = [job.result() for job in jobs]
    frame(folder / "site")
    makers = [("This site", built, read_ours)] + [("Pagefind with its filters", built_stock, read_stock)] * (size <= STOCK_UP_TO)
    lines = [f"\n## {size:,} letters\n"]
    for name, make, read in makers:
        print(f"{size:,} letters: {name}: building", flush=True)
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            figures = pool.submit(make, parts, folder / "site").result()
        print(f"{size:,} letters: {name}: reading", flush=True)
        with _served(folder / "site") as server, browser.launched() as chromium:
            rows, renderer = read(chromium, server)
        lines += _section(name, figures, rows, renderer)
    if len(makers) == 1:
        lines.append("\nPagefind with its filters was not built: it would take some 20 GB of memory at 100,000 letters.")
    return lines


def _section(name: str, figures: Figures, rows: Sequence[Row], renderer: tuple[int, ...]) -> list[str]:
    ours = f"{figures['ours']:,} MB in our process ({figures['letters']:,} MB of it the letters), " if figures["ours"] else ""
    told = " MB, with the last step ".join(f"{one:,}" for one in renderer)
    return [
        f"\n**{name}**: index built in {figures['seconds']:.0f} s, {ours}{figures['pagefind']:,} MB in the largest Pagefind process; "
        f"{figures['bytes']:,.0f} bytes and {figures['files']:.2f} files published a letter; renderer at most {told} MB.\n",
        "| step | KB to the first results | KB | requests | first results, ms | all counted, ms | script, ms |",
        "|---|---|---|---|---|---|---|",
        *(
            f"| {row.name} | {'' if row.first_bytes is None else f'{row.first_bytes / 1000:,.0f}'} | {row.bytes / 1000:,.0f} | {row.requests} "
            f"| {row.first:,.0f} | {row.all:,.0f} | {row.script:,.0f} |"
            for row in rows
        ),
    ]


@contextmanager
def _served(folder: Path) -> Iterator[Counted]:
    server = Counted(folder)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


def _machine() -> str:
    with browser.launched() as chromium:
        version = chromium.version
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GB of memory, {platform.system()}, Python {platform.python_version()}, Chromium {version}, Pagefind {pagefind.VERSION}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("sizes", type=int, nargs="*", default=[1_000, 10_000, 100_000])
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    lines = ["# What searching costs\n", f"Written by `make bench-search` (tests/bench_search.py, which says how). {_machine()}."]
    for size in given.sizes or [1_000, 10_000, 100_000]:
        with tempfile.TemporaryDirectory(prefix="bench-search-") as folder:
            lines += measure(size, Path(folder))
    given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
