"""Atom feeds (RFC 4287): the newest decisions of the site, and of every value of the facets that say `feed = true`. Pure.

An entry holds what a line of a list shows: the treatments, the outcome, the day, the link. Addresses and ids are absolute, so
without a `base_url` there is no feed. An entry is dated by its decision, never by the clock: letters without a date are left out.
Ids are tag URIs (RFC 4151) and stay the same as long as the site stays at its address.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from site_builder.collection import Collection, url
from site_builder.decisions import headline, verdict
from site_builder.model import Letter, Page
from site_builder.rules import Facet
from site_builder.settings import Settings

NEWEST = 50
"""Entries of a feed."""
SINCE = 2026
"""The year that every tag URI names: ids are for ever, so it never changes."""
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that an XML document cannot hold, not even escaped."""


class Entry(NamedTuple):
    """A decision in a feed."""

    id: str
    url: str
    title: str
    summary: str
    updated: str
    """RFC 3339: midnight, UTC, of the day of the decision."""


def pages(site: Collection) -> Iterator[Page]:
    """One page a feed; none without a `base_url`."""
    if address(site):
        yield _feed(site, address(site), "", site.settings.tagline, site.letters)
    for number, facet in enumerate(site.facets):
        for found, rows in sorted(site.by_value[number].items()):
            path = address(site, facet, found)
            if path:
                letters = (next(same) for _, same in groupby((row.letter for row in rows), attrgetter("id")))
                yield _feed(site, path, url(facet, found), f"{facet.label}: {site.label(facet, found)}", letters)


def address(site: Collection, facet: Facet | None = None, found: str = "") -> str:
    """Path of a feed below the site's root, of the whole site or of a value; empty where there is none."""
    if not site.settings.base_url or not (facet is None or facet.feed):
        return ""
    return f"{url(facet, found) if facet else ''}feed.xml"


def _feed(site: Collection, path: str, of: str, subtitle: str, letters: Iterable[Letter]) -> Page:
    newest = islice((letter for letter in letters if letter.decision_date), NEWEST)
    entries = [_entry(site.settings, letter) for letter in newest]
    context = {
        "id": tag(site.settings, path),
        "address": site.settings.address(path),
        "of": site.settings.address(of),
        "title": _plain(site.settings.title),
        "subtitle": _plain(subtitle),
        "updated": entries[0].updated if entries else f"{SINCE}-01-01T00:00:00Z",
        "entries": entries,
    }
    return Page(path=path, template="feed.xml", context=context)


def _entry(settings: Settings, letter: Letter) -> Entry:
    return Entry(
        id=tag(settings, letter.url),
        url=settings.address(letter.url),
        title=_plain(f"{letter.case_number or letter.id}: {headline(letter)}"),
        summary=_plain(verdict(letter)),
        updated=f"{letter.decision_date}T00:00:00Z",
    )


def tag(settings: Settings, path: str) -> str:
    """tag:example.org,2026:/imr/decisions/cm17-0001234.html"""
    host = urlsplit(settings.base_url).hostname or ""
    return f"tag:{host},{SINCE}:{quote(f'{settings.base_path}{path}')}"


def _plain(text: str) -> str:
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
