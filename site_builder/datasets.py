"""The data folder: letters as JSON lines and as Parquet, issues as CSV, the schema, and the sums of all of them. Shell.

Files are written line by line, so that a large collection needs no memory of its own. Parquet is made by DuckDB from the JSON
lines: a library without dependencies that streams, and the one that readers are shown on the data page. The same letters give the
same bytes: nothing here knows the time, and DuckDB runs on one thread.
"""

from __future__ import annotations

import glob
import gzip
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import BinaryIO, cast

from site_builder import dictionary, exports
from site_builder.model import BuildError, Dataset, Letter

MOST_PLAIN = 1_000
"""Letters above which JSON lines and CSV are packed: 3.5 and 1.3 KB a letter become 0.7 and 0.2."""
SUMS = "SHA256SUMS"
_ROWS = 2_048
"""Letters in a row group, DuckDB's least: its writer holds one group in memory."""


def write(stage: Path, letters: Sequence[Letter], lines: exports.Lines, most_plain: int = MOST_PLAIN) -> tuple[Dataset, ...]:
    """Writes stage/data/; `lines`: what the files say of these letters. What was written, the sums last."""
    folder = stage / "data"
    folder.mkdir(parents=True, exist_ok=True)
    packed = ".gz" if len(letters) > most_plain else ""
    issues = sum(len(letter.issues) for letter in letters)
    told = (
        (f"letters.jsonl{packed}", "application/x-ndjson", len(letters), "letters", "One JSON object a letter, its issues in it"),
        (
            "letters.parquet",
            "application/vnd.apache.parquet",
            len(letters),
            "letters",
            "The same, with types, for DuckDB, pandas and R",
        ),
        (f"issues.csv{packed}", "text/csv", issues, "issues", "One line an issue, for spreadsheets; without the reasons"),
        ("schema.json", "application/schema+json", None, "", "JSON Schema of a line of letters.jsonl"),
        (SUMS, "text/plain", None, "", "SHA-256 of the files above: sha256sum -c SHA256SUMS"),
    )
    _write(folder / told[0][0], lines.letters)
    _write_parquet(folder / told[0][0], folder / told[1][0])
    _write(folder / told[2][0], lines.issues)
    _write(folder / told[3][0], [exports.schema_text()])
    _write(folder / SUMS, [f"{_sha256(folder / name)}  {name}\n".encode() for name, *_ in told[:-1]])
    return tuple(
        Dataset(name=name, media_type=kind, rows=rows, counted=counted, about=about, bytes=(folder / name).stat().st_size)
        for name, kind, rows, counted, about in told
    )


def _write(path: Path, lines: Iterable[bytes]) -> None:
    """Packed where the name says so; without name and time in the head, so that the bytes depend on the content alone."""
    with path.open("wb") as file:
        if path.suffix == ".gz":
            with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
                cast(BinaryIO, packed).writelines(lines)
        else:
            file.writelines(lines)


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
