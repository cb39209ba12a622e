"""From a folder of letters to a published site. Reads like the picture in the package docstring; nothing hides elsewhere."""

from __future__ import annotations

import hashlib
import importlib.metadata
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache, partial
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import msgspec

from site_builder import (
    budget,
    cache,
    collection,
    datasets,
    exports,
    formats,
    intake,
    languages,
    metadata,
    offline,
    originals,
    pages,
    privacy,
    publish,
    render,
    rules,
    seal,
    search,
    settings,
    sitemap,
    sources,
    statistics,
    takedowns,
    writing,
)
from site_builder.intake import Progress
from site_builder.model import BuildError, Dataset, Frozen, Letter, Problem
from site_builder.reading import Reader
from site_builder.whole import Whole

PACKAGE = Path(__file__).parent
TEMPLATES = PACKAGE.parent / "templates"
TEXTS = (".html", ".xml")
"""Templates, by the suffix of what they make."""


class Options(Frozen, frozen=True):
    """What the command line says."""

    letters: Path
    out: Path = Path("public")
    config: Path = Path("site.toml")
    templates: Path = TEMPLATES
    base_url: str | None = None
    jobs: int = 1
    strict: bool = False
    search: bool = True
    cache: Path | None = None
    """Folder in which indexes are kept from build to build; None: nothing is kept."""


class Reading(NamedTuple):
    """A collection understood, nothing written."""

    letters: tuple[Letter, ...]
    """Outlines of those to be published: newest decision first, letters without a date last."""
    whole: Whole
    """Their words."""
    problems: tuple[Problem, ...]
    rules: rules.Rules
    settings: settings.Settings
    removed: tuple[str, ...] = ()
    """Ids of letters that were taken down."""
    forget: bool = False
    """Does what earlier builds left hold letters or words that were taken down?"""
    code: bytes = b""
    """Digest of the code and the rules that read them."""

    def every(self) -> Iterator[Letter]:
        """The letters, whole."""
        return map(self.whole.letter, self.letters)


class Beside(NamedTuple):
    """What is written before the pages, which lead to it."""

    datasets: Sequence[Dataset]
    originals: Mapping[str, str]


class Report(Frozen, frozen=True):
    """What was published."""

    letters: int
    issues: int
    pages: int
    problems: tuple[Problem, ...]
    seconds: float
    fit: budget.Fit
    unchanged: bool = False
    """It stood there already: nothing has changed since."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """A Progress that shows nothing."""


def build(options: Options, progress: Progress = silent) -> Report:
    """Publishes the collection; raises BuildError and leaves the old site as it was where something is broken."""
    started = time.monotonic()
    sealed = _seal(options) if options.cache else None
    if sealed and (known := sealed.note()):
        report = msgspec.msgpack.decode(known, type=Report)
        return msgspec.structs.replace(report, seconds=time.monotonic() - started, unchanged=True)
    carried: dict[str, str] = {}
    with publish.publishing(options.out, carried=carried) as stage:
        reading = read(options, progress)
        if not reading.letters:
            told = next((problem.message for problem in reading.problems), f"{options.letters} holds no letters")
            raise BuildError(f"nothing to publish: {told}")
        host = budget.load(_text(PACKAGE / "hosts.toml"), reading.settings.host)
        facets = [facet for facet in reading.rules.facets if facet.order >= 0]
        data = datasets.write(stage, reading.letters, exports.lines(reading.letters, facets, reading.whole.letter))
        wanted, largest = reading.settings.publish_originals, reading.settings.max_letter_bytes
        beside = Beside(data, originals.write(stage, options.letters, reading.letters, largest) if wanted else {})
        written, linked = _write_pages(stage, reading, options, beside, progress)
        carried.update(linked)
        indexes = search.build(
            stage,
            reading.letters,
            reading.rules,
            reading.whole.letter,
            text=options.search,
            jobs=options.jobs,
            cached=options.cache,
            progress=progress,
        )
        offline.write(stage, _text(options.templates / offline.WORKER), carried)
        fit = budget.fit(budget.weigh(publish.sizes(stage), len(reading.letters)), host)
    if options.cache:
        cache.sweep(options.cache, indexes, all_others=reading.forget)
    if reading.forget:
        publish.forget(options.out)
    report = Report(
        letters=len(reading.letters),
        issues=sum(len(letter.issues) for letter in reading.letters),
        pages=written,
        problems=reading.problems,
        seconds=time.monotonic() - started,
        fit=fit,
    )
    if sealed:
        sealed.close(None if reading.forget else msgspec.msgpack.encode(report))  # it may name what was taken down
    return report


def _seal(options: Options) -> seal.Seal:
    inputs = (options.letters, options.config, options.templates)
    told = (_code(), *map(str, inputs), str(options.out), options.base_url, options.search)
    table = (options.cache or Path()) / "seal.sqlite"
    return seal.Seal.of(table, inputs, options.out, msgspec.msgpack.encode(told))


def read(options: Options, progress: Progress = silent) -> Reading:
    """Every letter read, parsed, tagged and let through the privacy gate; raises BuildError for a broken rule file or setting."""
    known, cutters = _vocabularies(*(tuple(_texts(PACKAGE / name, ".toml").items()) for name in ("facets", "formats")))
    configured = settings.load(_text(options.config) if options.config.exists() else "", options.base_url)
    notice = _text_beside(options.letters, "NOTICE").strip()
    if notice:
        configured = msgspec.structs.replace(configured, notice=" ".join(notice.split()))
    gate = privacy.load(_text(PACKAGE / "privacy.toml"), _text_beside(options.letters, "privacy-allow.toml"))
    gone = takedowns.load(_text_beside(options.letters, takedowns.FILE))

    code = _code()
    rows, told = sources.read_metadata(options.letters)
    rows = gone.rows(rows)
    desk = intake.Desk(
        reader=Reader(cutters, known, gate, metadata.by_letter(rows)),
        gone=gone,
        code=code,
        largest=configured.max_letter_bytes,
        jobs=options.jobs,
        cache=options.cache,
    )
    taken = desk.take_in(options.letters, rows, progress)
    of_letters = [problem for letter in taken.letters for problem in letter.problems]
    refused = {problem.file for problem in of_letters if problem.severity == "quarantine"}
    published = sorted((letter for letter in taken.letters if letter.source not in refused), key=_newest_first)
    return Reading(
        letters=tuple(published),
        whole=taken.whole,
        problems=(*told, *taken.problems, *of_letters),
        rules=known,
        settings=configured,
        removed=gone.pages,
        forget=gone.is_any,
        code=code,
    )


@lru_cache(1)
def _vocabularies(
    facets: tuple[tuple[str, str], ...], cutters: tuple[tuple[str, str], ...]
) -> tuple[rules.Rules, Sequence[formats.Format]]:
    """From the texts of their files. While a folder is watched they need not be proved again, which takes half a second."""
    return rules.load(dict(facets)), formats.load(dict(cutters))


def _code() -> bytes:
    """Digest of all that decides how a letter is read and shown, besides the letter, what stands beside it, and the templates."""
    versions = [importlib.metadata.version(name) for name in ("jinja2", "markdown-it-py", "markupsafe", "msgspec")]
    return hashlib.sha256(msgspec.msgpack.encode(versions) + _digest(PACKAGE, (".py", ".toml"))).digest()


def _digest(folder: Path, suffixes: tuple[str, ...] = ("",)) -> bytes:
    """Of the files below a folder whose names end so, with their names."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.name.endswith(suffixes) and path.is_file()):
        content = path.read_bytes()
        digest.update(msgspec.msgpack.encode((path.relative_to(folder).as_posix(), len(content))))
        digest.update(content)
    return digest.digest()


def _write_pages(
    stage: Path, reading: Reading, options: Options, beside: Beside, progress: Progress
) -> tuple[int, dict[str, str]]:
    """Everything but data and search; how many pages, and the sums of those that come from the site that stands."""
    templates = options.templates
    contents = [render.content(name, text) for name, text in _texts_below(templates / "content", ".md").items()]
    spoken = languages.load(_texts(templates / "strings", ".toml"), reading.rules)
    renderer = render.Renderer(
        {path.relative_to(templates).as_posix(): _text(path) for path in sorted(templates.rglob("*")) if path.suffix in TEXTS},
        {path.name: path.read_bytes() for path in sorted((templates / "static").iterdir())},
        spoken,
        contents,
    )
    whole = reading.whole
    site = collection.Collection(
        reading.letters, reading.rules, reading.settings, reading.problems, beside.originals, whole=whole.letter
    )
    parts = pages.parts(site, contents, reading.removed, spoken, beside.datasets, digest=whole.digest)
    follow_from = hashlib.sha256(reading.code + _digest(templates) + msgspec.msgpack.encode(reading.settings)).digest()
    kept = writing.Kept(options.cache / "pages.sqlite", options.out, follow_from, reading.forget) if options.cache else None
    done = list(writing.write(stage, parts, renderer, kept, jobs=options.jobs, progress=partial(progress, "Writing pages")))
    written = [file for part in done for file in part.files if file.path.endswith(".html")]
    for file in chain(
        renderer.static_files(),
        sitemap.files([file.path for file in written if file.indexed], reading.settings),
        statistics.files(site),
    ):
        publish.put(stage, file)
    return len(written), {file.path: file.sha256 for part in done if part.carried for file in part.files}


def _newest_first(letter: Letter) -> tuple[bool, int, str]:
    return letter.decision_date is None, -letter.decision_date.toordinal() if letter.decision_date else 0, letter.id


def _texts(folder: Path, suffix: str) -> dict[str, str]:
    """Stem -> text of the files in a folder, by name."""
    return {path.stem: _text(path) for path in sorted(folder.glob(f"*{suffix}"))}


def _texts_below(folder: Path, suffix: str) -> dict[str, str]:
    """Path without suffix -> text of the files below a folder, by path."""
    return {path.relative_to(folder).with_suffix("").as_posix(): _text(path) for path in sorted(folder.rglob(f"*{suffix}"))}


def _text_beside(letters: Path, name: str) -> str:
    """A file that may stand with the letters; nothing without it."""
    path = (letters if letters.is_dir() else letters.parent) / name
    return _text(path) if path.is_file() else ""


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"{path}: cannot be read as UTF-8 text: {error}") from error
