"""The data files: what is in them, that they say the same, and that nothing in them does harm."""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import duckdb
import msgspec
import pandas
import pytest

from site_builder import datasets, dictionary, exports
from site_builder.model import BuildError, Citation, Dataset, Frozen, Letter
from site_builder.shelf import Shelf
from tests.conftest import ROOT
from tests.example_site import RULES, injection, issue, letter

LETTERS = [letter(number, issue(1), *([injection(2)] if number % 3 else [])) for number in range(1, 10)]
ISSUES = sum(len(one.issues) for one in LETTERS)


def write(folder: Path, letters: Sequence[Letter] = LETTERS, most_plain: int = 5_000) -> dict[str, Dataset]:
    packing = datasets.Packing(RULES.facets, lambda letter: letter, len(letters) > most_plain)
    pieces = map(packing.piece, datasets.months([letters]))
    return {data.name: data for data in datasets.write(folder, letters, packing, pieces)()}


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_file_counts_the_same_letters_and_issues(tmp_path: Path) -> None:
    told = write(tmp_path)
    data = tmp_path / "data"
    lines = (data / "letters.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == told["letters.jsonl"].rows == told["letters.parquet"].rows == len(LETTERS)
    assert len(rows_of(data / "issues.csv")) == told["issues.csv"].rows == ISSUES
    counted = duckdb.sql(f"SELECT count(*), sum(len(issues)) FROM '{data}/letters.parquet'").fetchall()
    assert counted == [(len(LETTERS), ISSUES)]
    assert {name: found.bytes for name, found in told.items()} == {path.name: path.stat().st_size for path in data.iterdir()}


def test_parquet_says_what_the_json_lines_say(tmp_path: Path) -> None:
    odd = [letter(1, issue(ur=Citation(), rationale=()), decision_date=None, age=None, specialties=(), facets={})]
    for name, letters in (("many", LETTERS), ("empty", odd)):
        write(tmp_path / name, letters)
        relation = duckdb.sql(f"SELECT * FROM '{tmp_path}/{name}/data/letters.parquet'")
        columns = dict(zip(relation.columns, map(str, relation.types), strict=True))
        assert columns["decision_date"] == "DATE"
        assert columns["issues"].startswith("STRUCT(")
        read = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
        assert json.loads(json.dumps(read, default=str)) == [json.loads(exports.encode(one)) for one in letters]


def test_an_issue_is_a_line_with_its_letter_and_the_values_of_every_facet(tmp_path: Path) -> None:
    write(tmp_path)
    first = rows_of(tmp_path / "data" / "issues.csv")[0]
    assert first["url"] == "decisions/cm99-0000001.html#issue-1"
    assert (first["letter_outcome"], first["outcome"]) == ("partially-overturned", "upheld")
    assert first["imr_guidelines"] == "mtus/low-back|odg/low-back"
    assert first["ur_sections"] == "mtus/low-back: Special Studies"
    assert (first["decision_date"], first["decision_year"], first["age_band"]) == ("2017-02-20", "2017", "40-49")
    assert (first["ancillary"], first["guidelines_differ"]) == ("false", "false")
    assert (first["facet_guideline"], first["facet_specialty"]) == ("mtus|mtus/low-back|odg|odg/low-back", "pain")
    assert "rationale" not in first


def test_the_columns_stay_as_they_are() -> None:
    """New ones may come; a name or a place that changes breaks what readers have written."""
    columns = exports.issue_columns(["specialty", "ur-guideline"])
    assert columns[:6] == ["id", "url", "source", "sha256", "case_number", "decision_date"]
    assert columns[-4:] == ["category", "subcategory", "facet_specialty", "facet_ur_guideline"]
    assert len(columns) == len(set(columns))


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    nasty = letter(1, issue(disputed="=HYPERLINK(1)", request="+1"), specialties=("@x", "y"), source="-1.txt")
    write(tmp_path, [nasty])
    (row,) = rows_of(tmp_path / "data" / "issues.csv")
    assert (row["disputed"], row["request"], row["specialties"], row["source"]) == ("'=HYPERLINK(1)", "'+1", "'@x|y", "'-1.txt")


def test_the_sums_can_be_checked(tmp_path: Path) -> None:
    write(tmp_path)
    data = tmp_path / "data"
    lines = (data / "SHA256SUMS").read_text("ascii").splitlines()
    assert all(re.fullmatch(r"[0-9a-f]{64}  \S+", line) for line in lines)
    sums = dict(reversed(line.split("  ")) for line in lines)
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "--check", "--strict", "SHA256SUMS"], cwd=data, stdout=subprocess.DEVNULL, check=True)
    assert sums == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in data.iterdir() if path.name != "SHA256SUMS"
    }


@pytest.mark.parametrize("most_plain", [5_000, 2])
def test_the_same_letters_give_the_same_bytes(tmp_path: Path, most_plain: int) -> None:
    for name in ("one [a]*?", "two"):  # a folder whose name a pattern would take for its own
        write(tmp_path / name, LETTERS, most_plain)
    one, two = ({path.name: path.read_bytes() for path in (tmp_path / name / "data").iterdir()} for name in ("one [a]*?", "two"))
    assert one == two


def test_many_letters_are_packed_and_the_head_of_the_pack_says_nothing(tmp_path: Path) -> None:
    plain, packed = write(tmp_path / "plain"), write(tmp_path / "packed", most_plain=len(LETTERS) - 1)
    assert set(plain) == {"letters.jsonl", "letters.parquet", "issues.csv", "schema.json", "SHA256SUMS"}
    assert set(packed) == {"letters.jsonl.gz", "letters.parquet", "issues.csv.gz", "schema.json", "SHA256SUMS"}
    for name in ("letters.jsonl", "issues.csv"):
        content = (tmp_path / "packed" / "data" / f"{name}.gz").read_bytes()
        assert content[:10] == b"\x1f\x8b\x08\x00\0\0\0\0\x00\xff"  # no name, no time, no system
        assert gzip.decompress(content) == (tmp_path / "plain" / "data" / name).read_bytes()
    assert (tmp_path / "packed" / "data" / "letters.parquet").read_bytes() == (
        tmp_path / "plain/data/letters.parquet"
    ).read_bytes()


def test_of_a_letter_that_has_changed_its_month_is_packed_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    letters = [letter(number) for number in range(1, 80)]
    made: list[int] = []
    words = {one.id: one.id.encode() for one in letters}
    shelf = Shelf(tmp_path / "data.sqlite", b"code", all_others=False)
    packing = datasets.Packing(RULES.facets, lambda one: one, packed=True)
    lines = exports.lines
    monkeypatch.setattr(exports, "lines", lambda some, facets: lines(made.append(len(found := list(some))) or found, facets))

    def pieces() -> list[exports.Lines]:
        made.clear()
        return list(datasets.pieces(packing, datasets.months([letters]), lambda one: words[one.id], shelf, 1))

    first = pieces()
    assert len(made) == len(first) == 3  # December 2016 to February 2017
    assert sum(made) == len(letters)
    assert pieces() == first
    assert made == []
    letters[40] = letter(41, age=48)
    words[letters[40].id] = b"other words"
    second = pieces()
    assert len(made) == 1
    assert sum(one != other for one, other in zip(first, second, strict=True)) == 1
    assert gzip.decompress(b"".join(piece.letters for piece in second)) == lines(letters, RULES.facets).letters


def test_a_file_that_cannot_be_written_ends_the_build_with_the_code_of_the_disk(tmp_path: Path) -> None:
    (tmp_path / "data" / "letters.parquet").mkdir(parents=True)
    with pytest.raises(BuildError, match=r"letters\.parquet cannot be written") as error:
        write(tmp_path)
    assert error.value.exit_code == 5


# --- The dictionary


def test_every_field_is_described_in_the_dictionary_and_in_the_documents() -> None:
    document = (ROOT / "docs" / "vocabulary.md").read_text("utf-8")
    for struct in (exports.LetterRow, exports.IssueRow):
        told = list(dictionary.entries(struct))
        assert [entry.name for entry in told] == list(struct.__struct_fields__)
        assert [entry.name for entry in told if f"`{entry.name}`" not in document] == []


def test_types_are_told_in_words() -> None:
    told = {entry.name: entry.type for entry in (*dictionary.entries(exports.LetterRow), *dictionary.entries(exports.IssueRow))}
    assert (told["id"], told["decision_date"], told["age"]) == ("text", "date, or empty", "number, or empty")
    assert (told["specialties"], told["ur_sections"], told["retrospective"]) == ("list of text", "list of pairs", "true or false")
    assert (told["issues"], told["pages"], told["facets"]) == ("list of objects", "object with ur, imr", "object of lists")


def test_a_field_without_a_description_is_refused() -> None:
    class Row(Frozen, frozen=True):
        name: str

    with pytest.raises(BuildError, match=r"Row\.name has no description"):
        list(dictionary.entries(Row))


def test_a_line_of_the_export_satisfies_the_schema_that_comes_with_it() -> None:
    schema = exports.schema()
    properties = schema["$defs"]["LetterRow"]["properties"]
    assert set(properties) == set(msgspec.to_builtins(exports.row(LETTERS[0])))
    assert all(found.get("description") or found.get("$ref") for found in properties.values())


def test_pandas_reads_the_csv_with_types(tmp_path: Path) -> None:
    write(tmp_path)
    table = pandas.read_csv(tmp_path / "data" / "issues.csv", parse_dates=["decision_date"])
    assert len(table) == ISSUES
    assert table["decision_date"].dt.year.eq(table["decision_year"]).all()
    assert table["ancillary"].dtype == bool
