"""Puts the search data into a staged site: the text index of every shard and the catalogue that joins it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from site_builder import catalogue, pagefind, staged
from site_builder.catalogue import Catalogue, Indexed, Shard
from site_builder.model import File, Letter
from site_builder.rules import Rules

ROOT = Path(__file__).parent.parent
HUB = "hub"
"""Folder of the index that opens the others; no shard has that name."""


def build(
    stage: Path, letters: Sequence[Letter], rules: Rules, *, text: bool, jobs: int, progress: Callable[[str, int, int], None]
) -> None:
    """Writes catalogue/ and, with `text`, pagefind/ below `stage`. Shards are indexed side by side, at most two at once."""
    planned = catalogue.plan(letters, rules)
    indexed = _text(stage, planned, rules, jobs, progress) if text else None
    for file in catalogue.files(planned, rules, indexed):
        _write(stage, file)


def _text(stage: Path, planned: Catalogue, rules: Rules, jobs: int, progress: Callable[[str, int, int], None]) -> Indexed:
    program = pagefind.program(ROOT)
    (stage / "pagefind").mkdir()
    _index(program, stage, HUB, [staged.HUB])
    fragments = {}
    with ThreadPoolExecutor(min(2, max(jobs, 1))) as pool:
        shards = pool.map(lambda shard: _letters(program, stage, shard, rules), planned.shards)
        for done, (shard, ids) in enumerate(zip(planned.shards, shards, strict=True), 1):
            fragments[shard.name] = ids
            progress("Indexing text", done, len(planned.shards))
    lists = staged.words([shard.letters for shard in planned.shards])
    digest = hashlib.sha256("\n\n".join(lists.values()).encode()).hexdigest()[:8]
    for initial, words in lists.items():
        _write(stage, File(path=f"catalogue/words.{digest}/{initial}.txt", content=words.encode()))
    return Indexed(fragments, f"pagefind/{HUB}/", f"catalogue/words.{digest}/", "".join(lists))


def _letters(program: Path, stage: Path, shard: Shard, rules: Rules) -> dict[str, int]:
    """Letter id -> number of its fragment."""
    found = _index(program, stage, shard.name, [staged.page(letter, rules) for letter in shard.letters])
    return {letter.id: found[letter.url] for letter in shard.letters}


def _index(program: Path, stage: Path, name: str, pages: Sequence[File]) -> dict[str, int]:
    with tempfile.TemporaryDirectory(prefix=".index-", dir=stage) as folder:
        for page in pages:
            _write(Path(folder), page)
        return pagefind.index(program, Path(folder), stage / "pagefind" / name, len(pages), hub=name == HUB)


def _write(folder: Path, file: File) -> None:
    target = folder / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(file.content)
