"""Browse pages: pairs of values, pages of bounded length, and that their folders never meet."""

from __future__ import annotations

import re
from collections import Counter

import msgspec
import pytest

from site_builder import collection, lists, rules
from site_builder.collection import Collection, url
from site_builder.model import Letter
from site_builder.settings import Settings
from tests.conftest import ROOT
from tests.example_site import RULES, injection, issue, letter, site

FACETS = (ROOT / "site_builder" / "facets").glob("*.toml")
ROWS = re.compile(r'<a href="[./]*decisions/([^"#]+)\.html#issue-(\d+)"')
PAIRED = rules.Rules(
    tuple(msgspec.structs.replace(facet, pairs=("treatment",) if facet.key == "body-part" else ()) for facet in RULES.facets),
    RULES.vocabularies,
)


def in_list(html: str) -> str:
    return html[html.index("<ol class=lines") : html.index("</ol>", html.index("<ol class=lines"))]


def mixed(count: int) -> list[Letter]:
    return [
        letter(number, issue(1), *([injection(2)] if number % 3 else []), **({"decision_date": None} if number == 5 else {}))
        for number in range(1, count + 1)
    ]


def test_every_pair_of_values_that_occurs_has_its_page_and_no_other() -> None:
    letters = mixed(7)
    shown = site(*letters, known=PAIRED)
    counted = Counter(
        f"browse/body-part/{part}/~treatment/{treatment}/"
        for one in letters
        for item in one.issues
        for part in item.facets["body-part"]
        for treatment in item.facets["treatment"]
    )
    listed = {path.removesuffix("index.html"): len(ROWS.findall(in_list(html))) for path, html in shown.items() if "~" in path}
    assert listed == counted
    assert not [path for path in site(*letters) if "~" in path]


def test_a_pair_is_linked_from_both_of_its_values_and_leads_back_and_to_the_search() -> None:
    shown = site(*mixed(12), known=PAIRED)
    pair = "browse/body-part/neck/~treatment/injection/epidural/"
    assert f'href="../../../{pair}"' in shown["browse/body-part/neck/index.html"]
    assert f'href="../../../../{pair}"' in shown["browse/treatment/injection/epidural/index.html"]
    html = shown[f"{pair}index.html"]
    assert "<h1>Neck, treatment: Epidural injections</h1>" in html
    assert "search/?body-part=neck&amp;treatment=injection/epidural" in html
    assert 'href="../../../../../../browse/body-part/neck/">Neck</a> <span>Treatment: Epidural injections</span>' in html
    assert "too few for a percentage" in html


def test_a_pair_with_an_outcome_has_no_rate() -> None:
    facets = tuple(
        msgspec.structs.replace(facet, pairs=("outcome",) if facet.key == "guideline" else ()) for facet in RULES.facets
    )
    shown = site(*mixed(30), known=rules.Rules(facets, RULES.vocabularies))
    assert "95% interval" in shown["browse/guideline/mtus/index.html"]
    assert "95% interval" not in shown["browse/guideline/mtus/~outcome/upheld/index.html"]


@pytest.mark.parametrize("found", ["page-2", "a/page-2", "page-2/a", "~treatment", "a/~treatment/b"])
def test_no_value_takes_the_folder_of_a_further_page_or_of_a_pair(found: str) -> None:
    folder = url(RULES.facets[0], found).split("/", 2)[2]
    assert re.fullmatch(r"[a-z0-9-]+-[0-9a-f]{8}/", folder), folder
    assert url(RULES.facets[0], "page-two/page") == f"browse/{RULES.facets[0].key}/page-two/page/"


def test_of_a_facet_that_is_newest_the_newest_rows_are_listed_and_the_search_has_the_others() -> None:
    short = rules.Rules(
        tuple(msgspec.structs.replace(facet, newest=facet.key == "outcome") for facet in RULES.facets), RULES.vocabularies
    )
    letters = [letter(number) for number in range(1, 10)]
    shown = site(*letters, known=short, settings=Settings(page_size=4))
    html = shown["browse/outcome/upheld/index.html"]
    assert [name for name, _ in ROWS.findall(in_list(html))] == [one.id for one in letters[:4]]
    assert "9 issues in 9 decisions" in html
    assert 'These are the newest 4. <a href="../../../search/?outcome=upheld">The search shows all of them.</a>' in html
    assert not [path for path in shown if path.startswith("browse/outcome/upheld/page-")]
    assert "The search shows" not in shown["browse/body-part/low-back/index.html"]
    assert (
        "The search shows"
        not in site(*letters[:4], known=short, settings=Settings(page_size=4))["browse/outcome/upheld/index.html"]
    )


def test_of_two_values_together_the_newest_rows_are_listed_as_the_lists_of_both_have_them_all() -> None:
    letters = [letter(number) for number in range(1, 10)]
    shown = site(*letters, known=PAIRED, settings=Settings(page_size=4))
    pair = "browse/body-part/low-back/~treatment/imaging/"
    html = shown[f"{pair}index.html"]
    assert [name for name, _ in ROWS.findall(in_list(html))] == [one.id for one in letters[:4]]
    assert "9 issues in 9 decisions" in html
    asked = "search/?body-part=low-back&amp;treatment=imaging"
    assert re.search(rf'These are the newest 4. <a href="(?:\.\./)+{re.escape(asked)}">The search shows all of them.</a>', html)
    assert not [path for path in shown if path.startswith(f"{pair}page-")]
    for folder in ("browse/body-part/low-back/", "browse/treatment/imaging/"):
        pages = [html for path, html in shown.items() if re.fullmatch(rf"{folder}(?:page-\d+/)?index\.html", path)]
        assert {name for html in pages for name, _ in ROWS.findall(in_list(html))} == {one.id for one in letters}


def test_the_lists_that_people_go_through_are_whole() -> None:
    """Guidelines, body parts and the like; yes or no, and what is said of the worker, is for the search."""
    whole = {facet.key for facet in rules.load({path.stem: path.read_text() for path in FACETS}).facets if not facet.newest}
    assert whole >= {"year", "guideline", "body-part", "treatment", "specialty", "outcome"}
    assert len(whole) < 10


def many(count: int) -> list[Letter]:
    return [letter(number, facets={"year": (f"y{number}",)}) for number in range(1, count + 1)]


@pytest.mark.parametrize(("values", "last"), [(1, 1), (100, 1), (101, 2), (250, 3)])
def test_a_facet_with_very_many_values_is_paged(values: int, last: int) -> None:
    number = [facet.key for facet in RULES.facets].index("year")
    held = Collection(many(values), RULES, Settings())
    planned = list(lists.axis_pages(held, held.axes[number]))
    assert len(planned) == last
    shown = [line[0].id for page in planned for line in page.context["lines"]]  # type: ignore[attr-defined]
    assert len(shown) == len(set(shown)) == values


def test_where_values_are_too_many_children_are_left_to_their_parents() -> None:
    value = '[[value]]\nid = "{}"\nlabel = "{}"\n'
    text = 'label="T"\nplural="Ts"\nlevel="issue"\norder=1\nfield="treatment"\n' + value.format("top", "Top")
    text += "".join(value.format(f"top/v{number}", number) + 'parent = "top"\n' for number in range(120))
    letters = [letter(number, issue(facets={"t": ("top", f"top/v{number}")})) for number in range(120)]
    held = Collection(letters, rules.load({"t": text}), Settings())
    (page,) = lists.axis_pages(held, held.axes[0])
    assert [choice.id for choice, _ in page.context["lines"]] == ["top"]  # type: ignore[attr-defined]


def test_no_page_is_long() -> None:
    """Not with the longest of everything: the issue names 100 rows and 100 KB as the most."""
    disputed = "Physical therapy for the lumbar spine " * 8
    shown = site(
        *(letter(number, issue(disputed=disputed), issue(2, disputed=disputed)) for number in range(1, 121)), known=PAIRED
    )
    for path, html in shown.items():
        if path.startswith(("browse/", "statistics/", "index", "coverage", "data")):
            assert len(html.encode()) < 100_000, path
            for listed in re.findall(r"<(?:ol|tbody)[^>]*>(.*?)</(?:ol|tbody)>", html, re.DOTALL):
                assert len(re.findall("<li|<tr", listed)) <= 100, path


def test_a_row_of_a_list_is_lean() -> None:
    """Lists are most of a large site: with the words of an issue left out, a row takes no more than this."""
    html = site(*(letter(number) for number in range(1, 101)))["browse/body-part/low-back/index.html"]
    bare = in_list(html).replace("MRI of the lumbar spine", "")
    assert len(bare.encode()) / 100 < 170


def test_a_value_shows_its_years_and_a_pair_too() -> None:
    letters = [letter(number, decision_date=letter().decision_date.replace(year=2013 + number)) for number in range(3)]  # type: ignore[union-attr]
    shown = site(*letters, known=PAIRED)
    for path in ("browse/body-part/low-back/index.html", "browse/body-part/low-back/~treatment/imaging/index.html"):
        assert "Issues by year decided, 2013 to 2015: 2013: 1, 0 overturned; 2014: 1, 0 overturned" in shown[path]
    assert "spark" not in site(letter())["browse/body-part/low-back/index.html"]


def test_issues_are_counted_by_the_year_of_their_letter() -> None:
    rows = Collection(mixed(5), RULES, Settings()).rows
    assert [(year, counted.issues) for year, counted in collection.by_year(rows)] == [("", 2), ("2017", 7)]
