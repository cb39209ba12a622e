"""Text as typed to lines and paragraphs: cleans characters and undoes the printout. Pure.

A letter reaches us as a printout: wrapped lines, pages, sometimes an empty line after every line. What is undone here: line
endings, control and direction characters, mojibake, doubled line spacing, page breaks, wrapping, hyphens at line ends. White
space inside a line is folded to one blank; nothing else of the wording changes, and no word is lost.

Refused: guessing at words (`throracic` stays) and at hyphens inside a line (`short- and long-term` is as good as `Electro-
diagnostic`). Known limit: a page break between two paragraphs without any empty line is seen only where the first word of the
next page would have fitted on the line before.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import ftfy

from site_builder.model import Line

WIDEST = 160
"""Characters; longer lines were never wrapped by a printer."""

_LINE_ENDS = re.compile("\r\n?|[\x0b\x85\u2028\u2029]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f"  # controls but tab, line feed and form feed (the line ends above are gone by now)
    "\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]"  # soft hyphen, zero width, bidi, inner BOM
)
_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
"""Of the printer, not of the word: who looks for "office" means all of them."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_JOINED_WORDS = frozenset({"and", "or", "to", "versus", "vs", "vs."})
"""After a hanging hyphen ("pre- and post-operative") the blank stays."""


def clean(text: str) -> str:
    """Line ends as LF (form feeds stay), no characters that are not seen, no ligatures, mojibake mended, NFC."""
    if not text.isascii():
        text = _SURROGATE.sub("\ufffd", text)
        text = unicodedata.normalize("NFC", ftfy.fix_encoding(text)).translate(_LIGATURES)
    return _UNSEEN.sub("", _LINE_ENDS.sub("\n", text))


def lines_of(text: str) -> tuple[Line, ...]:
    """Lines of `clean` text with their numbers; exactly one blank line stands between paragraphs, none at either end."""
    rows = _rows(text)
    if any(row.pages for row in rows):  # a single page needs no number
        rows = list(_without_page_numbers(rows))
    layout = _layout(rows)
    lines: list[Line] = []
    above: _Row | None = None
    for row in rows:
        if above is not None and _is_break(above, row, layout):
            lines.append(Line(above.number + 1, ""))
        lines.append(Line(row.number, row.text))
        above = row
    return tuple(lines)


def paragraphs(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Each run of lines between blank ones as one text, with the number of its first line."""
    found: list[Line] = []
    run: list[Line] = []
    for line in [*lines, Line(0, "")]:
        if line.text:
            run.append(line)
        elif run:
            found.append(Line(run[0].number, unwrap(part.text for part in run)))
            run = []
    return tuple(found)


def unwrap(texts: Iterable[str]) -> str:
    """Lines of one paragraph as one: a blank where a line broke, none after a hyphen that a line ends in ("10-1-" "15")."""
    parts: list[str] = []
    for text in texts:
        words = text.split()
        if not words:
            continue
        if parts and not (_hangs(parts[-1]) and words[0].lower() not in _JOINED_WORDS):
            parts.append(" ")
        parts.append(" ".join(words))
    return "".join(parts)


class _Row(NamedTuple):
    """A printed line and what stands between it and the printed line before."""

    number: int
    text: str
    blanks: int
    """Empty lines above."""
    spaced: bool
    """One of them holds white space: where all lines are doubled, only a typed empty line does."""
    pages: int
    """Form feeds above."""


_NOTHING = _Row(0, "", 0, spaced=False, pages=0)


class _Layout(NamedTuple):
    usual: int
    """Empty lines between any two lines: 0 unless the printout doubled its line spacing."""
    spaced: bool
    """Typed empty lines hold a blank, those of the printout hold none."""
    width: int
    """That a tenth of the lines exceed."""


def _rows(text: str) -> list[_Row]:
    rows: list[_Row] = []
    blanks, spaced, pages = 0, False, 0
    for number, whole in enumerate(text.split("\n"), 1):
        for part, typed in enumerate(whole.split("\f")):
            pages += part > 0
            words = typed.split()
            if words:
                rows.append(_Row(number, " ".join(words), blanks, spaced, pages))
                blanks, spaced, pages = 0, False, 0
            elif "\f" not in whole:
                blanks += 1
                spaced = spaced or bool(typed)
    return rows


def _without_page_numbers(rows: Sequence[_Row]) -> Iterator[_Row]:
    """Without rows that hold the number of their page alone, at its head or foot; what stood above them stands above the next."""
    page, left = 1, _NOTHING
    for row, below in zip(rows, [*rows[1:], None], strict=True):
        page += row.pages
        at_edge = row.pages or below is None or below.pages
        is_number = at_edge and row.text == str(page)
        whole = row if left is _NOTHING else _below(left, row)
        if not is_number:
            yield whole
        left = whole if is_number else _NOTHING


def _below(left: _Row, row: _Row) -> _Row:
    """The row with what stood above the one that was left out before it."""
    return row._replace(blanks=left.blanks + row.blanks, spaced=left.spaced or row.spaced, pages=left.pages + row.pages)


def _layout(rows: Sequence[_Row]) -> _Layout:
    """Is there an empty line after every line, though paragraphs go on? Paragraphs of one line each do not count as that."""
    widths = sorted(len(row.text) for row in rows)
    width = widths[len(widths) * 9 // 10] if widths else 0
    gaps = sorted(_height(row) for row in rows[1:])
    full = sum(_height(row) > 0 and not _fits(above, row, width) for above, row in pairwise(rows))
    flowing = sum(row.text[0].islower() for row in rows[1:])  # a sentence goes on: paragraphs of one line do not do that
    if len(gaps) < 3 or width > WIDEST or gaps[len(gaps) // 10] == 0 or full * 4 < len(gaps) or flowing * 5 < len(gaps):
        return _Layout(0, False, width)
    usual = gaps[len(gaps) // 4]
    spaced, tall = sum(row.spaced for row in rows[1:]), sum(gap > 2 * usual for gap in gaps)
    return _Layout(usual, tall <= 2 * spaced and 0 < spaced < 0.75 * len(gaps), width)


def _is_break(above: _Row, row: _Row, layout: _Layout) -> bool:
    """Does a paragraph end between the two?"""
    if layout.usual:
        return row.spaced if layout.spaced else _height(row) > 2 * layout.usual
    if not row.pages:
        return row.blanks > 0
    # Printouts put empty lines around a page break, so that they prove little: has the sentence, or the line, come to its end?
    ended, fits = above.text[-1] in ".:;?!)\"'", _fits(above, row, layout.width)
    if row.blanks:
        return ended or (fits and not row.text[0].islower())
    return fits and (ended or not row.text[0].islower())


def _height(row: _Row) -> int:
    return row.blanks or int(row.pages > 0)


def _fits(above: _Row, row: _Row, width: int) -> bool:
    """Would the first word have had room on the line above? A tenth is left for letters of unequal width."""
    return len(above.text) + 1 + len(row.text.split(" ", 1)[0]) < 0.9 * width


def _hangs(text: str) -> bool:
    return len(text) > 1 and text[-1] in "-\u2010" and text[-2].isalnum()
