"""Puts the search data into a staged site: the text index of every shard and the catalogue that joins it.

A shard whose staged pages are those of an earlier build is taken from the cache, so that a letter more indexes one shard.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Mapping, Sequence
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
HUB_FOLDER = f"pagefind/{HUB}/"
PROGRAM = f"{HUB_FOLDER}pagefind.js"
"""What searches words in a browser."""


class Index(NamedTuple):
    """The text index of one shard."""

    key: str
    """Digest of what it was made from, by which the cache keeps it."""
    fragments: Mapping[str, int]
    """Path of a page -> number of its fragment."""
    words: Mapping[str, int]
    """Word -> in how many letters it stands."""


Indexes = Callable[[str], Index]
"""Gives the index of a shard by its name; perhaps from the disk, so that only one is held at a time."""


class Indexer(NamedTuple):
    """Where indexes are made and kept."""

    program: Path
    stage: Path
    cached: Path | None
    rules: Rules
    whole: Callable[[Letter], Letter]
    """Gives a letter with its texts."""

    def hub(self) -> Index:
        """Writes pagefind/hub/."""
        return self._made(HUB, [staged.HUB])

    def shard(self, shard: Shard) -> Index:
        """Writes pagefind/<name of the shard>.<key>/."""
        letters = list(map(self.whole, shard.letters))
        return self._made(shard.name, [staged.page(letter, self.rules) for letter in letters], letters)

    def _made(self, name: str, pages: Sequence[File], letters: Sequence[Letter] = ()) -> Index:
        """Writes the index, from the cache where that holds it."""
        key = _key(name, pages)
        (self.stage / "pagefind").mkdir(exist_ok=True)
        out = self.stage / (HUB_FOLDER if name == HUB else _folder(name, key))
        note = cache.restore(self.cached, key, out) if self.cached else None
        if note is not None:
            return msgspec.msgpack.decode(note, type=Index)
        with tempfile.TemporaryDirectory(prefix=".index-", dir=self.stage) as place:
            for page in pages:
                publish.put(Path(place), page)
            fragments = pagefind.index(self.program, Path(place), out, len(pages), hub=name == HUB)
        made = Index(key, fragments, staged.count(letters))
        if self.cached:
            cache.keep(self.cached, key, out, msgspec.msgpack.encode(made))
        return made


def build(
    stage: Path,
    planned: Catalogue,
    rules: Rules,
    whole: Callable[[Letter], Letter],
    *,
    text: bool,
    jobs: int,
    cached: Path | None = None,
    progress: Callable[[str, int, int], None],
) -> set[str]:
    """Writes catalogue/ and, with `text`, pagefind/ below `stage`. Shards are indexed side by side, at most two at once.

    `whole`: gives a letter with its texts. Returns the keys of the indexes used, by which `cached` keeps them.
    """
    indexes = _indexes(Indexer(pagefind.program(ROOT), stage, cached, rules, whole), planned, jobs, progress) if text else None
    join(stage, planned, rules, indexes.__getitem__ if indexes else None)
    return {index.key for index in (indexes or {}).values()}


def join(stage: Path, planned: Catalogue, rules: Rules, indexes: Indexes | None) -> None:
    """Writes catalogue/. `indexes`: None for a site without text search."""
    for file in catalogue.files(planned, rules, indexed(stage, planned, indexes) if indexes else None):
        publish.put(stage, file)


def _indexes(indexer: Indexer, planned: Catalogue, jobs: int, progress: Callable[[str, int, int], None]) -> dict[str, Index]:
    """Name of a shard -> its index; the hub is one of them."""
    made = {HUB: indexer.hub()}
    with ThreadPoolExecutor(min(2, max(jobs, 1))) as pool:
        shards = pool.map(indexer.shard, planned.shards)
        for done, (shard, index) in enumerate(zip(planned.shards, shards, strict=True), 1):
            made[shard.name] = index
            progress("Indexing text", done, len(planned.shards))
    return made


def indexed(stage: Path, planned: Catalogue, indexes: Indexes) -> Indexed:
    """Writes the word lists; what the catalogue has to say of them and of the indexes."""
    lists = staged.words(indexes(shard.name).words for shard in planned.shards)
    digest = hashlib.sha256("\n\n".join(lists.values()).encode()).hexdigest()[:8]
    for initial, words in lists.items():
        publish.put(stage, File(path=f"catalogue/words.{digest}/{initial}.txt", content=words.encode()))

    def of(shard: Shard) -> tuple[str, Sequence[int]]:
        index = indexes(shard.name)
        return _folder(shard.name, index.key), [index.fragments[letter.url] for letter in shard.letters]

    return Indexed(of, HUB_FOLDER, f"catalogue/words.{digest}/", "".join(lists))


def _folder(name: str, key: str) -> str:
    """Of the index of a shard in the site. By the key in it, nobody who still holds the catalogue of the day before reads the
    numbers of one index in another. It follows from the name that the shard has now: one from the cache may have had another.
    """
    return f"pagefind/{name}.{key[:8]}/"


def _key(name: str, pages: Sequence[File]) -> str:
    """Of all that an index is made from: the indexer, what it is told, and the pages in their order."""
    digest = hashlib.sha256(msgspec.json.encode([pagefind.MAKING, Index._fields, name == HUB, [page.path for page in pages]]))
    for page in pages:
        digest.update(hashlib.sha256(page.content).digest())
    return digest.hexdigest()
