"""From a folder of letters to a published site. Reads like the picture in the package docstring; nothing hides elsewhere."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache, partial
from itertools import chain
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import msgspec

from site_builder import (
    budget,
    catalogue,
    collection,
    comparing,
    datasets,
    formats,
    intake,
    languages,
    metadata,
    offline,
    originals,
    pagefind,
    pages,
    privacy,
    publish,
    render,
    rules,
    search,
    settings,
    sitemap,
    sources,
    statistics,
    takedowns,
    workers,
    writing,
)
from site_builder.intake import Intake, Progress
from site_builder.model import BuildError, Letter, Problem
from site_builder.options import PACKAGE, PIECES, Options, Report, code, current, digest, files
from site_builder.reading import Reader
from site_builder.seal import Seal
from site_builder.shelf import Shelf
from site_builder.whole import Whole

TEXTS = (".html", ".xml")
"""Templates, by the suffix of what they make."""
SAID = 3
"""Letters left out that are named where all are."""
PROOFS = "proofs.sqlite"
"""Of the cache: which rules have been proved."""


class Beside(NamedTuple):
    """All that letters are read with: rules, settings, and what stands beside them."""

    rules: rules.Rules
    formats: Sequence[formats.Format]
    settings: settings.Settings
    gate: privacy.Gate
    gone: takedowns.Takedowns
    rows: Sequence[metadata.Row]
    problems: Sequence[Problem]
    """Of the table of rows."""
    code: bytes
    """Digest of the code and the rules."""
    host: budget.Host
    """Whose limits the site keeps to."""


class Reading(NamedTuple):
    """A collection understood, nothing written."""

    letters: tuple[Letter, ...]
    """Outlines of those to be published: newest decision first, letters without a date last."""
    whole: Whole
    """Their words."""
    problems: tuple[Problem, ...]
    beside: Beside

    def every(self) -> Iterator[Letter]:
        """The letters, whole."""
        return map(self.whole.letter, self.letters)


class Press(NamedTuple):
    """What pages are made with."""

    renderer: render.Renderer
    contents: Sequence[render.Content]
    languages: Sequence[languages.Language]
    follow_from: bytes
    """Digest of all that every page follows from."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """A Progress that shows nothing."""


def build(options: Options, progress: Progress = silent) -> Report:
    """Publishes the collection; raises BuildError and leaves the old site as it was where something is broken."""
    return current(options, lambda sealed: made(options, sealed, progress))


def made(options: Options, sealed: Seal | None, progress: Progress) -> Report:
    """As `build`, whatever stands there. `sealed`: taken before anything is read; not yet told how many seconds it took."""
    _refuse_one_in_the_other(options)
    carried, sums = set[str](), dict[str, str]()
    with (
        publish.publishing(
            options.out, carried=carried if options.cache else None, sums=sums, forgets=lambda: reading.beside.gone.is_any
        ) as stage,
        publish.apart(stage) as place,
        workers.Aside(options.jobs) as aside,
    ):
        reading = read(options, progress)
        refuse_nothing(reading, str(options.letters))
        site, tools = collected(reading, _originals(stage, options, reading)), press(options, reading.beside)
        planned = catalogue.plan(reading.letters, reading.beside.rules)
        shelf = partial(_shelf, options, reading.beside)
        indexes = search.Kept(options.cache, shelf("indexes"), reading.whole.digest) if options.cache else None
        text = aside.begin(_indexing(place, indexes, reading, planned, options), progress) if options.search else lambda: None
        months, how = datasets.months(shard.letters for shard in planned.shards), packing(reading, site)
        lines = datasets.pieces(how, months, reading.whole.digest, shelf("data"), options.jobs)
        data = datasets.write(stage, reading.letters, how, lines, aside)
        tables = statistics.tables(site)
        told = partial(progress, "Comparing decisions")
        similar = comparing.compare(reading.letters, shelf("similar"), jobs=options.jobs, progress=told)
        parts = pages.parts(
            site,
            tools.contents,
            reading.beside.gone.pages,
            tools.languages,
            data(),
            similar=similar,
            tables=tables,
            digest=reading.whole.digest,
            program=search.PROGRAM if options.search else "",
        )
        kept = writing.Kept(shelf("pages")._replace(made_with=tools.follow_from), options.out) if options.cache else None
        told = partial(progress, "Writing pages")
        done = list(writing.write(stage, parts, tools.renderer, kept, jobs=options.jobs, progress=told))
        carried.update(file.path for part in done if part.carried for file in part.files)
        found, pieces = text(), search.pieces_of(planned, reading.whole.digest, shelf("catalogue"))
        publish.adopt(place, stage)
        search.join(stage, planned, reading.beside.rules, found, pieces)
        written = (file for part in done for file in part.files)
        report = complete(stage, options, site, tools, written, tables=tables, host=reading.beside.host, sums=sums)
    if reading.beside.gone.is_any and indexes:
        shutil.rmtree(indexes.folder / PIECES, ignore_errors=True)
        if not options.search:  # else indexing has swept them
            indexes.sweep(planned, ())
    if sealed:  # where something was taken down the report may name it
        sealed.close(None if reading.beside.gone.is_any else msgspec.msgpack.encode(report))
    return report


def packing(reading: Reading, site: collection.Collection) -> datasets.Packing:
    return datasets.Packing(site.facets, reading.whole.letter, len(reading.letters) > datasets.MOST_PLAIN)


def _refuse_one_in_the_other(options: Options) -> None:
    """A site is replaced whole, with what stands in it; and no page of it is a letter."""
    letters, out = (Path(os.path.realpath(path)) for path in (options.letters, options.out))
    for name, path in (("--letters", options.letters), ("--cache", options.cache)):
        if path and Path(os.path.realpath(path)).is_relative_to(out):
            raise BuildError(f"{name} {path} stands in --out {options.out}, which a build replaces: keep them apart")
    if out.is_relative_to(letters):
        raise BuildError(
            f"--out {options.out} stands in --letters {options.letters}, where letters are looked for: keep them apart"
        )


def _shelf(options: Options, beside: Beside, name: str) -> Shelf:
    return Shelf(options.cache / f"{name}.sqlite" if options.cache else None, beside.code, beside.gone.is_any)


def _indexing(
    place: Path, kept: search.Kept | None, reading: Reading, planned: catalogue.Catalogue, options: Options
) -> Callable[[Progress], catalogue.Indexed]:
    """Indexes the text into `place`; raises BuildError where Pagefind is missing."""
    indexer = search.Indexer(pagefind.program(search.ROOT), place, kept, reading.beside.rules, reading.whole.letter)
    return partial(search.index, planned, indexer, options.jobs)


def refuse_nothing(reading: Reading, letters: str) -> None:
    """Raises BuildError where there is no letter to publish."""
    if not reading.letters:
        left_out = [problem for problem in reading.problems if problem.severity == "quarantine"]
        told = [": ".join(filter(None, (problem.file, problem.message))) for problem in left_out[:SAID]]
        more = [f"and {len(left_out) - SAID} more, which `check` shows"] if len(left_out) > SAID else []
        raise BuildError(f"nothing to publish: {'; '.join([*told, *more]) or f'{letters} holds no letters'}")


def collected(reading: Reading, originals: Mapping[str, str] = MappingProxyType({})) -> collection.Collection:
    """The letters, grouped. `originals`: letter id -> path of the letter itself, where it is published."""
    beside, whole = reading.beside, reading.whole
    return collection.Collection(reading.letters, beside.rules, beside.settings, reading.problems, originals, whole=whole.letter)


def press(options: Options, beside: Beside) -> Press:
    """Raises BuildError for a broken template."""
    templates, static = options.templates, options.templates / "static"
    contents = [render.content(name, text) for name, text in _texts_below(templates / "content", ".md").items()]
    spoken = languages.load(_texts(templates / "strings", ".toml"), beside.rules)
    renderer = render.Renderer(
        {path.relative_to(templates).as_posix(): text_of(path) for path in files(templates) if path.suffix in TEXTS},
        {path.relative_to(static).as_posix(): path.read_bytes() for path in files(static)},
        spoken,
        contents,
    )
    follow_from = hashlib.sha256(beside.code + digest(templates) + msgspec.msgpack.encode(beside.settings)).digest()
    return Press(renderer, contents, spoken, follow_from)


def complete(
    stage: Path,
    options: Options,
    site: collection.Collection,
    tools: Press,
    written: Iterable[writing.Written],
    *,
    tables: Sequence[statistics.Table],
    host: budget.Host,
    sums: dict[str, str],
) -> Report:
    """Writes what stands beside pages, data and search. `written`: files of pages; `sums`: gets those of all files."""
    shown, indexed = 0, list[str]()
    for file in written:
        sums[file.path] = file.sha256
        shown += file.path.endswith(".html")
        if file.indexed and file.path.endswith(".html"):
            indexed.append(file.path)
    for beside in chain(tools.renderer.static_files(), sitemap.files(indexed, site.settings), statistics.files(tables)):
        publish.put(stage, beside)
    sums.update(offline.write(stage, text_of(options.templates / offline.WORKER), sums))
    return Report(
        letters=len(site.letters),
        issues=len(site.rows),
        pages=shown,
        problems=tuple(site.problems),
        seconds=0,
        fit=budget.fit(budget.weigh(publish.sizes(stage), len(site.letters)), host),
    )


def read(options: Options, progress: Progress = silent) -> Reading:
    """Every letter read, parsed, tagged and let through the privacy gate; raises BuildError for a broken rule file or setting."""
    beside, whole = look_beside(options), Whole()
    return reading_of(beside, [take_in(options, beside, whole, progress)], whole)


def look_beside(options: Options) -> Beside:
    """What the letters are read with; raises BuildError for what is broken in it."""
    made_with = code()
    proofs = Shelf(options.cache / PROOFS if options.cache else None, made_with, all_others=True)
    facets, cutters = (tuple(_texts(PACKAGE / name, ".toml").items()) for name in ("facets", "formats"))
    known, read_by = _vocabularies(facets, cutters, proofs)
    configured = settings.load(text_of(options.config) if options.config.exists() else "", options.base_url, options.config.name)
    notice = _text_beside(options.letters, "NOTICE").strip()
    if notice:
        configured = msgspec.structs.replace(configured, notice=" ".join(notice.split()))
    gate = privacy.load(text_of(PACKAGE / "privacy.toml"), _text_beside(options.letters, "privacy-allow.toml"))
    gone = takedowns.load(_text_beside(options.letters, metadata.TAKEDOWNS))
    rows, told = sources.read_metadata(options.letters)
    host = budget.load(text_of(PACKAGE / "hosts.toml"), configured.host)
    return Beside(known, read_by, configured, gate, gone, rows, tuple(told), made_with, host)


def take_in(options: Options, beside: Beside, whole: Whole, progress: Progress) -> Intake:
    """The letters of the folder; their words go into `whole`."""
    return desk(options, beside).take_in(options.letters, whole, progress)


def desk(options: Options, beside: Beside) -> intake.Desk:
    """Where letters are taken in."""
    return intake.Desk(
        reader=Reader(beside.formats, beside.rules, beside.gate, metadata.by_letter(beside.gone.rows(beside.rows))),
        gone=beside.gone,
        of_file=metadata.by_letter(beside.rows),
        code=beside.code,
        largest=beside.settings.max_letter_bytes,
        jobs=options.jobs,
        cache=options.cache,
    )


def reading_of(beside: Beside, intakes: Sequence[Intake], whole: Whole) -> Reading:
    """What came in, once or in pieces, as one collection."""
    taken = intake.joined(intakes, beside.gone.rows(beside.rows), beside.gone)
    of_letters = [problem for letter in taken.letters for problem in letter.problems]
    published = sorted((letter for letter in taken.letters if not letter.is_quarantined), key=_newest_first)
    return Reading(tuple(published), whole, (*beside.problems, *taken.problems, *of_letters), beside)


def _vocabularies(
    facets: tuple[tuple[str, str], ...], cutters: tuple[tuple[str, str], ...], proofs: Shelf
) -> tuple[rules.Rules, Sequence[formats.Format]]:
    """From the texts of their files. Rules that this process, or an earlier build, has proved are not proved again, which takes
    half a second.
    """
    known, read_by, prove = _compiled(facets, cutters)
    key = proofs.key(facets)
    if key not in proofs.take([key]):
        prove()
        proofs.put({key: b"proved"})
        proofs.sweep([key])
    return known, read_by


@lru_cache(1)
def _compiled(
    facets: tuple[tuple[str, str], ...], cutters: tuple[tuple[str, str], ...]
) -> tuple[rules.Rules, Sequence[formats.Format], Callable[[], None]]:
    """The same, and what proves the rules, once."""
    known = rules.unproved(dict(facets))
    return known, formats.load(dict(cutters)), cache(partial(rules.prove, known))


def _originals(stage: Path, options: Options, reading: Reading) -> Mapping[str, str]:
    given = reading.beside.settings
    return originals.write(stage, options.letters, reading.letters, given.max_letter_bytes) if given.publish_originals else {}


def _newest_first(letter: Letter) -> tuple[bool, int, str]:
    return letter.decision_date is None, -letter.decision_date.toordinal() if letter.decision_date else 0, letter.id


def _texts(folder: Path, suffix: str) -> dict[str, str]:
    """Stem -> text of the files in a folder, by name."""
    return {path.stem: text_of(path) for path in files(folder, (suffix,)) if path.parent == folder}


def _texts_below(folder: Path, suffix: str) -> dict[str, str]:
    """Path without suffix -> text of the files below a folder, by path."""
    return {path.relative_to(folder).with_suffix("").as_posix(): text_of(path) for path in files(folder, (suffix,))}


def _text_beside(letters: Path, name: str) -> str:
    """A file that may stand with the letters; nothing without it. What has its name and is no regular file stops the build."""
    path = (letters if letters.is_dir() else letters.parent) / name
    if not os.path.lexists(path):
        return ""
    if path.is_symlink() or not path.is_file():
        raise BuildError(f"{path}: is no regular file: put the file itself there, or remove it")
    return text_of(path)


def text_of(path: Path) -> str:
    """Of a file that somebody wrote; raises BuildError."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"{path}: cannot be read as UTF-8 text: {error}") from error
