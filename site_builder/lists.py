"""The browse pages: the values of a facet; the issues of a value, and of two values together. Pure: rows in, Pages out.

A list is newest first and cut into pages of at most `page_size` rows. Where letters have the value it lists letters; where issues
have it, issues, those of one letter together. Which facets are paired is said by the facet files; every pair of their values
that occurs has a page. Known limit: other combinations lead to the search page, which needs JavaScript.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from site_builder import charts, feeds
from site_builder.collection import Axis, Choice, Collection, Link, Row, by_year, grouped, shortened, span, url, values
from site_builder.decisions import headline
from site_builder.model import Letter, Page
from site_builder.rates import tally
from site_builder.render import day
from site_builder.rules import Facet

BESIDE = 8
"""Values of another facet shown beside a list."""
MOST = 100
"""Lines of a list of values."""
LONGEST = 200
"""Characters of a disputed treatment in a list."""


class Beside(NamedTuple):
    """Another facet within a list: its most frequent values, or all as a tree where each has a page together with this one."""

    facet: Facet
    choices: tuple[Choice, ...]
    found: tuple[tuple[str, Link], ...]
    more: int


class Line(NamedTuple):
    """What a list says of one letter."""

    decided: tuple[tuple[str | None, str, str], ...]
    """(outcome, address, words) of the letter, or of each of its issues that the list holds."""
    letter: str
    """When it was decided, and its case number."""


def axis_pages(site: Collection, axis: Axis) -> Iterator[Page]:
    """The values of a facet. Where they are too many the children are left to their parents, and the rest is paged."""
    lines = list(_flat(axis.choices))
    shown = lines if len(lines) <= MOST else [(choice, 0) for choice in axis.choices]
    for path, part, place in _paged(axis.url, len(shown), MOST):
        yield Page(path=path, template="axis.html", context={"axis": axis, "lines": shown[part], **place})


def pages(site: Collection, axis: int, found: str) -> Iterator[Page]:
    """The issues of one value; what else can be said about them stands on the first page."""
    rows, facet = site.by_value[axis][found], site.facets[axis]
    known = site.rules.vocabulary_of(facet).by_id.get(found)
    below = {other: same for other, same in site.by_value[axis].items() if site.parent(facet, other) == found}
    label = site.label(facet, found)
    yield from _list(
        site,
        url(facet, found),
        rows,
        {
            "axis": site.axes[axis],
            "of_letters": facet.level == "letter",
            "heading": label,
            "label": label,
            "note": known.note if known else "",
            "above": _above(site, facet, found),
            "rated": site.axes[axis].rated,
            "asked": [(facet.key, found)],
            "feed": feeds.address(site, facet, found),
        },
        {
            "children": site.choices(facet, below, found),
            "beside": [
                told
                for number in range(len(site.facets))
                if number != axis and (told := _beside(site, facet, found, number, rows))
            ],
        },
    )


def pairs(site: Collection, axis: int, found: str) -> Iterator[tuple[tuple[int, str], Sequence[Row]]]:
    """The values of other axes that have pages together with this one, each as (axis, id), with the rows that have both."""
    for number, other in enumerate(site.facets):
        if other.key in site.facets[axis].pairs:
            for one, both in sorted(grouped(site.by_value[axis][found], other).items()):
                yield (number, one), both


def pair_pages(site: Collection, first: tuple[int, str], second: tuple[int, str], rows: Sequence[Row]) -> Iterator[Page]:
    """The issues that have both values."""
    (axis, found), (number, one) = first, second
    facet, other = site.facets[axis], site.facets[number]
    label = f"{other.label}: {site.label(other, one)}"
    context = {
        "axis": site.axes[axis],
        "of_letters": facet.level == other.level == "letter",
        "heading": f"{site.label(facet, found)}, {label[0].lower()}{label[1:]}",
        "label": label,
        "note": "",
        "above": [*_above(site, facet, found), site.link(facet, found)],
        "rated": site.axes[axis].rated and site.axes[number].rated,
        "asked": [(facet.key, found), (other.key, one)],
    }
    yield from _list(site, site.together(facet, found, other, one), rows, context, {})


def _list(
    site: Collection, base: str, rows: Sequence[Row], context: Mapping[str, object], first: Mapping[str, object]
) -> Iterator[Page]:
    """Pages of rows; `first`: what only the first of them has."""
    of_letters = context["of_letters"]
    common = {
        "span": span(rows),
        "counts": tally(rows),
        "spark": None,
        "children": (),
        "beside": (),
        **context,
    }
    once = {"spark": charts.spark(by_year(rows)), **first}
    listed = [next(same) for _, same in groupby(rows, key=_letter)] if of_letters else rows
    for path, part, place in _paged(base, len(listed), site.settings.page_size):
        lines = map(_of_letter, listed[part]) if of_letters else _of_issues(listed[part])
        own = {"lines": list(lines), **place, **({} if part.start else once)}
        yield Page(path=path, template="value.html", context={**common, **own})


def _letter(row: Row) -> str:
    return row.letter.id


def _of_letter(row: Row) -> Line:
    letter = row.letter
    return Line(((letter.outcome, letter.url, headline(letter)),), _said(letter))


def _of_issues(rows: Sequence[Row]) -> Iterator[Line]:
    for _, same in groupby(rows, key=_letter):
        found = list(same)
        yield Line(
            tuple(
                (row.issue.outcome, f"{row.letter.url}#issue-{row.issue.number}", shortened(row.issue.disputed, LONGEST))
                for row in found
            ),
            _said(found[0].letter),
        )


def _said(letter: Letter) -> str:
    return ", ".join(filter(None, (day(letter.decision_date), letter.case_number or letter.id)))


def _paged(base: str, count: int, size: int) -> Iterator[tuple[str, slice, Mapping[str, object]]]:
    """(path, its part of the list, which page it is and where its neighbours are); an empty list has one page."""
    last = max(1, math.ceil(count / size))
    folders = ["", base, *(f"{base}page-{number}/" for number in range(2, last + 1)), ""]
    for number in range(1, last + 1):
        place = {"number": number, "last": last, "newer": folders[number - 1], "older": folders[number + 1]}
        yield f"{folders[number]}index.html", slice((number - 1) * size, number * size), place


def _flat(choices: Sequence[Choice], depth: int = 0) -> Iterator[tuple[Choice, int]]:
    for choice in choices:
        yield choice, depth
        yield from _flat(choice.children, depth + 1)


def _above(site: Collection, facet: Facet, found: str) -> list[Link]:
    """The values above this one, topmost first."""
    links: list[Link] = []
    parent = site.parent(facet, found)
    while parent is not None:
        links.insert(0, site.link(facet, parent))
        parent = site.parent(facet, parent)
    return [link for link in links if link.url]


def _beside(site: Collection, facet: Facet, found: str, number: int, rows: Sequence[Row]) -> Beside | None:
    """The values of another facet within these rows; None where all rows share the only one.

    Where the two are paired, all of them. Else a parent is left to its children, and the most frequent BESIDE are shown.
    """
    other = site.facets[number]
    if site.together(facet, found, other, ""):
        groups = grouped(rows, other)
        top = {one: same for one, same in groups.items() if site.parent(other, one) not in groups}
        choices = site.choices(other, groups if len(groups) <= MOST else top, beside=(facet, found))
        return Beside(other, choices, (), 0) if choices else None
    counts: Counter[str] = Counter()
    for ids, times in Counter(values(rows, other)).items():
        counts.update(dict.fromkeys(ids, times))
    above = {site.parent(other, one) for one in counts}
    ranked = sorted((one for one in counts if one not in above), key=lambda one: (-counts[one], one))
    links = tuple((one, site.link(other, one, counts[one])) for one in ranked[:BESIDE])
    return Beside(other, (), links, max(0, len(ranked) - BESIDE)) if len(ranked) > 1 else None
