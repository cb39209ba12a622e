"""The statistics: what is counted, that page, chart and file say the same, and that nothing is said about too few."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Sequence
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder import charts, delimited, rules, statistics
from site_builder.collection import Collection
from site_builder.languages import Language
from site_builder.model import BuildError, Letter
from site_builder.rates import Outcomes
from site_builder.settings import Settings
from tests.conftest import ROOT
from tests.example_site import RULES, injection, issue, letter, site

KEYS = {"year": "statistics = 1", "treatment": "statistics = 2", "body-part": 'pairs = ["treatment"]\nstatistics = 3'}
CROSSED = {"ur-guideline": 'against = "guideline"'}


def counted_rules() -> rules.Rules:
    """The example's rules, with statistics for some facets."""
    facets = {facet.key: facet for facet in RULES.facets}
    files = {
        key: "\n".join(
            [
                *(f'{name} = "{getattr(facet, name)}"' for name in ("label", "plural", "level", "field")),
                f"order = {facet.order}\nopen = {str(facet.open).lower()}",
                f'vocabulary = "{facet.vocabulary}"' if facet.vocabulary else "",
                {**KEYS, **CROSSED}.get(key, ""),
                *(
                    f'[[value]]\nid = "{value.id}"\nlabel = "{value.label}"'
                    + (f'\nparent = "{value.parent}"' if value.parent else "")
                    for value in facet.value
                ),
            ]
        )
        for key, facet in facets.items()
    }
    return rules.load(files)


COUNTED = counted_rules()


def collection(letters: Sequence[Letter]) -> Collection:
    return Collection(letters, COUNTED, Settings())


def collected(count: int) -> list[Letter]:
    """Two in three letters hold an upheld scan and an overturned injection; every fourth scan goes with its parent."""
    return [
        letter(number, issue(1, ancillary=number % 4 == 0), *([injection(2)] if number % 3 else []))
        for number in range(1, count + 1)
    ]


def table(letters: Sequence[Letter], name: str) -> statistics.Table:
    return {found.name: found for found in statistics.tables(collection(letters))}[name]


def read_csv(letters: Sequence[Letter], name: str) -> list[dict[str, str]]:
    files = {file.path: file.content.decode() for file in statistics.files(statistics.tables(collection(letters)))}
    return list(csv.DictReader(io.StringIO(files[f"statistics/{name}.csv"], newline="")))


def test_the_facet_files_say_what_is_counted_and_in_which_order() -> None:
    names = [found.name for found in statistics.tables(collection(collected(3)))]
    assert names == ["year", "treatment", "body-part", "ur-guideline-by-guideline"]
    assert statistics.tables(Collection(collected(3), RULES, Settings())) == ()


def test_issues_refused_with_their_parent_are_counted_apart_and_the_page_says_so() -> None:
    (line,) = [line for line in table(collected(12), "treatment").lines if line.ids == ("imaging",)]
    assert line.counted == statistics.Count(12, 3, Outcomes(issues=9, decided=9, overturned=0))
    html = site(*collected(12), known=COUNTED)["statistics/index.html"]
    assert "<strong>Refused with their parent</strong>: 3 issues." in html
    assert "not counting those <a" in html
    without = site(*(letter(number) for number in range(1, 12)), known=COUNTED)["statistics/index.html"]
    assert "No issue here was refused with its parent" in without
    assert "Refused with parent</th>" not in without


def test_issues_of_which_a_part_was_authorized_are_named() -> None:
    html = site(letter(1, issue(1, partial_authorization=True)), letter(2), known=COUNTED)["statistics/index.html"]
    assert "<strong>Authorized in part</strong>: 1 issue." in html


@given(count=st.integers(1, 40))
def test_lines_hold_what_the_rows_hold(count: int) -> None:
    held = collection(collected(count))
    for found in statistics.tables(held)[:3]:
        number = [facet.key for facet in held.facets].index(found.name)
        assert {line.ids[0]: line.counted.issues for line in found.lines} == {
            id: len(rows) for id, rows in held.by_value[number].items()
        }
        assert all(line.counted.refused + line.counted.own.issues == line.counted.issues for line in found.lines)


def test_children_follow_their_parent_and_the_front_page_has_the_topmost() -> None:
    found = table(collected(3), "treatment")
    assert [(line.ids[0], line.depth) for line in found.lines] == [("imaging", 0), ("injection", 0), ("injection/epidural", 1)]
    assert [line.ids[0] for line in found.front] == ["imaging", "injection"]


def test_years_stand_newest_first_so_that_the_front_page_has_the_newest() -> None:
    years = [letter(number, facets={"year": (str(2000 + number),)}) for number in (3, 24, 1)]
    assert [line.ids[0] for line in table(years, "year").front] == ["2024", "2003", "2001"]


def test_the_guidelines_of_both_sides_are_crossed_by_family_and_one_by_one() -> None:
    found = table(collected(3), "ur-guideline-by-guideline")
    assert {line.ids: line.counted.issues for line in found.front} == {("mtus", "mtus"): 3, ("mtus", "odg"): 3}
    assert {line.ids for line in found.lines} == {("mtus/low-back", "mtus/low-back"), ("mtus/low-back", "odg/low-back")}
    assert found.untold == 2  # the example's injections have no value of the first facet


@pytest.mark.parametrize("count", [9, 10, 30])
def test_page_chart_and_file_give_the_same_numbers(count: int) -> None:
    letters = [letter(number, injection()) for number in range(1, count + 1)]
    html = site(*letters, known=COUNTED)["statistics/treatment/index.html"]
    (row,) = [row for row in read_csv(letters, "treatment") if row["id_1"] == "injection"]
    assert (row["issues"], row["refused_with_parent"], row["decided"], row["overturned"]) == (
        str(count),
        "0",
        str(count),
        str(count),
    )
    assert f"{count} of {count}</td>" in html
    assert (row["rate"] == "") is (count < 10)
    assert ("too few" in html) is (count < 10)
    assert ("<svg" in html) is (count >= 10)
    if count >= 10:
        low, high = Outcomes(decided=count, overturned=count).interval
        assert (row["low"], row["high"]) == (f"{low:.4f}", f"{high:.4f}")
        assert f"injections: 100% ({count} of {count})" in html.lower()


def test_every_line_leads_to_its_browse_page_and_every_table_to_its_file() -> None:
    shown = site(*collected(12), known=COUNTED)
    files = {file.path for file in statistics.files(statistics.tables(collection(collected(12))))}
    for path, html in shown.items():
        if path.startswith("statistics/"):
            rows = re.findall(r'<th scope="row">(?:<span[^>]*>)*<a href="([^"]+)"', html)
            assert rows
            assert {f"{link.replace('../', '')}index.html" for link in rows} <= set(shown)
            assert {link.replace("../", "") for link in re.findall(r'href="([^"]+\.csv)"', html)} <= files


def test_charts_are_named_described_and_hold_no_style() -> None:
    html = site(*collected(30), known=COUNTED)["statistics/index.html"]
    found = re.findall(r"<svg class=\"chart\".*?</svg>", html, re.DOTALL)
    assert found
    for drawn in found:
        tree = ElementTree.fromstring(drawn)
        assert tree.get("role") == "img"
        assert [node.tag for node in tree][:2] == ["title", "desc"]
        assert tree.get("aria-labelledby") == " ".join(str(node.get("id")) for node in list(tree)[:2])
        assert all(node.text for node in list(tree)[:2])
        assert not [node for node in tree.iter() if set(node.attrib) & {"style", "onload"} or node.tag == "style"]


def test_a_chart_keeps_its_marks_inside() -> None:
    rows = [(f"value {number}", Outcomes(issues=50, decided=50, overturned=number)) for number in range(51)]
    texts = {"share": "{overturned} of {decided}", "chart_description": "{figures}."}
    drawn = charts.rates("Rates", rows, Outcomes(issues=50, decided=50, overturned=50), texts)
    assert drawn is not None
    assert len(drawn.marks) == charts.LINES
    assert all(0 <= mark.low <= mark.at <= mark.high <= 100 for mark in drawn.marks)
    assert charts.rates("Rates", [("one", Outcomes(issues=50, decided=50))], Outcomes(), texts) is None


def test_a_sparkline_has_a_bar_a_year_and_leaves_the_gaps() -> None:
    years = [
        ("2014", Outcomes(issues=4, decided=4, overturned=1)),
        ("2017", Outcomes(issues=8, decided=8)),
        ("", Outcomes(issues=1)),
    ]
    drawn = charts.spark(years)
    assert drawn is not None
    assert (drawn.title, drawn.width) == ("Issues by year decided, 2014 to 2017", 4 * charts.YEAR - 2)
    assert drawn.words == "2014: 4, 1 overturned; 2017: 8, 0 overturned"
    assert (drawn.issues.count("M"), drawn.overturned.count("M")) == (2, 1)
    assert charts.spark(years[:1]) is None


def test_a_list_of_values_that_is_too_long_for_a_page_is_cut_and_the_file_has_all() -> None:
    years = [letter(number, facets={"year": (str(1900 + number),)}) for number in range(1, 121)]
    shown = site(*years, known=COUNTED)
    assert shown["statistics/year/index.html"].count('<th scope="row">') == statistics.MOST
    assert shown["statistics/index.html"].count('<th scope="row">') < 60
    assert len(read_csv(years, "year")) == 120


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+41", "'+41"),
        ("-5", "'-5"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        (" =x", "' =x"),
        ("\u200b\ufeff=x", "'\u200b\ufeff=x"),
        ("\uff1d1", "'\uff1d1"),
        (" x=", " x="),
        ("\r=x", '"\'\r=x"'),
        (-5, "-5"),
        (0.25, "0.25"),
        (None, ""),
        (True, "true"),
        ('a "b", c', '"a ""b"", c"'),
        ("a=b", "a=b"),
        ("L4\nL5", '"L4\nL5"'),
    ],
)
def test_a_cell_is_quoted_and_no_formula(cell: object, written: str) -> None:
    assert delimited.encode([["head", "b"], [cell, "x"]]).decode() == f"head,b\r\n{written},x\r\n"


@given(
    rows=st.lists(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")), min_size=2, max_size=2))
)
def test_what_is_written_is_read_back(rows: list[list[str]]) -> None:
    text = delimited.encode([["a", "b"], *rows]).decode()
    back = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert [[cell.removeprefix("'") for cell in row] for row in back] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]
    assert not [cell for row in back for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@pytest.mark.parametrize("line", ['pairs = ["nothing"]', 'against = "nothing"', 'pairs = ["one"]'])
def test_a_facet_file_that_pairs_itself_with_nothing_is_refused(line: str) -> None:
    text = f'label = "One"\nplural = "Ones"\nlevel = "issue"\norder = 1\nfield = "outcome"\n{line}\n'
    with pytest.raises(BuildError, match=r"one\.toml.*is none"):
        rules.load({"one": text})


def test_the_statistics_are_there_in_spanish_with_the_same_numbers() -> None:
    shown = site(*collected(40), known=COUNTED)
    english = {path: html for path, html in shown.items() if path.startswith("statistics/")}
    assert len(english) == 5
    for path, html in english.items():
        spanish = shown[f"es/{path}"]
        cells = [re.findall(r'<td class="n[^>]*>(?:<b>)?([\d%]+)', page) for page in (html, spanish)]
        assert cells[0] == cells[1]
        assert cells[0]
        assert "verturned" not in re.sub(r'(?:href|id|aria-labelledby)="[^"]*"', "", spanish)
        assert spanish.count("<svg") == html.count("<svg")
    assert "Parte del cuerpo" in shown["es/statistics/body-part/index.html"]
    assert "Espalda baja" in shown["es/statistics/body-part/index.html"]


def test_a_value_without_translation_keeps_its_english_name_and_says_so() -> None:
    texts = tomllib.loads((ROOT / "templates" / "strings" / "es.toml").read_text("utf-8"))["texts"]
    held, bare = collection(collected(3)), Language(code="es", texts=texts)
    _, year, treatment, *_ = statistics.pages(held, statistics.tables(held), bare)
    links = [[link for line in page.context["shown"].lines for link in line.links] for page in (year, treatment)]  # type: ignore[attr-defined]
    assert {link.lang for link in links[0]} == {""}  # a year is a word of no language
    assert {link.lang for link in links[1]} == {"en"}
