"""The pages of a site, written: rendered, or carried over from the site that stands where they would come out the same. Shell.

The page of a letter and the lists of a value follow from few letters. Under a digest of these and of everything that every page
follows from, the cache keeps which files they gave, with their sums. A file is carried over only where the old site still holds
exactly those bytes: whatever else became of that site or of the cache costs time, never a page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec

from site_builder import publish, workers
from site_builder.model import File
from site_builder.pages import Part
from site_builder.render import Renderer
from site_builder.shelf import Shelf

Progress = Callable[[int, int], None]
"""Called with (done, total)."""


class Written(NamedTuple):
    """A file of a page."""

    path: str
    sha256: str
    indexed: bool
    """May search engines show it?"""


class Done(NamedTuple):
    """What became of a part."""

    key: bytes
    """Empty for a part that is rendered each time."""
    files: Sequence[Written]
    carried: bool


class Kept(NamedTuple):
    """Where pages may be carried over from."""

    shelf: Shelf
    """Of their names and sums; made with all that every page follows from."""
    out: Path
    """The site that stands."""


def write(
    stage: Path,
    parts: Sequence[Part],
    renderer: Renderer,
    kept: Kept | None,
    *,
    jobs: int,
    progress: Progress = lambda done, total: None,
) -> Iterator[Done]:
    """Writes every page of the parts into `stage`; what became of each part, in order. With `kept` no other page stays there."""
    known = kept.shelf.everything() if kept else {}

    def one(part: Part) -> Done:
        key = _key(kept, part) if kept else b""
        if kept and (files := _carried(known.get(key), kept.out, stage)):
            return Done(key, files, carried=True)
        files = [_rendered(renderer.render(page), stage, bool(page.context["indexed"])) for page in part.pages()]
        return Done(key, files, carried=False)

    progress(0, len(parts))
    asked, new, paths = set[bytes](), dict[bytes, bytes](), set[str]()
    for number, done in enumerate(workers.spread(one, parts, jobs), 1):
        yield done
        paths.update(file.path for file in done.files)
        if done.key:
            asked.add(done.key)
            if not done.carried:
                new[done.key] = msgspec.msgpack.encode(done.files)
        progress(number, len(parts))
    if kept:
        publish.leave(stage, paths)
        kept.shelf.put(new)
        kept.shelf.sweep(asked)


def _key(kept: Kept, part: Part) -> bytes:
    """Empty for a part that is rendered each time."""
    if part.follows_from is None:
        return b""
    return kept.shelf.key(*part.follows_from())


def _carried(noted: bytes | None, out: Path, stage: Path) -> list[Written]:
    """Nothing where the old site lacks one of them: what was carried until then is written over."""
    files = msgspec.msgpack.decode(noted, type=list[Written]) if noted else []
    whole = all(is_below(file.path) and publish.carry(file.path, file.sha256, out, stage) for file in files)
    return files if whole else []


def is_below(path: str) -> bool:
    """Does the path stay below where it begins?"""
    return not path.startswith("/") and ".." not in path.split("/")


def _rendered(file: File, stage: Path, indexed: bool) -> Written:
    publish.put(stage, file)
    return Written(file.path, hashlib.sha256(file.content).hexdigest(), indexed)
