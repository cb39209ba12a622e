"""CSV as RFC 4180 has it: UTF-8, commas, CRLF, quotes where they are needed. Pure.

A text that a spreadsheet would run as a formula gets an apostrophe before it, which says that it is text. Numbers are left as
they are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Parts(list[str]):
    """What csv.writer writes to."""

    write = list.append


def lines(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """A line of heads, then one a row. None is an empty cell; True and False are `true` and `false`."""
    parts = _Parts()
    writer = csv.writer(parts)
    for row in chain([heads], rows):
        writer.writerow(map(_cell, row))
        yield "".join(parts).encode()
        parts.clear()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and value.startswith(_STARTS_FORMULA) else value
