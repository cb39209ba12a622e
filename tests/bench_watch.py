"""How long whoever edits waits for the open page: `make bench-watch`, 10,000 invented letters unless told otherwise.

`site_builder watch` runs as its users run it. From before the file is written until Chromium shows the new words, or the new colour,
on the reloaded page: while nothing else is done, and again half a second later, when the site around the page is being built.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from playwright.sync_api import Page

from site_builder.search import ROOT
from tests import bench_search, browser, corpus

TABLE = ROOT / "docs" / "benchmarks-watch.md"
PATIENCE = 600_000
"""Milliseconds for whatever is waited for."""


class Watched:
    """The command, and what it has said."""

    def __init__(self, place: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "site_builder", "watch", "--no-search", "--port", "0"],
            cwd=place,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.heard: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()
        self.url = self.until(r"http://127\.0\.0\.1:\d+/")

    def _listen(self) -> None:
        assert self.process.stdout
        self.heard.extend(iter(self.process.stdout.readline, ""))

    def until(self, pattern: str) -> str:
        """What it says next that fits; it is forgotten with all before it."""
        while True:
            for number, line in enumerate(self.heard):
                if found := re.search(pattern, line):
                    del self.heard[: number + 1]
                    return found[0]
            if self.process.poll() is not None:
                raise SystemExit("".join(self.heard))
            time.sleep(0.05)


def seconds_until_shown(page: Page, letter: Path, words: str) -> float:
    text = letter.read_text("utf-8")
    started = time.monotonic()
    letter.write_text(f"{text}\n\n{words}\n", "utf-8")
    page.get_by_text(words).wait_for(timeout=PATIENCE)
    return time.monotonic() - started


def seconds_until_coloured(page: Page, sheet: Path, number: int) -> float:
    text = sheet.read_text("utf-8")
    started = time.monotonic()
    sheet.write_text(f"{text}\nh1 {{ outline: {number}px solid !important }}\n", "utf-8")
    while True:
        try:
            if page.evaluate("getComputedStyle(document.querySelector('h1')).outlineWidth") == f"{number}px":
                return time.monotonic() - started
        except Exception:  # the page is being reloaded
            time.sleep(0.001)


def rows(size: int, runs: int, place: Path) -> Iterator[tuple[str, list[float]]]:
    letters = place / "letters"
    letters.mkdir()
    for letter in corpus.letters(size, 1):
        (letters / letter.source).write_text(corpus.text(letter), encoding="utf-8")
    for name in ("site_builder", "templates"):  # whose templates may be changed
        shutil.copytree(ROOT / name, place / name)
    one = sorted(letters.iterdir())[size // 2]
    watched = Watched(place)
    try:
        with browser.launched() as chromium:
            page = chromium.new_page()
            page.goto(f"{watched.url}decisions/{one.stem.lower()}.html")
            seconds_until_shown(page, one, "Sentence before all others.")  # by then it has read everything once
            watched.until("Published")
            quiet, busy = list[float](), list[float]()
            for number in range(runs):
                time.sleep(1)
                quiet.append(seconds_until_shown(page, one, f"Quiet sentence {number}."))
                time.sleep(0.5)
                busy.append(seconds_until_shown(page, one, f"Busy sentence {number}."))
                watched.until("Published")
                watched.until("Published")
            yield "a letter is saved", quiet
            yield "a letter is saved while the site is built", busy
            sheet = place / "templates" / "static" / "site.css"
            yield "the style sheet is saved", [seconds_until_coloured(page, sheet, number) for number in range(1, runs + 1)]
    finally:
        watched.process.terminate()
        watched.process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("size", type=int, nargs="?", default=10_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--out", type=Path, default=TABLE)
    given = parser.parse_args()
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="bench-watch-") as folder:
        found = list(rows(given.size, given.runs, Path(folder)))
    lines = [
        "# What editing costs\n",
        f"Written by `make bench-watch` (tests/bench_watch.py, which says how). {bench_search._machine()}.\n",
        f"{given.size:,} letters, {given.runs} times each, load {load[0]:.1f} before it. Milliseconds from before the file is written until "
        "Chromium shows the change on the reloaded page of a letter.\n",
        "| what happens | median | slowest |\n|---|---|---|",
        *(f"| {name} | {1000 * median(times):,.0f} | {1000 * max(times):,.0f} |" for name, times in found),
    ]
    given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(given.out.read_text("utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
