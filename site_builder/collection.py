"""The collection grouped once by facet value: what every page shares. Pure.

Letters come newest first and are listed in that order. What readers filter by is said by the facet files alone: no facet is named
here. A value of a letter-level facet belongs to every issue of the letter, so that all numbers count issues.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from types import MappingProxyType
from typing import NamedTuple

from site_builder.model import Frozen, Issue, Letter, Problem
from site_builder.rates import Tally, tally
from site_builder.render import day
from site_builder.rules import Facet, Rules
from site_builder.settings import Settings

_NO_PAGE = r"(?!page-\d+(?:/|$))[a-z0-9]+(?:-[a-z0-9]+)*"
_PLAIN_ID = re.compile(rf"{_NO_PAGE}(?:/{_NO_PAGE})*", re.ASCII)
"""An id that can be its own folder: never one of the further pages of a list."""
_BROWSE = "browse/"
_NO_SLUG = re.compile(r"[^a-z0-9]+")


class Row(NamedTuple):
    """A line of a list: one issue of one letter."""

    letter: Letter
    issue: Issue


class Link(NamedTuple):
    """A link to a page of this site."""

    label: str
    url: str
    """Empty where no issue has the value: then it has no page."""
    issues: int = 0
    lang: str = ""
    """Of the label, where the page is in another language."""


class Choice(Frozen, frozen=True):
    """A facet value that occurs, in a list of values."""

    id: str
    label: str
    url: str
    note: str
    tally: Tally
    children: tuple[Choice, ...]
    lang: str = ""
    """Of the label and the note, where the page is in another language."""


class Axis(NamedTuple):
    """A facet with the values that occur."""

    facet: Facet
    url: str
    choices: tuple[Choice, ...]
    """The topmost ones, in the order of the vocabulary, open ones highest first."""
    main: tuple[Choice, ...]
    """The same, most frequent first; open ones highest first."""
    tagged: int
    """Issues that have a value."""
    rated: bool
    """Does an overturn rate say something? Not among the outcomes themselves."""


class Collection:
    """The letters, their issues as rows, and the rows of every facet value."""

    def __init__(
        self,
        letters: Sequence[Letter],
        rules: Rules,
        settings: Settings,
        problems: Sequence[Problem] = (),
        originals: Mapping[str, str] = MappingProxyType({}),
        *,
        whole: Callable[[Letter], Letter] = lambda letter: letter,
    ) -> None:
        """`letters`: outlines, or whole; `whole`: gives a letter with its texts; `originals`: letter id -> path of the letter
        itself below the root, where it is published.
        """
        self.whole = whole
        self.letters, self.rules, self.settings, self.problems, self.originals = letters, rules, settings, problems, originals
        self.facets = tuple(facet for facet in rules.facets if facet.order >= 0)
        self.rows = [Row(letter, issue) for letter in letters for issue in letter.issues]
        self.tally = tally(self.rows)
        self.by_value = tuple(grouped(self.rows, facet) for facet in self.facets)
        self.axes = tuple(self._axis(number) for number in range(len(self.facets)))
        self._paged = {facet.key: groups for facet, groups in zip(self.facets, self.by_value, strict=True)}
        self._links: dict[tuple[str, tuple[str, ...]], tuple[Link, ...]] = {}
        self._of_field = {facet.field: facet for facet in reversed(self.facets) if facet.field}

    def with_letter(self, number: int, letter: Letter) -> Collection:
        """A copy with another letter, whole, in one place. The rows and values stay those of the one before."""
        other = copy(self)
        other.letters = [*self.letters[:number], letter, *self.letters[number + 1 :]]
        other.whole = lambda outline: outline if outline is letter else self.whole(outline)
        return other

    def label(self, facet: Facet, found: str) -> str:
        known = self.rules.vocabulary_of(facet).by_id.get(found)
        return known.label if known else found

    def parent(self, facet: Facet, found: str) -> str | None:
        known = self.rules.vocabulary_of(facet).by_id.get(found)
        return known.parent if known else None

    def link(self, facet: Facet, found: str, issues: int = 0) -> Link:
        paged = found in self._paged[facet.key]
        return Link(self.label(facet, found), url(facet, found) if paged else "", issues)

    def links(self, facet: Facet, ids: Iterable[str]) -> tuple[Link, ...]:
        """Links to the values, without those that only stand above another one here; the same few come again and again."""
        listed = tuple(ids)
        if (facet.key, listed) not in self._links:
            above = {self.parent(facet, found) for found in listed}
            self._links[facet.key, listed] = tuple(self.link(facet, found) for found in listed if found not in above)
        return self._links[facet.key, listed]

    def links_of_field(self, field: str, ids: Iterable[str]) -> tuple[Link, ...]:
        """Links for ids of a field, where a facet reads that field."""
        facet = self._of_field.get(field)
        return self.links(facet, ids) if facet else ()

    def choices(
        self, facet: Facet, groups: Mapping[str, Sequence[Row]], top: str | None = None, beside: tuple[Facet, str] | None = None
    ) -> tuple[Choice, ...]:
        """The values among `groups` that stand below `top`, or all; with the pages that they share with the value `beside`."""
        vocabulary = self.rules.vocabulary_of(facet)
        places = vocabulary.order
        ordered = (
            sorted(groups, reverse=True) if facet.open else sorted(groups, key=lambda found: (places.get(found, 10**6), found))
        )
        below: dict[str | None, list[str]] = defaultdict(list)
        for found in ordered:
            parent = self.parent(facet, found)
            below[parent if parent in groups or parent == top else None].append(found)

        def choice(found: str) -> Choice:
            note = vocabulary.by_id[found].note if found in vocabulary.by_id else ""
            counted = tally(groups[found])
            children = tuple(map(choice, below[found]))
            address = self.together(*beside, facet, found) if beside else url(facet, found)
            return Choice(id=found, label=self.label(facet, found), url=address, note=note, tally=counted, children=children)

        return tuple(map(choice, below[top]))

    def together(self, facet: Facet, found: str, other: Facet, one: str) -> str:
        """The page of two values of issues that have both; empty where the facet files ask for none."""
        if other.key in facet.pairs:
            return f"{url(facet, found)}~{url(other, one).removeprefix(_BROWSE)}"  # no value's folder begins with a tilde
        return f"{url(other, one)}~{url(facet, found).removeprefix(_BROWSE)}" if facet.key in other.pairs else ""

    def _axis(self, number: int) -> Axis:
        facet, groups = self.facets[number], self.by_value[number]
        choices = self.choices(facet, groups)
        main = choices if facet.open else sorted(choices, key=lambda choice: -choice.tally.issues)
        untagged = values(self.rows, facet).count(())
        return Axis(facet, url(facet), choices, tuple(main), len(self.rows) - untagged, facet.field != "outcome")


def url(facet: Facet, found: str = "") -> str:
    """Folder of a value. A strange id, which only an open facet can hold, is named by its letters and its digest."""
    if not found:
        return f"{_BROWSE}{facet.key}/"
    if not _PLAIN_ID.fullmatch(found):
        digest = hashlib.sha256(found.encode("utf-8", "replace")).hexdigest()[:8]
        found = f"{_NO_SLUG.sub('-', found.lower())[:40].strip('-') or 'x'}-{digest}"
    return f"{_BROWSE}{facet.key}/{found}/"


def values(rows: Iterable[Row], facet: Facet) -> list[tuple[str, ...]]:
    """The value ids that each row has of a facet."""
    if facet.level == "letter":
        return [letter.facets.get(facet.key, ()) for letter, _ in rows]
    return [issue.facets.get(facet.key, ()) for _, issue in rows]


def grouped(rows: Sequence[Row], facet: Facet) -> dict[str, list[Row]]:
    """The rows of each value of a facet."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row, ids in zip(rows, values(rows, facet), strict=True):
        for found in ids:
            groups[found].append(row)
    return groups


def by_year(rows: Iterable[Row]) -> list[tuple[str, Tally]]:
    """(year decided, how its issues came out), in order; letters without a date under an empty year, first."""
    years: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        years[row.letter.decision_year or ""].append(row)
    return [(year, tally(years[year])) for year in sorted(years)]


def span(rows: Sequence[Row]) -> str:
    """First to last decision date; empty without dates."""
    dates = [row.letter.decision_date for row in rows if row.letter.decision_date]
    first, last = (day(min(dates)), day(max(dates))) if dates else ("", "")
    return first if first == last else f"{first} to {last}"


def shortened(text: str, most: int) -> str:
    """At most `most` characters, cut between words."""
    return text if len(text) <= most else f"{text[: most - 1].rpartition(' ')[0] or text[: most - 1]}…"
