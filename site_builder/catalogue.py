"""The column files behind the search panel: which issue of which letter has which facet value, as small integers. Pure.

    catalogue/index.json                    facets with their values, and the shards with their files
    catalogue/<shard>.<hash>.bin            one shard's columns: dates, issues a letter, values of the first OPEN facets
    catalogue/<shard>.more.<hash>.bin       values of the other facets, read when one of them is opened or chosen
    catalogue/<shard>.fragments.<hash>.bin  ids of the text index, read when words are searched
    catalogue/<shard>.cases.<hash>.bin      case numbers, read when somebody asks for one
    catalogue/<shard>.<hash>/<n>.bin        cards: what a result shows, some letters a file, read when they are shown
    catalogue/vocabulary.<hash>.json        words that mean a facet value, read when somebody types
    catalogue/names.<hash>.json             names of one thing, read where a letter was found by another name than its own

A shard holds the letters of one decision year or a part of it, at most LETTERS_A_SHARD, of some years that have few, or of none
(`undated`), newest first; shards stand newest first too, so the row of an issue is its place in time. A facet of the letter has
its values once a letter, not once an issue; a value that stands above another one is left out. A column file is a JSON header
(padded to 8 bytes, its length in the first 4) and little-endian arrays at the offsets it names. The first day is counted from
EPOCH, every other from the letter before it, which compresses to a fifth. Columns, cases and cards are packed with gzip here,
since hosts pack no .bin and the page unpacks them.

Known limit: a day is 16 bits, so that dates before 1900 and after 2079 count as unknown here.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import sys
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from typing import Any, NamedTuple

import msgspec

from site_builder.model import File, Letter
from site_builder.rules import Facet, Rules

LETTERS_A_SHARD = 4_000
LETTERS_TOGETHER = 500
"""Years that have no more stand in one shard: to search in a shard takes a dozen requests and a program in memory of its own."""
FEW = 256
"""Up to so many letters a page of results asks for most of the cards, wherever they stand: there are few files of them then."""
OPEN = 4
"""The panel shows so many facets open at first."""
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
    parents: Mapping[str, Mapping[str, str]]
    """Facet key -> value id -> the value above it."""


class Piece(NamedTuple):
    """What the catalogue has of one shard, before its text is indexed."""

    files: Mapping[str, File]
    """By the names under which index.json has them."""
    cards: Sequence[File]
    told: Mapping[str, Any]
    """What index.json says of it besides."""


class Indexed(NamedTuple):
    """What the text index adds to the catalogue."""

    shards: Mapping[str, tuple[str, Sequence[int]]]
    """Name of a shard -> the folder of its text index, and the numbers of its letters' fragments in their order."""
    hub: str
    """Folder of the program that opens the shards' indexes."""
    words: str
    """Folder of the word lists, one for words that begin with the same two letters."""
    initials: str
    """Beginnings for which there is a list, two letters each."""


def plan(letters: Sequence[Letter], rules: Rules) -> Catalogue:
    """`letters`: newest first, those without a date last."""
    facets = tuple(facet for facet in rules.facets if facet.order >= 0)
    values = {facet.key: _values(letters, facet, rules) for facet in facets}
    return Catalogue(tuple(_shards(letters)), facets, values, {facet.key: _parents(facet, rules) for facet in facets})


def piece(catalogue: Catalogue, shard: Shard) -> Piece:
    """Of a shard."""
    cards = list(_cards(shard, together(catalogue)))
    dates = [letter.decision_date for letter in shard.letters if letter.decision_date]
    told = {
        "name": shard.name,
        "letters": len(shard.letters),
        "issues": sum(len(letter.issues) for letter in shard.letters),
        "first": min(dates).isoformat() if dates else None,
        "last": max(dates).isoformat() if dates else None,
        "values": dict(_open_values(catalogue, shard)),
        "cards": cards[0].path.rpartition("/")[0] + "/",
    }
    return Piece(dict(_shard_files(catalogue, shard)), cards, told)


def files(
    catalogue: Catalogue, rules: Rules, indexed: Indexed | None = None, pieces: Iterable[Piece] | None = None
) -> Iterator[File]:
    """Every file below catalogue/ but the word lists. `pieces`: of its shards, where they are known already."""
    listed = []
    for shard, one in zip(catalogue.shards, pieces or (piece(catalogue, shard) for shard in catalogue.shards), strict=True):
        own, text = dict(one.files), {}
        if indexed:
            text["text"], numbers = indexed.shards[shard.name]
            own["fragments"] = _file(f"{shard.name}.fragments", "bin", _little(array("I", numbers)))
        yield from (*own.values(), *one.cards)
        listed.append({**one.told, **{name: file.path for name, file in own.items()}, **text})
    vocabulary = _file("vocabulary", "json", msgspec.json.encode([_words(catalogue, facet, rules) for facet in catalogue.facets]))
    yield vocabulary
    names = _file("names", "json", msgspec.json.encode(list(_names(rules))))
    yield names
    index = {
        "cards": together(catalogue),
        "open": OPEN,
        "vocabulary": vocabulary.path,
        "names": names.path,
        "text": {"hub": indexed.hub, "words": indexed.words, "initials": indexed.initials} if indexed else None,
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


def together(catalogue: Catalogue) -> int:
    """Letters whose cards stand in one file."""
    return 32 if sum(len(shard.letters) for shard in catalogue.shards) <= FEW else 8


def _values(letters: Sequence[Letter], facet: Facet, rules: Rules) -> tuple[str, ...]:
    """The values that occur: in the order of the vocabulary, open ones highest first."""
    found = _found(letters, facet)
    order = rules.vocabulary_of(facet).order
    return tuple(sorted(found, reverse=True) if facet.open else sorted(found, key=lambda key: (order.get(key, len(order)), key)))


def _parents(facet: Facet, rules: Rules) -> Mapping[str, str]:
    return {value.id: value.parent for value in rules.vocabulary_of(facet).facet.value if value.parent}


def _found(letters: Sequence[Letter], facet: Facet) -> set[str]:
    return set(chain.from_iterable(_ids(letters, facet)))


def _ids(letters: Sequence[Letter], facet: Facet) -> list[tuple[str, ...]]:
    """The values of each letter, or of each issue of these letters."""
    owners = letters if facet.level == "letter" else [issue for letter in letters for issue in letter.issues]
    return [owner.facets.get(facet.key, ()) for owner in owners]


def _shards(letters: Iterable[Letter], years: int = 64) -> Iterator[Shard]:
    """Spans of that many calendar years, halved until they are small, so that one letter more moves those beside it at most."""
    for _, members in groupby(letters, key=lambda letter: letter.decision_date and letter.decision_date.year // years):
        span = tuple(members)
        last, first = span[0].decision_year, span[-1].decision_year
        if first == last:
            yield from _parted(first or "undated", span)
        elif len(span) <= LETTERS_TOGETHER:
            yield Shard(f"{first}-{last}", span)
        else:
            yield from _shards(span, years // 2)


def _parted(year: str, letters: tuple[Letter, ...]) -> Iterator[Shard]:
    """A year, or equal parts of it by month, so that a letter more moves no other one; a month alone may be cut anywhere."""
    for months in (12, 6, 3, 1):
        parts = [(first, tuple(part)) for first, part in groupby(letters, key=lambda letter: _part(letter, months))]
        if months == 1 or max(len(part) for _, part in parts) <= LETTERS_A_SHARD:
            break
    for first, part in parts:
        name = year if len(parts) == 1 else f"{year}-{first:02}"
        if len(part) <= LETTERS_A_SHARD:
            yield Shard(name, part)
            continue
        for start in range(0, len(part), LETTERS_A_SHARD):
            yield Shard(f"{name}-{start // LETTERS_A_SHARD + 1}", part[start : start + LETTERS_A_SHARD])


def _part(letter: Letter, months: int) -> int:
    """First month of the part of the year that holds the letter."""
    return (letter.decision_date.month - 1) // months * months + 1 if letter.decision_date else 1


def _described(catalogue: Catalogue, facet: Facet, rules: Rules) -> dict[str, Any]:
    known = rules.vocabulary_of(facet).by_id
    numbers = {found: number for number, found in enumerate(catalogue.values[facet.key])}
    values = []
    for found in numbers:
        value = known.get(found)
        described: dict[str, Any] = {"id": found, "label": value.label if value else found}
        if value and value.parent in numbers:
            described["parent"] = numbers[value.parent]
        if value and facet.field == "outcome":  # who types "denied" is asked whether that is what was decided
            described["words"] = value.synonyms
        values.append(described)
    return {"key": facet.key, "label": facet.label, "level": facet.level, "values": values}


def _words(catalogue: Catalogue, facet: Facet, rules: Rules) -> list[list[str]]:
    """Other words for each value, in the order of the numbers."""
    known = rules.vocabulary_of(facet).by_id
    values = (known.get(found) for found in catalogue.values[facet.key])
    return [list(dict.fromkeys((*value.synonyms, *value.words))) if value else [] for value in values]


def _names(rules: Rules) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Of each thing the names by which a letter may have it, and those by which it is found besides."""
    for names in rules.names:
        yield from ((tuple(value.words), tuple(value.synonyms)) for value in names.by_id.values())


def _open_values(catalogue: Catalogue, shard: Shard) -> Iterator[tuple[str, list[int]]]:
    """Numbers of the values that a shard has of an open facet: a year that is asked for touches its own shards only."""
    for facet in catalogue.facets:
        if facet.open:
            found = _found(shard.letters, facet)
            yield facet.key, [number for number, value in enumerate(catalogue.values[facet.key]) if value in found]


def _shard_files(catalogue: Catalogue, shard: Shard) -> Iterator[tuple[str, File]]:
    yield "columns", _file(shard.name, "bin", _packed(_columns(catalogue, shard)))
    yield "more", _file(f"{shard.name}.more", "bin", _packed(_values_of(catalogue, catalogue.facets[OPEN:], shard)))
    yield "cases", _file(f"{shard.name}.cases", "bin", _zipped(_little(array("I", map(case_code, shard.letters)))))


def _columns(catalogue: Catalogue, shard: Shard) -> Mapping[str, Any]:
    issues = array("H", (len(letter.issues) for letter in shard.letters))
    return {"days": _steps(map(_day, shard.letters)), "issues": issues, **_values_of(catalogue, catalogue.facets[:OPEN], shard)}


def _values_of(catalogue: Catalogue, facets: Sequence[Facet], shard: Shard) -> Mapping[str, Any]:
    return {name: column for facet in facets for name, column in _facet_arrays(catalogue, facet, shard)}


def _day(letter: Letter) -> int:
    days = letter.decision_date.toordinal() - EPOCH if letter.decision_date else 0
    return days if 0 < days < 2**16 else 0


def _steps(days: Iterable[int]) -> array[int]:
    """The first day, then how many days earlier each letter is than the one before it, modulo 2**16."""
    steps, before = array("H"), 0
    for day in days:
        steps.append((before - day if steps else day) % 2**16)
        before = day
    return steps


def _facet_arrays(catalogue: Catalogue, facet: Facet, shard: Shard) -> Iterator[tuple[str, Any]]:
    """`<key>`: the values' numbers, one after another; `<key>#`: how many each owner has, left out where all have one."""
    values = catalogue.values[facet.key]
    numbers = {found: number for number, found in enumerate(values)}
    parents = catalogue.parents[facet.key]
    sets = [
        [numbers[found] for found in ids if found not in {parents.get(other) for other in ids}]
        for ids in _ids(shard.letters, facet)
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
    return _zipped(len(told).to_bytes(4, "little") + told + bytes(body))


def _zipped(content: bytes) -> bytes:
    return gzip.compress(content, 9, mtime=0)


def _little(column: Any) -> bytes:
    if sys.byteorder == "big":
        column = array(column.typecode, column)
        column.byteswap()
    return bytes(column.tobytes())


def _cards(shard: Shard, together: int) -> Iterator[File]:
    """[id, case number, date, [[disputed, outcome], ...]] a letter; `together`: letters a file."""
    cards = [
        (
            letter.id,
            letter.case_number,
            letter.decision_date,
            [(_short(issue.disputed), issue.outcome) for issue in letter.issues],
        )
        for letter in shard.letters
    ]
    digest = hashlib.sha256(msgspec.json.encode(cards)).hexdigest()[:8]
    for start in range(0, len(cards), together):
        content = _zipped(msgspec.json.encode(cards[start : start + together]))
        yield File(path=f"catalogue/{shard.name}.{digest}/{start // together}.bin", content=content)


def _short(text: str, most: int = 220) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _file(stem: str, suffix: str, content: bytes) -> File:
    return File(path=f"catalogue/{stem}.{hashlib.sha256(content).hexdigest()[:8]}.{suffix}", content=content)
