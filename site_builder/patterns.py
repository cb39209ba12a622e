"""Many patterns, looked for in many texts of which most hold none. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Patterns(Generic[Item]):
    """Patterns, each with what it stands for."""

    def __init__(self, patterns: Iterable[tuple[Item, str]], ready: Callable[[str], re.Pattern[str]]) -> None:
        """`ready`: compiles one, or several joined by `|`."""
        given = list(patterns)
        self._all = [(item, ready(pattern)) for item, pattern in given]
        self._grouped = [(item, pattern) for item, pattern in self._all if pattern.groups]  # joined, they would be renumbered
        self._any = ready("|".join(text for (_, text), (_, pattern) in zip(given, self._all, strict=True) if not pattern.groups))

    def perhaps_in(self, text: str) -> Sequence[tuple[Item, re.Pattern[str]]]:
        """Those that may find something there, in order. That none will, one search for all at once tells sooner."""
        return self._all if self._any.search(text) else self._grouped
