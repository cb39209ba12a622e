"""Puts the search data into a staged site: the text index of every shard and the catalogue that joins it."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from site_builder import catalogue, pagefind, staged
from site_builder.catalogue import Shard
from site_builder.model import File, Letter
from site_builder.rules import Rules

ROOT = Path(__file__).parent.parent


def build(
    stage: Path, letters: Sequence[Letter], rules: Rules, *, text: bool, jobs: int, progress: Callable[[str, int, int], None]
) -> None:
    """Writes catalogue/ and, with `text`, pagefind/ below `stage`. Shards are indexed side by side, at most two at once."""
    planned = catalogue.plan(letters, rules)
    fragments: dict[str, dict[str, int]] = {}
    words = None
    if text:
        program = pagefind.program(ROOT)
        (stage / "pagefind").mkdir()
        with ThreadPoolExecutor(min(2, max(jobs, 1))) as pool:
            shards = pool.map(lambda shard: _index(program, stage, shard, rules), planned.shards)
            for done, (shard, ids) in enumerate(zip(planned.shards, shards, strict=True), 1):
                fragments[shard.name] = ids
                progress("Indexing text", done, len(planned.shards))
        words = _write(stage, _words(letters, rules))
    for file in catalogue.files(planned, rules, fragments, words):
        _write(stage, file)


def _index(program: Path, stage: Path, shard: Shard, rules: Rules) -> dict[str, int]:
    """Letter id -> number of its fragment."""
    with tempfile.TemporaryDirectory(prefix=".index-", dir=stage) as folder:
        for letter in shard.letters:
            _write(Path(folder), staged.page(letter, rules))
        found = pagefind.index(program, Path(folder), stage / "pagefind" / shard.name, len(shard.letters))
    return {letter.id: found[letter.url] for letter in shard.letters}


def _words(letters: Sequence[Letter], rules: Rules) -> File:
    content = "\n".join(staged.words(letters, rules)).encode()
    return File(path=f"catalogue/words.{hashlib.sha256(content).hexdigest()[:8]}.txt", content=content)


def _write(folder: Path, file: File) -> str:
    target = folder / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(file.content)
    return file.path
