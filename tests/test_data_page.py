"""The data page: what it promises, done. Its examples are run as they stand there, with this site's address put in."""

from __future__ import annotations

import contextlib
import csv
import io
import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import Path

import duckdb
import html5lib
import pytest

from site_builder import datasets, exports
from site_builder.collection import Collection
from site_builder.model import Dataset
from site_builder.pages import EXAMPLE_ADDRESS
from site_builder.settings import Settings
from tests.example_site import RULES, contents, injection, issue, letter, planned, renderer, write

LETTERS = [
    letter(number, issue(1, ancillary=number % 4 == 0), *([injection(2, category="injection")] if number % 3 else []))
    for number in range(1, 16)
]
NAMESPACE = "{http://www.w3.org/1999/xhtml}"


def page(written: tuple[Dataset, ...], settings: Settings) -> str:
    shown = planned(Collection(LETTERS, RULES, settings), contents(), datasets=written)
    (found,) = [page for page in shown if page.path == "data/index.html"]
    return renderer().render(found).content.decode()


def site(folder: Path, most_plain: int = 5_000, base_url: str = "") -> str:
    """The site of the letters in a folder, and its data page."""
    settings = Settings(base_url=base_url)
    write(folder, *LETTERS, settings=settings)
    packing = datasets.Packing(RULES.facets, lambda letter: letter, len(LETTERS) > most_plain)
    written = datasets.write(folder, LETTERS, packing, map(packing.piece, datasets.months([LETTERS])))()
    html = page(written, settings)
    (folder / "data" / "index.html").write_text(html, "utf-8")
    return html


def examples(html: str) -> list[str]:
    """The Python code shown on the page."""
    found = html5lib.parse(html).iter(f"{NAMESPACE}code")
    return ["".join(code.itertext()) for code in found if code.get("class") == "language-python"]


def run(code: str, base: str) -> Mapping[str, object]:
    names: dict[str, object] = {}
    assert f'base = "{EXAMPLE_ADDRESS}"' in code
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(code.replace(EXAMPLE_ADDRESS, base), names)
    assert said.getvalue().strip()
    return names


@pytest.mark.parametrize("most_plain", [5_000, 1])
def test_the_examples_run_and_count_what_the_statistics_count(
    tmp_path: Path, serve_site: Callable[..., str], most_plain: int
) -> None:
    with_duckdb, with_pandas = examples(site(tmp_path, most_plain))
    rates = run(with_duckdb, f"{tmp_path}/")["rates"]  # by path: for addresses DuckDB fetches an extension from its makers
    counted = {category: (issues, overturned) for category, issues, overturned in rates.fetchall()}  # type: ignore[attr-defined]
    table = run(with_pandas, serve_site(tmp_path))["rates"]
    assert {row.Index: (row.issues, row.overturned) for row in table.itertuples()} == counted  # type: ignore[attr-defined]
    own = [one for letter in LETTERS for one in letter.issues if not one.ancillary]
    assert counted == {
        category: (
            sum(one.category == category for one in own),
            sum(one.category == category and one.outcome == "overturned" for one in own),
        )
        for category in ("imaging", "injection")
    }


def test_the_examples_name_this_site_where_it_knows_its_address(tmp_path: Path) -> None:
    html = site(tmp_path, most_plain=1, base_url="https://example.net/a")
    assert "https://example.net/a/" in html
    assert EXAMPLE_ADDRESS not in html
    assert "data/issues.csv.gz" in examples(html)[1]


def test_every_file_is_linked_with_its_size_and_its_rows(tmp_path: Path) -> None:
    html = site(tmp_path)
    for path in sorted((tmp_path / "data").iterdir()):
        if path.name != "index.html":
            assert f'href="../data/{path.name}" download' in html
    assert "15 letters" in html
    assert f"{sum(len(one.issues) for one in LETTERS)} issues" in html


def test_the_dictionary_has_every_field_and_every_column_of_a_facet(tmp_path: Path) -> None:
    html = site(tmp_path)
    fields = re.findall(r'<th scope="row"><code>(\w+)</code>', html)
    assert fields == [*exports.LetterRow.__struct_fields__, *exports.IssueRow.__struct_fields__]
    columns = exports.issue_columns(facet.key for facet in RULES.facets)
    assert set(re.findall(r"<code>(facet_\w+)</code>", html)) == {column for column in columns if column.startswith("facet_")}


def test_what_is_measured_stands_after_what_is_counted(tmp_path: Path) -> None:
    site(tmp_path)
    html = (tmp_path / "coverage" / "index.html").read_text("utf-8")
    places = [html.index(f'id="{id}"') for id in ("years", "read", "left-out", "how-accurate-the-reading-is")]
    assert places == sorted(places)


def test_the_files_of_a_site_hold_what_its_pages_count(sample_site: Path) -> None:
    letters = (sample_site / "data" / "letters.jsonl").read_bytes().count(b"\n")
    issues = duckdb.sql(f"SELECT count(*) FROM read_csv('{sample_site}/data/issues.csv')").fetchall()[0][0]
    assert len(list(sample_site.glob("decisions/*.html"))) == letters
    rows = [path.read_text("utf-8").count(".html#issue-") for path in sample_site.glob("browse/outcome/**/index.html")]
    assert sum(rows) == issues
    coverage = (sample_site / "coverage" / "index.html").read_text("utf-8")
    assert f'All</th> <td class="n">{letters}</td> <td class="n">{issues}</td>' in coverage
    with (sample_site / "statistics" / "treatment.csv").open(encoding="utf-8", newline="") as file:
        assert sum(int(row["issues"]) for row in csv.DictReader(file) if "/" not in row["id_1"]) == issues


def test_no_page_of_a_site_is_an_orphan(sample_site: Path) -> None:
    """Without JavaScript every page is reached from the front page by links."""
    pages = {path.relative_to(sample_site).as_posix() for path in sample_site.rglob("*.html")}
    seen, waiting = set[str](), ["index.html"]
    while waiting:
        path = waiting.pop()
        seen.add(path)
        for link in re.findall(r'<a [^>]*?href="([^"#?:]+)', (sample_site / path).read_text("utf-8")):
            target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
            target = f"{target}/index.html".removeprefix("./") if link.endswith("/") else target
            if target in pages - seen and target not in waiting:
                waiting.append(target)
    assert pages - seen == {"404.html"}
