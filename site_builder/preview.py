"""The page of a letter that is being edited, before the site around it is built anew. Shell.

While a folder is watched, what the site was built from stays in memory. The page of a changed letter is made from that and from
the letter alone, and so is the page of any letter when a template has changed; both stand before those of the site until a build
has caught up. What other pages say of a changed letter follows with that build.

Known limit: a letter that is new, is held back or gets another name has no preview; its page comes with the build.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import NamedTuple

from site_builder import build as builder
from site_builder import decisions, pages, sources
from site_builder.collection import Collection as Site
from site_builder.intake import Desk
from site_builder.model import Letter
from site_builder.options import Options
from site_builder.similar import Finder, Similar

MOST = 20
"""Files that may change at once and still be previewed: a storm is for the build."""


class Seen(NamedTuple):
    """What the site was built from."""

    site: Site
    beside: builder.Beside
    desk: Desk
    similar: Callable[[int], tuple[Similar, ...]]
    numbers: Mapping[str, int]
    """Number of a letter by the name of its source, and by the path of its page."""
    letters: dict[int, Letter]
    """Those that have changed since."""


class Look(NamedTuple):
    """What pages are made with, and the files that they ask for."""

    press: builder.Press
    static: Mapping[str, bytes]


class Preview:
    """Pages that are newer than the site."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._reading = threading.Lock()
        self._stale = True
        self._seen: Seen | None = None
        self._look: Look | None = None
        self._newer: dict[str, float] = {}
        """Path of a page that is newer than in the site -> since when; "" for those of all letters."""

    def refresh(self) -> None:
        """Looks at everything, where something has changed that has no preview."""
        with self._reading:
            if not self._stale:
                return
            self._stale = False
            try:
                self._look_at_everything()
            except Exception:  # somebody is at work on the settings, the rules or a template
                self._stale = True

    def changed(self, paths: Collection[Path]) -> bool:
        """Is a page newer now than it was? Whatever goes wrong is left to the build, which says so."""
        seen, since = self._seen, time.monotonic()
        if seen is None or len(paths) > MOST:
            self._stale = True
            return False
        return True in [self._follows(path, seen, since) for path in paths]

    def page(self, path: str) -> bytes | None:
        """The page, or file of pages, in the place of the one of the site; None where that is as good."""
        seen, look = self._seen, self._look
        if not self._newer or seen is None or look is None:
            return None
        number = seen.numbers.get(path) if path.endswith(".html") else None
        if number is None or not (path in self._newer or "" in self._newer):
            return look.static.get(path)
        letter = seen.letters.get(number)
        site = seen.site.with_letter(number, letter) if letter else seen.site
        dressed = pages.dressing(site, look.press.contents, look.press.languages)
        planned = decisions.page(site, number, seen.similar(number))
        with contextlib.suppress(Exception):  # a broken template
            return b"".join(look.press.renderer.render(page).content for page in dressed(pages.Part(lambda: [planned])).pages())
        return None

    def built(self, since: float) -> None:
        """The site is by now what the inputs were at that time."""
        for path, newer in list(self._newer.items()):
            if newer < since:
                del self._newer[path]
        self.refresh()

    def _look_at_everything(self) -> None:
        reading = builder.read(self._options)
        numbers = {name: number for number, letter in enumerate(reading.letters) for name in (letter.source, letter.url)}
        site, desk = builder.collected(reading), builder.desk(self._options, reading.beside)
        self._look = self._looked(reading.beside)
        self._seen = Seen(site, reading.beside, desk, Finder(reading.letters).of, numbers, {})

    def _follows(self, path: Path, seen: Seen, since: float) -> bool:
        letter = None
        with contextlib.suppress(Exception):  # of our own code, or of a template
            if path.is_relative_to(self._options.templates):
                self._look = self._looked(seen.beside)
                self._newer[""] = since
                return True
            if path.is_relative_to(self._options.letters) and not sources.is_asked_for(path):
                return False
            letter = self._read(path, seen)
        if letter is None:
            self._stale = True
            return False
        number = seen.numbers[letter.source]
        if seen.letters.get(number) == letter:
            return False
        seen.letters[number] = letter
        self._newer[letter.url] = since
        return True

    def _looked(self, beside: builder.Beside) -> Look:
        press = builder.press(self._options, beside)
        return Look(press, {file.path: file.content for file in press.renderer.static_files()})

    def _read(self, path: Path, seen: Seen) -> Letter | None:
        """The letter in the file; None unless it may take the place of the one that was there."""
        folder = self._options.letters
        name = path.relative_to(folder).as_posix() if path.is_relative_to(folder) else ""
        letter = seen.desk.take_one(path, name) if name in seen.numbers else None
        return letter if letter and seen.numbers.get(letter.url) == seen.numbers[name] else None
