"""How issues came out by facet value: the statistics pages, and the same numbers as CSV. Pure: rows in, Pages and Files out.

Which facets are counted, and in which order, is said by the facet files (`statistics`, `against`). An issue that was refused with
its parent, because the reviewer cites no evidence for it, was not weighed on its own: it is counted apart and is in no rate here.
An issue with several values is in the line of each, so lines do not add up to a total; a rate is never given under FEWEST issues.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import product
from operator import attrgetter
from typing import Any, NamedTuple

from site_builder import charts, delimited
from site_builder.collection import Collection, Link, values
from site_builder.languages import Language
from site_builder.model import File, Outcome, Page
from site_builder.rates import Outcomes, came_out, tally
from site_builder.rules import Facet

FOLDER = "statistics/"
ON_FRONT = 15
"""Lines of a table on the front page of the statistics; the table's own page has more."""
MOST = 100
"""Lines of a table on its own page; the CSV has all."""
COLUMNS = ("issues", "refused_with_parent", "decided", "overturned", "rate", "low", "high")
"""Of every CSV file, after the values: `low` and `high` are the 95% interval of `rate`."""

Kinds = Mapping[tuple[Outcome | None, bool], int]
"""(outcome, refused with its parent?) -> how many issues."""
Ends = Callable[[Facet, Sequence[str]], Sequence[str]]
"""Which values of an issue, in a facet, have a line."""


class Count(NamedTuple):
    """How some issues came out."""

    issues: int
    refused: int
    """Refused with their parent."""
    own: Outcomes
    """The others."""


class Line(NamedTuple):
    """One line of a table: a value, or one of each of two facets."""

    ids: tuple[str, ...]
    links: tuple[Link, ...]
    depth: int
    counted: Count


class Table(NamedTuple):
    """The lines of a facet, or of two crossed."""

    name: str
    """Names its page and its file."""
    facets: tuple[Facet, ...]
    """Of the columns of the values."""
    front: tuple[Line, ...]
    """The topmost values; most frequent first, an open facet's highest first."""
    lines: tuple[Line, ...]
    """Every value, each under its parent."""
    untold: int
    """Issues that have no value here."""

    @property
    def url(self) -> str:
        return f"{FOLDER}{self.name}/"

    @property
    def csv(self) -> str:
        return f"{FOLDER}{self.name}.csv"


def count(kinds: Kinds) -> Count:
    own = came_out({outcome: issues for (outcome, refused), issues in kinds.items() if not refused})
    issues = sum(kinds.values())
    return Count(issues, issues - own.issues, own)


def tables(site: Collection) -> tuple[Table, ...]:
    """In the order of the page; facets without any value are left out."""
    by_key = {facet.key: facet for facet in site.facets}
    single = sorted((facet for facet in site.facets if facet.statistics), key=lambda facet: facet.statistics)
    crossed = [(facet, by_key[facet.against]) for facet in site.facets if facet.against in by_key]
    found = [
        *(_of_facet(site, facet) for facet in single),
        *(_crossed(site, facet, other) for facet, other in crossed),
    ]
    return tuple(table for table in found if table.lines)


class Shown(NamedTuple):
    """Some lines of a table as a page says them, in its language."""

    table: Table
    title: str
    heads: tuple[str, ...]
    lines: tuple[Line, ...]
    chart: charts.Chart | None


def pages(site: Collection, listed: Sequence[Table], language: Language) -> Iterator[Page]:
    """The front page, and one for every table, in a language."""
    everything = count(_with_values(site))
    partly = tally(row for row in site.rows if row.issue.partial_authorization and not row.issue.ancillary)
    dates = [row.letter.decision_date for row in site.rows if row.letter.decision_date]
    show = partial(_shown, language=language, everything=everything.own)
    fronts = [show(table, table.front[:ON_FRONT]) for table in listed]
    common = {"language": language.code, "everything": everything, "fronts": fronts}
    yield Page(
        path=f"{language.folder}{FOLDER}index.html",
        template="statistics.html",
        context={**common, "span": (min(dates), max(dates)) if dates else (), "partly": partly},
    )
    for table in listed:
        yield Page(
            path=f"{language.folder}{table.url}index.html",
            template="statistics-table.html",
            context={**common, "shown": show(table, table.lines[:MOST])},
        )


def files(listed: Sequence[Table]) -> Iterator[File]:
    """Every line of every table as CSV."""
    for table in listed:
        heads = [head for number, _ in enumerate(table.facets, 1) for head in (f"id_{number}", f"value_{number}")]
        yield File(path=table.csv, content=delimited.encode([[*heads, *COLUMNS], *map(_cells, table.lines)]))


def _of_facet(site: Collection, facet: Facet) -> Table:
    told = _with_values(site, facet)
    lines = {line.ids[0]: line for line in _lines(site, (facet,), told, lambda _, ids: ids)}
    above = {found: site.parent(facet, found) for found in lines}
    places = site.rules.vocabulary_of(facet).order

    def below(parent: str | None, depth: int) -> Iterator[Line]:
        own = [found for found in lines if (above[found] if above[found] in lines else None) == parent]
        own.sort(key=lambda found: (0 if facet.open else -lines[found].counted.issues, places.get(found, 0), found))
        for found in reversed(own) if facet.open else own:
            yield lines[found]._replace(depth=depth)
            yield from below(found, depth + 1)

    every = tuple(below(None, 0))
    return Table(
        name=facet.key,
        facets=(facet,),
        front=tuple(line for line in every if not line.depth),
        lines=every,
        untold=_untold(told),
    )


def _crossed(site: Collection, one: Facet, other: Facet) -> Table:
    told = _with_values(site, one, other)

    def lines(ends: Ends) -> tuple[Line, ...]:
        return tuple(sorted(_lines(site, (one, other), told, ends), key=lambda line: (-line.counted.issues, line.ids)))

    return Table(
        name=f"{one.key}-by-{other.key}",
        facets=(one, other),
        front=lines(partial(_topmost, site)),
        lines=lines(partial(_lowest, site)),
        untold=_untold(told),
    )


def _with_values(site: Collection, *facets: Facet) -> Counter[Any]:
    """(values of each facet, outcome, refused with its parent?) -> how many issues; without facets these are Kinds."""
    of_issues = (map(attrgetter(f"issue.{name}"), site.rows) for name in ("outcome", "ancillary"))
    return Counter(zip(*(values(site.rows, facet) for facet in facets), *of_issues, strict=True))


def _lines(site: Collection, facets: Sequence[Facet], told: Counter[Any], ends: Ends) -> Iterator[Line]:
    """One for each value, or each pair of values, that `ends` finds among those of an issue."""
    found: defaultdict[tuple[str, ...], Counter[tuple[Outcome | None, bool]]] = defaultdict(Counter)
    for (*of_facets, outcome, refused), issues in told.items():
        for ids in product(*map(ends, facets, of_facets)):
            found[ids][outcome, refused] += issues
    for ids, kinds in found.items():
        yield Line(ids, tuple(map(site.link, facets, ids)), 0, count(kinds))


def _untold(told: Counter[Any]) -> int:
    return sum(issues for (*of_facets, _, _), issues in told.items() if not all(of_facets))


def _topmost(site: Collection, facet: Facet, ids: Sequence[str]) -> Sequence[str]:
    """Of the values of an issue those without a parent among them."""
    return [found for found in ids if site.parent(facet, found) not in ids]


def _lowest(site: Collection, facet: Facet, ids: Sequence[str]) -> Sequence[str]:
    """Those that no other one here stands below."""
    above = {site.parent(facet, found) for found in ids}
    return [found for found in ids if found not in above]


def _shown(table: Table, lines: Sequence[Line], *, language: Language, everything: Outcomes) -> Shown:
    named, texts = tuple(map(language.named, table.facets)), language.texts
    said = tuple(line._replace(links=tuple(map(partial(_said, language), table.facets, line.ids, line.links))) for line in lines)
    if len(named) > 1:  # what belongs together here does not lie in one line of a chart
        one, other = (facet.plural for facet in named)
        return Shown(table, texts["crossed"].format(one=one, other=_inside(other)), (one, other), said, None)
    (facet,) = named
    rows = [(line.links[0].label, line.counted.own) for line in said]
    chart = charts.rates(texts["chart_title"].format(what=_inside(facet.label)), rows, everything, texts)
    return Shown(table, facet.label, (facet.label,), said, chart)


def _said(language: Language, facet: Facet, id: str, link: Link) -> Link:
    told = language.of_value(facet, id)
    return link._replace(label=told[0]) if told else link._replace(lang=language.of_english(facet))


def _inside(label: str) -> str:
    """Within a sentence."""
    return label[0].lower() + label[1:]


def _cells(line: Line) -> list[object]:
    own = line.counted.own
    values = [cell for found, link in zip(line.ids, line.links, strict=True) for cell in (found, link.label)]
    shares = (own.rate, *own.interval) if own.rate is not None else ()
    rates = [f"{share:.4f}" for share in shares] or ["", "", ""]
    return [*values, line.counted.issues, line.counted.refused, own.decided, own.overturned, *rates]
