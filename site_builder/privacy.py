"""The privacy gate: what in a letter must not be published, by the kinds of privacy.toml. Pure.

The letters are public and de-identified by the State; this finds what slipped through before it is published again, where
a search engine can read it. It refuses to say what it found: a finding has kind, place and a mask, never the value. Known limits:
names without a title or label, addresses and anything in a scanned image are not found; nor is a name that is a word of forms
(`Employee: Case, ...`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from site_builder.model import BuildError, Frozen, Letter, Problem
from site_builder.patterns import Patterns

REMEMBERED = 512
"""Texts whose findings are kept: what the form says stands in every letter."""


class Kind(Frozen, frozen=True, forbid_unknown_fields=True):
    """One kind of private data, as privacy.toml gives it."""

    id: str
    label: str
    severity: Literal["block", "warn"]
    patterns: tuple[tuple[str, str], ...]
    """(regular expression, a text in which it must find something)."""
    needs: tuple[str, ...] = ()
    """A text without any of these, in small letters, holds nothing of the kind: it is not searched for it."""
    harmless: tuple[tuple[str, str], ...] = ()
    """(regular expression, a text that holds it): what looks like it and is none; the form's own telephone numbers."""
    counter: tuple[str, ...] = ()


class _File(Frozen, frozen=True, forbid_unknown_fields=True):
    kind: tuple[Kind, ...]
    pieces: Mapping[str, str] = {}
    """What several patterns have in common, by the name that stands for it in them; a piece may hold pieces before it."""


class _Allowed(Frozen, frozen=True, forbid_unknown_fields=True):
    """A letter that a person has looked at: blocked kinds that may stand."""

    sha256: str
    kinds: tuple[str, ...]
    reason: str


class _AllowFile(Frozen, frozen=True, forbid_unknown_fields=True):
    allow: tuple[_Allowed, ...] = ()


class Finding(NamedTuple):
    """`place`: section or issue and paragraph; `mask`: the shape of what was found."""

    kind: Kind
    place: str
    mask: str


class Gate:
    """Finds private data in letters and says which may be published."""

    def __init__(self, kinds: tuple[Kind, ...], allowed: Mapping[str, frozenset[str]]) -> None:
        self.allowed = allowed
        self._searched = [(kind, _together(kind.patterns), _together(kind.harmless)) for kind in kinds]
        self._known = lru_cache(REMEMBERED)(lambda text: tuple(self._shapes(text)))

    def find(self, text: str, place: str = "") -> Iterator[Finding]:
        """Each finding of each kind, in the order of the kinds; what two patterns of a kind find is one finding."""
        return (Finding(kind, place, shape) for kind, shape in self._known(text))

    def _shapes(self, text: str) -> Iterator[tuple[Kind, str]]:
        lowered = text.lower()
        for kind, patterns, harmless in self._searched:
            told = set[int]()
            for match in _matches(patterns, text) if _has_any(lowered, kind.needs) else ():
                if match.end() not in told and not any(_covers(other, match) for other in _matches(harmless, text)):
                    told.add(match.end())
                    yield kind, mask(match.group())

    def problems(self, letter: Letter) -> tuple[Problem, ...]:
        """One problem a finding: `quarantine` for what blocks and is not allowed, else a warning or a note."""
        waived = self.allowed.get(letter.sha256, frozenset())
        found = dict.fromkeys(finding for place, text in places(letter) for finding in self.find(text, place))
        return tuple(_problem(letter, finding, waived) for finding in found)


def kinds_of(text: str) -> tuple[Kind, ...]:
    """From the text of privacy.toml, not yet proved; pieces put in their places."""
    read = msgspec.toml.decode(text, type=_File)
    pieces = dict[str, str]()
    for name, piece in read.pieces.items():
        pieces[name] = f"(?:{_filled(piece, pieces)})"

    def filled(patterns: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        return tuple((_filled(pattern, pieces), example) for pattern, example in patterns)

    return tuple(
        msgspec.structs.replace(kind, patterns=filled(kind.patterns), harmless=filled(kind.harmless)) for kind in read.kind
    )


def _filled(pattern: str, pieces: Mapping[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda match: pieces.get(match[1], match[0]), pattern)


def _together(patterns: Sequence[tuple[str, str]]) -> Patterns[None]:
    return Patterns(((None, pattern) for pattern, _ in patterns), _compile)


def _matches(patterns: Patterns[None], text: str) -> Iterator[re.Match[str]]:
    return (match for _, pattern in patterns.perhaps_in(text) for match in pattern.finditer(text))


def _covers(other: re.Match[str], match: re.Match[str]) -> bool:
    return other.start() <= match.start() and match.end() <= other.end()


def _has_any(text: str, needs: Sequence[str]) -> bool:
    return not needs or any(map(text.__contains__, needs))


def load(kinds: str, allow: str = "") -> Gate:
    """From the texts of privacy.toml and of the allow-list. Raises BuildError where a rule does not do what its examples say."""
    try:
        read = kinds_of(kinds)
        allowed = msgspec.toml.decode(allow, type=_AllowFile)
    except msgspec.DecodeError as error:
        raise BuildError(f"privacy rules: {error}") from error
    known = {kind.id for kind in read}
    for entry in allowed.allow:
        if not re.fullmatch(r"[0-9a-f]{64}", entry.sha256) or not entry.reason.strip() or not set(entry.kinds) <= known:
            raise BuildError(f"privacy allow-list: {entry.sha256[:12]}: give a sha256, a reason, and kinds among {sorted(known)}")
    gate = Gate(read, {entry.sha256: frozenset(entry.kinds) for entry in allowed.allow})
    for kind in read:
        _prove(kind, gate)
    return gate


def places(letter: Letter) -> Iterator[tuple[str, str]]:
    """Every text of the letter that is published, with the name of its place."""
    for section in letter.sections:
        for number, text in enumerate((section.heading, *section.paragraphs)):
            yield f"{section.kind}, paragraph {number}" if number else f"heading of {section.kind}", text
    for issue in letter.issues:
        cited = {
            name: (cited.raw, *(section for _, section in cited.sections), *cited.pages)
            for name, cited in (("claims administrator", issue.ur), ("reviewer", issue.imr))
        }
        heading = (issue.request, issue.disputed, issue.heading, issue.outcome_words, *issue.labels)
        for name, paragraphs in {"request": heading, **cited, "rationale": issue.rationale}.items():
            for number, text in enumerate(dict.fromkeys(paragraphs), 1):
                yield f"issue {issue.number}, {name}, paragraph {number}", text
    yield from (("credentials", text) for text in (*letter.licensure, *letter.specialties))
    yield "case number", letter.case_number or ""
    yield "source name", letter.source


def mask(found: str) -> str:
    """The shape alone: digits as #, letters as x."""
    return re.sub(r"[^\W\d_]", "x", re.sub(r"\d", "#", found))[:40]


def _problem(letter: Letter, finding: Finding, waived: frozenset[str]) -> Problem:
    kind = finding.kind
    told = f"{kind.label} in {finding.place}: {finding.mask}"
    if kind.severity == "warn":
        return Problem(code=f"privacy-{kind.id}", message=told, file=letter.source)
    if kind.id in waived:
        return Problem(
            code=f"privacy-{kind.id}", message=f"{told}; allowed by the allow-list", file=letter.source, severity="note"
        )
    mend = f"held back; remove it from the letter, or allow sha256 {letter.sha256} in privacy-allow.toml after reading it"
    return Problem(code=f"privacy-{kind.id}", message=f"{told}; {mend}", file=letter.source, severity="quarantine")


def _prove(kind: Kind, gate: Gate) -> None:
    for pattern, example in kind.patterns:
        if not _compile(pattern).search(example) or not _has_any(example.lower(), kind.needs):
            raise BuildError(f"privacy.toml: {kind.id}: {pattern!r} does not find its example {example!r}")
    for pattern, example in kind.harmless:
        if not _compile(pattern).search(example) or any(finding.kind.id == kind.id for finding in gate.find(example)):
            raise BuildError(f"privacy.toml: {kind.id}: {pattern!r} in `harmless` does not cover its example {example!r}")
    for text in kind.counter:
        if any(finding.kind.id == kind.id for finding in gate.find(text)):
            raise BuildError(f"privacy.toml: {kind.id}: counter-example {text!r} is matched; narrow the rule")


def _compile(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(rf"(?<![A-Za-z0-9])(?:{pattern})(?![A-Za-z0-9])", re.ASCII)
    except re.error as error:
        raise BuildError(f"privacy.toml: {pattern!r} is no regular expression: {error}") from error
