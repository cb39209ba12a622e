"""Which pages exist and what is on them. Pure: letters and rules in, Pages out; templates only loop, choose and print.

Letters come newest first and are listed in that order. What readers filter by is said by the facet files alone: no facet is named
here. A value of a letter-level facet belongs to every issue of the letter, so that all numbers count issues.

Known limit: a list links to combinations of two values by way of the search page, which needs JavaScript; every single value has
its own page, which does not.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from site_builder.model import Citation, Frozen, Issue, Letter, Page, Problem
from site_builder.rates import FEWEST, Tally, tally
from site_builder.render import Content, day
from site_builder.rules import Facet, Rules
from site_builder.settings import Settings

ON_HOME = 8
"""Facets listed with their values on the home page."""
VALUES_ON_HOME = 6
BESIDE = 8
"""Values of another facet shown beside a list."""
LONGEST_HEADLINE = 150
"""Characters of disputed treatments in a title; the rest is counted."""

_PLAIN_ID = re.compile(r"[a-z0-9]+(?:[-/][a-z0-9]+)*", re.ASCII)
_NO_SLUG = re.compile(r"[^a-z0-9]+")
_SIDES = (
    ("ur", "What the claims administrator relied on", "ur_guidelines"),
    ("imr", "What the independent reviewer relied on", "imr_guidelines"),
)
_TOLD = frozenset({"age_band", "sex", "decision_year", "priority", "outcome"}) | frozenset(
    {"ur_guidelines", "imr_guidelines", "guidelines_differ", "no_evidence_cited"}
)
"""Fields that a decision page gives in other words than as a list of values."""
_REGION_HINTS = {
    "guideline": "from the guideline",
    "odg-chapter": "from the guideline",
    "injury": "from the injury",
}
_REASONS = {
    "no-format": "Not recognised as a review letter",
    "no-issue": "No disputed treatment with an outcome was found in it",
    "privacy": "Held back: it may name a person",
}
"""Why a letter is not published, by problem code or its first word; other codes are shown as they are."""


class Row(NamedTuple):
    """A line of a list: one issue of one letter."""

    letter: Letter
    issue: Issue
    values: tuple[tuple[str, ...], ...]
    """Value ids, facet by facet."""


class Link(NamedTuple):
    """A link to a page of this site."""

    label: str
    url: str
    """Empty where no issue has the value: then it has no page."""
    issues: int = 0


class Choice(Frozen, frozen=True):
    """A facet value that occurs, in a list of values."""

    id: str
    label: str
    url: str
    note: str
    tally: Tally
    children: tuple[Choice, ...]


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


class Cited(NamedTuple):
    """What one side cites for one issue, ready to show."""

    title: str
    label: str
    raw: str
    guidelines: tuple[tuple[Link, str], ...]
    """(guideline, sections of it as written)."""


class Decided(NamedTuple):
    """An issue, ready to show."""

    issue: Issue
    printed: str
    """The line that opens the issue, where it says more than the heading and the badge."""
    tags: tuple[tuple[str, tuple[Link, ...], str], ...]
    """(label, values, hint)."""
    cited: tuple[Cited, ...]
    shared: tuple[Link, ...] | None
    """Guidelines that both sides cite; None where one of them cites none."""


class Site:
    """What every page shares: the collection, grouped once by facet value."""

    def __init__(self, letters: Sequence[Letter], rules: Rules, settings: Settings, problems: Sequence[Problem]) -> None:
        self.letters, self.rules, self.settings, self.problems = letters, rules, settings, problems
        self.facets = tuple(facet for facet in rules.facets if facet.order >= 0)
        self.rows = [
            Row(letter, issue, tuple(_values(letter, issue, facet) for facet in self.facets))
            for letter in letters
            for issue in letter.issues
        ]
        self.tally = tally(row[:2] for row in self.rows)
        self.by_value: tuple[dict[str, list[Row]], ...] = tuple(defaultdict(list) for _ in self.facets)
        for row in self.rows:
            for groups, ids in zip(self.by_value, row.values, strict=True):
                for found in ids:
                    groups[found].append(row)
        self.axes = tuple(self._axis(number) for number in range(len(self.facets)))
        self._paged = {facet.key: groups for facet, groups in zip(self.facets, self.by_value, strict=True)}
        self._links: dict[tuple[str, tuple[str, ...]], tuple[Link, ...]] = {}
        self._of_field = {facet.field: facet for facet in reversed(self.facets) if facet.field}

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

    def choices(self, facet: Facet, groups: Mapping[str, Sequence[Row]], top: str | None = None) -> tuple[Choice, ...]:
        """The values among `groups` that stand below `top`, or all."""
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
            counted = tally(row[:2] for row in groups[found])
            children = tuple(map(choice, below[found]))
            return Choice(
                id=found, label=self.label(facet, found), url=url(facet, found), note=note, tally=counted, children=children
            )

        return tuple(map(choice, below[top]))

    def _axis(self, number: int) -> Axis:
        facet, groups = self.facets[number], self.by_value[number]
        choices = self.choices(facet, groups)
        main = choices if facet.open else sorted(choices, key=lambda choice: -choice.tally.issues)
        return Axis(
            facet, url(facet), choices, tuple(main), sum(bool(row.values[number]) for row in self.rows), facet.field != "outcome"
        )


def plan(
    letters: Sequence[Letter],
    rules: Rules,
    settings: Settings,
    problems: Sequence[Problem] = (),
    contents: Sequence[Content] = (),
) -> Iterator[Page]:
    """Every page of the site, the search page included. `letters`: newest first; `contents`: content/*.md, by name."""
    site = Site(letters, rules, settings, problems)
    written = sorted(contents, key=lambda content: (content.front.menu, content.name))
    menu = [Link("Search", "search/"), Link("Browse", "browse/")]
    shared = {
        "site": settings,
        "menu": [*menu, *(Link(content.front.title, content.url) for content in written if content.front.menu)],
        "foot": [Link(content.front.title, content.url) for content in written if not content.front.menu],
        "axes": [axis for axis in site.axes if axis.choices],
        "tally": site.tally,
        "fewest": FEWEST,
        "indexed": settings.indexing != "none",
    }
    yield _page(
        "index.html", "home.html", shared, newest=letters[: settings.newest], on_home=ON_HOME, values_on_home=VALUES_ON_HOME
    )
    yield _page("search/index.html", "search.html", shared)
    yield _page("browse/index.html", "browse.html", shared)
    for number, letter in enumerate(letters):
        yield _decision(site, shared, number, letter)
    for number, axis in enumerate(site.axes):
        yield _page(f"{axis.url}index.html", "axis.html", shared, axis=axis)
        for found, rows in sorted(site.by_value[number].items()):
            yield from _lists(site, shared, number, found, rows)
    for content in written:
        coverage = _coverage(site) if content.name == "coverage" else None
        yield _page(f"{content.url}index.html", "content.html", shared, content=content, coverage=coverage)
    yield _page("404.html", "404.html", shared, root=settings.base_path, indexed=False)


def url(facet: Facet, found: str = "") -> str:
    """Folder of a value. A strange id, which only an open facet can hold, is named by its letters and its digest."""
    if not found:
        return f"browse/{facet.key}/"
    if not _PLAIN_ID.fullmatch(found):
        digest = hashlib.sha256(found.encode("utf-8", "replace")).hexdigest()[:8]
        found = f"{_NO_SLUG.sub('-', found.lower())[:40].strip('-') or 'x'}-{digest}"
    return f"browse/{facet.key}/{found}/"


def headline(letter: Letter) -> str:
    """The disputed treatments as far as a title can hold them."""
    shown, length = list[str](), 0
    for issue in letter.issues:
        if shown and length + len(issue.disputed) > LONGEST_HEADLINE:
            break
        shown.append(_shortened(issue.disputed, LONGEST_HEADLINE))
        length += len(issue.disputed) + 2
    more = len(letter.issues) - len(shown)
    return "; ".join(shown) + (f"; and {more} more" if more else "")


def verdict(letter: Letter) -> str:
    """What was decided, in words for everybody."""
    count = len(letter.issues)
    won = sum(issue.outcome == "overturned" for issue in letter.issues)
    all_of = "both" if count == 2 else f"all {count}"
    none_of = "neither treatment" if count == 2 else f"none of the {count} treatments is"
    if letter.outcome == "upheld":
        return f"Upheld: the denial stands, {'treatment not' if count == 1 else none_of} approved."
    if letter.outcome == "overturned":
        return f"Overturned: {'treatment' if count == 1 else f'{all_of} treatments'} approved."
    if letter.outcome:
        rest = "other" if count == 2 else "rest"
        return f"Partly overturned: {won} of {count} treatments approved; the denial of the {rest} stands."
    return "The outcome is not stated in words that are known here; read the letter below."


def citation_text(letter: Letter, settings: Settings) -> str:
    """IMR Case No. CM17-0001234, decided 21 Feb 2017."""
    name = f"IMR Case No. {letter.case_number}" if letter.case_number else f"IMR decision {letter.id}"
    decided = f", decided {day(letter.decision_date)}" if letter.decision_date else ""
    address = settings.address(letter.url)
    return f"{name}{decided}{f'. {address}' if address else ''}"


def span(rows: Sequence[Row]) -> str:
    """First to last decision date; empty without dates."""
    dates = [row.letter.decision_date for row in rows if row.letter.decision_date]
    first, last = (day(min(dates)), day(max(dates))) if dates else ("", "")
    return first if first == last else f"{first} to {last}"


def _values(letter: Letter, issue: Issue, facet: Facet) -> tuple[str, ...]:
    return (issue if facet.level == "issue" else letter).facets.get(facet.key, ())


def _decision(site: Site, shared: Mapping[str, object], number: int, letter: Letter) -> Page:
    kinds = defaultdict(list)
    for section in letter.sections:
        kinds[section.kind if section.kind in ("summary", "unplaced") else "folded"].append(section)
    return _page(
        letter.url,
        "decision.html",
        shared,
        letter=letter,
        name=letter.case_number or letter.id,
        headline=headline(letter),
        verdict=verdict(letter),
        years=[link for link in site.links_of_field("decision_year", filter(None, [letter.decision_year])) if link.url],
        facts=_facts(site, letter),
        issues=[_decided(site, issue) for issue in letter.issues],
        summary=kinds["summary"],
        unplaced=kinds["unplaced"],
        folded=kinds["folded"],
        citation=citation_text(letter, site.settings),
        record=site.settings.state_record(letter.case_number) if letter.case_number else "",
        newer=_neighbour(site, number - 1) if number else None,
        older=_neighbour(site, number + 1) if number + 1 < len(site.letters) else None,
        indexed=site.settings.indexing == "all",
    )


def _neighbour(site: Site, number: int) -> Link:
    letter = site.letters[number]
    return Link(_shortened(letter.title, 70), letter.url.rpartition("/")[2])


def _facts(site: Site, letter: Letter) -> list[tuple[str, str, tuple[Link, ...]]]:
    """(label, text, links), only what is known."""
    person = ", ".join(filter(None, (f"{letter.age} years old" if letter.age is not None else "", letter.sex or "")))
    facts: list[tuple[str, str, tuple[Link, ...]]] = [
        ("Case number", letter.case_number or "", ()),
        ("Decided", day(letter.decision_date), ()),
        ("Injured", day(letter.date_of_injury), ()),
        ("Treatment denied", day(letter.ur_denial_date), ()),
        ("Review asked for", day(letter.received_date), ()),
        ("Priority", "Expedited" if letter.priority == "expedited" else "", ()),
        ("Injured worker", person, ()),
        ("Injured body parts", "", site.links_of_field("body_parts", letter.injured_body_parts)),
    ]
    facts += [
        (facet.label, "", site.links(facet, letter.facets.get(facet.key, ())))
        for facet in site.facets
        if facet.level == "letter" and facet.field not in _TOLD
    ]
    return [fact for fact in facts if fact[1] or fact[2]]


def _decided(site: Site, issue: Issue) -> Decided:
    tags: list[tuple[str, tuple[Link, ...], str]] = []
    true: list[Link] = []
    for facet in site.facets:
        ids = issue.facets.get(facet.key, ())
        if facet.level == "letter" or facet.field in _TOLD or ids in ((), ("no",)):
            continue
        if ids == ("yes",):
            true += site.links(facet, ids)
        else:
            hint = _REGION_HINTS.get(issue.body_parts_from or "", "") if facet.field == "body_parts" else ""
            tags.append((facet.label, site.links(facet, ids), hint))
    if true:
        tags.append(("Also", tuple(true), ""))
    ours, theirs = ({found for found in cited.guidelines if found != "none"} for cited in (issue.ur, issue.imr))
    both = [found for found in issue.imr.guidelines if found in ours and found in theirs]
    return Decided(
        issue=issue,
        printed=_printed(issue),
        tags=tuple(tags),
        cited=tuple(
            _cited(site, title, field, issue.labels[number], getattr(issue, side))
            for number, (side, title, field) in enumerate(_SIDES)
        ),
        shared=site.links_of_field("imr_guidelines", both) if ours and theirs else None,
    )


def _printed(issue: Issue) -> str:
    request = "" if issue.request == issue.disputed else issue.request
    words = "" if issue.outcome and issue.outcome_words == issue.outcome.capitalize() else issue.outcome_words
    return issue.heading or (" " if ":" in words else ": ").join(filter(None, (request, words)))  # "X is: Upheld", "X: Denied"


def _cited(site: Site, title: str, field: str, label: str, citation: Citation) -> Cited:
    sections: dict[str, list[str]] = defaultdict(list)
    for guideline, section in citation.sections:
        sections[guideline].append(section)
    linked = ((link, found) for found in citation.guidelines for link in site.links_of_field(field, [found]))
    return Cited(title, label, citation.raw, tuple((link, "; ".join(sections[found])) for link, found in linked))


def _lists(site: Site, shared: Mapping[str, object], axis: int, found: str, rows: Sequence[Row]) -> Iterator[Page]:
    """The issues of one value, newest first, at most `page_size` a page; what else can be said about them stands on the first."""
    facet, size = site.facets[axis], site.settings.page_size
    known = site.rules.vocabulary_of(facet).by_id.get(found)
    base = url(facet, found)
    above = _above(site, facet, found)
    groups = {other: same for other, same in site.by_value[axis].items() if site.parent(facet, other) == found}
    last = math.ceil(len(rows) / size)
    common = {
        "axis": site.axes[axis],
        "value": found,
        "label": site.label(facet, found),
        "note": known.note if known else "",
        "above": above,
        "span": span(rows),
        "counts": tally(row[:2] for row in rows),
        "last": last,
    }
    beside = [(other, *_beside(site, number, rows)) for number, other in enumerate(site.facets) if number != axis]
    for number in range(1, last + 1):
        first = number == 1
        yield _page(
            f"{base if first else f'{base}page-{number}/'}index.html",
            "value.html",
            shared,
            **common,
            rows=rows[(number - 1) * size : number * size],
            number=number,
            newer="" if first else base if number == 2 else f"{base}page-{number - 1}/",
            older=f"{base}page-{number + 1}/" if number < last else "",
            children=site.choices(facet, groups, found) if first else (),
            beside=[told for told in beside if told[1]] if first else (),
        )


def _above(site: Site, facet: Facet, found: str) -> list[Link]:
    """The values above this one, topmost first."""
    links: list[Link] = []
    parent = site.parent(facet, found)
    while parent is not None:
        links.insert(0, site.link(facet, parent))
        parent = site.parent(facet, parent)
    return [link for link in links if link.url]


def _beside(site: Site, number: int, rows: Sequence[Row]) -> tuple[list[tuple[str, Link]], int]:
    """The most frequent values of another facet within these rows (id, link with count), and how many more there are.

    A parent is left to its children; values that all rows share say nothing and are left out.
    """
    facet = site.facets[number]
    counts: Counter[str] = Counter()
    for ids, times in Counter(row.values[number] for row in rows).items():
        counts.update(dict.fromkeys(ids, times))
    above = {site.parent(facet, found) for found in counts}
    ranked = sorted((found for found in counts if found not in above), key=lambda found: (-counts[found], found))
    if len(ranked) < 2:
        return [], 0
    return [(found, site.link(facet, found, counts[found])) for found in ranked[:BESIDE]], max(0, len(ranked) - BESIDE)


def _coverage(site: Site) -> dict[str, object]:
    by_year: dict[str, list[Row]] = defaultdict(list)
    for row in site.rows:
        by_year[row.letter.decision_year or ""].append(row)
    reasons = Counter(_reason(problem.code) for problem in site.problems if problem.severity == "quarantine")
    return {
        "years": [
            (year or "No date in the letter", tally(row[:2] for row in rows))
            for year, rows in sorted(by_year.items(), reverse=True)
        ],
        "facets": [(axis, axis.tagged) for axis in site.axes],
        "quarantined": sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0])),
    }


def _reason(code: str) -> str:
    """File names and messages stay with the owner of the site: they may name people."""
    return _REASONS.get(code) or _REASONS.get(code.partition("-")[0]) or code.replace("-", " ").capitalize()


def _shortened(text: str, most: int) -> str:
    """Cut between words."""
    return text if len(text) <= most else f"{text[: most - 1].rpartition(' ')[0] or text[: most - 1]}…"


def _page(path: str, template: str, shared: Mapping[str, object], **context: object) -> Page:
    return Page(path=path, template=template, context={**shared, **context})
