"""The pages that exist in every language: home, search, the ways to browse, statistics, the hand-written ones. Pure: values in,
Pages out.

They are those that do not consist of letters. The page of a letter and of a value is there once, in English, and pages of other
languages link to it as such. A page of a language stands in its folder, under the same path as in the first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from site_builder import feeds, lists, statistics
from site_builder.collection import Axis, Choice, Collection, Link, by_year
from site_builder.languages import Language
from site_builder.model import Page
from site_builder.render import Content
from site_builder.rules import Facet

ON_HOME = 8
"""Facets listed with their values on the home page."""
VALUES_ON_HOME = 6


def pages(
    site: Collection, contents: Sequence[Content], language: Language, tables: Sequence[statistics.Table]
) -> Iterator[Page]:
    """What stands in the language's folder. `contents`: the hand-written pages of this language; `tables`: of the statistics."""
    axes = [spoken(axis, language) for axis in site.axes]
    shared = {"language": language.code, "axes": [axis for axis in axes if axis.choices], "feed": feeds.address(site)}
    newest = site.letters[: site.settings.newest]
    home = {"newest": newest, "on_home": ON_HOME, "values_on_home": VALUES_ON_HOME}
    yield _page(language, "", "home.html", {**shared, **home})
    yield _page(language, "search/", "search.html", {**shared, "feed": ""})
    yield _page(language, "browse/", "browse.html", shared)
    for axis in axes:
        for page in lists.axis_pages(site, axis):
            yield msgspec.structs.replace(page, context={**shared, **page.context, "feed": ""})
    yield from statistics.pages(site, tables, language)
    for content in contents:
        coverage = _coverage(site, axes, language) if content.name.endswith("coverage") else None
        own = {"content": content, "coverage": coverage, "feed": ""}
        yield Page(path=f"{content.url}index.html", template="content.html", context={**shared, **own})


def _page(language: Language, folder: str, template: str, context: Mapping[str, object]) -> Page:
    return Page(path=f"{language.folder}{folder}index.html", template=template, context=context)


def menus(contents: Sequence[Content]) -> tuple[list[Link], list[Link]]:
    """Links to the hand-written pages of a language: in the menu at the top, and at the foot."""
    written = sorted(contents, key=lambda content: (content.front.menu, content.name))
    top = [Link(content.front.title, content.url) for content in written if content.front.menu]
    return top, [Link(content.front.title, content.url) for content in written if not content.front.menu]


def spoken(axis: Axis, language: Language) -> Axis:
    """The axis with its page and its names in a language; what is missing stays English and says so."""
    choices, main = (tuple(_choice(choice, axis.facet, language) for choice in listed) for listed in (axis.choices, axis.main))
    return axis._replace(facet=language.named(axis.facet), url=f"{language.folder}{axis.url}", choices=choices, main=main)


def _choice(choice: Choice, facet: Facet, language: Language) -> Choice:
    """Labels of an open facet are words of no language."""
    told = language.of_value(facet, choice.id)
    children = tuple(_choice(child, facet, language) for child in choice.children)
    if not told:
        return msgspec.structs.replace(choice, children=children, lang=language.of_english(facet))
    return msgspec.structs.replace(choice, label=told[0], note=told[1] if len(told) > 1 else "", children=children)


def _coverage(site: Collection, axes: Sequence[Axis], language: Language) -> dict[str, object]:
    reasons = Counter(_reason(problem.code, language) for problem in site.problems if problem.severity == "quarantine")
    return {
        "years": list(reversed(by_year(site.rows))),
        "facets": axes,
        "quarantined": sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0])),
    }


def _reason(code: str, language: Language) -> str:
    """By problem code or its first word. File names and messages stay with the owner of the site: they may name people."""
    names = (f"left_{found.replace('-', '_')}" for found in (code, code.partition("-")[0]))
    return next((language.texts[name] for name in names if name in language.texts), code.replace("-", " ").capitalize())
