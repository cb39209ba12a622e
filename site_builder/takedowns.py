"""Takedowns: letters that must be gone from every byte of the site, and words that must be gone from a letter. Pure.

`takedowns.toml` beside the letters names a letter by case number, or an input by the sha256 of its bytes. It is applied to
Sources: before parsing, tagging and rendering, so that nothing made later can hold what was taken down. A letter that is removed
leaves a page without content under its address; mentions of its case number in other letters are replaced too. Words to be
redacted are given as salted hashes: the list does not say what it hides, though a short number can be found by trying all.

Refuses a list that it does not understand (nothing is published then), and holds back a letter in which words to be redacted are
not found. Known limits: words are found as they are typed, a word that the printout broke in two is not; case numbers are
recognised in the two known forms; what is already in caches, archives and search engines elsewhere is beyond our reach.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

import msgspec

from site_builder.metadata import CASE as _CASE
from site_builder.metadata import TAKEDOWNS, Row, case_number, page_name
from site_builder.model import BuildError, Frozen, Letter, Line, Problem, Source

REMOVED = "[removed]"
HEADER = 2000
"""Characters at the beginning of a letter in which the first case number is its own."""
LONGEST = 200
"""Words of a redaction."""

_LABEL = re.compile(r"\bcase (?:number|no\.?|#) ?:? ?\s?", re.IGNORECASE)
_SPACES = re.compile(r"\s")
_BETWEEN = re.compile(r"[_./]")
"""What parts the words in the name of a file."""
_WORD = re.compile(r"\S+")
_SIGNS = re.compile(r"^[\W_]+|[\W_]+$")


class Redaction(Frozen, frozen=True, forbid_unknown_fields=True):
    """A run of words, unsaid: how many, and their hash (see `hashed`)."""

    words: int
    hash: str


class Entry(Frozen, frozen=True, forbid_unknown_fields=True):
    """One takedown: of a letter, or with `redact` of words in it. Exactly one of `case` and `sha256` is given."""

    reason: str
    """For whoever keeps the list; it is not published."""
    date: dt.date
    case: str | None = None
    sha256: str | None = None
    salt: str = ""
    redact: tuple[Redaction, ...] = ()


class _List(Frozen, frozen=True, forbid_unknown_fields=True):
    takedown: tuple[Entry, ...] = ()


class Gone(NamedTuple):
    """A file that is not published."""

    name: str
    sha256: str
    entries: tuple[str, ...]
    """Names in the list (see `Takedowns`) that fit it."""


class Takedowns(Frozen, frozen=True):
    """What is removed and what is redacted, by case (see `folded`) or sha256."""

    removed: Mapping[str, Entry] = {}
    redacted: Mapping[str, tuple[Entry, ...]] = {}

    @property
    def is_any(self) -> bool:
        return bool(self.removed or self.redacted)

    @property
    def pages(self) -> tuple[str, ...]:
        """Ids of the letters whose address says that they were removed, sorted."""
        cases = (case_number(entry.case or "") for entry in self.removed.values())
        return tuple(sorted({page_name(case) for case in cases if case}))

    def apply(self, source: Source, rows: Sequence[Row] = ()) -> Source | Problem:
        """What may be read on: the Source, redacted; a Problem in its place where it was taken down."""
        names = self.fitting(source, rows)
        if gone := next((self.removed[name] for name in names if name in self.removed), None):
            return _told(source.name, "taken-down", f"taken down on {gone.date} and not published: {gone.reason}", "note")
        source = self._unmentioned(source)
        redactions = [entry for name in names for entry in self.redacted.get(name, ())]
        return _redacted(source, redactions) if redactions else source

    def fitting(self, source: Source, rows: Sequence[Row] = ()) -> tuple[str, ...]:
        """The names in the list that are this input's. `rows`: those of metadata.csv that are its."""
        names = (source.sha256, *_cases_of(source, rows))
        return tuple(name for name in names if name in self.removed or name in self.redacted)

    def idle(self, gone: Iterable[Gone], letters: Iterable[Letter]) -> Iterator[Problem]:
        """Entries by case number that fit nothing: mistyped, or their files are no longer there."""
        if not self.is_any:
            return
        seen = {name for file in gone for name in file.entries}
        seen |= {folded(name) for letter in letters for name in (letter.case_number or "", letter.id, *_in_name(letter.source))}
        for entry in chain(self.removed.values(), *self.redacted.values()):
            if entry.case and folded(entry.case) not in seen:
                told = f"no letter here is {entry.case}: correct the number, unless its file was removed"
                yield _told(TAKEDOWNS, "takedown-without-letter", told, "note")

    def lets(self, letter: Letter) -> bool:
        """Asked once more when a letter is understood: may it be published, under its number and under its address?"""
        return self.removed.keys().isdisjoint((folded(letter.case_number or ""), folded(letter.id)))

    def rows(self, rows: Sequence[Row]) -> tuple[Row, ...]:
        """The rows of metadata.csv without those of letters that are gone."""
        return tuple(row for row in rows if self.removed.keys().isdisjoint(_cases_of_row(row)))

    def _unmentioned(self, source: Source) -> Source:
        """Other letters' numbers that were taken down, replaced."""
        if not self.removed:
            return source
        whole = "\n".join(line.text for line in source.lines)
        text = _CASE.sub(self._unsaid, whole)
        lines = tuple(Line(line.number, part) for line, part in zip(source.lines, text.split("\n"), strict=True))
        fields = {name: _CASE.sub(self._unsaid, value) for name, value in source.fields.items()}
        digest = source.sha256 if text == whole else hashlib.sha256(text.encode()).hexdigest()  # no longer what the file says
        return msgspec.structs.replace(source, sha256=digest, lines=lines, fields=fields)

    def _unsaid(self, match: re.Match[str]) -> str:
        words = match.group()
        return REMOVED + "\n" * words.count("\n") if folded(words) in self.removed else words


def load(text: str) -> Takedowns:
    """From the text of takedowns.toml. Raises BuildError: a list that is not understood must stop the build."""
    try:
        entries = msgspec.toml.decode(text, type=_List).takedown
    except msgspec.DecodeError as error:
        raise BuildError(f"{TAKEDOWNS}: {error}") from error
    removed: dict[str, Entry] = {}
    redacted: dict[str, tuple[Entry, ...]] = {}
    for number, entry in enumerate(entries, 1):
        if told := _wrong(entry):
            raise BuildError(f"{TAKEDOWNS}: takedown {number}: {told}")
        name = entry.sha256 or folded(entry.case or "")
        if entry.redact:
            redacted[name] = (*redacted.get(name, ()), entry)
        else:
            removed[name] = entry
    return Takedowns(removed=removed, redacted=redacted)


def folded(case: str) -> str:
    """A case number without its punctuation, in small letters: how numbers are compared."""
    return re.sub(r"[^a-z0-9]", "", case.lower())


def hashed(words: Sequence[str], salt: str) -> str:
    """The hash of a run of words, each without case and without punctuation at its ends."""
    return hashlib.sha256("\x1f".join((salt, *words)).encode()).hexdigest()


def bare(text: str) -> list[str]:
    """The words of a text as they are hashed."""
    return [word for word, _, _ in _words(text)]


def as_toml(case: str, reason: str, date: dt.date, salt: str, redact: Iterable[str] = ()) -> str:
    """An entry for takedowns.toml, behind a line whose end may be missing. `redact`: texts whose words are to be hidden."""
    spans = [bare(text) for text in redact]
    lines = ["", "[[takedown]]", f"case = {_quoted(case)}", f"reason = {_quoted(reason)}", f"date = {date.isoformat()}"]
    if spans:
        rows = (f'{{ words = {len(words)}, hash = "{hashed(words, salt)}" }}' for words in spans if words)
        lines += [f"salt = {_quoted(salt)}", f"redact = [{', '.join(rows)}]"]
    return "\n".join(lines) + "\n"


class _Span(NamedTuple):
    """Words of one line that are hidden; the first line of a run says so."""

    line: int
    start: int
    end: int
    first: bool


def _redacted(source: Source, entries: Sequence[Entry]) -> Source | Problem:
    """Without the words; under another digest, for the digest of the original would prove a guess at what was hidden."""
    texts = [*(line.text for line in source.lines), *source.fields.values()]
    names = [_BETWEEN.sub(" ", source.name), _BETWEEN.sub(" ", source.name.replace("-", " "))]
    spans: list[_Span] = []
    for entry in entries:
        for wanted in entry.redact:
            if any(_found(names, wanted, entry.salt)):
                told = "its name holds words to be redacted, and is published; held back: rename the file"
                return _told(source.name, "privacy-redaction", told, "quarantine")
            found = list(_found(texts, wanted, entry.salt))
            if not found:
                told = "words to be redacted are not found in it; held back: write the entry anew (`takedown --redact`)"
                return _told(source.name, "privacy-redaction", told, "quarantine")
            spans += found
    hidden = _without(texts, spans)
    lines = tuple(Line(line.number, text) for line, text in zip(source.lines, hidden, strict=False))
    fields = dict(zip(source.fields, hidden[len(lines) :], strict=True))
    digest = hashlib.sha256("\n".join(hidden).encode()).hexdigest()
    return msgspec.structs.replace(source, lines=lines, fields=fields, sha256=digest)


def _found(texts: Sequence[str], wanted: Redaction, salt: str) -> Iterator[_Span]:
    words = [(word, line, start, end) for line, text in enumerate(texts) for word, start, end in _words(text)]
    for first in range(len(words) - wanted.words + 1):
        run = words[first : first + wanted.words]
        if hashed([word for word, *_ in run], salt) == wanted.hash:
            for line in dict.fromkeys(line for _, line, _, _ in run):
                places = [(start, end) for _, at, start, end in run if at == line]
                yield _Span(line, places[0][0], places[-1][1], line == run[0][1])


def _without(texts: Sequence[str], spans: Iterable[_Span]) -> list[str]:
    left = list(texts)
    kept = [bytearray(b"\1" * len(text)) for text in texts]
    starts = {(span.line, span.start) for span in spans if span.first}
    for span in spans:
        kept[span.line][span.start : span.end] = bytes(span.end - span.start)
    for line, marks in enumerate(kept):
        if not all(marks):
            signs = (
                f"{REMOVED} " if (line, place) in starts else sign if mark else ""
                for place, (sign, mark) in enumerate(zip(texts[line], marks, strict=True))
            )
            left[line] = " ".join("".join(signs).split()) or REMOVED
    return left


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    for match in _WORD.finditer(text):
        word = _SIGNS.sub("", match.group()).casefold()
        if word:
            yield word, match.start(), match.end()


def _cases_of(source: Source, rows: Sequence[Row]) -> tuple[str, ...]:
    """The letter's own case number, by its name, its fields, its rows and its label; else the first one in its head."""
    given = [*_in_name(source.name), *_in(source.fields.get("case_number", "")), *chain.from_iterable(map(_cases_of_row, rows))]
    whole = "\n".join(line.text for line in source.lines)
    given += [folded(match.group()) for label in _LABEL.finditer(whole) if (match := _CASE.match(whole, label.end()))]
    first = None if given else _CASE.search(whole[:HEADER])
    return (*given, *([folded(first.group())] if first else []))


def _cases_of_row(row: Row) -> list[str]:
    return [*_in_name(row.file or ""), *_in(row.fields.get("case_number", ""))]


def _in_name(file: str) -> list[str]:
    """Case numbers in the name of a file, where a blank may be `_` or `.`."""
    return _in(file.replace("_", "-").replace(".", "-"))


def _in(text: str) -> list[str]:
    return [folded(match.group()) for match in _CASE.finditer(text)]


def _wrong(entry: Entry) -> str:
    """What is wrong with an entry; empty where nothing is."""
    if (entry.case is None) == (entry.sha256 is None):
        return "give `case` or `sha256`, not both"
    if entry.case is not None and not _CASE.fullmatch(entry.case.strip()):
        return f"{entry.case!r} is no case number; write it like CM17-0001234"
    if entry.sha256 is not None and not re.fullmatch(r"[0-9a-f]{64}", entry.sha256):
        return "sha256 must be 64 digits of 0-9 and a-f"
    if not entry.reason.strip():
        return "give a reason"
    if any(not 1 <= span.words <= LONGEST or not re.fullmatch(r"[0-9a-f]{64}", span.hash) for span in entry.redact):
        return f"every `redact` needs 1 to {LONGEST} words and a hash of 64 digits"
    return ""


def _quoted(text: str) -> str:
    """A TOML string: JSON's are a part of them."""
    return msgspec.json.encode(_SPACES.sub(" ", text)).decode()


def _told(name: str, code: str, message: str, severity: str) -> Problem:
    return Problem(code=code, message=message, file=name, severity="quarantine" if severity == "quarantine" else "note")
