"""Which pages exist. Pure: letters and rules in, Pages out; templates only loop, choose and print."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from operator import attrgetter
from typing import NamedTuple

import msgspec

from site_builder import decisions, dictionary, exports, feeds, frame, linked_data, lists, statistics
from site_builder.collection import Collection, Link
from site_builder.languages import FIRST, Language
from site_builder.lists import Sheet
from site_builder.model import Dataset, Letter, Page
from site_builder.rates import FEWEST
from site_builder.render import Content
from site_builder.similar import Finder, Similar

EXAMPLE_ADDRESS = "https://example.org/imr/"
"""Stands for the address of the site in hand-written pages."""
DICTIONARY = (
    ("A letter", tuple(dictionary.entries(exports.LetterRow))),
    ("An issue", tuple(dictionary.entries(exports.IssueRow))),
)


class Part(NamedTuple):
    """Pages that are planned together, when somebody asks for them."""

    pages: Callable[[], Iterable[Page]]
    follows_from: Callable[[], Sequence[object]] | None = None
    """What these pages follow from besides code, templates and settings, as plain values; None where that is everything."""


def parts(
    site: Collection,
    contents: Sequence[Content] = (),
    removed: Sequence[str] = (),
    languages: Sequence[Language] = (Language(),),
    datasets: Sequence[Dataset] = (),
    *,
    similar: Callable[[int], Sequence[Similar]] | None = None,
    digest: Callable[[Letter], bytes] | None = None,
    tables: Sequence[statistics.Table] | None = None,
    program: str = "",
) -> list[Part]:
    """Every page of the site. `contents`: content/**.md, by name; `removed`: ids of letters taken down; `datasets`: written;
    `similar`: decisions to the letter of a number; `digest`: of every word of a letter; `tables`: of the statistics;
    `program`: path of what searches words, where words are searched.
    """
    known = outlines(site.letters)
    tables = statistics.tables(site) if tables is None else tables
    of_many = parts_of_many(site, known, contents, removed, languages, datasets=datasets, tables=tables, program=program)
    similar, digest = similar or Finder(site.letters).of, digest or _digest
    of_one = part_of_letter(site, known, similar=similar, digest=digest, contents=contents, languages=languages)
    return [*of_many, *map(of_one, range(len(site.letters)))]


def part_of_letter(
    site: Collection,
    outlines: Mapping[str, bytes],
    *,
    similar: Callable[[int], Sequence[Similar]],
    digest: Callable[[Letter], bytes],
    contents: Sequence[Content],
    languages: Sequence[Language],
) -> Callable[[int], Part]:
    """For the number of a letter in the collection its page. `outlines`, `similar`, `digest`: see there, and `parts`."""
    # Values that have a page to link to: of an open facet those of the letter itself, of others perhaps one that its issues lack.
    paged = _digest([sorted(groups) for facet, groups in zip(site.facets, site.by_value, strict=True) if not facet.open])
    dressed = dressing(site, contents, languages)

    def part(number: int) -> Part:
        def follows_from() -> Sequence[object]:
            return [digest(site.letters[number]), paged, *_under_decision(site, similar, outlines, number)]

        return dressed(Part(partial(_decision, site, similar, number), follows_from))

    return part


def parts_of_many(
    site: Collection,
    outlines: Mapping[str, bytes],
    contents: Sequence[Content],
    removed: Sequence[str],
    languages: Sequence[Language],
    *,
    datasets: Sequence[Dataset],
    tables: Sequence[statistics.Table],
    program: str,
) -> Iterator[Part]:
    """All other pages: those that tell of many letters, or of none."""
    contents = [_addressed(content, site, datasets) for content in contents]
    frames = Part(partial(_frames, site, _by_language(contents, languages), languages, tables))
    listed = _listed(site, outlines)
    rest = Part(partial(_rest, site, languages))
    told = (
        Part(partial(feeds.pages, site)),
        rest,
        Part(partial(_removed, removed)),
    )
    return map(dressing(site, contents, languages, datasets=datasets, program=program), chain([frames], listed, told))


def dressing(
    site: Collection, contents: Sequence[Content], languages: Sequence[Language], **shown_by_some: object
) -> Callable[[Part], Part]:
    """Gives the pages of a part what pages share."""
    shared = {
        "site": site.settings,
        "tally": site.tally,
        "fewest": FEWEST,
        "indexed": site.settings.indexing != "none",
        "feed": "",
        "language": FIRST,
        "equivalents": (),
        "dictionary": DICTIONARY,
        "facets": site.facets,
        **shown_by_some,
    }
    written = _by_language(contents, languages)
    menus = {code: dict(zip(("menu", "foot"), frame.menus(found), strict=True)) for code, found in written.items()}

    def dressed(part: Part) -> Iterator[Page]:
        for page in part.pages():
            context = {**shared, **page.context}
            context |= menus[str(context["language"])]
            described = linked_data.describe(page, context, site.settings)
            yield msgspec.structs.replace(page, context={**context, "described": described})

    return lambda part: Part(partial(dressed, part), part.follows_from)


def _by_language(contents: Sequence[Content], languages: Sequence[Language]) -> Mapping[str, Sequence[Content]]:
    return {language.code: [content for content in contents if content.language == language.code] for language in languages}


def _frames(
    site: Collection,
    written: Mapping[str, Sequence[Content]],
    languages: Sequence[Language],
    tables: Sequence[statistics.Table],
) -> Iterator[Page]:
    """The pages that exist in every language, each with links to its equivalents."""
    frames = [(language, list(frame.pages(site, written[language.code], language, tables))) for language in languages]
    paths = {page.path for _, found in frames for page in found}
    for language, found in frames:
        for page in found:
            bare = page.path.removeprefix(language.folder)
            links = [(one.code, Link(one.name, f"{one.folder}{bare}")) for one in languages if f"{one.folder}{bare}" in paths]
            yield msgspec.structs.replace(page, context={**page.context, "equivalents": links if len(links) > 1 else ()})


def _addressed(content: Content, site: Collection, datasets: Sequence[Dataset]) -> Content:
    """With the address of this site, and the names that the data files have here, in its examples."""
    html = content.html.replace(EXAMPLE_ADDRESS, site.settings.address("") or EXAMPLE_ADDRESS)
    for data in datasets:
        html = html.replace(data.url.removesuffix(".gz"), data.url)
    return content._replace(html=html)


def _listed(site: Collection, outlines: Mapping[str, bytes]) -> Iterator[Part]:
    """Every page of every list."""
    for asked, rows in lists.every(site):
        for sheet in lists.sheets(site, asked, rows):
            yield Part(partial(_sheet, site, sheet), partial(_under_sheet, outlines, sheet))


def _sheet(site: Collection, sheet: Sheet) -> Iterator[Page]:
    yield lists.page(site, sheet)


def _decision(site: Collection, similar: Callable[[int], Sequence[Similar]], number: int) -> Iterator[Page]:
    yield decisions.page(site, number, similar(number))


def _under_decision(
    site: Collection, similar: Callable[[int], Sequence[Similar]], outlines: Mapping[str, bytes], number: int
) -> Sequence[object]:
    """The outlines of the letter and its neighbours in time, the issues that are like its own."""
    letter = site.letters[number]
    around = [outlines[one.id] for one in site.letters[max(number - 1, 0) : number + 2]]
    like = [(outlines[one.letter.id], one.issue.number, one.shared) for one in similar(number)]
    return [number == 0, around, like, site.originals.get(letter.id)]


def _under_sheet(outlines: Mapping[str, bytes], sheet: Sheet) -> Sequence[object]:
    """The letters of which it tells, and its place."""
    shown = map(outlines.__getitem__, map(attrgetter("letter.id"), sheet.rows or sheet.lines))
    return [sheet.path, sheet.newer, sheet.older, list(shown)]


def outlines(letters: Iterable[Letter]) -> Mapping[str, bytes]:
    """Digests of letters, by id. Of outlines: whoever shows several letters knows no more of them."""
    shown = (msgspec.structs.replace(letter, sha256="", source="", problems=()) for letter in letters)
    return {letter.id: _digest(letter) for letter in shown}


def _digest(values: object) -> bytes:
    return hashlib.sha256(msgspec.msgpack.encode(values)).digest()


def _rest(site: Collection, languages: Sequence[Language]) -> Iterator[Page]:
    homes = [(language.code, Link(language.name, f"{language.folder}index.html")) for language in languages]
    missing = {"indexed": False, "equivalents": homes, "axes": [axis for axis in site.axes if axis.choices]}
    yield Page(path="404.html", template="404.html", context={"root": site.settings.base_path, **missing})
    if site.settings.base_url:
        yield Page(path="opensearch.xml", template="opensearch.xml", context={})


def _removed(ids: Sequence[str]) -> Iterator[Page]:
    """Pages without content where letters were taken down, all of the same bytes; the first, which no letter can be named like,
    is the one by which the manifest knows the others.
    """
    for id in ("_removed", *ids) if ids else ():
        yield Page(path=f"decisions/{id}.html", template="removed.html", context={"path": "404.html", "indexed": False})
