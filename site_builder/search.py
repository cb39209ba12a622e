"""Puts the search data into a staged site: the text index of every shard and the catalogue that joins it.

A shard whose staged pages are those of an earlier build is taken from the cache, so that a letter more indexes one shard.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import msgspec

from site_builder import cache, catalogue, pagefind, publish, staged
from site_builder.catalogue import Catalogue, Indexed, Piece, Shard
from site_builder.model import File, Letter
from site_builder.rules import Rules
from site_builder.shelf import Shelf

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


class Kept(NamedTuple):
    """Where the cache keeps indexes."""

    folder: Path
    keys: Shelf
    """Of their keys, by what stages their letters and by these."""
    digest: Callable[[Letter], bytes]
    """Of every word of a letter."""

    def key(self, shard: Shard) -> str:
        """Of the index of a shard, where it is known without looking into a letter; else empty."""
        name = self._name(shard)
        return self.keys.take([name]).get(name, b"").decode()

    def put(self, shard: Shard, key: str) -> None:
        self.keys.put({self._name(shard): key.encode()})

    def sweep(self, planned: Catalogue, asked_for: Collection[str]) -> None:
        """`asked_for`: keys of indexes."""
        self.keys.sweep(set(map(self._name, planned.shards)))
        cache.sweep(self.folder, asked_for, all_others=self.keys.all_others)

    def _name(self, shard: Shard) -> bytes:
        return self.keys.key([(letter.url, self.digest(letter)) for letter in shard.letters])


class Indexer(NamedTuple):
    """Where indexes are made."""

    program: Path
    stage: Path
    kept: Kept | None
    rules: Rules
    whole: Callable[[Letter], Letter]
    """Gives a letter with its texts."""

    def hub(self) -> Index:
        """Writes pagefind/hub/."""
        return self._found(HUB, [staged.HUB])

    def shard(self, shard: Shard) -> Index:
        """Writes pagefind/<name of the shard>.<key>/."""
        if self.kept and (key := self.kept.key(shard)) and (known := self._restored(shard.name, key)):
            return known
        letters = list(map(self.whole, shard.letters))
        pages = [staged.page(letter, self.rules) for letter in letters]
        index = self._found(shard.name, pages, letters)
        if self.kept:
            self.kept.put(shard, index.key)
        return index

    def _restored(self, name: str, key: str) -> Index | None:
        """Writes the index, if the cache has it."""
        note = cache.restore(self.kept.folder, key, self._out(name, key)) if self.kept else None
        return msgspec.msgpack.decode(note, type=Index) if note is not None else None

    def _out(self, name: str, key: str) -> Path:
        (self.stage / "pagefind").mkdir(exist_ok=True)
        return self.stage / (HUB_FOLDER if name == HUB else _folder(name, key))

    def _found(self, name: str, pages: Sequence[File], letters: Sequence[Letter] = ()) -> Index:
        """Writes the index of the pages, from the cache or anew."""
        key = _key(name, pages)
        if known := self._restored(name, key):
            return known
        out = self._out(name, key)
        fragments = pagefind.index(self.program, pages, out, hub=name == HUB)
        made = Index(key, fragments, staged.count(letters))
        if self.kept:
            cache.keep(self.kept.folder, key, out, msgspec.msgpack.encode(made))
        return made


def index(planned: Catalogue, indexer: Indexer, jobs: int, progress: Callable[[str, int, int], None]) -> Indexed:
    """Writes pagefind/ and the word lists below the indexer's folder. Shards are indexed side by side, at most two at once."""
    made = {HUB: indexer.hub()}
    with ThreadPoolExecutor(min(2, max(jobs, 1))) as pool:
        shards = pool.map(indexer.shard, planned.shards)
        for done, (shard, one) in enumerate(zip(planned.shards, shards, strict=True), 1):
            made[shard.name] = one
            progress("Indexing text", done, len(planned.shards))
    if indexer.kept:
        indexer.kept.sweep(planned, {one.key for one in made.values()})
    return indexed(indexer.stage, planned, made.__getitem__)


def join(stage: Path, planned: Catalogue, rules: Rules, text: Indexed | None, pieces: Iterable[Piece] | None = None) -> None:
    """Writes what else is in catalogue/. `text`: None for a site without text search; `pieces`: see `pieces_of`."""
    for file in catalogue.files(planned, rules, text, pieces):
        publish.put(stage, file)


def pieces_of(planned: Catalogue, digest: Callable[[Letter], bytes], shelf: Shelf) -> Iterator[Piece]:
    """What the catalogue has of each shard; from the shelf where it has been made before. `digest`: of every word of a letter."""
    common = [catalogue.together(planned), planned.values, planned.parents]

    def key(shard: Shard) -> bytes:
        return shelf.key(shard.name, common, [(letter.id, digest(letter)) for letter in shard.letters])

    def made(shards: Sequence[Shard]) -> Iterator[bytes]:
        return (msgspec.msgpack.encode(catalogue.piece(planned, shard)) for shard in shards)

    asked = {key(shard): shard for shard in planned.shards}
    for piece in shelf.through(asked, made):
        yield msgspec.msgpack.decode(piece, type=Piece)
    shelf.sweep(asked)


def indexed(stage: Path, planned: Catalogue, indexes: Callable[[str], Index]) -> Indexed:
    """Writes the word lists; what the catalogue has to say of them and of the indexes. `indexes`: the index of a shard by its
    name; perhaps from the disk, so that only one is held at a time.
    """
    shards = dict[str, tuple[str, Sequence[int]]]()

    def words() -> Iterator[Mapping[str, int]]:
        for shard in planned.shards:
            index = indexes(shard.name)
            shards[shard.name] = _folder(shard.name, index.key), [index.fragments[letter.url] for letter in shard.letters]
            yield index.words

    lists = staged.words(words())
    digest = hashlib.sha256("\n\n".join(lists.values()).encode()).hexdigest()[:8]
    for initial, listed in lists.items():
        publish.put(stage, File(path=f"catalogue/words.{digest}/{initial}.txt", content=listed.encode()))
    return Indexed(shards, HUB_FOLDER, f"catalogue/words.{digest}/", "".join(lists))


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
