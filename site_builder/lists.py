"""The pages of a facet value: its issues, newest first, and what else can be said about them. Pure: rows in, Pages out.

Known limit: a list links to combinations of two values by way of the search page, which needs JavaScript; every single value has
its own page, which does not.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from site_builder import feeds
from site_builder.collection import Collection, Link, Row, span, url
from site_builder.model import Page
from site_builder.rates import tally
from site_builder.rules import Facet

BESIDE = 8
"""Values of another facet shown beside a list."""


def pages(site: Collection, axis: int, found: str) -> Iterator[Page]:
    """The issues of one value, newest first, at most `page_size` a page; what else can be said about them stands on the first."""
    rows = site.by_value[axis][found]
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
        "feed": feeds.address(site, facet, found),
    }
    beside = [(other, *_beside(site, number, rows)) for number, other in enumerate(site.facets) if number != axis]
    for number in range(1, last + 1):
        first = number == 1
        yield Page(
            path=f"{base if first else f'{base}page-{number}/'}index.html",
            template="value.html",
            context={
                **common,
                "rows": rows[(number - 1) * size : number * size],
                "number": number,
                "newer": "" if first else base if number == 2 else f"{base}page-{number - 1}/",
                "older": f"{base}page-{number + 1}/" if number < last else "",
                "children": site.choices(facet, groups, found) if first else (),
                "beside": [told for told in beside if told[1]] if first else (),
            },
        )


def _above(site: Collection, facet: Facet, found: str) -> list[Link]:
    """The values above this one, topmost first."""
    links: list[Link] = []
    parent = site.parent(facet, found)
    while parent is not None:
        links.insert(0, site.link(facet, parent))
        parent = site.parent(facet, parent)
    return [link for link in links if link.url]


def _beside(site: Collection, number: int, rows: Sequence[Row]) -> tuple[list[tuple[str, Link]], int]:
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
