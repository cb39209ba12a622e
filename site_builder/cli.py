"""The command line: turns options into calls, and what comes back into lines and an exit code.

Nothing else prints, but for `__main__` where dependencies are missing. Every BuildError ends here; only publish.py catches it
too, where it looks at folders. Results go to stdout, progress and problems on the way to stderr. Whatever comes from a letter or
a file name is printed with its control characters escaped: a terminal obeys them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import importlib.util
import io
import os
import re
import secrets
import signal
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import groupby
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click
import msgspec

from site_builder import processors
from site_builder.budget import counted, size
from site_builder.model import BuildError, Letter, Problem
from site_builder.options import PACKAGE, PIECES, Options, Report, current, inputs
from site_builder.publish import LOCKED, remedy
from site_builder.seal import Seal

if TYPE_CHECKING:
    from rich import console as terminals
    from rich import progress as bars

    from site_builder import build as builder
    from site_builder import cluster, coverage, exports, intake, preview, ship, takedowns
    from site_builder import serve as serving
    from site_builder import watch as watching
else:

    def _once_asked(name: str) -> ModuleType:
        """A module that is loaded when something of it is first used: --help, and a build with nothing to do, use none."""
        found = importlib.util.find_spec(name)
        if name not in sys.modules:
            found.loader = importlib.util.LazyLoader(found.loader)
            sys.modules[name] = importlib.util.module_from_spec(found)
            found.loader.exec_module(sys.modules[name])
        return sys.modules[name]

    terminals, bars = _once_asked("rich.console"), _once_asked("rich.progress")
    builder, cluster, coverage, exports, preview, serving, ship, takedowns, watching = (
        _once_asked(f"site_builder.{name}")
        for name in ("build", "cluster", "coverage", "exports", "preview", "serve", "ship", "takedowns", "watch")
    )

EXAMPLES = 10
"""Problems of one kind that a build shows; `check` shows all."""
SETTINGS = Path("site.toml")
"""May be missing: every setting has a default."""
SILENCE = 30.0
"""Seconds after which a stage is told again where there is no terminal."""
SEVERITIES = ("quarantine", "warning", "note")
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
"""Unicode categories that a terminal may obey, or show as nothing."""
_stopped: list[BaseException] = []
"""What a signal has raised, since this command began."""
_copying: list[bool] = []
"""Not empty while the process is copied."""
if hasattr(os, "register_at_fork"):  # after the modules above, whose own callbacks may not be interrupted either
    os.register_at_fork(before=lambda: _copying.append(True), after_in_parent=_copying.clear, after_in_child=_copying.clear)
_COLOURS = {"quarantine": "red", "warning": "yellow", "note": "blue"}

EXIT_CODES = """\b
Exit codes:
  0  fine
  1  problems, under --strict or from check
  2  usage, or a broken rule file, template or setting
  3  a missing or broken tool
  4  blocked by the privacy gate
  5  the disk, permissions, or more than the host takes
  6  the indexer failed
  7  another build is running
"""

Item = TypeVar("Item")


class Verbs(click.Group):
    """Catches what any verb raises for the user."""

    def invoke(self, ctx: click.Context) -> object:
        if os.environ.get("NO_COLOR"):
            ctx.color = False
        if isinstance(sys.stdout, io.TextIOWrapper):  # a terminal that speaks Latin-1 shows other letters by their numbers
            sys.stdout.reconfigure(errors="backslashreplace")
        try:
            return super().invoke(ctx)
        except BuildError as error:
            click.secho(f"error: {printable(str(error))}", fg="red", err=True)
            ctx.exit(error.exit_code)
        except OSError as error:  # of the machine, not of a letter: out of files, of processes, of memory
            place = f" ({error.filename})" if error.filename else ""
            told = f"error: {error.strerror or error}{place}; {remedy(error.errno)}"
            click.secho(printable(told), fg="red", err=True)
            ctx.exit(5)
        except KeyboardInterrupt:
            ctx.exit(128 + signal.SIGINT)


class Letters(click.Path):
    """What is there, or a URL, which only a cluster reads."""

    def __init__(self) -> None:
        super().__init__(exists=True, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return value if "://" in str(value) else super().convert(value, param, ctx)


class Share(click.ParamType["Share.Of"]):
    """One of several equal shares: 3/8."""

    name = "share"

    class Of(NamedTuple):
        """Number of a share, from 1, and how many there are."""

        number: int
        shares: int

        def of(self, items: Sequence[Item]) -> Sequence[Item]:
            return items[self.number - 1 :: self.shares]

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Of:
        match = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", str(value), re.ASCII)
        found = self.Of(int(match[1]), int(match[2])) if match else self.Of(0, 0)
        if not 1 <= found.number <= found.shares:
            self.fail(f"{value!r} is no share: write 1/8, 2/8 ... 8/8", param, ctx)
        return found


@click.group(cls=Verbs, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Build a static search website from Independent Medical Review letters."""
    _stop_on_signals()


def _letters_option(command: Callable[..., Any]) -> Callable[..., Any]:
    told = "Folder or .zip archive of the letters."
    return click.option("--letters", type=Letters(), default="letters", show_default=True, help=told)(command)


def _out_option(command: Callable[..., Any]) -> Callable[..., Any]:
    folder = click.Path(file_okay=False, path_type=Path)
    return click.option("--out", type=folder, default="public", show_default=True, help="Folder of the site.")(command)


def _reading_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every verb that reads letters takes."""
    for add in (
        click.option("-q", "--quiet", is_flag=True, help="Show no progress."),
        click.option("--config", type=click.Path(dir_okay=False, path_type=Path), default=SETTINGS, show_default=True,
                     help="Settings of the site."),
        click.option("--jobs", type=click.IntRange(min=1), default=None, help="Worker processes.  [default: processors]"),
        click.option("--no-cache", is_flag=True, help="Do every step anew."),
        click.option("--cache", type=click.Path(file_okay=False, path_type=Path), default=".cache", show_default=True,
                     envvar="SITE_BUILDER_CACHE",
                     help="Folder that keeps from one time to the next what need not be done again."),
        _letters_option,
    ):  # fmt: skip
        command = add(command)
    return command


def _building_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What `build` and `watch` take."""
    for add in (
        click.option("--no-search", is_flag=True, help="Leave out the full-text index."),
        click.option("--base-url", default=None, help="Address under which the site will stand."),
        _out_option,
        _reading_options,
    ):  # fmt: skip
        command = add(command)
    return command


def _serving_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What `serve` and `watch` take."""
    for add in (
        click.option("--base", default="/", show_default=True, help="Path under which to serve, as on a project page."),
        click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0: any free one."),
    ):
        command = add(command)
    return command


def _pieces_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What every verb that builds in pieces takes; all of one site must be told the same."""
    for add in (
        click.option("-q", "--quiet", is_flag=True, help="Show no progress."),
        click.option("--no-search", is_flag=True, help="Leave out the full-text index."),
        click.option("--base-url", default=None, help="Address under which the site will stand."),
        click.option("--config", type=click.Path(dir_okay=False, path_type=Path), default=SETTINGS, show_default=True,
                     help="Settings of the site."),
        click.option("--work", required=True, metavar="URL", help="Folder in which the pieces meet: a path, or s3://bucket/folder."),
        click.option("--letters", default="letters", show_default=True, metavar="URL", help="Folder of the letters."),
    ):  # fmt: skip
        command = add(command)
    return command


@main.command()
@_building_options
@click.option("--strict", is_flag=True, help="Exit with 1 where there are problems.")
@click.option("--executor", type=click.Choice(("here", "dask")), default="here", show_default=True, help="Who does the work.")
@click.option("--scheduler", metavar="TCP", help="Of a Dask cluster, tcp://host:8786.  [default: workers on this machine]")
@click.option("--work", default=f".cache/{PIECES}", show_default=True, metavar="URL", help="Where the workers of a cluster meet.")
def build(*, quiet: bool, strict: bool, executor: str, scheduler: str | None, work: str, **given: Any) -> None:
    """Read the letters and publish the site."""
    if scheduler and executor != "dask":
        raise click.UsageError("--scheduler is for --executor dask")
    report = _build_on_dask(quiet, scheduler, work, **given) if executor == "dask" else _build(_options(**given), quiet)
    _end(report, strict)


@main.command()
@_pieces_options
@click.argument("share", metavar="K/N", type=Share())
def read_shard(quiet: bool, share: Share.Of, **given: Any) -> None:
    """First step in pieces: read the K-th of N shares of the letters."""
    job = _job(**given)
    units = share.of(cluster.units(job))
    with _progress(quiet) as progress:
        for done, unit in enumerate(units, 1):
            cluster.read_unit(job, unit)
            progress(cluster.READING, done, len(units))


@main.command()
@_pieces_options
@click.argument("share", metavar="K/N", type=Share())
def build_shard(quiet: bool, share: Share.Of, **given: Any) -> None:
    """Second step, when all is read: build the K-th of N shares of the shards."""
    job = _job(**given)
    names = share.of(cluster.shards(job))
    with _progress(quiet) as progress:
        for done, name in enumerate(names, 1):
            cluster.build_shard(job, name)
            progress(cluster.BUILDING, done, len(names))


@main.command()
@_pieces_options
@_out_option
@click.option("--jobs", type=click.IntRange(min=1), default=None, help="Worker processes.  [default: processors]")
@click.option("--strict", is_flag=True, help="Exit with 1 where there are problems.")
def assemble(quiet: bool, out: Path, jobs: int | None, strict: bool, **given: Any) -> None:
    """Last step, when every shard is built: publish the site."""
    job = _job(**given)
    with _progress(quiet) as progress:
        report = cluster.assemble(job, out, jobs=jobs or processors.usable(), progress=progress)
    _end(_told(report, out), strict)


def _end(report: Report, strict: bool) -> None:
    """The exit code of a build."""
    if _blocked(report.problems):
        raise click.exceptions.Exit(4)
    if strict and _serious(report.problems):
        raise click.exceptions.Exit(1)


@main.command()
@_reading_options
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--privacy", is_flag=True, help="Report only what the privacy gate finds.")
def check(quiet: bool, as_json: bool, privacy: bool, **given: Any) -> None:
    """Read the letters, publish nothing; report problems and what the vocabularies leave untagged."""
    if as_json and privacy:
        raise click.UsageError("--json and --privacy: give one of the two")
    with _progress(quiet) as progress:
        reading = builder.read(_options(**given), progress)
    report = coverage.report(reading.every(), reading.problems, reading.beside.rules)
    if privacy:
        for line in privacy_lines(reading.problems):
            click.echo(line)
    elif as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(report), indent=2))
    else:
        click.echo(printable(coverage.as_text(report), keep="\n"))
        for line in problem_lines(reading.problems, most=None):
            click.echo(line)
    if _blocked(reading.problems):
        raise click.exceptions.Exit(4)
    if _serious(reading.problems):
        raise click.exceptions.Exit(1)


@main.command()
@click.argument("letter")
@_reading_options
def show(letter: str, quiet: bool, **given: Any) -> None:
    """Print LETTER (a file, an id or a case number) as JSON, with the rule that gave each derived field."""
    options = _options(**given)
    file, names = Path(os.path.abspath(letter)), {letter.lower()}
    if file.is_file():
        folder = Path(os.path.abspath(options.letters))
        if not file.is_relative_to(folder):
            folder = file.parent
        options, names = msgspec.structs.replace(options, letters=folder), {file.relative_to(folder).as_posix()}
    with _progress(quiet) as progress:
        reading = builder.read(options, progress)
    for found in reading.letters:
        if not names.isdisjoint({found.id, (found.case_number or "").lower(), found.source, found.source.lower()}):
            click.echo(msgspec.json.format(msgspec.json.encode(shown(reading.whole.letter(found))), indent=2))
            return
    told = [problem.message for problem in reading.problems if problem.file in names]
    left_out = sum(problem.severity == "quarantine" for problem in reading.problems)
    more = f" ({counted(left_out, 'file')} left out: `check` says which and why)" if left_out else ""
    none = f"no letter {letter} in {options.letters}: name a file, id or case number{more}"
    raise BuildError(f"{letter}: {'; '.join(told)}" if told else none)


@main.command()
@click.argument("case")
@click.option("--reason", required=True, help="For whoever keeps the list; not published.")
@click.option("--redact", is_flag=True, help="Hide words instead: one run of them a line, from standard input.")
def takedown(case: str, reason: str, redact: bool) -> None:
    """Print the entry that takes down the letter CASE, for takedowns.toml beside the letters."""
    try:
        typed = sys.stdin.buffer.read().decode() if redact else ""
        hidden = [line for line in typed.splitlines() if takedowns.bare(line)]
        entry = takedowns.as_toml(case, reason, dt.datetime.now(dt.UTC).date(), secrets.token_hex(16), hidden)
    except UnicodeError as error:
        raise BuildError("what is to be taken down must be given as UTF-8 text") from error
    if redact and not hidden:
        raise BuildError("--redact: give the words on standard input, one run of them a line")
    entry = printable(entry, keep="\n")
    takedowns.load(entry)
    click.echo(entry, nl=False)


@main.command()
@_out_option
@_serving_options
@click.option("--max-age", type=click.IntRange(min=0), help="Seconds a browser may keep pages, as hosts say; none by default.")
def serve(out: Path, port: int, base: str, max_age: int | None) -> None:
    """Serve the site on this machine only."""
    serving.refuse_no_site(out)
    serving.serve_until_interrupted(serving.Server(out, port, base, max_age=max_age), _say_where)


@main.command()
@_out_option
@click.option("-q", "--quiet", is_flag=True, help="Show no progress.")
@click.option("--to", "target", required=True, metavar="URL", help="Where the site is to stand: s3://bucket/prefix, file:///...")
@click.option("--endpoint-url", metavar="URL", help="Of an S3 service other than Amazon's.")
@click.option("--dry-run", is_flag=True, help="Only print what would be sent, deleted and purged.")
@click.option(
    "--purge-list",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the addresses to be purged from caches; they are printed without it.",
)
def upload(*, out: Path, quiet: bool, target: str, endpoint_url: str | None, dry_run: bool, purge_list: Path | None) -> None:
    """Publish the built site at an object store."""

    def announce(addresses: Sequence[str]) -> None:
        lines = "".join(f"{printable(address)}\n" for address in addresses)
        if purge_list:
            purge_list.write_text(lines, encoding="utf-8")
        if addresses:
            click.echo(f"Letters were withdrawn: purge these {len(addresses):,} paths from caches at once")
            click.echo(f"{printable(str(purge_list))}\n" if purge_list else lines, nl=False)

    if dry_run:
        todo = ship.plan(out, ship.open_store(target, endpoint_url))
        for word, paths in (("send", todo.sent), ("delete", todo.removed), ("purge", todo.purge)):
            click.echo("".join(f"{word} {printable(path)}\n" for path in paths), nl=False)
        click.echo(_uploaded("Would upload", todo.shipped, target))
        return
    with _progress(quiet) as progress:
        shipped = ship.ship(out, target, endpoint_url, announce=announce, progress=partial(progress, "Uploading"))
    click.echo(_uploaded("Uploaded", shipped, target))


@main.command()
@_building_options
@_serving_options
def watch(quiet: bool, port: int, base: str, **given: Any) -> None:
    """Build, serve, and build again whenever an input changes; open pages reload."""
    options, reloads, stop = _options(**given), serving.Reloads(), threading.Event()
    previewed = preview.Preview(options)
    server = serving.Server(options.out, port, base, reloads=reloads, newer=previewed.page)

    def rebuild() -> bool:
        started = time.monotonic()
        try:
            _build(options, quiet)
        except (BuildError, OSError) as error:
            click.secho(f"error: {printable(str(error))} (the last good site stands)", fg="red", err=True)
            reloads.failed(str(error))
            return getattr(error, "exit_code", 0) != LOCKED
        except KeyboardInterrupt:  # the server has heard it too, and ends everything
            return True
        reloads.built()
        threading.Thread(target=previewed.built, args=(started,), daemon=True).start()
        return True

    def deaf(error: OSError) -> None:
        told = f"warning: the system tells of no changes ({error.strerror or error}): they are looked for every few seconds"
        click.secho(printable(told), fg="yellow", err=True)

    def glance(files: frozenset[Path]) -> None:
        if previewed.changed(files):
            reloads.edited()

    rebuild()
    watcher = threading.Thread(
        target=watching.watch, args=(_inputs(options), rebuild, stop), kwargs={"glance": glance, "deaf": deaf}
    )
    watcher.start()
    try:
        serving.serve_until_interrupted(server, _say_where)
    finally:
        stop.set()
        watcher.join()


def shown(letter: Letter) -> dict[str, object]:
    """The published record, and why each derived field has its value."""
    record: dict[str, Any] = msgspec.to_builtins(exports.row(letter))
    record["problems"] = msgspec.to_builtins(letter.problems)
    record["format"] = letter.format
    record["evidence"] = msgspec.to_builtins(letter.evidence)
    for row, issue in zip(record["issues"], letter.issues, strict=True):
        row["facets"] = msgspec.to_builtins(issue.facets)
        row["evidence"] = msgspec.to_builtins(issue.evidence)
    record["facets"] = msgspec.to_builtins(letter.facets)
    return record


def printable(text: str, keep: str = "") -> str:
    """Control, direction and other invisible characters as escapes, such as TOML knows too."""
    return "".join(
        letter if letter in keep or unicodedata.category(letter) not in UNSEEN else _escaped(letter) for letter in text
    )


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode().replace("\\x", "\\u00")


def problem_lines(problems: Sequence[Problem], most: int | None = EXAMPLES) -> Iterator[str]:
    """One line per problem under a line per kind with its count, the gravest first; notes, which need no hand, only counted."""
    ordered = sorted(problems, key=lambda problem: (SEVERITIES.index(problem.severity), problem.code))
    for (severity, code), group in groupby(ordered, lambda problem: (problem.severity, problem.code)):
        rows = list(group)
        yield f"{click.style(severity, fg=_COLOURS[severity])} {printable(code)} ({len(rows):,})"
        if severity == "note" and most is not None:
            continue
        for problem in rows[:most]:
            place = problem.file if problem.line is None else f"{problem.file}:{problem.line}"
            yield f"  {printable(place)}: {printable(problem.message)}" if place else f"  {printable(problem.message)}"
        if most is not None and len(rows) > most:
            yield f"  ... and {len(rows) - most:,} more: `check` shows all"


def privacy_lines(problems: Sequence[Problem]) -> Iterator[str]:
    """What the gate finds: how much, then kind, place and shape of each, never the value."""
    found = [problem for problem in problems if problem.code.startswith("privacy-")]
    letters, held = {problem.file for problem in found}, {problem.file for problem in _blocked(found)}
    yield f"{counted(len(found), 'finding')} in {counted(len(letters), 'letter')}; {counted(len(held), 'letter')} held back"
    yield from problem_lines(found, most=None)


def _options(
    *,
    letters: Path | str,
    config: Path,
    jobs: int | None,
    no_search: bool = False,
    cache: Path | None = None,
    no_cache: bool = False,
    **given: Any,
) -> Options:
    _refuse_no_file(config)
    if isinstance(letters, str):
        raise BuildError(f"--letters {letters}: an address is read by a cluster only: build --executor dask, or read-shard")
    kept = None if no_cache else cache
    return Options(letters=letters, config=config, jobs=jobs or processors.usable(), search=not no_search, cache=kept, **given)


def _refuse_no_file(config: Path) -> None:
    if config != SETTINGS and not config.exists():
        raise BuildError(f"--config {config}: no such file")


def _build_on_dask(quiet: bool, scheduler: str | None, work: str, *, jobs: int | None, out: Path, **given: Any) -> Report:
    told = {name: given[name] for name in ("config", "base_url", "no_search")}
    job = _job(letters=str(given["letters"]), work=work, **told)
    with _progress(quiet) as progress:
        report = cluster.on_dask(job, out, scheduler=scheduler, jobs=jobs or processors.usable(), progress=progress)
    return _told(report, out)


def _job(*, letters: str, work: str, config: Path, base_url: str | None, no_search: bool) -> cluster.Job:
    _refuse_no_file(config)
    told = builder.text_of(config) if config.exists() else ""
    letters, work = (given if "://" in given else os.path.abspath(given) for given in (letters, work))
    return cluster.Job(letters=letters, work=work, config=told, base_url=base_url, search=not no_search)


def _inputs(options: Options) -> list[Path]:
    """Everything that a site follows from, as far as it is read anew for each build."""
    return [*inputs(options), *(PACKAGE / name for name in ("facets", "formats", "privacy.toml", "hosts.toml"))]


def _build(options: Options, quiet: bool) -> Report:
    def make(sealed: Seal | None) -> Report:
        with _progress(quiet) as progress:
            return builder.made(options, sealed, progress)

    return _told(current(options, make), options.out)


def _told(report: Report, out: Path) -> Report:
    for line in problem_lines(report.problems):
        click.echo(line, err=True)
    with contextlib.suppress(OSError):  # the site stands, whoever does not want to hear of it
        click.echo(summary(report, out))
        click.echo(report.fit.line)
    if report.fit.warning:
        click.secho(f"warning: {report.fit.warning}", fg="yellow", err=True)
    return report


def summary(report: Report, out: Path) -> str:
    """One line: what was published, where, in what time."""
    serious = len(_serious(report.problems))
    told = f"; {counted(serious, 'problem')}" if serious else ""
    held = f"{counted(report.letters, 'letter')} with {counted(report.issues, 'issue')} on {counted(report.pages, 'page')}"
    begin = "Nothing has changed:" if report.unchanged else "Published"
    return f"{begin} {held} in {printable(str(out))} ({report.seconds:.1f} s){told}"


def _uploaded(begin: str, shipped: ship.Shipped, target: str) -> str:
    done = f"{shipped.sent:,} sent ({size(shipped.bytes)}), {shipped.unchanged:,} unchanged, {shipped.removed:,} removed"
    return f"{begin} to {printable(target)}: {done}"


def _serious(problems: Sequence[Problem]) -> list[Problem]:
    return [problem for problem in problems if problem.severity != "note"]


def _blocked(problems: Sequence[Problem]) -> list[Problem]:
    """Letters that the privacy gate holds back: whoever runs builds unattended must hear of them."""
    return [problem for problem in problems if problem.severity == "quarantine" and problem.code.startswith("privacy-")]


@contextlib.contextmanager
def _progress(quiet: bool) -> Iterator[intake.Progress]:
    """A bar per stage on a terminal, lines elsewhere. Raises what a signal could not raise when it came."""

    def told(update: intake.Progress) -> intake.Progress:
        def heard(stage: str, done: int, total: int) -> None:
            if _stopped:  # it came while the process was copied, where Python lets nothing out
                raise _stopped[0]
            update(stage, done, total)

        return heard

    if quiet:
        yield told(lambda stage, done, total: None)
        return
    console = terminals.Console(stderr=True)
    with _bars(console) if console.is_terminal else _lines() as update:
        yield told(update)


@contextlib.contextmanager
def _bars(console: terminals.Console) -> Iterator[intake.Progress]:
    class Rate(bars.ProgressColumn):
        def render(self, task: bars.Task) -> str:
            speed = task.finished_speed or task.speed
            return f"{speed:,.0f}/s" if speed else ""

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        Rate(),
        bars.TimeRemainingColumn(elapsed_when_finished=True),
    )
    tasks: dict[str, bars.TaskID] = {}
    with bars.Progress(*columns, console=console) as drawn:

        def update(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = drawn.add_task(stage)
            drawn.update(tasks[stage], completed=done, total=total)

        yield update


@contextlib.contextmanager
def _lines() -> Iterator[intake.Progress]:
    """A stage is told when all is done, and twice a minute until then; what was not done to its end, at the end."""
    counts, began, said = dict[str, int](), dict[str, float](), time.monotonic()

    def update(stage: str, done: int, total: int) -> None:
        nonlocal said
        now = time.monotonic()
        counts[stage], began[stage] = done, began.get(stage, now)
        if done == total:
            click.echo(f"{stage}: {counts.pop(stage):,}", err=True)
        elif done and now >= max(said, began[stage]) + SILENCE:
            said, rate = now, done / (now - began[stage])
            left = dt.timedelta(seconds=round((total - done) / rate))
            click.echo(f"{stage}: {done:,} of {total:,}, {rate:,.0f} a second, {left} left", err=True)

    yield update
    for stage, done in counts.items():
        click.echo(f"{stage}: {done:,}", err=True)


def _say_where(url: str) -> None:
    click.echo(f"The site is at {url} (on this machine only; Ctrl-C stops)")


def _stop_on_signals() -> None:
    """End as after an error, so that staging folders and workers are cleared away."""
    _stopped.clear()

    def stop(number: int, _frame: object) -> None:
        _stopped.append(KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number))
        if not _copying:
            raise _stopped[-1]

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):  # under nohup it is ignored, and stays so
            signal.signal(number, stop)
