"""CSV as RFC 4180 has it: UTF-8, commas, CRLF, quotes where they are needed. Pure.

A text that a spreadsheet would run as a formula gets an apostrophe before it, which says that it is text. Numbers are left as
they are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence

_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class _Parts(list[str]):
    """What csv.writer writes to."""

    write = list.append


def encode(rows: Iterable[Sequence[object]]) -> bytes:
    """A line a row. None is an empty cell; True and False are `true` and `false`."""
    parts = _Parts()
    csv.writer(parts).writerows(map(_cell, row) for row in rows)
    return "".join(parts).encode()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return f"'{value}" if isinstance(value, str) and value.startswith(_STARTS_FORMULA) else value
