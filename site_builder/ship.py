"""Publishing a built site to an object store: only what the store lacks is sent, and what names others is sent after them. Shell.

The order: letters that were withdrawn are overwritten or deleted before anything else; then programs and search data, data files,
pages of letters, other pages, feeds; then the pointers, each alone: the entries of the text index, catalogue/index.json, the list
and the worker of the copy for use offline; then whatever is left of earlier sites is deleted. When a listing has shown that every
object is there with its size, and nothing else, manifest.json is written: at the target it is the record of the last upload that
was finished. So an upload that was cut off is finished by running it again, and knows even then which addresses to purge.

Refuses a folder that is no whole site, and a place that holds something else than a site. Known limits: a store has no switch for
many objects, so pages of two generations stand side by side while an upload runs, and who has the search page open over its end
may have to load it again; of two uploads to one place at once the one that ends last finds out, and has to be repeated; objects
that are there already keep the headers that they were sent with; a redaction is not told from any other change, so it needs a
purge of everything; the listing is held in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from contextlib import AbstractContextManager
from itertools import chain, groupby
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from site_builder import publish, stores
from site_builder.model import BuildError
from site_builder.publish import MANIFEST, NOJEKYLL, REMOVED
from site_builder.search import HUB_FOLDER
from site_builder.serve import content_type

AT_ONCE = 64
"""Requests under way."""
BATCH = 1_000
"""Objects handed over together; as many as S3 deletes in one request."""
FOR_EVER = "public, max-age=31536000, immutable"
ASK_FIRST = "no-cache"
"""A copy may be kept, and shown when the store says that it still holds: what was taken down is shown by nobody who asks."""

_BY_CONTENT = re.compile(r"(?:static|catalogue|pagefind)/.*[._][0-9a-f]{7,}[./]")
"""Named by what they hold, or in a folder that is."""
_WAVES = tuple(
    (number, re.compile(rf"\A(?:{pattern})"))
    for number, pattern in (
        (0, re.escape(NOJEKYLL)),
        (7, r"catalogue/index\.json"),
        (8, r"offline\.json"),
        (9, r"sw\.js"),
        (1, r"(?:static|catalogue)/.*|" + _BY_CONTENT.pattern + ".*"),
        (6, re.escape(f"{HUB_FOLDER}pagefind-entry.json")),
        (1, r"pagefind/.*"),
        (2, r"data/[^/]*\.(?:jsonl|csv|gz|parquet|json)|originals/.*|.*\.csv"),
        (3, r"decisions/.*"),
        (5, r".*\.xml|robots\.txt|data/SHA256SUMS"),
        (4, r".*"),
    )
)
"""The first pattern that fits says when a file is sent: what is named by others goes before them."""
_OF_LETTERS = ("decisions/", "originals/")
_S3 = ("s3", "s3a")
_FOLDERS = ("file", "local")
_AGAIN = "upload again: what is there already is not sent twice"
_STAGED = ".upload"
"""Where a file system gets each file, before it is renamed."""
_MD5 = re.compile(r"[0-9a-f]{32}")

Progress = Callable[[int, int], None]
"""Called with (objects sent, objects to send)."""
Announce = Callable[[Sequence[str]], None]
"""Told the addresses to be purged."""


class Held(NamedTuple):
    """An object at the target."""

    size: int
    etag: str
    """On S3 the MD5 of what was sent in one piece; empty where there is none."""
    modified: Any
    """When it was written, by the clock of the store: only to be compared with others of it. None: unknown."""


class Store(NamedTuple):
    """A place at which a site stands or is to stand."""

    url: str
    fs: Any
    root: str

    def held(self) -> dict[str, Held]:
        """Path below the place -> what lies there."""
        with self._asked():
            self.fs.invalidate_cache()
            found = self.fs.find(self.root, detail=True).items()
        start = len(self.root) + 1
        return {name[start:]: _held(info) for name, info in found if info["type"] == "file"}

    def record(self) -> bytes:
        """The manifest of the last upload that was finished; empty without one."""
        with self._asked(), contextlib.suppress(FileNotFoundError):
            return bytes(self.fs.cat_file(self._at(MANIFEST)))
        return b""

    def put(self, site: Path, paths: Sequence[str]) -> None:
        """Sends files side by side, as far as the store can."""
        if self._speaks(_FOLDERS):
            self._put_by_rename(site, paths)
            return
        for headers, group in groupby(sorted(paths, key=_headers), key=_headers):
            batch = list(group)
            local, remote = [str(site / path) for path in batch], [self._at(path) for path in batch]
            told = dict(headers) if self._speaks(_S3) else {}
            with self._asked():
                self.fs.put(local, remote, batch_size=AT_ONCE, **told)

    def delete(self, paths: Sequence[str]) -> None:
        """Paths are taken as they are, though fsspec would take some for patterns."""
        plain = [self._at(path) for path in paths if not re.search(r"[*?\[]", path)]
        with self._asked():
            if plain:
                self.fs.rm(plain)
            for path in paths:
                if self._at(path) not in plain:
                    self.fs.rm_file(self._at(path))

    def refuse_itself(self, site: Path) -> None:
        """Where the place is the folder that is to be sent, it would be emptied."""
        if self._speaks(_FOLDERS):
            here, there = os.path.realpath(site), os.path.realpath(self.root)
            if os.path.commonpath([here, there]) in (here, there):
                raise BuildError(f"{self.url} and {site} lie in each other: name another place with --to")

    def _put_by_rename(self, site: Path, paths: Sequence[str]) -> None:
        """A reader of the folder never sees half a file."""
        with self._asked():
            for path in paths:
                self.fs.put_file(str(site / path), self._at(_STAGED))
                self.fs.mv(self._at(_STAGED), self._at(path))

    def _at(self, path: str) -> str:
        return f"{self.root}/{path}"

    def _speaks(self, protocols: Collection[str]) -> bool:
        spoken = self.fs.protocol
        return not set([spoken] if isinstance(spoken, str) else spoken).isdisjoint(protocols)

    def _asked(self) -> AbstractContextManager[None]:
        return stores.asked(self.url, _AGAIN)


class Plan(NamedTuple):
    """What an upload has to do. Paths are those of the site."""

    withdrawn: tuple[str, ...]
    """Pages of letters that are live and were taken down: overwritten before anything else."""
    gone: tuple[str, ...]
    """Likewise, deleted: the site has nothing under their address."""
    waves: tuple[tuple[str, ...], ...]
    """What is sent then, one wave after the other; without the manifest."""
    stale: tuple[str, ...]
    """Deleted when all that is sent."""
    record: bytes
    """Of the upload before; empty without one."""
    is_recorded: bool
    """Is it that of this site?"""
    files: Mapping[str, int]
    """Every file of the site with its bytes."""
    purge: tuple[str, ...]
    """Addresses below the target whose cached copies must go at once; empty where no letter was withdrawn."""

    @property
    def sent(self) -> list[str]:
        """Everything that is sent, in order."""
        last = [] if self.is_recorded else [MANIFEST]
        return [*self.withdrawn, *chain.from_iterable(self.waves), *last]

    @property
    def removed(self) -> list[str]:
        return [*self.gone, *self.stale]

    @property
    def shipped(self) -> Shipped:
        """What comes of it."""
        sent = self.sent
        return Shipped(len(sent), len(self.files) - len(sent), len(self.removed), sum(self.files[path] for path in sent))


class Shipped(NamedTuple):
    """What became of an upload."""

    sent: int
    unchanged: int
    removed: int
    bytes: int
    """Of what was sent."""


def open_store(target: str, endpoint_url: str | None = None) -> Store:
    """`target`: a folder, or an address that fsspec knows. Raises BuildError, as `stores.opened` does."""
    protocol = target.partition("://")[0] if "://" in target else _FOLDERS[0]
    if endpoint_url and protocol not in _S3:
        raise BuildError(f"--endpoint-url is for addresses that begin with s3:, not for {target}")
    options: dict[str, Any] = {"auto_mkdir": True} if protocol in _FOLDERS else {}
    options |= {"endpoint_url": endpoint_url} if endpoint_url else {}
    fs, root = stores.opened(target, skip_instance_cache=True, use_listings_cache=False, **options)
    return Store(target.rstrip("/"), fs, root.rstrip("/"))


def plan(site: Path, store: Store) -> Plan:
    """What an upload of `site` to `store` would do; raises BuildError where it must not be done."""
    sums = _sums(site, store)
    held = store.held()
    record = store.record()
    before = _names(record)
    _refuse_what_is_no_site(store, held, {*sums, *before})
    files = {path: (site / path).stat().st_size for path in (*sums, MANIFEST)}
    changed = {
        path
        for path in sums
        if not _is_same(
            site / path, files[path], held.get(path), held.get(MANIFEST), (sums[path], before.get(path, before.get(REMOVED)))
        )
    }
    left = held.keys() - files.keys()
    taken_down = {path for path in sums if path != REMOVED and sums[path] == sums.get(REMOVED)}
    withdrawn = changed & taken_down & held.keys()
    gone = {path for path in left if path.startswith(_OF_LETTERS)}
    waves: dict[int, list[str]] = {}
    for path in sorted(changed - withdrawn):
        waves.setdefault(_wave(path), []).append(path)
    is_recorded = record == (site / MANIFEST).read_bytes()
    replaced = {path for path in before if before[path] != sums.get(path)} | (changed & held.keys()) | left
    return Plan(
        withdrawn=tuple(sorted(withdrawn)),
        gone=tuple(sorted(gone)),
        waves=tuple(tuple(waves[number]) for number in sorted(waves)),
        stale=tuple(sorted(left - gone)),
        record=record,
        is_recorded=is_recorded,
        files=files,
        purge=_to_purge(replaced if is_recorded else {*replaced, MANIFEST}, sums.keys() - taken_down),
    )


def ship(
    site: Path,
    target: str,
    endpoint_url: str | None = None,
    *,
    announce: Announce = lambda addresses: None,
    progress: Progress = lambda done, total: None,
) -> Shipped:
    """Makes `target` hold exactly the site, in the order that the module's docstring gives.

    `announce` hears which addresses to purge (of none, too) before the upload is recorded as finished: one that is cut off after
    that tells them again.
    """
    store = open_store(target, endpoint_url)
    with publish.kept(site):
        todo = plan(site, store)
        total, sent = len(todo.sent), 0
        for batch in _batches([todo.withdrawn]):
            store.put(site, batch)
        for batch in _batches([todo.gone]):
            store.delete(batch)
        sent = len(todo.withdrawn)
        for batch in _batches(todo.waves):
            store.put(site, batch)
            sent += len(batch)
            progress(sent, total)
        for batch in _batches([todo.stale]):
            store.delete(batch)
        if todo.sent or todo.removed:
            _refuse_what_is_missing(store, todo.files)
        if store.record() != todo.record:
            raise BuildError(f"{store.url}: another upload ended there meanwhile: upload again, one at a time", exit_code=5)
        announce(todo.purge)
        if not todo.is_recorded:
            store.put(site, [MANIFEST])
        progress(total, total)
    return todo.shipped


def _held(info: Mapping[str, Any]) -> Held:
    modified = next((info[name] for name in ("LastModified", "mtime", "updated", "created") if info.get(name)), None)
    return Held(info["size"], str(info.get("ETag", "")).strip('"'), modified)


def _sums(site: Path, store: Store) -> dict[str, str]:
    """Path -> sha256 of every file but the manifest; pages of letters that were taken down, too."""
    if not (site / MANIFEST).is_file():
        raise BuildError(f"{site} holds no site yet: build it, or name the site with --out")
    store.refuse_itself(site)
    if not publish.is_whole(site):
        raise BuildError(f"{site} is not as it was built (its files are not those of {MANIFEST}): build it again")
    noted = _names((site / MANIFEST).read_bytes())
    return {path: noted.get(path) or noted[REMOVED] for path in sorted(publish.files(site)) if path != MANIFEST}


def _names(manifest: bytes) -> dict[str, str]:
    """Path -> sha256, without the pages that are only counted. What is no manifest names nothing."""
    try:
        noted = msgspec.json.decode(manifest, type=dict[str, str])
    except msgspec.DecodeError:
        return {}
    return {path: digest for path, digest in noted.items() if not path.startswith(f"{REMOVED}#")}


def _refuse_what_is_no_site(store: Store, held: Mapping[str, Held], known: Iterable[str]) -> None:
    """All that is no part of the site will be deleted: never somebody's documents."""
    expected = {_top(path) for path in known} | {MANIFEST, _STAGED}
    foreign = sorted({_top(path) for path in held} - expected)
    if foreign or (NOJEKYLL not in held and held.keys() - {_STAGED}):
        told = f"{', '.join(foreign[:3])}, which belongs to no site" if foreign else "files, but no site"
        raise BuildError(f"{store.url} holds {told}: empty it, or name a place that the site has for itself")


def _top(path: str) -> str:
    return path.partition("/")[0]


def _is_same(file: Path, size: int, there: Held | None, record: Held | None, sums: tuple[str, str | None]) -> bool:
    """Does the target hold these bytes? `record`: its manifest, which says nothing of what was written after it.

    `sums`: of the file, and as the record has it.
    """
    if there is None or there.size != size:
        return False
    if _MD5.fullmatch(there.etag):
        return _md5(file) == there.etag
    known = record is not None and there.modified is not None and there.modified <= record.modified
    return known and sums[0] == sums[1]


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _wave(path: str) -> int:
    return next(number for number, pattern in _WAVES if pattern.fullmatch(path))


def _headers(path: str) -> tuple[tuple[str, str], ...]:
    """As S3 calls them."""
    caching = FOR_EVER if _BY_CONTENT.match(path) else ASK_FIRST
    return ("CacheControl", caching), ("ContentType", content_type(path))


def _to_purge(replaced: Set[str], live: Collection[str]) -> tuple[str, ...]:
    """Where a letter was withdrawn, whatever was replaced or deleted may name it: letters first, and a folder for its index."""
    of_letters = {path for path in replaced if path.startswith(_OF_LETTERS) and path not in live}
    if not of_letters:
        return ()
    others = sorted(replaced - of_letters)
    folders = [path.removesuffix("index.html") for path in others if _top(path) != path and path.endswith("/index.html")]
    return (*sorted(of_letters), *others, *folders)


def _batches(waves: Iterable[Sequence[str]]) -> Iterator[Sequence[str]]:
    for wave in waves:
        for start in range(0, len(wave), BATCH):
            yield wave[start : start + BATCH]


def _refuse_what_is_missing(store: Store, files: Mapping[str, int]) -> None:
    """The manifest is written last: when everything else has been seen."""
    held = store.held()
    wrong = [path for path, size in files.items() if path != MANIFEST and (path not in held or held[path].size != size)]
    wrong += sorted(held.keys() - files.keys())
    if wrong:
        raise BuildError(f"{store.url}: {len(wrong):,} objects are not as sent, {wrong[0]} among them: upload again", exit_code=5)
