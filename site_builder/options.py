"""What a build is told, what it tells, and by what it sees that it has nothing to do. Shell.

Apart from the build itself, whose modules take longer to load than it takes to look at 10,000 letters from outside.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from site_builder import workers
from site_builder.budget import Fit
from site_builder.metadata import BESIDE, is_meant_as_takedowns
from site_builder.model import Frozen, Problem
from site_builder.seal import Seal, looks

PACKAGE = Path(__file__).parent
TEMPLATES = PACKAGE.parent / "templates"
PIECES = "pieces"
"""Folder of the cache where the workers of a cluster on this machine meet."""
LIBRARIES = (
    *("duckdb", "ftfy", "jinja2", "markdown-it-py", "markupsafe", "mdit-py-plugins", "msgspec", "pypdf", "pypdfium2", "pyyaml"),
    "rapidfuzz",
)
"""Packages by which a letter, a page or a data file may come out otherwise."""


class Options(Frozen, frozen=True):
    """What the command line says."""

    letters: Path
    out: Path = Path("public")
    config: Path = Path("site.toml")
    templates: Path = TEMPLATES
    base_url: str | None = None
    jobs: int = 1
    search: bool = True
    cache: Path | None = None
    """Folder in which indexes are kept from build to build; None: nothing is kept."""


class Report(Frozen, frozen=True):
    """What was published."""

    letters: int
    issues: int
    pages: int
    problems: tuple[Problem, ...]
    seconds: float
    fit: Fit
    unchanged: bool = False
    """It stood there already: nothing has changed since."""


def current(options: Options, make: Callable[[Seal | None], Report]) -> Report:
    """Of the site as it stands, or of one that `make` makes where there is something to do; raises what it raises."""
    started = time.monotonic()
    with workers.Aside(options.jobs if options.cache else 1) as aside:  # at 100,000 letters either takes half a second
        site = aside.begin(lambda _: looks(options.out))
        sealed = seal(options)
        report = standing(sealed, site)
    if not report:
        report = make(sealed)
        if (now := seal(options)) and sealed and sealed.inputs and sealed.inputs != now.inputs:
            told = "letters, settings or templates were changed while the site was built: build again"
            changed = Problem(code="changed-meanwhile", message=told, file="")
            report = msgspec.structs.replace(report, problems=(*report.problems, changed))
    return msgspec.structs.replace(report, seconds=time.monotonic() - started)


def seal(options: Options) -> Seal | None:
    """Of the site as it stands; None where nothing is kept from build to build."""
    if not options.cache:
        return None
    given = (options.letters, options.config, options.templates, options.out)
    told = (code(), *map(os.fsencode, given), options.base_url, options.search)
    return Seal.of(options.cache / "seal.sqlite", inputs(options), options.out, msgspec.msgpack.encode(told))


def inputs(options: Options) -> tuple[Path, ...]:
    """Everything that a site follows from, besides the program."""
    letters = options.letters
    beside = () if letters.is_dir() else _beside(letters.parent)
    return letters, *beside, options.config, options.templates


def _beside(folder: Path) -> tuple[Path, ...]:
    """What belongs to an archive, and what stops the build: a list of takedowns under another name."""
    with contextlib.suppress(OSError):
        return tuple(path for path in sorted(folder.iterdir()) if path.name in BESIDE or is_meant_as_takedowns(path.name))
    return tuple(folder / name for name in BESIDE)


def standing(sealed: Seal | None, site: Callable[[], bytes]) -> Report | None:
    """The report of the build that left everything as it is now; None where there is something to do. `site`: how it looks."""
    known = sealed.note(site()) if sealed else None
    return msgspec.structs.replace(msgspec.msgpack.decode(known, type=Report), unchanged=True) if known else None


def code() -> bytes:
    """Digest of all that decides how a letter is read and shown, besides the letter, what stands beside it, and the templates."""
    versions = [platform.python_version(), *map(importlib.metadata.version, LIBRARIES)]
    return hashlib.sha256(msgspec.msgpack.encode(versions) + digest(PACKAGE, (".py", ".toml"))).digest()


def files(folder: Path, suffixes: tuple[str, ...] = ("",)) -> list[Path]:
    """Files below a folder whose names end so, by path; not what editors keep there: `.a.css.swp`, `#a.html#`, `a.html~`."""
    found = (path for path in folder.rglob("*") if path.name.endswith(suffixes) and not path.name.startswith((".", "#")))
    return sorted(path for path in found if not path.name.endswith("~") and path.is_file())


def digest(folder: Path, suffixes: tuple[str, ...] = ("",)) -> bytes:
    """Of the files below a folder whose names end so, with their names."""
    found = hashlib.sha256()
    for path in files(folder, suffixes):
        content = path.read_bytes()
        found.update(msgspec.msgpack.encode((path.relative_to(folder).as_posix(), len(content))))
        found.update(content)
    return found.digest()
