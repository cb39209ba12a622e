"""Vocabularies as data: loads facets/*.toml, proves every rule against its examples, and finds values in short texts.

A facet file holds values, each with words (literal phrases, their own example), patterns (a regular expression beside a real
request or line that it must match) and counter-examples that it must not match. Loading fails, naming file and value, when a
pattern does not match its example or a counter-example matches. Masks swallow phrases that only look like a value ("feedback").

Known limit: words are compared by letters and digits, so "c s" and "C/S" are one word; where that is too wide, write a pattern.
Patterns see lower-case text with single blanks, are wrapped in word borders, and must be linear (docs/vocabulary.md, "Patterns").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Literal, NamedTuple

import msgspec

from site_builder.model import BuildError, Frozen, Issue, Letter
from site_builder.patterns import Patterns

Example = tuple[str, str]
"""(regular expression, a text that it must match)."""

REMEMBERED = 4096
"""Texts whose values are kept: letters use the same requests and guideline lines again and again."""
LINE = 500
"""Most characters of such a text; longer ones do not come again."""

_WORD = re.compile(r"[a-z0-9]+", re.ASCII)


class Value(Frozen, frozen=True, forbid_unknown_fields=True):
    """One value of a vocabulary. `id` is for ever (URL, filter key, export); `label` may change tomorrow."""

    id: str
    label: str
    parent: str | None = None
    note: str = ""
    """One plain sentence for readers."""
    words: tuple[str, ...] = ()
    patterns: tuple[Example, ...] = ()
    counter: tuple[str, ...] = ()
    synonyms: tuple[str, ...] = ()
    """Further words under which the search box offers this value; they tag nothing."""
    sections: tuple[str, ...] = ()
    """Known section and topic names of a guideline."""
    rank: int = 0
    """Between values found in one text the higher rank wins, where only one may."""


class Facet(Frozen, frozen=True, forbid_unknown_fields=True):
    """A facet file: what readers filter by. Exactly one of `field` and `over` is given, or neither: see `Rules.names`."""

    label: str
    plural: str
    level: Literal["issue", "letter"]
    order: int
    """Place in panels and menus; below 0 the facet is not offered to readers."""
    key: str = ""
    """Stem of the file: the URL slug and the key in every table. Filled by the loader."""
    field: str | None = None
    """Name of the Issue or Letter field (or property) that holds value ids."""
    over: str | None = None
    """Name of the Issue or Letter field that holds text; values are what the words and patterns find in it."""
    vocabulary: str | None = None
    """Key of the facet file whose values this one shares."""
    open: bool = False
    """Values come from the letters (a year); their label is their id."""
    sparse: bool = False
    """Empty on many issues by nature: what lacks a value is not reported as untagged."""
    help: str = ""
    feed: bool = False
    """Does every value have a feed of its newest decisions?"""
    statistics: int = 0
    """Place of its overturn rates on the statistics page; 0: they are not there."""
    against: str = ""
    """Key of a facet: the statistics cross the values of both, last on the page."""
    pairs: tuple[str, ...] = ()
    """Keys of facets: there is a page for each value of this one together with each of theirs that it occurs with."""
    newest: bool = False
    """Do its lists hold the newest rows only? The search shows the others."""
    masks: tuple[Example, ...] = ()
    value: tuple[Value, ...] = ()


class Match(NamedTuple):
    """A value found in a text: `text[start:end]` of the squeezed text fired `rule`."""

    value: Value
    start: int
    end: int
    words: str
    rule: str


class Vocabulary:
    """The compiled finder of one facet file."""

    def __init__(self, facet: Facet) -> None:
        self.facet = facet
        self.by_id: Mapping[str, Value] = {value.id: value for value in facet.value}
        self.order: Mapping[str, int] = {value.id: number for number, value in enumerate(facet.value)}
        self._phrases: dict[str, list[tuple[list[str], Value]]] = {}
        for value in facet.value:
            for word in value.words:
                tokens = list(_tokens(word))
                self._phrases.setdefault(" ".join(tokens[:1]), []).append((tokens, value))
        rules = (((value, pattern), pattern) for value in facet.value for pattern, _ in value.patterns)
        self._patterns = Patterns(rules, _compile)
        self._masks = Patterns(((None, pattern) for pattern, _ in facet.masks), _compile)
        self._families: dict[str | None, Vocabulary] = {}
        self._known = lru_cache(REMEMBERED)(self._find)

    def find(self, text: str) -> tuple[Match, ...]:
        """Every value named in `text`, in order of mention; where two overlap, the longer match stands.

        Equal spans may name several values ("leg pain": two regions). Offsets are into `squeeze(text)`.
        """
        text = squeeze(text)
        return self._known(text) if len(text) <= LINE else self._find(text)

    def _find(self, text: str) -> tuple[Match, ...]:
        found = [*self._words_in(text), *self._patterns_in(text)]
        if not found:
            return ()
        found.sort(key=lambda match: (match.start - match.end, match.start))
        kept: list[Match] = []
        taken = {(match.start(), match.end()) for _, mask in self._masks.perhaps_in(text) for match in mask.finditer(text)}
        covered = bytearray(len(text))  # 1 under every span that is taken: a look-up stays linear in the match
        for start, end in taken:
            covered[start:end] = b"\1" * (end - start)
        for match in found:
            span = (match.start, match.end)
            if span in taken or covered.find(1, *span) < 0:
                taken.add(span)
                covered[match.start : match.end] = b"\1" * (match.end - match.start)
                kept.append(match)
        kept.sort(key=lambda match: (match.start, self.order[match.value.id]))
        return tuple(kept)

    def ids(self, text: str) -> tuple[str, ...]:
        """Ids of the values found, unique, in order of mention."""
        return tuple(dict.fromkeys(match.value.id for match in self.find(text)))

    def family(self, parent: str | None) -> Vocabulary:
        """The finder of the values below `parent` alone (None: without a parent); other families do not compete."""
        if parent not in self._families:
            values = tuple(msgspec.structs.replace(value, parent=None) for value in self.facet.value if value.parent == parent)
            self._families[parent] = Vocabulary(msgspec.structs.replace(self.facet, value=values))
        return self._families[parent]

    def with_parents(self, ids: Iterable[str]) -> tuple[str, ...]:
        """The ids and all their ancestors, unique, in vocabulary order; unknown ids last, as they come."""
        closed: dict[str, None] = {}
        for found in ids:
            current: str | None = found
            while current is not None and current not in closed:
                closed[current] = None
                known = self.by_id.get(current)
                current = known.parent if known else None
        return tuple(sorted(closed, key=lambda key: self.order.get(key, len(self.order))))

    def _words_in(self, text: str) -> Iterable[Match]:
        found = list(_WORD.finditer(text))
        tokens = [match.group() for match in found]
        for first, token in enumerate(tokens):
            for words, value in self._phrases.get(token, ()):
                if tokens[first : first + len(words)] == words:
                    start, end = found[first].start(), found[first + len(words) - 1].end()
                    yield Match(value, start, end, text[start:end], " ".join(words))

    def _patterns_in(self, text: str) -> Iterable[Match]:
        for (value, pattern), compiled in self._patterns.perhaps_in(text):
            for match in compiled.finditer(text):
                if match.end() > match.start():
                    yield Match(value, match.start(), match.end(), match.group(), pattern)


class Rules(NamedTuple):
    """Everything that facets/*.toml says."""

    facets: tuple[Facet, ...]
    """In the order in which readers see them; files without `field` and `over` are not among them."""
    vocabularies: Mapping[str, Vocabulary]
    """By file stem."""

    @property
    def names(self) -> list[Vocabulary]:
        """Those of files without `field` and `over`: names of one thing, by any of which a search finds it."""
        return [known for known in self.vocabularies.values() if not (known.facet.field or known.facet.over)]

    def vocabulary_of(self, facet: Facet) -> Vocabulary:
        return self.vocabularies[facet.vocabulary or facet.key]


def squeeze(text: str) -> str:
    """Lower case, white space runs as one blank: what patterns see. Same length for text that is squeezed already."""
    return " ".join(text.split()).lower()


def load(files: Mapping[str, str]) -> Rules:
    """`files`: stem -> TOML text. Raises BuildError naming the file, the value and the mend."""
    loaded = unproved(files)
    prove(loaded)
    return loaded


def unproved(files: Mapping[str, str]) -> Rules:
    """As `load`, for whoever proves them, or knows that they have been proved."""
    facets = {stem: _read(stem, text) for stem, text in sorted(files.items())}
    for facet in facets.values():
        if facet.vocabulary and facet.vocabulary not in facets:
            raise BuildError(f"facets/{facet.key}.toml: vocabulary = {facet.vocabulary!r} names no facet file")
        for key in filter(None, (facet.against, *facet.pairs)):
            if key not in facets or key == facet.key:
                raise BuildError(f"facets/{facet.key}.toml: `against` and `pairs` name other facet files; {key!r} is none")
    vocabularies = {key: Vocabulary(facet) for key, facet in facets.items()}
    offered = sorted(
        (facet for facet in facets.values() if facet.field or facet.over), key=lambda facet: (facet.order, facet.key)
    )
    return Rules(tuple(offered), vocabularies)


def prove(rules: Rules) -> None:
    """Raises BuildError where a rule does not do what its examples say."""
    for stem, vocabulary in rules.vocabularies.items():
        _prove(stem, vocabulary)


def _read(stem: str, text: str) -> Facet:
    try:
        facet = msgspec.toml.decode(text, type=Facet)
    except msgspec.DecodeError as error:
        raise BuildError(f"facets/{stem}.toml: {error}") from error
    if facet.field and facet.over:
        raise BuildError(f"facets/{stem}.toml: give `field` or `over`, not both")
    owner = Issue if facet.level == "issue" else Letter
    for key, name in (("field", facet.field), ("over", facet.over)):
        if name and name not in (fields := _fields(owner)):
            told = f"{key} = {name!r} is no field of {owner.__name__}s, as level = {facet.level!r} says; known are"
            raise BuildError(f"facets/{stem}.toml: {told} {', '.join(fields)}")
    if not all(value.id for value in facet.value):
        raise BuildError(f"facets/{stem}.toml: an id is empty; every [[value]] needs its own")
    parents = {value.id: value.parent for value in facet.value}
    if len(parents) != len(facet.value):
        raise BuildError(f"facets/{stem}.toml: an id is given twice; every [[value]] needs its own")
    for value in facet.value:
        if value.parent is not None and value.parent not in parents:
            raise BuildError(f"facets/{stem}.toml: {value.id}: parent {value.parent!r} is no value of this file")
    for value in facet.value:
        above, parent = {value.id}, value.parent
        while parent is not None:
            if parent in above:
                raise BuildError(f"facets/{stem}.toml: {value.id}: its parents go round in a circle; one of them needs another")
            above.add(parent)
            parent = parents[parent]
    return msgspec.structs.replace(facet, key=stem)


def _fields(owner: type[Issue | Letter]) -> list[str]:
    return sorted({*owner.__struct_fields__, *(name for name, held in vars(owner).items() if isinstance(held, property))})


def _prove(stem: str, vocabulary: Vocabulary) -> None:
    """Both ways: every pattern finds its value in its example, no counter-example finds it."""
    for pattern, example in vocabulary.facet.masks:
        if not _compile(pattern).search(squeeze(example)):
            raise BuildError(f"facets/{stem}.toml: mask {pattern!r} does not match its example {example!r}")
    for value in vocabulary.facet.value:
        for pattern, example in value.patterns:
            if not _compile(pattern).search(squeeze(example)) or value.id not in vocabulary.ids(example):
                raise BuildError(f"facets/{stem}.toml: {value.id}: {pattern!r} does not find its example {example!r}")
        for word in value.words:
            if value.id not in vocabulary.ids(word):
                raise BuildError(f"facets/{stem}.toml: {value.id}: word {word!r} is swallowed by a longer rule; remove it")
        for text in value.counter:
            if value.id in vocabulary.ids(text):
                raise BuildError(f"facets/{stem}.toml: {value.id}: counter-example {text!r} is matched; narrow the rule")


def _tokens(text: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(text.lower()))


def _compile(pattern: str) -> re.Pattern[str]:
    """A border of words on both sides; a pattern may end in punctuation."""
    try:
        return re.compile(rf"(?<![a-z0-9])(?:{pattern})(?![a-z0-9])", re.ASCII)
    except re.error as error:
        raise BuildError(f"facets: pattern {pattern!r} is no regular expression: {error}") from error
