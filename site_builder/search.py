"""Puts the search data into a staged site: the text index of every shard and the catalogue that joins it.

A shard whose staged pages are those of an earlier build is taken from the cache, so that a letter more indexes one shard.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec

from site_builder import cache, catalogue, pagefind, publish, staged
from site_builder.catalogue import Catalogue, Indexed, Shard
from site_builder.model import File, Letter
from site_builder.rules import Rules

ROOT = Path(__file__).parent.parent
HUB = "hub"
"""Folder of the index that opens the others; no shard has that name."""


class Index(NamedTuple):
    """The text index of one shard."""

    key: str
    """Digest of what it was made from, by which the cache keeps it."""
    fragments: dict[str, int]
    """Path of a page -> number of its fragment."""


class Indexer(NamedTuple):
    """Where indexes are made and kept."""

    program: Path
    stage: Path
    cached: Path | None

    def make(self, name: str, pages: Sequence[File]) -> Index:
        """Writes pagefind/<name>/, from the cache where that holds it."""
        key = _key(name, pages)
        out = self.stage / "pagefind" / name
        note = cache.restore(self.cached, key, out) if self.cached else None
        if note is not None:
            return Index(key, msgspec.json.decode(note, type=dict[str, int]))
        with tempfile.TemporaryDirectory(prefix=".index-", dir=self.stage) as folder:
            for page in pages:
                publish.put(Path(folder), page)
            found = pagefind.index(self.program, Path(folder), out, len(pages), hub=name == HUB)
        if self.cached:
            cache.keep(self.cached, key, out, msgspec.json.encode(found))
        return Index(key, found)


def build(
    stage: Path,
    letters: Sequence[Letter],
    rules: Rules,
    *,
    text: bool,
    jobs: int,
    cached: Path | None = None,
    progress: Callable[[str, int, int], None],
) -> set[str]:
    """Writes catalogue/ and, with `text`, pagefind/ below `stage`. Shards are indexed side by side, at most two at once.

    Returns the keys of the indexes used, by which the folder `cached` keeps them.
    """
    planned = catalogue.plan(letters, rules)
    indexes = _indexes(Indexer(pagefind.program(ROOT), stage, cached), planned, rules, jobs, progress) if text else {}
    indexed = _indexed(stage, planned, indexes) if text else None
    for file in catalogue.files(planned, rules, indexed):
        publish.put(stage, file)
    return {index.key for index in indexes.values()}


def _indexes(
    indexer: Indexer, planned: Catalogue, rules: Rules, jobs: int, progress: Callable[[str, int, int], None]
) -> dict[str, Index]:
    """Name of a shard -> its index; the hub is one of them."""
    (indexer.stage / "pagefind").mkdir()
    made = {HUB: indexer.make(HUB, [staged.HUB])}
    with ThreadPoolExecutor(min(2, max(jobs, 1))) as pool:
        shards = pool.map(lambda shard: indexer.make(shard.name, _pages(shard, rules)), planned.shards)
        for done, (shard, index) in enumerate(zip(planned.shards, shards, strict=True), 1):
            made[shard.name] = index
            progress("Indexing text", done, len(planned.shards))
    return made


def _indexed(stage: Path, planned: Catalogue, indexes: dict[str, Index]) -> Indexed:
    lists = staged.words([shard.letters for shard in planned.shards])
    digest = hashlib.sha256("\n\n".join(lists.values()).encode()).hexdigest()[:8]
    for initial, words in lists.items():
        publish.put(stage, File(path=f"catalogue/words.{digest}/{initial}.txt", content=words.encode()))
    fragments = {
        shard.name: {letter.id: indexes[shard.name].fragments[letter.url] for letter in shard.letters} for shard in planned.shards
    }
    return Indexed(fragments, f"pagefind/{HUB}/", f"catalogue/words.{digest}/", "".join(lists))


def _pages(shard: Shard, rules: Rules) -> list[File]:
    return [staged.page(letter, rules) for letter in shard.letters]


def _key(name: str, pages: Sequence[File]) -> str:
    """Of all that an index is made from: the indexer, what it is told, and the pages in their order."""
    digest = hashlib.sha256(msgspec.json.encode([pagefind.MAKING, name == HUB, [page.path for page in pages]]))
    for page in pages:
        digest.update(hashlib.sha256(page.content).digest())
    return digest.hexdigest()
