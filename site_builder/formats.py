"""Families of letters as data: loads formats/*.toml and proves every mark and pattern against its examples.

A format file says by which headings a family of letters is recognised and how a letter is cut up: marks (headings, labels,
opening words), header fields, the line that opens an issue, outcome words, the reviewer's credentials, wordings of partial
authorisation. `extends` takes over all rules of another file; rules of the file itself come first.

Marks are compared by letters and digits, with the confusions of scanned text (l I 1, O 0, S 5, B 8) and about one wrong letter in
ten forgiven; a mark that carries an outcome forgives no wrong letter. Refused: recognising a letter by its first characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Literal, NamedTuple

import msgspec
from rapidfuzz.distance import Levenshtein

from site_builder.model import BuildError, Frozen, Outcome

Example = tuple[str, str]
"""(regular expression, a text that it must match)."""

BLOCKS = ("ur", "cited", "imr", "rationale")
"""Roles of the parts of an issue, in letter order; `cited` holds what both sides cite. All other roles name sections."""

_PATTERNS = ("heads", "findings", "portions", "partly", "retrospective", "running")
"""The lists of patterns of a Format."""

_FOLDED = {
    **{number: chr(number).lower() if chr(number).isalnum() else None for number in range(128)},
    **str.maketrans("01|!5$8iI", "olllssbll"),
    ord("&"): "and",
}
"""ASCII, look-alikes as one."""
_BEGINNING = 3
"""Letters by which a piece of a mark is looked up; no piece is shorter."""
REMEMBERED = 4096
"""Beginnings of lines whose marks are kept; words before a colon."""
_SURE, _LONGEST_LABEL, _LABEL_WORDS = 10, 60, 6
"""Letters that a label must have for one to be wrong; letters and words of the longest."""
_WORD_START = re.compile(r"(?<!\S)\S")
_NAMES = re.compile(r"[a-z][a-z-]*")


class Mark(Frozen, frozen=True, forbid_unknown_fields=True):
    """Words that begin a part of the letter."""

    role: str
    """`ur`, `cited`, `imr`, `rationale` begin a part of an issue; `decisions` and `lead-in` stand before the first issue,
    `dispute` before a list of items; anything else is the kind of a section."""
    kind: Literal["heading", "label", "opening"]
    """`heading`: alone on its lines, or in front of a colon; `label`: text follows; `opening`: the words belong to the text."""
    words: tuple[str, ...]
    outcome: Outcome | None = None
    """Where the heading itself says how the issue was decided."""
    examples: tuple[str, ...] = ()
    counter: tuple[str, ...] = ()


class Field(Frozen, frozen=True, forbid_unknown_fields=True):
    """A field of the header or of the reviewer's credentials: `Label: value`, or prose with a group named `value`."""

    name: str
    """Of the Letter field; `-` for labels whose values are of no use."""
    labels: tuple[str, ...] = ()
    patterns: tuple[Example, ...] = ()
    counter: tuple[str, ...] = ()


class OutcomeWords(Frozen, frozen=True, forbid_unknown_fields=True):
    """How letters print an outcome."""

    value: Outcome
    words: tuple[str, ...]


class Format(Frozen, frozen=True, forbid_unknown_fields=True, dict=True):
    """A format file."""

    label: str
    key: str = ""
    """Stem of the file. Filled by the loader."""
    extends: str | None = None
    recognise: tuple[tuple[str, ...], ...] = ()
    """Alternatives; a letter fits where every role of one of them is found in it."""
    expects: tuple[str, ...] = ()
    """Parts that every issue has; a problem names those that are missing."""
    rank: int = 0
    """Where a letter fits several formats equally well, the higher rank is chosen."""
    mark: tuple[Mark, ...] = ()
    field: tuple[Field, ...] = ()
    outcome: tuple[OutcomeWords, ...] = ()
    heads: tuple[Example, ...] = ()
    """The paragraph that opens an issue: groups `request`, and optionally `opening`, `outcome`."""
    findings: tuple[Example, ...] = ()
    """A decision given apart from the issue's own part: groups `request`, `outcome`, and optionally `number`."""
    portions: tuple[Example, ...] = ()
    """The rest that is in dispute where a part was authorised: group `disputed`."""
    partly: tuple[Example, ...] = ()
    retrospective: tuple[Example, ...] = ()
    running: tuple[Example, ...] = ()
    """Headers and footers of printed pages: whole lines."""
    keep: tuple[str, ...] = ()
    """Names of specialties and boards that hold an "and" or a comma."""
    counter: Mapping[str, tuple[str, ...]] = {}
    """Texts that no pattern of the list so named (`heads`, `portions`, ...) may match."""

    @cached_property
    def marks(self) -> tuple[Folded, ...]:
        """Longest first, so that the more exact mark is found."""
        folded = {fold(words): _folded(mark, words) for mark in reversed(self.mark) for words in mark.words}
        return tuple(sorted(folded.values(), key=lambda one: -len(one.letters)))

    @cached_property
    def _places(self) -> tuple[tuple[int, Mapping[str, Sequence[int]]], ...]:
        """For each place where a piece of a mark may stand: the pieces, and for each the places of its marks among `marks`."""
        places: dict[int, dict[str, list[int]]] = {}
        for number, want in enumerate(self.marks):
            for piece, first, last in want.pieces:
                for at in range(first, last - len(piece) + 1):
                    places.setdefault(at, {}).setdefault(piece, []).append(number)
        return tuple(sorted(places.items()))

    @cached_property
    def _any_piece(self) -> re.Pattern[str]:
        """Finds something where a piece stands in its place: two lines of three have none, and are done with."""
        places = "|".join(f".{{{at}}}(?:{'|'.join(pieces)})" for at, pieces in self._places)
        return re.compile(rf"\A(?:{places})")

    @cached_property
    def _starts(self) -> tuple[tuple[int, int, Mapping[str, tuple[int, ...]]], ...]:
        """The same by the beginnings of the pieces: start and end of the beginning, and the places among `marks`."""
        starts = []
        for at, pieces in self._places:
            having: dict[str, tuple[int, ...]] = {}
            for piece, numbers in pieces.items():
                having[piece[:_BEGINNING]] = (*having.get(piece[:_BEGINNING], ()), *numbers)
            starts.append((at, at + _BEGINNING, having))
        return tuple(starts)

    def begun(self, letters: str) -> Sequence[tuple[Mark, int]]:
        """The marks that `letters` begin with and their lengths there: those printed right first, then those with misprints."""
        return self._begun(letters[: self._longest]) if self._any_piece.match(letters) else ()

    @cached_property
    def _longest(self) -> int:
        return max(len(one.letters) + one.slack for one in self.marks)

    @cached_property
    def _begun(self) -> Callable[[str], Sequence[tuple[Mark, int]]]:
        """Kept at hand: the form says the same in every letter."""
        return lru_cache(REMEMBERED)(lambda letters: tuple(_measured(letters, self.near(letters))))

    def near(self, letters: str) -> list[Folded]:
        """The marks that `letters` may begin with, misprints forgiven, longest first; no other one can be found there."""
        found = {number for at, end, having in self._starts for number in having.get(letters[at:end], ())}
        return [self.marks[number] for number in sorted(found)]

    @cached_property
    def outcomes(self) -> Mapping[str, Outcome]:
        return {fold(words): row.value for row in self.outcome for words in row.words}

    @cached_property
    def compiled(self) -> Mapping[str, tuple[re.Pattern[str], ...]]:
        """The lists of patterns by name."""
        return {name: tuple(_compile(pattern) for pattern, _ in getattr(self, name)) for name in _PATTERNS}

    @cached_property
    def edge(self) -> re.Pattern[str]:
        """A header or footer of a printed page, whole."""
        return _compile("|".join(pattern for pattern, _ in self.running))

    @cached_property
    def kept(self) -> tuple[re.Pattern[str], ...]:
        """`keep`, to be found."""
        return tuple(_compile(re.escape(name)) for name in self.keep)

    @cached_property
    def labels(self) -> re.Pattern[str] | None:
        """Any label of a field, longest first."""
        labels = sorted((label for field in self.field for label in field.labels), key=lambda label: -len(label))
        return _compile(rf"(?<!\w)(?P<label>{'|'.join(map(_spaced, labels))})\s?:") if labels else None

    @cached_property
    def field_names(self) -> Mapping[str, str]:
        return {fold(label): field.name for field in self.field for label in field.labels}

    def misprinted(self, words: str) -> tuple[int, str] | None:
        """The label of a field at the end of `words`, one letter in ten of which may be wrong: its length, and the field."""
        return self._misprinted(words[-_LONGEST_LABEL:])

    @cached_property
    def _misprinted(self) -> Callable[[str], tuple[int, str] | None]:
        """Kept at hand: what is before a colon and no label is mostly the form's own words."""
        labels = [(label, name) for label, name in self.field_names.items() if len(label) >= _SURE]

        def label(words: str) -> tuple[int, str] | None:
            for start in [match.start() for match in _WORD_START.finditer(words)][-_LABEL_WORDS:]:
                said = fold(words[start:])
                for known, name in labels:
                    if close(said, known, len(known) // 10):
                        return len(words) - start, name
            return None

        return lru_cache(REMEMBERED)(label)

    @cached_property
    def prose(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        """(field name, pattern)."""
        return tuple((field.name, _compile(pattern)) for field in self.field for pattern, _ in field.patterns)

    @cached_property
    def inside(self) -> re.Pattern[str] | None:
        """Where a mark begins in the middle of a line: a label with its colon, or a heading in capitals after small letters."""
        printed = [(mark.kind, words) for mark in self.mark for words in mark.words if len(words.split()) > 1]
        labels = "|".join(_spaced(words) for kind, words in printed if kind == "label")
        headings = "|".join(_spaced(words) for kind, words in printed if kind == "heading" and words.isupper())
        if not labels or not headings:
            return None
        follows = rf"(?<=\S\s)(?=(?:{labels})\s?:)|(?<=[a-z0-9.:;?!)\]\"']\s)(?=(?:{headings})(?![a-z]))"
        return re.compile(rf"\s(?:{follows})")  # blanks first: there are few, and they are looked for at once


class Folded(NamedTuple):
    """One wording of a mark, ready to be compared."""

    mark: Mark
    letters: str
    slack: int
    """Wrong letters forgiven."""
    pieces: tuple[tuple[str, int, int], ...]
    """(piece, first, last place): with at most `slack` wrong letters, one of slack + 1 pieces is whole and between the two."""


def _folded(mark: Mark, words: str) -> Folded:
    letters = fold(words)
    forgiven = min(len(letters) // 10 + (len(letters) < 20), 3)
    slack = 0 if mark.outcome or len(letters) < 8 else forgiven
    cuts = [len(letters) * number // (slack + 1) for number in range(slack + 2)]
    pieces = tuple((letters[at:end], max(0, at - slack), end + slack) for at, end in pairwise(cuts))
    return Folded(mark, letters, slack, pieces)


def load(files: Mapping[str, str]) -> tuple[Format, ...]:
    """`files`: stem -> TOML text. Raises BuildError naming the file, what is wrong and the mend."""
    read = {stem: _read(stem, text) for stem, text in sorted(files.items())}
    for own in read.values():
        _prove_own(own)
    formats = tuple(_extended(stem, read, ()) for stem in read)
    for found in formats:
        _prove_marks(found)
    return formats


def fold(text: str) -> str:
    """Letters and digits in lower case, look-alikes as one: `CLlNICAL` and `Clinical` are the same."""
    folded = text.translate(_FOLDED)
    return folded if folded.isascii() else "".join(filter(str.isalnum, folded.lower()))


def exact(letters: str, want: Folded) -> int | None:
    """Length of the beginning of `letters` that is `want`; None where it is not."""
    return len(want.letters) if letters.startswith(want.letters) else None


def prefix(letters: str, want: Folded) -> int | None:
    """As `exact`, forgiving its slack."""
    if letters.startswith(want.letters):
        return len(want.letters)
    if not want.slack:
        return None
    size = len(want.letters)
    if _distance(want.letters, letters[:size], 2 * want.slack) > 2 * want.slack:
        return None  # an end up to `slack` letters away can mend no more than that
    ends = range(size - want.slack, min(size + want.slack, len(letters)) + 1)
    distance, _, end = min(
        ((_distance(want.letters, letters[:end], want.slack), abs(end - size), end) for end in ends),
        default=(want.slack + 1, 0, 0),
    )
    return end if distance <= want.slack else None


def _measured(letters: str, wanted: Sequence[Folded]) -> Iterator[tuple[Mark, int]]:
    for measure in (exact, prefix):  # what is printed right comes first, and once
        for want in wanted:
            if measure is exact or not letters.startswith(want.letters):
                length = measure(letters, want)
                if length is not None:
                    yield want.mark, length


def close(text: str, want: str, slack: int) -> bool:
    """Do two folded texts differ in at most `slack` letters?"""
    return _distance(want, text, slack) <= slack


def _distance(want: str, text: str, most: int) -> int:
    """Letters to insert, remove or replace; above `most` only known to be above it."""
    return Levenshtein.distance(want, text, score_cutoff=most)


def _read(stem: str, text: str) -> Format:
    try:
        return msgspec.structs.replace(msgspec.toml.decode(text, type=Format), key=stem)
    except msgspec.DecodeError as error:
        raise _broken(stem, str(error)) from error


def _extended(stem: str, read: Mapping[str, Format], below: tuple[str, ...]) -> Format:
    own = read[stem]
    if own.extends is None:
        return own
    if own.extends not in read or own.extends in below:
        raise _broken(stem, f"extends = {own.extends!r} names no other format file; known are {', '.join(read)}")
    base = _extended(own.extends, read, (*below, stem))
    lists = ("mark", "field", "outcome", "keep", *_PATTERNS)
    joined = {name: getattr(own, name) + getattr(base, name) for name in lists}
    return msgspec.structs.replace(own, **joined, recognise=own.recognise or base.recognise, expects=own.expects or base.expects)


def _prove_own(found: Format) -> None:
    """The patterns that this file adds."""
    for name in _PATTERNS:
        _prove_patterns(found.key, name, getattr(found, name), found.counter.get(name, ()))
    for field in found.field:
        _prove_patterns(found.key, f"field {field.name}", field.patterns, field.counter)


def _prove_marks(found: Format) -> None:
    """With the marks taken over, which may be nearer to an example."""
    roles = {mark.role for mark in found.mark}
    if not found.recognise or not all(set(needed) <= roles for needed in found.recognise):
        raise _broken(found.key, f"recognise must list roles of marks; the file has {', '.join(sorted(roles))}")
    for mark in found.mark:
        _prove_mark(found, mark)


def _prove_mark(found: Format, mark: Mark) -> None:
    if not _NAMES.fullmatch(mark.role):
        raise _broken(found.key, f"role {mark.role!r}: write lower-case letters and hyphens")
    for text, wanted in (*((text, True) for text in mark.examples), *((text, False) for text in mark.counter)):
        letters = fold(text)
        first = next((one for near in (exact, prefix) for one in found.marks if near(letters, one) is not None), None)
        if (first is not None and first.mark is mark) is not wanted:
            told = "is not found by" if wanted else "must not match, but is found by"
            raise _broken(found.key, f"{text!r} {told} mark {mark.role!r} {mark.words!r}; mend its words or the example")


def _prove_patterns(key: str, name: str, patterns: Iterable[Example], counter: Iterable[str]) -> None:
    compiled = []
    for pattern, example in patterns:
        try:
            compiled.append(_compile(pattern))
        except re.error as error:
            raise _broken(key, f"{name}: {pattern!r} is no regular expression: {error}") from error
        if name == "running" and compiled[-1].groups:
            raise _broken(key, f"{name}: {pattern!r} has a group, and the patterns of this list are joined: write (?:...)")
        if not compiled[-1].search(example):
            raise _broken(key, f"{name}: {pattern!r} does not match its example {example!r}; mend one of them")
    for text in counter:
        if any(pattern.search(text) for pattern in compiled):
            raise _broken(key, f"{name}: counter-example {text!r} is matched; narrow the pattern")


def _compile(pattern: str) -> re.Pattern[str]:
    """Case is ignored; patterns see text with single blanks."""
    return re.compile(pattern, re.IGNORECASE)


def _spaced(words: str) -> str:
    return r"\s+".join(map(re.escape, words.split()))


def _broken(stem: str, what: str) -> BuildError:
    return BuildError(f"formats/{stem}.toml: {what}")
