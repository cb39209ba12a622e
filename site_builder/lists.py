"""The browse pages: the values of a facet; the issues of a value, and of two values together. Pure: rows in, Pages out.

A list is newest first and cut into pages of at most `page_size` rows; all but the first stay what they are when newer letters
come, so that a night's letters change a page or two of each list. Of a facet that is `newest`, and of two values together, a list
is its first page. Where letters have the value it lists letters; where issues have it, issues, those of one letter together.
Which facets are paired is said by the facet files; every pair of their values that occurs has a page. Known limit: other
combinations, and the older rows of those lists, are for the search page, which needs JavaScript.
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

Asked = tuple[tuple[int, str], ...]
"""The value of a list, or the two, each as (number of the facet, id)."""


class Beside(NamedTuple):
    """Another facet within a list: its most frequent values, or all as a tree where each has a page together with this one."""

    facet: Facet
    choices: tuple[Choice, ...]
    found: tuple[tuple[str, Link], ...]
    more: int


class Sheet(NamedTuple):
    """One page of a list."""

    asked: Asked
    listed: Sequence[Row]
    """The rows of all its pages, newest first; of a list of letters one a letter."""
    cut: slice
    """Of these."""
    path: str
    base: str
    """Folder of the first page."""
    number: int
    """Counted from the oldest row; 0 for the first page."""
    newer: str
    """Folder of the page before; empty where there is none."""
    older: str
    rows: Sequence[Row] = ()
    """Every row of the list, for the first page."""

    @property
    def lines(self) -> Sequence[Row]:
        """The rows that stand on this page."""
        return self.listed[self.cut]


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


def every(site: Collection) -> Iterator[tuple[Asked, Sequence[Row]]]:
    """What has a list: every value that occurs, and every pair of values that facet files ask for; with the rows that have it."""
    for axis, groups in enumerate(site.by_value):
        for found, rows in sorted(groups.items()):
            yield ((axis, found),), rows
            for number, other in enumerate(site.facets):
                if other.key in site.facets[axis].pairs:
                    for one, both in sorted(grouped(rows, other).items()):
                        yield ((axis, found), (number, one)), both


def sheets(site: Collection, asked: Asked, rows: Sequence[Row]) -> Iterator[Sheet]:
    """The pages of a list: the first, and behind it pages of equal length, counted from the oldest row so that no newer one
    changes them.
    """
    facets = [site.facets[axis] for axis, _ in asked]
    base = url(facets[0], asked[0][1]) if len(asked) == 1 else site.together(facets[0], asked[0][1], facets[1], asked[1][1])
    of_letters = all(facet.level == "letter" for facet in facets)
    listed = [next(same) for _, same in groupby(rows, key=_letter)] if of_letters else rows
    most = site.settings.page_size
    if len(asked) > 1 or facets[0].newest:  # rows of a pair stand in the lists of both values too
        yield Sheet(asked, listed, slice(most), f"{base}index.html", base, 0, "", "", rows)
        return
    size = max(1, most * 3 // 4)
    older = max(0, math.ceil((len(listed) - most) / size))
    first = len(listed) - older * size
    folders = ["", *(f"{base}page-{number}/" for number in range(1, older + 1)), base]
    yield Sheet(asked, listed, slice(first), f"{base}index.html", base, 0, "", folders[older], rows)
    for number in range(older, 0, -1):
        start = first + (older - number) * size
        path = f"{folders[number]}index.html"
        yield Sheet(asked, listed, slice(start, start + size), path, base, number, folders[number + 1], folders[number - 1])


def page(site: Collection, sheet: Sheet) -> Page:
    """What can be said about all rows stands on the first page of a list."""
    told = _of_value(site, *sheet.asked[0]) if len(sheet.asked) == 1 else _of_pair(site, *sheet.asked)
    lines = map(_of_letter, sheet.lines) if told["of_letters"] else _of_issues(sheet.lines)
    place = {
        "lines": list(lines),
        "span": span(sheet.rows or sheet.lines),
        "number": sheet.number,
        "newest": sheet.base,
        "newer": sheet.newer,
        "older": sheet.older,
        "oldest": f"{sheet.base}page-1/",
        "newest_only": len(sheet.lines) if len(sheet.lines) < len(sheet.listed) and not (sheet.number or sheet.older) else 0,
    }
    of_all: dict[str, object] = {"counts": None, "refused": 0, "spark": None, "children": (), "beside": ()}
    if sheet.rows:
        refused = sum(row.issue.ancillary for row in sheet.rows)  # the statistics leave them out
        of_all |= {"counts": tally(sheet.rows), "refused": refused, "spark": charts.spark(by_year(sheet.rows))}
        of_all |= _below_and_beside(site, *sheet.asked[0], sheet.rows) if len(sheet.asked) == 1 else {}
    return Page(path=sheet.path, template="value.html", context={**told, **place, **of_all})


def _of_value(site: Collection, axis: int, found: str) -> Mapping[str, object]:
    facet = site.facets[axis]
    known = site.rules.vocabulary_of(facet).by_id.get(found)
    label = site.label(facet, found)
    return {
        "axis": site.axes[axis],
        "of_letters": facet.level == "letter",
        "heading": label,
        "label": label,
        "note": known.note if known else "",
        "above": _above(site, facet, found),
        "rated": site.axes[axis].rated,
        "asked": [(facet.key, found)],
        "feed": feeds.address(site, facet, found),
    }


def _of_pair(site: Collection, first: tuple[int, str], second: tuple[int, str]) -> Mapping[str, object]:
    (axis, found), (number, one) = first, second
    facet, other = site.facets[axis], site.facets[number]
    label = f"{other.label}: {site.label(other, one)}"
    return {
        "axis": site.axes[axis],
        "of_letters": facet.level == other.level == "letter",
        "heading": f"{site.label(facet, found)}, {label[0].lower()}{label[1:]}",
        "label": label,
        "note": "",
        "above": [*_above(site, facet, found), site.link(facet, found)],
        "rated": site.axes[axis].rated and site.axes[number].rated,
        "asked": [(facet.key, found), (other.key, one)],
    }


def _below_and_beside(site: Collection, axis: int, found: str, rows: Sequence[Row]) -> Mapping[str, object]:
    facet = site.facets[axis]
    below = {other: same for other, same in site.by_value[axis].items() if site.parent(facet, other) == found}
    others = (_beside(site, facet, found, number, rows) for number in range(len(site.facets)) if number != axis)
    return {"children": site.choices(facet, below, found), "beside": list(filter(None, others))}


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
    """(path, its part of the values, which page it is and where its neighbours are); none at all have one page."""
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
