"""Fields of the header and of the reviewer's credentials: labelled ones, and what prose says in the words of a pattern. Pure.

The first value of a field stands. Refused: dates that no label or pattern announces; a date behind an unknown label is a problem.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from typing import Any

from site_builder import metadata
from site_builder.formats import Format, fold
from site_builder.model import Section

Complaint = tuple[str, str]
"""(code, message) of a problem."""

_PRINTED_DATE = r"(?P<date>\d{1,2}[/-]\d{1,2}[/-](?:\d{4}|\d{2})|\d{4}-\d{2}-\d{2}|[A-Z][a-z]{2,8}\.? \d{1,2}, ?\d{4})(?![\dlIO])"
_DATE = re.compile(rf"(?:CT:? ?)?{_PRINTED_DATE}")  # cumulative trauma: over years, from this day on
_VALUE = re.compile(
    rf" ?(?:(?P<case_number>(?:CM|IMR ?)\d{{2}}-\d{{6,7}})|{_PRINTED_DATE}|(?P<priority>(?i:standard|expedited)))(?!\w)"
)
_RULE = re.compile(r"(?<!\S)(?:[^\w\s]{0,2}[|\u00a6][^\w\s]{0,2}|[{}\[\].!]{1,2})(?!\S)")
"""The ruling of a table, as OCR reads it: `UR Denial Date: | 10/20/2016`, `{| 10/20/2016`."""
_OTHER_LABEL = re.compile(r"\b(?:[^\W\d_][\w()/'.]{0,40}+ ?){1,5}:")
_UNREAD_DATE = re.compile(r"(?P<label>[^\W\d_][^:\d]{2,40}):\s*(?=\d{1,2}[/-]\d{1,2}[/-]\d)")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_AND = re.compile(r",?\s{1,3}and\s+", re.IGNORECASE)
_LIST = re.compile(r"\s{0,3}(?:[,;]|(?<=[a-z]{3})\.(?=\s?[A-Z][a-z]{3}))\s*(?:(?i:and)\s+)?")
"""Commas, some of which OCR reads as stops: `Texas. Ohio`."""
_CREDENTIALS = frozenset({"header", "method", "reviewer"})


def fields_of(sections: Sequence[Section], form: Format) -> tuple[dict[str, Any], list[Complaint]]:
    """Values by name of the Letter field: labelled ones first, then those in prose."""
    fields, complaints = dict[str, Any](), list[Complaint]()
    printed = " ".join(words for section in sections if section.kind in ("header", "findings") for words in section.paragraphs)
    header = " ".join(_RULE.sub(" ", printed).split())
    own = " ".join(words for section in sections if section.kind in _CREDENTIALS for words in section.paragraphs)
    for name, value in [*_labelled(header, form), *_prose(header, form, are_lists=False)]:
        if name not in metadata.LISTS:
            complaints += _set(fields, name, value)
    for match in _UNREAD_DATE.finditer(_unread(header, form)):
        told = f"the header has a date behind {match['label'].strip()!r}, which is no known label; it is left out"
        complaints.append(("header-label", told))
    for name, value in [*_labelled(own, form), *_prose(own, form, are_lists=True)]:
        if name in metadata.LISTS:
            items = _listed(value, form)
            fields[name] = (*fields.get(name, ()), *(item for item in items if item not in fields.get(name, ())))
    return fields, complaints


def _unread(header: str, form: Format) -> str:
    """What no label and no pattern announces."""
    for _, pattern in form.prose:
        header = pattern.sub(" ", header)
    for start, end, _ in reversed(_labels(header, form)):
        header = f"{header[:start]} {header[end:]}"
    return header


def _labelled(words: str, form: Format) -> Iterator[tuple[str, str]]:
    """(field, text up to the next label)."""
    labels = _labels(words, form)
    waiting = list[str]()
    for (_, end, name), stop in zip(labels, [*(start for start, _, _ in labels[1:]), len(words)], strict=False):
        value = words[end:stop].strip()
        if name != "-":
            waiting.append(name)
        if not value:
            continue
        values = _values(value, len(waiting))
        kinds = [one if one in ("case_number", "priority") else "date" for one in waiting]
        if len(waiting) > 1 and [kind for kind, _ in values] == kinds:  # a table that was read column by column
            yield from zip(waiting, (one for _, one in values), strict=True)
        elif name != "-":
            yield name, f"{len(values)} values for {len(waiting)} labels: {value}" if len(waiting) > len(values) > 1 else value
        waiting.clear()


def _labels(words: str, form: Format) -> list[tuple[int, int, str]]:
    """(start, end, field) of the labels; a long one may have a letter in ten wrong, as `UR Deniai Date:`."""
    if not form.labels:
        return []
    found = [(match.start(), match.end(), form.field_names[fold(match["label"])]) for match in form.labels.finditer(words)]
    ends = {end for _, end, _ in found}
    for colon in re.finditer(":", words):
        if colon.end() not in ends and (label := form.misprinted(words[: colon.start()])):
            found.append((colon.start() - label[0], colon.end(), label[1]))
    return sorted(found)


def _values(words: str, most: int) -> list[tuple[str | None, str]]:
    """(kind, words) of the case numbers, dates and priorities that stand there one behind the other."""
    found, end = list[tuple[str | None, str]](), 0
    while len(found) < most and (value := _VALUE.match(words, end)):
        found.append((value.lastgroup, value.group().strip()))
        end = value.end()
    return found


def _prose(words: str, form: Format, *, are_lists: bool) -> list[tuple[str, str]]:
    """(field, value) in the order of the text. `are_lists`: of fields with several values, else of those with one."""
    asked = [(name, pattern) for name, pattern in form.prose if (name in metadata.LISTS) is are_lists]
    found = [(match.start("value"), name, match["value"]) for name, pattern in asked for match in pattern.finditer(words)]
    return [(name, value) for _, name, value in sorted(found)]


def _set(fields: dict[str, Any], name: str, words: str) -> list[Complaint]:
    """The first value stands; another one is a problem."""
    value = _value(name, words)
    if value is None:
        return [] if _OTHER_LABEL.match(words) else [("header-field", f"{name}: {words[:60]!r} is not understood and left out")]
    if fields.setdefault(name, value) != value:
        return [("header-conflict", f"{name} is {fields[name]} and also {value}; the first stands")]
    return []


def _value(name: str, words: str) -> object:
    if name == "case_number":
        found = re.match(r"CM\d{2}-\d{7}(?!\w)|IMR\s?\d{2}-\d{6}(?!\w)", words, re.ASCII | re.IGNORECASE)
        return metadata.case_number(found.group()) if found else None
    if name == "priority":
        first = fold(words.split(maxsplit=1)[0])
        return next((known for known in ("standard", "expedited") if fold(known) == first), None)
    found = _DATE.match(words)
    return _date(found["date"]) if found else None


def _date(printed: str) -> dt.date | None:
    """As letters print it, month first; years of two digits are 1941 to 2040."""
    parts = re.split(r"[\s,./-]+", printed)
    if printed[0].isalpha():
        month = next((number for number, name in enumerate(_MONTHS, 1) if parts[0].lower().startswith(name)), 0)
        day, year = int(parts[1]), int(parts[2])
    elif len(parts[0]) == 4:
        year, month, day = map(int, parts)
    else:
        month, day, year = map(int, parts)
    if year < 100:
        year += 2000 if year <= 40 else 1900
    try:
        return dt.date(year, month, day)
    except ValueError:
        return None


def _listed(words: str, form: Format) -> list[str]:
    """Items between commas and "and"; names that hold one of these are kept whole."""
    for number, name in enumerate(form.kept):
        words = name.sub(f"\x00{number}\x00", words)
    items = [part for item in _LIST.split(words) for part in _AND.split(item)]
    whole = [re.sub("\x00(\\d+)\x00", lambda match: form.keep[int(match[1])], item) for item in items]
    return [item for item in (item.strip(" .;") for item in whole) if item]
