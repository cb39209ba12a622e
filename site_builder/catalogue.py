"""The column files behind the search panel: which issue of which letter has which facet value, as small integers. Pure.

    catalogue/index.json            facets with their values, and the shards with their files
    catalogue/<shard>.<hash>.bin    one shard's columns: dates, issues a letter, facet values, ids of the text index
    catalogue/<shard>.cases.<hash>.bin   case numbers, read only when somebody asks for one
    catalogue/<shard>-<n>.<hash>.json    cards: what a result shows, CARDS letters a file

A shard holds the letters of one decision year (of none: `undated`), at most LETTERS_A_SHARD, newest first; shards stand newest
first too, so the row of an issue is its place in time. A facet of the letter has its values once a letter, not once an issue.
A column file is a JSON header (padded to 8 bytes, its length in the first 4) and little-endian arrays at the offsets it names.
"""

from __future__ import annotations

import hashlib
import re
import sys
from array import array
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from site_builder.model import File, Issue, Letter
from site_builder.rules import Facet, Rules

LETTERS_A_SHARD = 10_000
CARDS = 32
EPOCH = 693_596
"""Ordinal of 1 January 1900: days are counted from there, 0 is no date."""
_CASE = re.compile(r"(?P<kind>CM|IMR )(?P<year>\d{2})-(?P<number>\d{6,7})", re.ASCII)


class Shard(NamedTuple):
    """Letters that are indexed together."""

    name: str
    letters: tuple[Letter, ...]


class Catalogue(NamedTuple):
    """The collection cut into shards, and the values that its facets have, in the order of their numbers."""

    shards: tuple[Shard, ...]
    facets: tuple[Facet, ...]
    values: Mapping[str, tuple[str, ...]]
    """Facet key -> value ids; the number of a value is its place."""


def plan(letters: Sequence[Letter], rules: Rules) -> Catalogue:
    """`letters`: newest first, those without a date last."""
    shards: list[Shard] = []
    for year, group in groupby(letters, key=lambda letter: letter.decision_year or "undated"):
        members = tuple(group)
        parts = [members[start : start + LETTERS_A_SHARD] for start in range(0, len(members), LETTERS_A_SHARD)]
        shards += [Shard(year if len(parts) == 1 else f"{year}-{number}", part) for number, part in enumerate(parts, 1)]
    facets = tuple(facet for facet in rules.facets if facet.order >= 0)
    return Catalogue(tuple(shards), facets, {facet.key: _values(letters, facet, rules) for facet in facets})


def files(
    catalogue: Catalogue, rules: Rules, fragments: Mapping[str, Mapping[str, int]], words: str | None = None
) -> Iterator[File]:
    """`fragments`: shard name -> letter id -> number of its fragment in the text index, empty without one; `words`: a path."""
    listed = []
    for shard in catalogue.shards:
        ids = fragments.get(shard.name)
        columns = _file(shard.name, "bin", _columns(catalogue, shard, ids))
        cases = _file(f"{shard.name}.cases", "bin", _little(array("I", map(case_code, shard.letters))))
        cards = [
            _file(f"{shard.name}-{start // CARDS}", "json", _cards(shard.letters[start : start + CARDS]))
            for start in range(0, len(shard.letters), CARDS)
        ]
        yield from (columns, cases, *cards)
        dates = [letter.decision_date for letter in shard.letters if letter.decision_date]
        listed.append(
            {
                "name": shard.name,
                "letters": len(shard.letters),
                "issues": sum(len(letter.issues) for letter in shard.letters),
                "first": min(dates).isoformat() if dates else None,
                "last": max(dates).isoformat() if dates else None,
                "columns": columns.path,
                "cases": cases.path,
                "cards": [card.path for card in cards],
                "text": f"pagefind/{shard.name}/" if ids is not None else None,
            }
        )
    index = {
        "cards": CARDS,
        "words": words,
        "facets": [_described(catalogue, facet, rules) for facet in catalogue.facets],
        "shards": listed,
    }
    yield File(path="catalogue/index.json", content=msgspec.json.encode(index))


def case_code(letter: Letter) -> int:
    """CM17-0001234 as 170001234; IMR 13-000004 as 2130000004; 0 without a case number."""
    match = _CASE.fullmatch(letter.case_number or "")
    if not match:
        return 0
    return int(match["year"]) * 10**7 + int(match["number"]) + (2 * 10**9 if match["kind"] == "IMR " else 0)


def _values(letters: Sequence[Letter], facet: Facet, rules: Rules) -> tuple[str, ...]:
    """The values that occur: in the order of the vocabulary, open ones highest first."""
    found = {value for letter in letters for owner in _owners(letter, facet) for value in owner.facets.get(facet.key, ())}
    order = rules.vocabulary_of(facet).order
    return tuple(sorted(found, reverse=True) if facet.open else sorted(found, key=lambda key: (order.get(key, len(order)), key)))


def _owners(letter: Letter, facet: Facet) -> Sequence[Letter | Issue]:
    return letter.issues if facet.level == "issue" else (letter,)


def _described(catalogue: Catalogue, facet: Facet, rules: Rules) -> dict[str, Any]:
    known = rules.vocabulary_of(facet).by_id
    numbers = {found: number for number, found in enumerate(catalogue.values[facet.key])}
    values = []
    for found in numbers:
        value = known.get(found)
        parent = numbers.get(value.parent) if value and value.parent else None
        described: dict[str, Any] = {"id": found, "label": value.label if value else found}
        if parent is not None:
            described["parent"] = parent
        if value and (value.synonyms or value.words):
            described["words"] = list(dict.fromkeys((*value.synonyms, *value.words)))
        values.append(described)
    return {"key": facet.key, "label": facet.label, "level": facet.level, "values": values}


def _columns(catalogue: Catalogue, shard: Shard, ids: Mapping[str, int] | None) -> bytes:
    days = array("H", (letter.decision_date.toordinal() - EPOCH if letter.decision_date else 0 for letter in shard.letters))
    arrays = {"days": days, "issues": array("H", (len(letter.issues) for letter in shard.letters))}
    if ids is not None:
        arrays["fragments"] = array("I", (ids[letter.id] for letter in shard.letters))
    for facet in catalogue.facets:
        arrays.update(_facet_arrays(catalogue, facet, shard))
    return _packed(arrays)


def _facet_arrays(catalogue: Catalogue, facet: Facet, shard: Shard) -> Iterator[tuple[str, Any]]:
    """`<key>`: the values' numbers, one after another; `<key>#`: how many each owner has, left out where all have one."""
    values = catalogue.values[facet.key]
    numbers = {found: number for number, found in enumerate(values)}
    sets = [
        [numbers[found] for found in owner.facets.get(facet.key, ())]
        for letter in shard.letters
        for owner in _owners(letter, facet)
    ]
    if any(len(found) != 1 for found in sets):
        yield f"{facet.key}#", array("B", map(len, sets))
    yield facet.key, array("B" if len(values) <= 256 else "H", (number for found in sets for number in found))


def _packed(arrays: Mapping[str, Any]) -> bytes:
    body = bytearray()
    header: dict[str, tuple[str, int, int]] = {}
    for name, column in arrays.items():
        body += bytes(-len(body) % 4)
        header[name] = ({"B": "u8", "H": "u16", "I": "u32"}[column.typecode], len(body), len(column))
        body += _little(column)
    told = msgspec.json.encode(header)
    told += b" " * (-(len(told) + 4) % 8)
    return len(told).to_bytes(4, "little") + told + bytes(body)


def _little(column: Any) -> bytes:
    if sys.byteorder == "big":
        column = array(column.typecode, column)
        column.byteswap()
    return bytes(column.tobytes())


def _cards(letters: Sequence[Letter]) -> bytes:
    """[id, case number, date, [[disputed, outcome], ...]] a letter."""
    return msgspec.json.encode(
        [
            (
                letter.id,
                letter.case_number,
                letter.decision_date,
                [(_short(issue.disputed), issue.outcome) for issue in letter.issues],
            )
            for letter in letters
        ]
    )


def _short(text: str, most: int = 220) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _file(stem: str, suffix: str, content: bytes) -> File:
    return File(path=f"catalogue/{stem}.{hashlib.sha256(content).hexdigest()[:8]}.{suffix}", content=content)
