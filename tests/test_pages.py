"""Which pages there are, what they count, and that nothing is lost on the way to them."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from pathlib import Path

import html5lib
import msgspec
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from site_builder import build, collection, decisions, rules
from site_builder.model import Citation, Letter, Problem, Section
from site_builder.options import Options
from site_builder.rates import Tally, tally
from site_builder.settings import Settings
from tests import links
from tests.conftest import FULL, ROOT
from tests.example_site import RULES, injection, issue, letter, planned, site, write
from tests.letter_texts import invented, read, words, words_of

NAMESPACE = "{http://www.w3.org/1999/xhtml}"
ROWS = re.compile(r'<a href="[./]*decisions/([^"#]+)\.html(?:#issue-(\d+))?"')


def text_of(html: str) -> str:
    """What a reader of the main part can see, folded parts included."""
    (main,) = html5lib.parse(html).iter(f"{NAMESPACE}main")
    return " ".join(main.itertext())


def in_main(html: str) -> str:
    return html[html.index("<main") : html.index("</main>")]


# --- A decision


@pytest.mark.parametrize("name", invented())
def test_every_word_of_a_letter_is_on_its_page(name: str) -> None:
    shown = read(invented()[name], name)
    assert words_of(shown) - words(text_of(site(shown)[shown.url])) == Counter()


ODD = letter(
    1,
    issue(1, heading="1. An MRI of the lumbar spine is/are: UPHELD", outcome_words="is/are: UPHELD"),
    issue(
        2, request="A and B were the original request. The remaining portion, B", disputed="B", outcome_words="OVERTURNED in part"
    ),
    issue(3, outcome=None, outcome_words="Deferred", labels=("", "", "")),
    issue(4, ur=Citation(), imr=Citation(), rationale=()),  # labels without a word behind them
    sections=(
        Section(kind="header", heading="IMR CASE", paragraphs=("Case Number", "CM99-0000001")),
        Section(kind="unplaced", heading="STRAY HEADING", paragraphs=("A stray sentence.",)),
        Section(kind="summary", heading="", paragraphs=("Without a heading.",)),
        Section(kind="something new", heading="APPENDIX", paragraphs=()),
    ),
)


def test_headings_labels_and_outcome_words_are_shown_as_printed() -> None:
    assert words_of(ODD) - words(text_of(site(ODD)[ODD.url])) == Counter()


def test_text_without_a_place_is_said_to_be_so() -> None:
    assert "Text that could not be placed" in site(ODD)[ODD.url]
    assert "could not be placed" not in site(letter())[letter().url]


def test_the_table_of_issues_comes_before_any_paragraph_of_the_letter() -> None:
    html = site(letter(1, issue(1), injection(2)))["decisions/cm99-0000001.html"]
    for first, then in [("<h1", "<caption"), ("</table>", "<dl>"), ("</dl>", "Decision based on")]:
        assert html.index(first) < html.index(then)
    assert re.findall(r"<td><a href=#(issue-\d)>", html) == ["issue-1", "issue-2"]
    assert re.findall(r"<section><h2 id=(issue-\d)>", html) == ["issue-1", "issue-2"]


def test_a_letter_with_one_issue_says_it_once_above_everything() -> None:
    html = site(letter())[letter().url]
    assert "<table" not in html
    assert in_main(html).count("MRI of the lumbar spine") == 1
    assert html.count("<section>") == 1
    for first, then in [("<section><h1", "Upheld: the denial"), ("Upheld: the denial", "<dl>"), ("</dl>", "<h2 id=issue-1>")]:
        assert html.index(first) < html.index(then)


def test_a_value_is_linked_where_it_is_named_first_and_only_there() -> None:
    html = site(letter(1, issue(1), issue(2), injected := injection(3), injured_body_parts=("neck",)))[letter().url]
    assert injected.body_parts == ("neck",)
    assert html.count("<a href=../browse/body-part/low-back/>Low back</a>") == 1
    assert html.count("<i>Low back</i>") == 1
    assert html.count("<a href=../browse/body-part/neck/>Neck</a>") == 1, "among the facts"


def test_an_outcome_says_what_happened_to_the_treatment() -> None:
    shown = text_of(site(letter(1, issue(1), injection(2)))["decisions/cm99-0000001.html"])
    assert "Upheld: treatment not approved" in shown
    assert "Overturned: treatment approved" in shown


def test_where_all_issues_came_out_alike_what_that_means_is_said_once() -> None:
    html = site(letter(1, issue(1), issue(2)))["decisions/cm99-0000001.html"]
    assert text_of(html).count("treatment not approved") == 0
    assert text_of(html).count("Upheld: the denial stands, neither treatment approved.") == 1
    assert html.count("<p class=upheld><b>Upheld</b>") == 2
    assert "<th>Outcome" not in html


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        (["upheld"], "Upheld: the denial stands, treatment not approved."),
        (["upheld"] * 2, "Upheld: the denial stands, neither treatment approved."),
        (["upheld"] * 3, "Upheld: the denial stands, none of the 3 treatments is approved."),
        (["overturned"], "Overturned: treatment approved."),
        (["overturned"] * 2, "Overturned: both treatments approved."),
        (["overturned"] * 3, "Overturned: all 3 treatments approved."),
        (["upheld", "overturned"], "Partly overturned: 1 of 2 treatments approved; the denial of the other stands."),
        (["upheld", "overturned", "overturned"], "Partly overturned: 2 of 3 treatments approved; the denial of the rest stands."),
        (["upheld", None], "The outcome is not stated in words that are known here; read the letter below."),
    ],
)
def test_a_verdict_is_a_sentence_for_everybody(outcomes: list[str | None], told: str) -> None:
    assert decisions.verdict(letter(1, *(issue(number, outcome=outcome) for number, outcome in enumerate(outcomes, 1)))) == told


def test_the_guidelines_of_both_sides_are_linked_with_what_they_share() -> None:
    html = site(letter())["decisions/cm99-0000001.html"]
    ur, imr = html.split("<h2 id=issue-1>")[1].split("<dt>")[1:3]
    assert ur.startswith("Claims Administrator guideline:<dd>Decision based on MTUS Low Back")
    assert "<a href=../browse/ur-guideline/mtus/low-back/>MTUS: low back</a>" in ur
    assert imr.startswith("MAXIMUS guideline:<dd>")
    assert "<a href=../browse/guideline/mtus/low-back/>MTUS: low back</a>, <a href=../browse/guideline/odg/low-back/>" in imr
    assert "Both rely on MTUS: low back." in html
    assert "rely on different guidelines" in site(letter(1, injection()))["decisions/cm99-0000001.html"]


def test_nothing_is_said_about_shared_guidelines_where_a_side_cites_none() -> None:
    silent = letter(1, issue(imr=Citation(raw="No evidence was cited.", guidelines=("none",))))
    html = site(silent)[silent.url]
    assert "Both rely" not in html
    assert "different guidelines" not in html


def test_an_issue_without_any_guideline_says_so_once() -> None:
    nothing = Citation(raw="", guidelines=("none",))
    silent = letter(1, issue(1), issue(2, ur=nothing, imr=nothing, labels=("", "", "")))
    html = site(silent)[silent.url]
    assert html.count("The letter cites no guideline for this treatment.") == 1
    assert "The letter does not say." not in html


def test_a_body_part_that_the_request_does_not_name_says_where_it_comes_from() -> None:
    assert "Low back</i> (from the guideline)" in site(letter(1, issue(body_parts_from="guideline")))[letter().url]
    of_injury = site(letter(1, issue(body_parts_from="injury")))[letter().url]
    assert of_injury.count("Low back<") == 1, "among the facts, as injured"


def test_an_injured_body_part_that_no_issue_is_about_is_named_without_a_link() -> None:
    html = site(letter(1, injured_body_parts=("low-back", "neck")))["decisions/cm99-0000001.html"]
    assert "<dt>Injured<dd>4 Mar 2015: <a href=../browse/body-part/low-back/>Low back</a>, Neck" in html


def test_the_reviewer_stands_among_the_facts_in_the_words_of_the_letter() -> None:
    said = Section(kind="reviewer", heading="Credentials:", paragraphs=("Licensed in Ohio. Specialty: Pain",))
    html = site(letter(1, sections=(*letter().sections, said)), known=NAMED)[letter().url]
    assert "<dt>Credentials:<dd>Licensed in Ohio. Specialty: <a href=../browse/specialty/pain/>Pain</a></dl>" in html
    assert html.count("Ohio") == 1
    assert ">Pain medicine</a>" in site(letter(), known=NAMED)[letter().url], "where the letter has no such words, our name"


def _with_words() -> rules.Rules:
    """The specialty can be found in words."""
    (specialty,) = (facet for facet in RULES.facets if facet.key == "specialty")
    values = tuple(msgspec.structs.replace(value, words=("pain",)) for value in specialty.value)
    replaced = msgspec.structs.replace(specialty, value=values)
    facets = tuple(replaced if facet.key == "specialty" else facet for facet in RULES.facets)
    return rules.Rules(facets, {**RULES.vocabularies, "specialty": rules.Vocabulary(replaced)})


NAMED = _with_words()


def test_a_long_list_of_treatments_is_cut_in_the_title_and_counted() -> None:
    many = letter(1, *(issue(number, disputed=f"Treatment {number} " + "long " * 10) for number in range(1, 9)))
    assert decisions.headline(many).endswith("; and 6 more")


def test_a_decision_has_its_neighbours_in_time() -> None:
    shown = site(letter(1), letter(2), letter(3))
    assert re.findall(r"<a rel=(\w+) href=([^>]+)>(Newer|Older):", shown["decisions/cm99-0000002.html"]) == [
        ("prev", "cm99-0000001.html", "Newer"),  # as on the pages of lists, which begin with the newest
        ("next", "cm99-0000003.html", "Older"),
    ]
    assert re.findall(r"(Newer|Older):", shown["decisions/cm99-0000001.html"]) == ["Older"]


def test_links_to_similar_decisions_name_the_case_where_two_would_have_the_same_words() -> None:
    other = letter(5, issue(1, disputed="MRI of the lower back"))
    shown = site(*(letter(number) for number in (1, 2, 3)), letter(4, case_number=None, id="norco"), other)[
        "decisions/cm99-0000001.html"
    ]
    similar = shown.partition("Similar decisions")[2].partition("</aside>")[0]
    assert sorted(re.findall(r"<a href=[^>]+>([^<]+)</a>", similar)) == [
        "MRI of the lower back",
        "MRI of the lumbar spine, norco",
        "MRI of the…, CM99-0000002",
        "MRI of the…, CM99-0000003",
    ]


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        (["upheld"], "Upheld"),
        (["overturned", "overturned"], "Overturned"),
        (["upheld", "overturned"], "Partly overturned"),
        ([None], "The outcome is not stated in words that are known here; read the letter below."),
    ],
)
def test_a_description_says_the_outcome_in_words(outcomes: list[str | None], told: str) -> None:
    one = letter(1, *(issue(number, outcome=outcome) for number, outcome in enumerate(outcomes, 1)))
    assert f'<meta name=description content="CM99-0000001: {told}">' in site(one)[one.url]
    indexed = site(one, settings=Settings(indexing="all"))[one.url]
    assert f'<meta name=description content="CM99-0000001, 20 Feb 2017: {decisions.verdict(one)}">' in indexed


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({}, "IMR Case No. CM99-0000001, decided 20 Feb 2017"),
        ({"decision_date": None}, "IMR Case No. CM99-0000001"),
        ({"case_number": None, "id": "norco", "decision_date": None}, "IMR decision norco"),
    ],
)
def test_a_citation_names_case_and_day(fields: dict[str, object], told: str) -> None:
    assert decisions.citation_text(letter(1, **fields), Settings()) == told
    with_address = decisions.citation_text(letter(1, **fields), Settings(base_url="https://example.org/imr/"))
    assert with_address == f"{told}. https://example.org/imr/decisions/{fields.get('id', 'cm99-0000001')}.html"


def test_the_state_record_is_linked_only_where_it_is_configured_and_there_is_a_case_number() -> None:
    configured = Settings(state_record_url="https://example.gov/?case={case_number}")
    assert 'href="https://example.gov/?case=CM99-0000001"' in site(letter(), settings=configured)["decisions/cm99-0000001.html"]
    nameless = letter(1, case_number=None)
    assert "example.gov" not in site(nameless, settings=configured)[nameless.url]
    assert "own record" not in site(letter())["decisions/cm99-0000001.html"]


@pytest.mark.parametrize(("indexing", "home", "decision"), [("all", True, True), ("browse", True, False), ("none", False, False)])
def test_indexing_decides_what_search_engines_may_keep(indexing: str, home: bool, decision: bool) -> None:
    shown = site(letter(), settings=msgspec.convert({"indexing": indexing}, Settings))
    for path, indexed in (("index.html", home), ("decisions/cm99-0000001.html", decision), ("404.html", False)):
        assert (re.search('content="?noindex', shown[path]) is None) is indexed


# --- Browsing


def numbered(count: int) -> list[Letter]:
    return [letter(number, *([issue(1), injection(2)] if number % 3 else [issue(1)])) for number in range(1, count + 1)]


@given(count=st.integers(1, 30), size=st.integers(1, 12))
def test_pages_of_a_value_hold_every_issue_once_newest_first(count: int, size: int) -> None:
    letters = numbered(count)
    found = [
        page
        for page in planned(collection.Collection(letters, RULES, Settings(page_size=size)))
        if page.path.startswith("browse/body-part/low-back/")
    ]
    lines = [line for page in found for line in page.context["lines"]]  # type: ignore[attr-defined]
    assert [address for line in lines for _, address, _ in line.decided] == [f"{one.url}#issue-1" for one in letters]
    assert all(1 <= sum(len(line.decided) for line in page.context["lines"]) <= size for page in found)  # type: ignore[attr-defined]


@examples(max_examples=100 if FULL else 10)
@given(count=st.integers(1, 40), more=st.integers(1, 6), size=st.integers(1, 12))
def test_newer_letters_change_no_page_of_a_list_but_the_first_and_the_link_to_it(count: int, more: int, size: int) -> None:
    letters = numbered(count + more)
    before, after = (site(*some, settings=Settings(page_size=size)) for some in (letters[more:], letters))
    for folder in ("browse/body-part/low-back/", "browse/specialty/pain/"):
        further = {path for path in before if path.startswith(folder) and "/page-" in path}
        changed = {path for path in further if before[path] != after[path]}
        assert changed <= {f"{folder}page-{len(further)}/index.html"}


def test_the_issues_of_every_value_are_listed_once_and_the_letters_where_letters_have_the_value() -> None:
    letters = numbered(9)
    shown = site(*letters, settings=Settings(page_size=4))
    for facet in RULES.facets:
        counted = (
            Counter((found, one.id, "") for one in letters for found in one.facets.get(facet.key, ()))
            if facet.level == "letter"
            else Counter(
                (found, one.id, str(item.number))
                for one in letters
                for item in one.issues
                for found in item.facets.get(facet.key, ())
            )
        )
        listed = Counter(
            (found, *row)
            for path, html in shown.items()
            for found in {found for found, _, _ in counted}
            if re.fullmatch(rf"browse/{facet.key}/{found}/(?:page-\d+/)?index\.html", path)
            for row in ROWS.findall(in_main(html))
        )
        assert listed == counted


def test_a_parent_lists_its_children_and_a_child_names_its_parent() -> None:
    shown = site(*numbered(3))
    assert 'href="../../../browse/treatment/injection/epidural/"' in shown["browse/treatment/injection/index.html"]
    crumbs = shown["browse/treatment/injection/epidural/index.html"].split("class=crumbs")[1].split("</nav>")[0]
    assert re.findall(r">([^<>]+)</", crumbs) == ["Browse", "Treatments", "Injections", "Epidural injections"]


def test_values_beside_a_list_lead_to_both_filters_at_once() -> None:
    html = site(*numbered(3))["browse/year/2017/index.html"]
    assert 'href="../../../search/?year=2017&amp;treatment=injection/epidural"' in html


def test_a_facet_that_is_not_offered_has_no_pages() -> None:
    hidden = rules.load({"year": 'label="Year"\nplural="Years"\nlevel="letter"\norder=-1\nfield="decision_year"\nopen=true\n'})
    assert not [path for path in site(letter(), known=hidden) if path.startswith("browse/year")]


def test_a_facet_without_any_value_says_so() -> None:
    shown = site(letter(1, issue(facets={}), facets={}))
    assert "No decision in this collection has a value here" in shown["browse/specialty/index.html"]
    assert "browse/specialty" not in in_main(shown["index.html"])


STRANGE = ("../../etc", "a b", "A B", 'x"onclick="', "\u202e", "", "CA")


@pytest.mark.parametrize("found", STRANGE)
def test_a_strange_value_stays_inside_its_folder(found: str) -> None:
    facet = RULES.facets[0]
    assert re.fullmatch(rf"browse/{facet.key}/(?:[a-z0-9-]+/)?", collection.url(facet, found), re.ASCII)


def test_strange_values_do_not_share_a_folder() -> None:
    assert len({collection.url(RULES.facets[0], found) for found in STRANGE}) == len(STRANGE)


# --- Rates


@pytest.mark.parametrize(
    ("overturned", "decided", "low", "high"),
    [  # as published for the Wilson score interval without continuity correction
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (15, 148, 0.0624, 0.1605),
        (0, 0, 0.0, 1.0),
    ],
)
def test_the_interval_is_wilsons(overturned: int, decided: int, low: float, high: float) -> None:
    assert Tally(decided=decided, overturned=overturned).interval == pytest.approx((low, high), abs=1e-4)


@given(decided=st.integers(1, 10_000), share=st.floats(0, 1))
def test_a_rate_lies_in_its_interval(decided: int, share: float) -> None:
    counted = Tally(decided=decided, overturned=round(decided * share))
    low, high = counted.interval
    assert 0 <= low <= counted.overturned / decided + 1e-9
    assert counted.overturned / decided - 1e-9 <= high <= 1


@pytest.mark.parametrize(("count", "told"), [(9, "9 overturned: too few for a percentage"), (10, "95% interval")])
def test_no_rate_is_given_under_ten_issues(count: int, told: str) -> None:
    html = site(*(letter(number, injection()) for number in range(1, count + 1)))["browse/body-part/neck/index.html"]
    assert told in html
    assert ("%" in text_of(html).replace("95%", "")) is (count == 10)


@pytest.mark.parametrize(
    ("refused", "told"),
    [(0, "approved"), (1, "approved, counting 1 refused with its parent"), (2, "approved, counting 2 refused with their parent")],
)
def test_a_rate_says_how_many_of_its_issues_the_statistics_leave_out(refused: int, told: str) -> None:
    letters = [letter(number, injection(ancillary=number <= refused)) for number in range(1, 13)]
    text = " ".join(text_of(site(*letters)["browse/body-part/neck/index.html"]).split())
    assert f"overturned: 12 of 12 treatments {told} ." in text.replace("approved.", "approved .")


def test_an_issue_of_unknown_outcome_counts_as_an_issue_and_not_as_decided() -> None:
    one = letter(1, issue(1), issue(2, outcome=None), injection(3))
    assert tally((one, item) for item in one.issues) == Tally(letters=1, issues=3, decided=2, overturned=1)


def test_outcomes_themselves_have_no_rate() -> None:
    html = site(*(letter(number) for number in range(1, 12)))["browse/outcome/upheld/index.html"]
    assert "interval" not in html


def test_a_span_names_the_first_and_the_last_day() -> None:
    rows = [collection.Row(letter(number), issue()) for number in (1, 5, 3)]
    assert collection.span(rows) == "16 Feb 2017 to 20 Feb 2017"
    assert collection.span(rows[:1]) == "20 Feb 2017"
    assert collection.span([collection.Row(letter(1, decision_date=None), issue())]) == ""


# --- The whole site


@pytest.mark.parametrize("base", ["", "https://example.org/", "https://example.org/a/b/"])
def test_every_link_leads_somewhere_under_any_base(base: str, tmp_path: Path) -> None:
    settings = Settings(base_url=base, page_size=3, contact="https://example.org/contact")
    write(tmp_path, *numbered(10), ODD_AMONG_OTHERS, settings=settings)
    assert links.faults(tmp_path, settings.base_path, ("https://example.org/contact",)) == []


def test_every_link_of_the_built_sample_site_leads_somewhere(sample_site: Path) -> None:
    assert links.faults(sample_site, "/imr/") == []
    assert links.faults(sample_site, "/repo/") != [], "control: 404.html names the place of the site"


@pytest.mark.parametrize("base", ["/", "/repo/", "/a/b/"] if FULL else ["/repo/"])
def test_every_link_of_the_sample_letters_leads_somewhere_wherever_the_site_stands(base: str, tmp_path: Path) -> None:
    options = Options(
        letters=ROOT / "letters",
        out=tmp_path / "site",
        config=ROOT / "site.toml",
        base_url=f"https://example.org{base}",
        search=False,
    )
    assert build.build(options).letters > 20
    assert links.faults(options.out, base) == []
    assert f'href="{base}' in (options.out / "404.html").read_text("utf-8")


ODD_AMONG_OTHERS = msgspec.structs.replace(ODD, id="odd", case_number=None, decision_date=None, facets={})


def test_the_link_checker_sees_every_kind_of_fault(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "index.html").write_text('<p id="x"><p id="x"><a href="#y"></a><a href="../../b"></a><a href="/c/"></a>')
    (tmp_path / "index.html").write_text('<a href="a/#x"></a><a href="a/"></a><a href="//example.org"></a><img src="gone.png">')
    assert links.faults(tmp_path, "/base/") == [
        "a/index.html: #y has no such place",
        "a/index.html: ../../b leaves /base/",
        "a/index.html: /c/ leaves /base/",
        "a/index.html: id x is given 2 times",
        "index.html: //example.org leaves the site",
        "index.html: gone.png is missing",
    ]


def test_every_decision_is_reached_from_the_front_page_along_every_facet() -> None:
    letters = numbered(7)
    shown = site(*letters, settings=Settings(page_size=2))
    for facet in ("outcome", "year", "body-part"):
        seen, waiting = set[str](), {"index.html"}
        while waiting:
            path = waiting.pop()
            seen.add(path)
            for link in re.findall(r'<a (?:rel="\w+" )?href="([^"#?]+)', shown[path]):
                target = _resolved(path, link)
                inside = target.startswith(("decisions/", f"browse/{facet}/")) or target == "browse/index.html"
                waiting |= {target} - seen if inside and not path.startswith("decisions/") else set()
        assert {one.url for one in letters} <= seen


def _resolved(path: str, link: str) -> str:
    parts = path.split("/")[:-1]
    for part in link.split("/"):
        parts = parts[:-1] if part == ".." else [*parts, part]
    return "/".join(part or "index.html" for part in parts)


def test_titles_are_unique() -> None:
    titles = Counter(
        re.findall(r"<title>(.*)</title>", html)[0] for html in site(*numbered(10), settings=Settings(page_size=3)).values()
    )
    assert [title for title, times in titles.items() if times > 1] == []


def test_the_same_letters_give_the_same_pages() -> None:
    assert site(*numbered(5)) == site(*numbered(5))


def test_coverage_counts_what_was_left_out_without_naming_files() -> None:
    left = [
        Problem(code=code, message="about Jane Roe", file="jane-roe.pdf", severity="quarantine")
        for code in ("no-format", "privacy-ssn", "privacy-name", "no-text")
    ]
    html = site(*numbered(3), problems=[*left, Problem(code="unplaced", message="", file="x")])["coverage/index.html"]
    table = re.findall(r'<th scope="row">([^<]+)</th> <td class="n">(\d)</td>', html.split('id="left-out"')[1])
    assert table == [
        ("Held back: it may name a person", "2"),
        ("No text", "1"),
        ("Not recognised as a review letter", "1"),
    ]
    assert "roe" not in html.lower()


def test_a_letter_without_a_date_is_counted_apart() -> None:
    html = site(letter(1), letter(2, decision_date=None, facets={}))["coverage/index.html"]
    assert re.findall(r'<th scope="row">([^<]+)</th> <td class="n">1</td>', html)[:2] == ["2017", "No date in the letter"]


def test_dates_are_written_the_same_way_everywhere() -> None:
    assert "1 Mar 2016" in site(letter(1, decision_date=dt.date(2016, 3, 1)))["decisions/cm99-0000001.html"]
