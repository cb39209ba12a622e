"""Where the parts of a letter begin: finds the marks of a format in its lines. Pure.

A mark counts where its kind may stand: a heading alone on its lines or before a colon, a label before its text, an opening only
where its part of an issue can come next, so that a rationale may use the same words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from site_builder import text
from site_builder.formats import BLOCKS, Format, Mark, fold
from site_builder.heads import NUMBERED, item_starts, patterned
from site_builder.model import Line

_AFTER_LABEL = re.compile(r"\s{0,3}[:;]\s*")
_AFTER_HEADING = re.compile(r"(?<![\s.:;,*_)\]-])[\s.:;,*_)\]-]*$")
_RUN_IN = re.compile(r"(?<!\s)\s+(?=[A-Z][a-z]|MAXIMUS|\d)")
LONGEST_MARK = 160
"""Letters of a line, and of those it runs on into, that are compared with marks."""
_LONGEST_HEAD = 30
"""Lines."""
ISSUE_ROLES = frozenset({"decisions", "lead-in", "dispute"})


class Part(NamedTuple):
    """The letter between two marks."""

    role: str
    mark: Mark | None
    heading: str
    line: int
    lines: tuple[Line, ...]


def cut(source: Sequence[Line], form: Format) -> list[Part]:
    """The parts of the letter in order; what stands before the first mark is the header."""
    lines = [*_split((line for line in source if not runs(line, form)), form)]
    letters = [fold(line.text[: 2 * LONGEST_MARK]) for line in lines]
    parts: list[Part] = []
    role, mark, heading, first, kept = "header", None, "", lines[0].number if lines else 1, list[Line]()
    index = 0
    while index < len(lines):
        found = _mark_at(lines, letters, index, form) if lines[index].text else None
        if found is None or not _may_begin(found.mark, role, kept, form):
            kept.append(lines[index])
            index += 1
            continue
        parts.append(Part(role, mark, heading, first, tuple(kept)))
        role, mark, heading, first = found.mark.role, found.mark, found.printed, lines[index].number
        kept = [Line(lines[found.last].number, found.rest)] if found.rest else []
        index = found.last + 1
    parts.append(Part(role, mark, heading, first, tuple(kept)))
    return [part for part in parts if part.heading or any(line.text for line in part.lines)]


def runs(line: Line, form: Format) -> bool:
    """Is this a header or footer of a printed page?"""
    return len(line.text) < 120 and form.edge.fullmatch(line.text) is not None


def _split(lines: Iterable[Line], form: Format) -> Iterator[Line]:
    """Lines, parted before each mark that stands in the middle of one."""
    for line in lines:
        pieces = form.inside.split(line.text) if form.inside else [line.text]
        for number, piece in enumerate(pieces):
            if number:
                yield Line(line.number, "")
            yield Line(line.number, piece)


class _Found(NamedTuple):
    mark: Mark
    printed: str
    last: int
    """Index of the line in which the mark ends."""
    rest: str
    """What follows it there."""


def _mark_at(lines: Sequence[Line], letters: Sequence[str], index: int, form: Format) -> _Found | None:
    skipped = NUMBERED.match(lines[index].text)
    start = skipped.end() if skipped else 0
    window, last = (fold(lines[index].text[start : 2 * LONGEST_MARK]) if start else letters[index]), index
    while len(window) < LONGEST_MARK and last + 1 < len(lines) and lines[last + 1].text:
        last += 1
        window += letters[last]
    ended = (_ended(lines, index, start, length, mark) for mark, length in form.begun(window))
    return next(filter(None, ended), None)


def _ended(lines: Sequence[Line], index: int, start: int, length: int, mark: Mark) -> _Found | None:
    """Does the mark stop where a mark of its kind may stop?"""
    last, column = _position(lines, index, start, length)
    row = lines[last].text
    printed = text.unwrap([line.text for line in lines[index:last]] + [row[:column]])
    rest = row[column:]
    begins = index == 0 or not lines[index - 1].text
    if mark.kind == "opening":
        return _Found(mark, "", index - 1, "") if begins or lines[index - 1].text[-1] in ".:" else None
    after = _AFTER_LABEL.match(rest)
    if after:
        return _Found(mark, (printed + rest[: after.end()]).strip(), last, rest[after.end() :])
    if mark.kind == "label":
        fits = begins and (not rest or (rest[0].isspace() and rest.strip()[:1].isupper()))
        return _Found(mark, printed, last, rest.strip()) if fits else None
    if _AFTER_HEADING.match(rest):
        words = len(printed.split())
        fits = begins or printed.isupper() or words > 2 or lines[index - 1].text[-1] in ".:?!\"'"
        return _Found(mark, printed + rest.rstrip(), last, "") if fits else None
    run_in = _RUN_IN.match(rest) if printed.isupper() else None
    return _Found(mark, printed, last, rest[run_in.end() :]) if run_in else None


def _position(lines: Sequence[Line], index: int, start: int, length: int) -> tuple[int, int]:
    """(line, column) behind the `length`-th letter, and behind the rest of its word."""
    column = start
    while length > 0:
        row = lines[index].text
        while column < len(row) and length > 0:
            length -= _folded_length(row[column])
            column += 1
        if length > 0:
            index, column = index + 1, 0
    row = lines[index].text
    for _ in range(2):
        if column < len(row) and row[column].isalnum():
            column += 1
    return index, column


@cache
def _folded_length(letter: str) -> int:
    return len(fold(letter))


def _may_begin(mark: Mark, role: str, kept: Sequence[Line], form: Format) -> bool:
    """An opening is a mark only where its part of an issue can stand: a rationale may use the same words."""
    if mark.kind != "opening" or mark.role == role:
        return mark.kind != "opening"
    if mark.role not in BLOCKS:
        return role == "header"
    if role in ISSUE_ROLES or (role in BLOCKS and BLOCKS.index(mark.role) > BLOCKS.index(role)):
        return True
    rows = text.paragraphs(kept[-_LONGEST_HEAD:])
    return bool(rows) and any(patterned(Line(0, rows[-1].text[start:]), form) for start in (0, *item_starts(rows[-1].text)))
