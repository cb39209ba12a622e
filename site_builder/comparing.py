"""Similar decisions of all letters: compared side by side, or from the cache where nothing that decides has changed. Shell."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from site_builder import workers
from site_builder.model import Letter
from site_builder.shelf import Shelf
from site_builder.similar import Finder, Similar


def compare(
    letters: Sequence[Letter], shelf: Shelf, *, jobs: int, progress: Callable[[int, int], None]
) -> Callable[[int], Sequence[Similar]]:
    """For the number of a letter the decisions similar to it. `progress`: called with (done, total)."""
    finder = Finder(letters)

    def of(number: int) -> bytes:
        return msgspec.msgpack.encode([(one.letter.id, one.issue.number, one.shared) for one in finder.of(number)])

    asked = {shelf.key(finder.follows_from(number)): number for number in range(len(letters))}
    found = list[bytes]()
    for told in shelf.through(asked, lambda numbers: workers.spread(of, numbers, jobs)):
        found.append(told)
        progress(len(found), len(letters))
    shelf.sweep(asked)
    by_id = {letter.id: letter for letter in letters}

    def similar(number: int) -> Sequence[Similar]:
        told = msgspec.msgpack.decode(found[number], type=list[tuple[str, int, tuple[str, ...]]])
        return [Similar(by_id[id], by_id[id].issues[issue - 1], shared) for id, issue, shared in told]

    return similar
