"""CSV as RFC 4180 has it: UTF-8, commas, CRLF, quotes where they are needed. Pure.

A text that a spreadsheet would run as a formula gets an apostrophe before it, which says that it is text. Numbers are left as
they are.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterable, Sequence

_BLANK = re.compile(r"[\s\u200b\ufeff]*")


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
    return f"'{value}" if isinstance(value, str) and _starts_formula(value) else value


def _starts_formula(text: str) -> bool:
    """Also behind blanks, and in full width, as spreadsheets in some languages take it; as `cell` of templates/static/take.js."""
    first = _BLANK.sub("", text, count=1)[:1]
    return text.startswith(("\t", "\r", "\n")) or unicodedata.normalize("NFKC", first).startswith(("=", "+", "-", "@"))
