"""The data folder: letters as JSON lines and as Parquet, issues as CSV, the schema, and the sums of all of them. Shell.

Lines are made month by month, side by side, so that a large collection needs no memory of its own. Parquet is made by DuckDB
from the JSON lines: a library without dependencies that streams, and the one that readers are shown on the data page. The same
letters give the same bytes: nothing here knows the time, and DuckDB runs on one thread.
"""

from __future__ import annotations

import glob
import gzip
import hashlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, groupby
from pathlib import Path
from typing import NamedTuple

import msgspec

from site_builder import dictionary, exports, workers
from site_builder.exports import Lines
from site_builder.model import BuildError, Dataset, Letter
from site_builder.rules import Facet
from site_builder.shelf import Shelf
from site_builder.workers import HERE, Aside

MOST_PLAIN = 1_000
"""Letters above which JSON lines and CSV are packed: 3.5 and 1.3 KB a letter become 0.7 and 0.2."""
SUMS = "SHA256SUMS"
_ROWS = 2_048
"""Letters in a row group, DuckDB's least: its writer holds one group in memory."""


class Packing(NamedTuple):
    """How letters become lines of the data files."""

    facets: Sequence[Facet]
    """Those that are columns."""
    whole: Callable[[Letter], Letter]
    """Gives a letter with its texts."""
    packed: bool
    """With gzip, each piece by itself: a changed month is packed anew, the others are not."""

    def piece(self, letters: Iterable[Letter]) -> Lines:
        """What stands in the files of these letters."""
        return self._packed(exports.lines(map(self.whole, letters), self.facets))

    def heads(self) -> Lines:
        return self._packed(exports.heads(self.facets))

    def _packed(self, lines: Lines) -> Lines:
        return Lines(*map(_packed, lines)) if self.packed else lines


def months(shards: Iterable[Sequence[Letter]]) -> Iterator[Sequence[Letter]]:
    """The letters of each shard by the month of their decision, in their order: what is packed together."""
    for letters in shards:
        for _, same in groupby(letters, key=lambda letter: letter.decision_date and letter.decision_date.replace(day=1)):
            yield tuple(same)


def pieces(
    packing: Packing, groups: Iterable[Sequence[Letter]], digest: Callable[[Letter], bytes], shelf: Shelf, jobs: int
) -> Iterator[Lines]:
    """Of each group of letters, in order; from the shelf where it has been made before. `digest`: of every word of a letter."""
    columns = [facet.key for facet in packing.facets]

    def key(letters: Sequence[Letter]) -> bytes:
        return shelf.key(packing.packed, columns, [(letter.id, digest(letter)) for letter in letters])

    def made(groups: Sequence[Sequence[Letter]]) -> Iterator[bytes]:
        chunk = max(1, workers.CHUNK * len(groups) // max(1, sum(map(len, groups))))
        return workers.spread(lambda letters: msgspec.msgpack.encode(packing.piece(letters)), groups, jobs, chunk=chunk)

    asked = {key(letters): letters for letters in groups}
    for piece in shelf.through(asked, made):
        yield msgspec.msgpack.decode(piece, type=Lines)
    shelf.sweep(asked)


def write(
    stage: Path, letters: Sequence[Letter], packing: Packing, pieces: Iterable[Lines], aside: Aside = HERE
) -> Callable[[], tuple[Dataset, ...]]:
    """Writes stage/data/; `pieces`: of these letters, all of them. What comes back waits for the Parquet file, which is written
    aside, and says what was written, the sums last.
    """
    folder = stage / "data"
    folder.mkdir(parents=True, exist_ok=True)
    ending = ".gz" if packing.packed else ""
    issues = sum(len(letter.issues) for letter in letters)
    told = (
        (f"letters.jsonl{ending}", "application/x-ndjson", len(letters), "letters", "One JSON object a letter, its issues in it"),
        (
            "letters.parquet",
            "application/vnd.apache.parquet",
            len(letters),
            "letters",
            "The same, with types, for DuckDB, pandas and R",
        ),
        (f"issues.csv{ending}", "text/csv", issues, "issues", "One line an issue, for spreadsheets; without the reasons"),
        ("schema.json", "application/schema+json", None, "", "JSON Schema of a line of letters.jsonl"),
        (SUMS, "text/plain", None, "", "SHA-256 of the files above: sha256sum -c SHA256SUMS"),
    )
    with (folder / told[0][0]).open("wb") as of_letters, (folder / told[2][0]).open("wb") as of_issues:
        for piece in chain([packing.heads()], pieces):
            of_letters.write(piece.letters)
            of_issues.write(piece.issues)
    (folder / told[3][0]).write_bytes(exports.schema_text())
    written = aside.begin(lambda _: _write_parquet(folder / told[0][0], folder / told[1][0]))

    def wait() -> tuple[Dataset, ...]:
        written()
        (folder / SUMS).write_text("".join(f"{_sha256(folder / name)}  {name}\n" for name, *_ in told[:-1]), encoding="ascii")
        return tuple(
            Dataset(name=name, media_type=kind, rows=rows, counted=counted, about=about, bytes=(folder / name).stat().st_size)
            for name, kind, rows, counted, about in told
        )

    return wait


def _packed(text: bytes) -> bytes:
    """Without name, time and system in the head, so that the bytes depend on the content alone."""
    packed = io.BytesIO()
    with gzip.GzipFile("", "wb", 6, packed, mtime=0) as file:
        file.write(text)
    return packed.getvalue()


def _write_parquet(lines: Path, target: Path) -> None:
    """Nothing is fetched, nothing is spilled."""
    import duckdb  # noqa: PLC0415  # a tenth of a second that only a build needs

    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": 1,
        "temp_directory": "",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    try:
        with duckdb.connect(config=settings) as database:
            columns = dictionary.columns(exports.LetterRow)
            letters = database.read_json(
                glob.escape(str(lines)),
                format="newline_delimited",
                columns=columns,
                compression="gzip" if lines.suffix == ".gz" else "none",
            )
            letters.write_parquet(str(target), compression="zstd", row_group_size=_ROWS)
    except duckdb.Error as error:
        raise BuildError(f"{target.name} cannot be written: {error}", exit_code=5) from error


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
