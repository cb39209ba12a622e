"""Which pages exist. Pure: letters and rules in, Pages out; templates only loop, choose and print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec

from site_builder import decisions, feeds, linked_data, lists, statistics
from site_builder import similar as similarity
from site_builder.collection import Collection, Link, by_year
from site_builder.model import Page
from site_builder.rates import FEWEST
from site_builder.render import Content

ON_HOME = 8
"""Facets listed with their values on the home page."""
VALUES_ON_HOME = 6
_REASONS = {
    "no-format": "Not recognised as a review letter",
    "no-issue": "No disputed treatment with an outcome was found in it",
    "privacy": "Held back: it may name a person",
}
"""Why a letter is not published, by problem code or its first word; other codes are shown as they are."""


def plan(site: Collection, contents: Sequence[Content] = (), removed: Sequence[str] = ()) -> Iterator[Page]:
    """Every page of the site, the search page included; `contents`: content/*.md, by name; `removed`: ids of letters taken down."""
    settings = site.settings
    written = sorted(contents, key=lambda content: (content.front.menu, content.name))
    menu = [Link("Search", "search/"), Link("Browse", "browse/"), Link("Statistics", "statistics/")]
    shared = {
        "site": settings,
        "menu": [*menu, *(Link(content.front.title, content.url) for content in written if content.front.menu)],
        "foot": [Link(content.front.title, content.url) for content in written if not content.front.menu],
        "axes": [axis for axis in site.axes if axis.choices],
        "tally": site.tally,
        "fewest": FEWEST,
        "indexed": settings.indexing != "none",
        "feed": "",
    }
    for page in chain(_planned(site, written), _removed(removed)):
        context = {**shared, **page.context}
        yield msgspec.structs.replace(page, context={**context, "described": linked_data.describe(page, context, settings)})


def _planned(site: Collection, contents: Sequence[Content]) -> Iterator[Page]:
    """Every page with what is its own."""
    yield _home(site)
    yield Page(path="search/index.html", template="search.html", context={})
    yield Page(path="browse/index.html", template="browse.html", context={"feed": feeds.address(site)})
    for number, similar in enumerate(similarity.similar(site.letters)):
        yield decisions.page(site, number, similar)
    for number, axis in enumerate(site.axes):
        yield from lists.axis_pages(site, axis)
        for found in sorted(site.by_value[number]):
            yield from lists.pages(site, number, found)
    yield from statistics.pages(site)
    for content in contents:
        coverage = _coverage(site) if content.name == "coverage" else None
        yield Page(path=f"{content.url}index.html", template="content.html", context={"content": content, "coverage": coverage})
    yield Page(path="404.html", template="404.html", context={"root": site.settings.base_path, "indexed": False})
    yield from feeds.pages(site)
    if site.settings.base_url:
        yield Page(path="opensearch.xml", template="opensearch.xml", context={})


def _removed(ids: Sequence[str]) -> Iterator[Page]:
    """Pages without content where letters were taken down, all of the same bytes; the first, which no letter can be named like, is
    the one by which the manifest knows the others.
    """
    for id in ("_removed", *ids) if ids else ():
        yield Page(path=f"decisions/{id}.html", template="removed.html", context={"path": "404.html", "indexed": False})


def _home(site: Collection) -> Page:
    newest = site.letters[: site.settings.newest]
    context = {"newest": newest, "on_home": ON_HOME, "values_on_home": VALUES_ON_HOME, "feed": feeds.address(site)}
    return Page(path="index.html", template="home.html", context=context)


def _coverage(site: Collection) -> dict[str, object]:
    reasons = Counter(_reason(problem.code) for problem in site.problems if problem.severity == "quarantine")
    return {
        "years": [(year or "No date in the letter", counted) for year, counted in reversed(by_year(site.rows))],
        "facets": [(axis, axis.tagged) for axis in site.axes],
        "quarantined": sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0])),
    }


def _reason(code: str) -> str:
    """File names and messages stay with the owner of the site: they may name people."""
    return _REASONS.get(code) or _REASONS.get(code.partition("-")[0]) or code.replace("-", " ").capitalize()
