"""What a page says about itself to machines: JSON-LD in the words of schema.org. Pure: a planned page in, plain data out.

Only pages that search engines may keep carry it, and only where the site knows its address: ids and links in it are absolute. The
template writes it with Jinja's `tojson`, which leaves no `<`, `>` or `&` in it: a letter that holds `</script>` stays data.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, cast

from site_builder.collection import Axis, Link
from site_builder.model import Letter, Page
from site_builder.settings import Settings

Described = Mapping[str, object]
DATA = "data"
"""Name of the hand-written page that is about the data files."""


def describe(page: Page, context: Mapping[str, Any], settings: Settings) -> Described | None:
    """`context`: all that the template sees. None where nothing is to be said."""
    about = _ABOUT.get(page.template)
    found = about(context, settings) if about and settings.base_url and context["indexed"] else None
    return {"@context": "https://schema.org", **found} if found else None


def _website(_context: Mapping[str, Any], settings: Settings) -> Described:
    address = settings.address("")
    search = {
        "@type": "SearchAction",
        "target": f"{settings.address('search/')}?q={{q}}",
        "query-input": "required name=q",
    }
    return {
        "@type": "WebSite",
        "name": settings.title,
        "description": settings.tagline,
        "url": address,
        "potentialAction": search,
    }


def _axis(context: Mapping[str, Any], settings: Settings) -> Described:
    axis = cast(Axis, context["axis"])
    return _trail(settings, (Link(axis.facet.plural, axis.url),))


def _value(context: Mapping[str, Any], settings: Settings) -> Described:
    axis = cast(Axis, context["axis"])
    return _trail(settings, (Link(axis.facet.plural, axis.url), *context["above"], Link(context["label"], "")))


def _decision(context: Mapping[str, Any], settings: Settings) -> Described:
    letter = cast(Letter, context["letter"])
    dated = {"datePublished": str(letter.decision_date)} if letter.decision_date else {}
    address = settings.address(letter.url)
    work = {"@type": "CreativeWork", "@id": address, "name": context["headline"], "abstract": context["verdict"], **dated}
    case = {"identifier": letter.case_number} if letter.case_number else {}
    return {"@graph": [{**work, **case}, _trail(settings, (*context["years"], Link(context["name"], "")))]}


def _content(context: Mapping[str, Any], settings: Settings) -> Described | None:
    content = context["content"]
    if content.name != DATA:
        return None
    files = [
        {"@type": "DataDownload", "contentUrl": settings.address(data.url), "encodingFormat": data.media_type}
        for data in context["datasets"]
        if data.rows is not None
    ]
    about = f"{settings.tagline}. {content.front.description}"
    address = settings.address(content.url)
    return {
        "@type": "Dataset",
        "name": settings.title,
        "description": about,
        "url": address,
        "isAccessibleForFree": True,
        "distribution": files,
    }


def _trail(settings: Settings, links: Iterable[Link]) -> Described:
    """The way from the list of everything to this page, which is the last and needs no address."""
    items = [
        {"@type": "ListItem", "position": place, "name": link.label, **({"item": settings.address(link.url)} if link.url else {})}
        for place, link in enumerate((Link("Browse", "browse/"), *links), 1)
    ]
    return {"@type": "BreadcrumbList", "itemListElement": items}


_ABOUT: Mapping[str, Callable[[Mapping[str, Any], Settings], Described | None]] = {
    "home.html": _website,
    "axis.html": _axis,
    "value.html": _value,
    "decision.html": _decision,
    "content.html": _content,
}
