"""The search page in a real browser, over the invented letters: what a reader sees and does."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from site_builder import build, catalogue, rates
from site_builder.options import Options
from tests.conftest import FULL, ROOT


@pytest.fixture
def watched(page: Page) -> Iterator[Page]:
    """A page that may say nothing on the console and ask no other host."""
    said: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    yield page
    assert said == []
    assert asked <= {urlsplit(page.url).netloc, ""}


@pytest.fixture(scope="module")
def many_shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample site as if it had more letters: years and spans of years, each with an index of its own."""
    out = tmp_path_factory.mktemp("shards") / "site"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(catalogue, "LETTERS_TOGETHER", 5)
        build.build(Options(letters=ROOT / "letters", out=out, config=ROOT / "site.toml", jobs=2))
    return out


def go(page: Page, url: str) -> None:
    page.goto(url)
    ready(page)


def ready(page: Page) -> None:
    expect(page.locator("#results")).to_have_attribute("aria-busy", "false")


def search(page: Page, words: str) -> None:
    page.fill("#q", words)
    page.press("#q", "Enter")
    ready(page)


def decisions(page: Page) -> int:
    """The number in the heading."""
    text = page.inner_text("#heading")
    return 0 if text.startswith(("No decision", "Ninguna decisión")) else int(re.match(r"[\d,]+", text)[0].replace(",", ""))  # type: ignore[index]


def open_all(page: Page) -> None:
    page.eval_on_selector_all(
        "details.facet", "boxes => boxes.forEach((box) => { box.open = true; box.classList.remove('short'); })"
    )


def state_of(page: Page) -> tuple[str, str, list[str], list[str]]:
    chips = page.locator("#chips button").all_inner_texts()
    cards = page.locator("#results > li .meta").all_inner_texts()
    return page.inner_text("#heading"), page.input_value("#q"), chips, cards


def box(page: Page, facet: str, value: str) -> Locator:
    return page.locator(f'input[name="{facet}"][value="{value}"]')


def test_the_number_beside_every_value_is_what_choosing_it_shows(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=lumbar")
    open_all(watched)
    values = watched.eval_on_selector_all("#panel input[type=checkbox]", "boxes => boxes.map((box) => [box.name, box.value])")
    assert len(values) > 40
    for facet, value in values[:: 1 if FULL else 20]:
        item = box(watched, facet, value).locator("xpath=ancestor::li[1]")
        promised = int(item.locator(".n").first.inner_text().replace(",", ""))
        box(watched, facet, value).check(force=True)
        ready(watched)
        assert decisions(watched) == promised, (facet, value)
        box(watched, facet, value).uncheck(force=True)
        ready(watched)


def test_words_then_body_part_then_outcome_then_the_issue_and_back(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/")
    search(watched, "lumbar MRI")
    with_words = decisions(watched)
    box(watched, "body-part", "low-back").check()
    ready(watched)
    box(watched, "outcome", "overturned").check()
    ready(watched)
    assert 0 < decisions(watched) <= with_words
    before = state_of(watched)
    link = watched.locator("#results li.matching a").first
    href = link.get_attribute("href") or ""
    link.click()
    expect(watched.locator(f"#{href.rpartition('#')[2]}")).to_be_in_viewport()
    expect(watched.locator("article mark").first).to_be_visible()
    watched.go_back()
    ready(watched)
    assert state_of(watched) == before
    watched.reload()
    ready(watched)
    assert state_of(watched) == before
    pasted = watched.url
    go(watched, f"{site_url}search/")
    go(watched, pasted)
    assert state_of(watched) == before


def test_every_matching_issue_shown_has_the_chosen_outcome(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?outcome=overturned&body-part=low-back")
    badges = watched.locator("#results li.matching .badge b").all_inner_texts()
    assert badges
    assert set(badges) == {"Overturned"}


@pytest.mark.parametrize(
    "typed",
    ["CM99-0000204", "cm99 0000204", "0000204", "IMR: (CM99-0000204) and", "CM990000204", "99-0000204", '"CM99-0000204"'][
        : None if FULL else 4
    ],
)
def test_a_case_number_in_any_punctuation_leads_to_its_letter(watched: Page, site_url: str, typed: str) -> None:
    go(watched, f"{site_url}search/")
    search(watched, typed)
    assert watched.locator("#results .meta a").all_inner_texts() == ["CM99-0000204"]


@pytest.mark.parametrize("typed", ["CM99-0000204 back", "back pain, Case Number: cm99 0000204"])
def test_a_case_number_among_other_words_is_offered_and_the_words_are_looked_for(
    watched: Page, site_url: str, typed: str
) -> None:
    go(watched, f"{site_url}search/?{urlencode({'q': typed})}")
    assert decisions(watched) > 1
    watched.locator("#message button", has_text=re.compile("CM99.0000204")).click()
    ready(watched)
    assert watched.locator("#results .meta a").all_inner_texts() == ["CM99-0000204"]


def test_an_absent_case_number_is_said_to_be_absent(watched: Page, site_url: str) -> None:
    for typed in ("CM14-9999999", "CM14-9999999."):
        go(watched, f"{site_url}search/?q={typed}")
        expect(watched.locator("#message")).to_contain_text("Case CM14-9999999 is not in this collection")
        assert watched.locator("#results > li").count() == 0


def test_a_mistyped_word_is_said_to_be_unknown_and_the_nearest_offered(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=lumbr+MRI")
    expect(watched.locator("#message")).to_contain_text("No letter contains “lumbr”")
    watched.get_by_role("button", name="lumbar", exact=True).click()
    ready(watched)
    assert decisions(watched) > 0
    assert watched.input_value("#q") == "lumbar MRI"


@pytest.mark.parametrize(("typed", "better"), [("brace L4-L6", "L4-5"), ("tramadol 57 mg", "50mg")])
def test_the_nearest_level_or_dose_is_offered_and_looked_for(watched: Page, site_url: str, typed: str, better: str) -> None:
    go(watched, f"{site_url}search/?{urlencode({'q': typed})}")
    watched.locator("#message .hint button", has_text=better).click()
    ready(watched)
    assert watched.input_value("#q").startswith(typed.split(maxsplit=1)[0])
    assert "Did you mean" not in watched.inner_text("#message")


@pytest.mark.parametrize("typed", ["4+/5", "strength 4+/5", '"strength was 4+/5"', "c++"])
def test_words_with_signs_in_them_are_found(watched: Page, tmp_path: Path, serve_site: Callable[..., str], typed: str) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    text = (ROOT / "letters" / "CM99-0000118.txt").read_text(encoding="utf-8")
    told = "Decision rationale: His strength was 4+/5, as C++ says, for $5 a day."
    (folder / "CM99-0000118.txt").write_text(text.replace("Decision rationale:", told), encoding="utf-8")
    build.build(Options(letters=folder, out=tmp_path / "site"))
    go(watched, f"{serve_site(tmp_path / 'site')}search/?{urlencode({'q': typed})}")
    assert decisions(watched) == 1


def test_months_in_which_nothing_was_decided_can_be_let_go_of(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=lumbar&from=2090-01")
    watched.locator("#message button", has_text="in any month").click()
    ready(watched)
    assert decisions(watched) > 0


def test_levels_of_the_spine_are_found_however_they_are_typed(watched: Page, site_url: str) -> None:
    found = []
    for typed in ("L4-5", "L4/L5", "L4-L5"):
        go(watched, f"{site_url}search/?q={typed}")
        found.append(watched.locator("#results .meta a").all_inner_texts())
    assert found[0]
    assert found[0] == found[1] == found[2]


def test_a_suggestion_is_taken_with_the_keyboard_alone(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/")
    watched.focus("#q")
    watched.keyboard.type("low ba")
    expect(watched.locator("#suggestions")).to_be_visible()
    watched.keyboard.press("ArrowDown")
    watched.keyboard.press("Enter")
    ready(watched)
    assert "body-part=low-back" in watched.url
    assert box(watched, "body-part", "low-back").is_checked()


def test_no_suggestion_opens_over_the_results_of_words_that_were_sent(watched: Page, site_url: str) -> None:
    """The words that are suggested come after the reader has pressed Enter."""
    late: list[Route] = []

    def hold(route: Route) -> None:
        late.append(route)

    watched.route("**/catalogue/vocabulary*", hold)
    go(watched, f"{site_url}search/")
    watched.focus("#q")
    watched.keyboard.type("low ba")
    watched.keyboard.press("Enter")
    ready(watched)
    assert late
    with watched.expect_response("**/catalogue/vocabulary*"):
        for route in late:
            route.continue_()
    watched.wait_for_timeout(200)
    expect(watched.locator("#suggestions")).to_be_hidden()


def test_what_is_typed_and_ticked_before_the_index_has_come_is_searched(watched: Page, site_url: str) -> None:
    watched.add_init_script(
        """const real = window.fetch;
        const late = new Promise((come) => (window.come = come));
        window.fetch = (path, how) => (String(path).endsWith("index.json") ? late.then(() => real(path, how)) : real(path, how));"""
    )
    watched.goto(f"{site_url}search/")
    watched.wait_for_function(
        "() => document.getElementById('no-script').hidden || getComputedStyle(document.getElementById('no-script')).display === 'none'"
    )
    watched.fill("#q", "lumbar")
    watched.press("#q", "Enter")
    box(watched, "outcome", "overturned").check()
    watched.locator("#q").focus()
    watched.evaluate("come()")
    expect(watched.locator("#heading")).to_contain_text("“lumbar”")
    assert watched.url.endswith("?q=lumbar&outcome=overturned")
    assert watched.input_value("#q") == "lumbar"
    assert box(watched, "outcome", "overturned").is_checked()


def test_removing_a_chip_widens_the_search_and_moves_to_the_heading(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=pain&outcome=overturned")
    narrow = decisions(watched)
    watched.locator("#chips button").first.click()
    ready(watched)
    assert decisions(watched) > narrow
    expect(watched.locator("#heading")).to_be_focused()


def test_nothing_found_offers_what_to_loosen(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=lumbar&body-part=nowhere")
    expect(watched.locator("#message")).to_contain_text("Nothing here fits")
    watched.locator("#message button", has_text="nowhere").click()
    ready(watched)
    assert decisions(watched) > 0


@pytest.mark.parametrize(
    ("address", "value", "without"),
    [
        ("search/?q=lumbar+upheld+MRI", "Outcome “Upheld: treatment not approved”", "without “upheld”"),
        ("es/search/?q=lumbar+confirmada+MRI", "Resultado «Denegación confirmada: tratamiento no aprobado»", "sin «confirmada»"),
    ],
)
def test_a_word_that_names_a_value_is_offered_as_one_and_can_be_left_out(
    watched: Page, site_url: str, address: str, value: str, without: str
) -> None:
    go(watched, f"{site_url}{address}")
    watched.locator("#message button", has_text=value).click()
    ready(watched)
    assert watched.url.endswith("?q=lumbar+MRI&outcome=upheld")
    upheld = decisions(watched)
    watched.go_back()
    ready(watched)
    watched.get_by_role("button", name=without, exact=True).click()
    ready(watched)
    assert watched.url.endswith("?q=lumbar+MRI")
    assert decisions(watched) >= upheld > 0


def test_a_word_that_means_nothing_can_be_left_out(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=zzyzx+%22physical+therapy%22&outcome=upheld")
    assert watched.locator("#message .empty button").all_inner_texts() == [
        "without “zzyzx”",
        "without Outcome: Upheld: treatment not approved",
        "without the words",
    ]
    watched.get_by_role("button", name="without “zzyzx”").click()
    ready(watched)
    assert watched.input_value("#q") == '"physical therapy"'
    assert decisions(watched) > 0
    go(watched, f"{site_url}search/?q=zzyzx")
    assert watched.locator("#message .empty button").all_inner_texts() == ["all decisions, without the words"]


def test_of_words_that_no_letter_holds_together_each_can_be_left_out(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=Norco+zolpidem")
    *ways, last = watched.locator("#message .empty button").all_inner_texts()
    assert last == "all decisions, without the words"
    numbers = [int(re.fullmatch(r"without “(?:Norco|zolpidem)”: (\d+) decisions?", way)[1]) for way in ways]  # type: ignore[index]
    assert len(numbers) == 2
    assert numbers == sorted(numbers, reverse=True)
    watched.get_by_role("button", name="without “zolpidem”").click()
    ready(watched)
    assert watched.input_value("#q") == "Norco"
    assert decisions(watched) in numbers


def test_words_that_would_leave_nothing_either_are_not_offered(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=zzyzx+Norco+qqqqq")
    assert watched.locator("#message .empty button").all_inner_texts() == [
        "without “zzyzx”, “qqqqq”",
        "all decisions, without the words",
    ]
    go(watched, f"{site_url}search/?q=Norco+zolpidem+office+gym")
    texts = watched.locator("#message .empty button").all_inner_texts()
    assert texts[-1] == "all decisions, without the words"
    assert all("0 decisions" not in text for text in texts)


PASTED = "Please reconsider the denial of 12 sessions of acupuncture for the lumbar spine and of Norco, zolpidem and zzyzx"


@pytest.mark.parametrize(
    ("language", "some", "lacks"), [("", "without some of the words", "Without “"), ("es/", "sin algunas", "Sin «")]
)
def test_of_a_text_that_was_pasted_the_nearest_letters_are_offered(
    watched: Page, site_url: str, language: str, some: str, lacks: str
) -> None:
    go(watched, f"{site_url}{language}search/?{urlencode({'q': PASTED})}")
    assert decisions(watched) == 0
    offer = watched.locator("#message .empty button", has_text=some)
    letters = int(re.search(r"(\d+) decisi", offer.inner_text())[1])  # type: ignore[index]
    offer.click()
    ready(watched)
    assert decisions(watched) == letters > 0
    assert re.search(r"&least=\d0$", watched.url)
    first = watched.locator("#results > li").first
    expect(first).to_contain_text(lacks)
    expect(first.locator(".issues a").first).to_contain_text(re.compile("acupuncture", re.IGNORECASE))
    open_all(watched)
    for item in watched.locator('[data-facet="outcome"] [data-value]').all()[:2]:
        promised = int(item.locator(".n").inner_text())
        if promised:
            item.locator("input").check()
            ready(watched)
            assert decisions(watched) == promised
            item.locator("input").uncheck()
            ready(watched)
    watched.locator("#chips button", has_text=some).click()
    ready(watched)
    assert decisions(watched) == 0
    assert "least" not in watched.url
    watched.go_back()
    ready(watched)
    assert decisions(watched) == letters


def test_other_words_ask_for_all_of_them_again(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=knee+pain+Norco+zzyzx&least=30")
    assert decisions(watched) > 0
    watched.fill("#q", "knee pain Norco zzyzx qqqqq")
    watched.press("#q", "Enter")
    ready(watched)
    assert decisions(watched) == 0
    assert "least" not in watched.url


def test_dates_in_the_list_follow_the_order_asked_for(watched: Page, many_shards: Path, serve_site: Callable[..., str]) -> None:
    site_url = serve_site(many_shards)
    orders = {}
    for order in ("newest", "oldest"):
        go(watched, f"{site_url}search/?sort={order}")
        orders[order] = [
            text.rpartition(" ")[0][-6:-2] for text in watched.locator("#results .meta").all_inner_texts() if "·" in text
        ]
    assert orders["newest"] == sorted(orders["newest"], reverse=True)
    assert orders["oldest"] == sorted(orders["oldest"])


def test_months_the_wrong_way_round_are_told_beside_the_field(watched: Page, site_url: str) -> None:
    watched.goto(f"{site_url}search/?from=2017-05&to=2016-01")
    expect(watched.locator("#months-error")).to_contain_text("is after")


@pytest.mark.parametrize(
    ("language", "told", "swap"),
    [
        ("", "May 2017 is after Jan 2010: nothing was searched.", "Search from Jan 2010 to May 2017"),
        ("es/", "may 2017 es posterior a ene 2010: no se buscó nada.", "Buscar de ene 2010 a may 2017"),
    ],
)
def test_months_the_wrong_way_round_are_told_where_results_would_be_and_swapped(
    watched: Page, site_url: str, language: str, told: str, swap: str
) -> None:
    go(watched, f"{site_url}{language}search/?from=2017-05&to=2010-01")
    expect(watched.locator("#message")).to_contain_text(told)
    expect(watched.locator("#status")).to_have_text(told)
    watched.get_by_role("button", name=swap).click()
    ready(watched)
    assert "?from=2010-01&to=2017-05" in watched.url
    expect(watched.locator("#heading")).to_be_focused()
    expect(watched.locator("#message")).to_be_empty()
    expect(watched.locator("#months-error")).to_be_hidden()
    assert watched.locator("#results > li").count() > 0


@pytest.mark.parametrize("typed", ["2016-04", "April 2016", "4/2016", "2016/04", "201604", "apr 3, 2016"][: None if FULL else 2])
def test_a_month_can_be_typed_where_a_browser_has_no_field_for_months(watched: Page, site_url: str, typed: str) -> None:
    go(watched, f"{site_url}search/?from=2015-01")
    watched.evaluate("document.getElementById('from').type = 'text'")
    watched.fill("#from", typed)
    watched.press("#from", "Tab")
    ready(watched)
    assert "from=2016-04" in watched.url
    assert watched.input_value("#from") == "2016-04"


def test_what_is_no_month_stays_and_is_told_beside_the_field(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?from=2015-01")
    watched.evaluate("document.getElementById('from').type = 'text'")
    watched.fill("#from", "spring 2016")
    watched.press("#from", "Tab")
    expect(watched.locator("#months-error")).to_contain_text("“spring 2016” is no month")
    expect(watched.locator("#status")).to_contain_text("“spring 2016” is no month")
    assert watched.get_attribute("#from", "aria-invalid") == "true"
    assert watched.input_value("#from") == "spring 2016"
    watched.fill("#from", "")
    watched.press("#from", "Tab")
    expect(watched.locator("#months-error")).to_be_hidden()
    assert "from" not in watched.url


def test_months_of_an_address_are_seen_in_the_panel(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?to=2024-01")
    expect(watched.locator("#to")).to_be_visible()


def test_the_box_keeps_the_words_when_the_browser_resets_it(watched: Page, site_url: str) -> None:
    """As WebKit does with a page that a reader comes back to."""
    go(watched, f"{site_url}search/?q=lumbar")
    watched.evaluate("document.getElementById('search').reset()")
    assert watched.input_value("#q") == "lumbar"


def test_results_on_a_broad_sheet_take_all_of_it(watched: Page, site_url: str) -> None:
    """The filters are not printed, and leave no column empty."""
    watched.set_viewport_size({"width": 1200, "height": 800})
    go(watched, f"{site_url}search/?q=lumbar")
    watched.emulate_media(media="print")
    assert watched.locator(".card").first.bounding_box()["width"] > 700  # type: ignore[index]


def test_the_results_can_be_taken_away_as_a_table(watched: Page, site_url: str, tmp_path: Path) -> None:
    go(watched, f"{site_url}search/?outcome=overturned")
    issues = int(re.search(r"([\d,]+) issue", watched.inner_text("#status"))[1])  # type: ignore[index]
    with watched.expect_download() as download:
        watched.click("#download")
    path = tmp_path / "rows.csv"
    download.value.save_as(path)
    with path.open(newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == issues
    assert {row["outcome"] for row in rows} == {"overturned"}


def test_a_lost_index_is_told_with_a_way_on(page: Page, site_url: str) -> None:
    page.route("**/catalogue/*.bin", lambda route: route.abort())
    page.goto(f"{site_url}search/?q=lumbar")
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
    page.unroute("**/catalogue/*.bin")
    page.get_by_role("button", name="Try again").click()
    ready(page)
    assert decisions(page) > 0


def test_what_a_publication_has_replaced_since_the_page_was_opened_is_found_under_its_new_name(
    page: Page, site_url: str, sample_site: Path
) -> None:
    go(page, f"{site_url}search/")
    index = (sample_site / "catalogue" / "index.json").read_text("utf-8")
    old = [shard["more"] for shard in json.loads(index)["shards"]]
    for path in old:
        page.route(f"**/{path}", lambda route: route.fulfill(status=404))
        page.route(
            f"**/{path}.new", lambda route: route.fulfill(path=sample_site / route.request.url[len(site_url) : -len(".new")])
        )
        index = index.replace(f'"{path}"', f'"{path}.new"')
    page.route("**/catalogue/index.json", lambda route: route.fulfill(body=index, content_type="application/json"))
    with page.expect_response(f"**/{old[0]}.new"):
        page.evaluate("document.querySelector('#panel details[data-facet]:not([open])').open = true")
    ready(page)
    assert decisions(page) > 0
    assert page.get_by_role("alert").count() == 0


def test_without_javascript_the_page_says_so_and_leads_to_browse(browser: object, site_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)  # type: ignore[attr-defined]
    page = context.new_page()
    page.goto(f"{site_url}search/")
    assert "Searching needs JavaScript" in page.inner_text("#no-script")
    page.click("#no-script a")
    assert page.url == f"{site_url}browse/"
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
def test_no_page_scrolls_sideways(browser: object, site_url: str, width: int, scheme: str) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)  # type: ignore[attr-defined]
    page = context.new_page()
    for path in (
        "",
        "search/?q=lumbar",
        "browse/",
        "browse/outcome/",
        "browse/outcome/upheld/",
        "decisions/cm99-0000204.html",
        "about/",
    ):
        page.goto(f"{site_url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def test_a_build_without_the_text_index_still_filters(page: Page, tmp_path: Path, serve_site: Callable[..., str]) -> None:
    from site_builder import build

    root = Path(__file__).parents[1]
    build.build(Options(letters=root / "letters", out=tmp_path / "site", config=root / "site.toml", search=False))
    url = serve_site(tmp_path / "site")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(f"{url}search/?outcome=overturned&q=lumbar")
    ready(page)
    expect(page.locator("#message")).to_contain_text("without its text index")
    assert decisions(page) > 0
    assert said == []  # nothing is asked for that is not there


def test_results_follow_the_typing_without_a_step_in_the_history(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/")
    everything = decisions(watched)
    steps = watched.evaluate("history.length")
    watched.focus("#q")
    watched.keyboard.type("lumb", delay=20)
    expect(watched).to_have_url(re.compile(r"\?q=lumb$"))
    ready(watched)
    assert 0 < decisions(watched) < everything
    assert watched.evaluate("history.length") == steps


def test_each_search_that_was_sent_is_a_step_back(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/")
    for words in ("lumbar", "Norco", "knee"):
        watched.fill("#q", words)
        watched.wait_for_url(f"**q={words}")  # typed long enough ago to have been searched
        watched.press("#q", "Enter")
        ready(watched)
    for words in ("Norco", "lumbar", ""):
        watched.go_back()
        ready(watched)
        assert watched.input_value("#q") == words
    watched.go_forward()
    ready(watched)
    assert watched.input_value("#q") == "lumbar"


def test_quotes_ask_for_a_phrase(watched: Page, site_url: str) -> None:
    def found(words: str) -> set[str]:
        go(watched, f"{site_url}search/?q={quote(words)}")
        return set(watched.locator("#results .meta a").all_inner_texts())

    plain, phrase = found("physical therapy shoulder"), found('"physical therapy" shoulder')
    assert phrase
    assert phrase <= plain
    assert found('"therapy physical"') == set()


@pytest.mark.parametrize(("typed", "facet", "value"), [("epidural", "Treatment", "Epidural"), ("C/S", "Body part", "Neck")])
def test_other_words_suggest_a_value_too(watched: Page, site_url: str, typed: str, facet: str, value: str) -> None:
    go(watched, f"{site_url}search/")
    watched.focus("#q")
    watched.keyboard.type(typed)
    option = watched.locator("#suggestions [role=option]", has_text=value).first
    expect(option).to_contain_text(facet)


def tab_to(page: Page, wanted: str) -> None:
    """Presses Tab until an element that fits the selector has the focus; every stop on the way is visibly focused."""
    for _ in range(200):
        page.keyboard.press("Tab")
        at, outlined = page.evaluate(
            """(wanted) => {
              const node = document.activeElement;
              const { outlineStyle, outlineWidth } = getComputedStyle(node);
              return [node.matches(wanted), outlineStyle !== "none" && parseFloat(outlineWidth) >= 2];
            }""",
            wanted,
        )
        assert outlined, page.evaluate("document.activeElement.outerHTML.slice(0, 100)")
        if at:
            return
    pytest.fail(f"no way to {wanted} with the keyboard")


def test_a_search_needs_no_mouse(watched: Page, site_url: str, tmp_path: Path) -> None:
    """Words, a filter, a long facet, a chip, pages, the order, the table, an issue."""
    watched.goto(f"{site_url}search/")
    ready(watched)
    tab_to(watched, "#q")
    watched.keyboard.type("pain")
    watched.keyboard.press("Escape")
    watched.keyboard.press("Enter")
    ready(watched)
    expect(watched.locator("#q")).to_be_focused()
    everything = decisions(watched)
    tab_to(watched, 'input[name="outcome"][value="upheld"]')
    watched.keyboard.press("Space")
    ready(watched)
    assert "outcome=upheld" in watched.url
    expect(box(watched, "outcome", "upheld")).to_be_focused()
    tab_to(watched, ".what summary")
    watched.keyboard.press("Enter")
    expect(watched.locator(".what[open] .note").first).to_be_visible()
    tab_to(watched, ".show-all")
    watched.keyboard.press("Enter")
    assert watched.evaluate("document.activeElement.type") == "checkbox"
    tab_to(watched, "#chips button")
    watched.keyboard.press("Enter")
    ready(watched)
    expect(watched.locator("#heading")).to_be_focused()
    assert decisions(watched) == everything > 20
    tab_to(watched, "#pages a[rel=next]")
    watched.keyboard.press("Enter")
    ready(watched)
    assert "page=2" in watched.url
    expect(watched.locator("#heading")).to_be_focused()
    watched.keyboard.press("Shift+Tab")  # the order stands behind the heading in the page
    tab_to(watched, "#sort")
    watched.keyboard.press("n")
    ready(watched)
    assert "sort=newest" in watched.url
    tab_to(watched, "#download")
    with watched.expect_download() as download:
        watched.keyboard.press("Enter")
    download.value.save_as(tmp_path / "rows.csv")
    assert len((tmp_path / "rows.csv").read_text("utf-8").splitlines()) > 20
    watched.goto(f"{site_url}search/?q=pain")
    ready(watched)
    tab_to(watched, "#results .issues a")
    watched.keyboard.press("Enter")
    expect(watched.locator("article h1")).to_be_visible()
    assert "#issue-" in watched.url


def test_matches_in_a_letter_are_counted_and_walked_through(watched: Page, site_url: str) -> None:
    """From the address alone, as a pasted link has it."""
    watched.goto(f"{site_url}decisions/cm99-0000559.html?highlight=of+the+guideline")
    marks = watched.locator("article mark")
    expect(marks.first).to_be_visible()
    total = marks.count()
    assert {text.lower() for text in marks.all_inner_texts()} <= {"guideline", "guidelines"}
    bar = watched.locator(".marks")
    expect(bar.get_by_role("status")).to_have_text(f"{total} matches")
    counted = sum(int(text.split()[0]) for text in watched.locator("article table .matches").all_inner_texts())
    assert counted > 0
    assert counted == watched.locator("article section mark").count()
    for step, name, place in ((1, "Next", 1), (2, "Next", 2), (3, "Previous", 1), (4, "Previous", total)):
        bar.get_by_role("button", name=name).press("Enter")
        expect(bar.get_by_role("status"), f"step {step}").to_have_text(f"{place} of {total} matches")
        expect(watched.locator("mark.now")).to_be_in_viewport()
        assert watched.locator("mark.now").count() == 1
    watched.keyboard.press("Escape")
    assert watched.locator("mark, .marks, .matches").count() == 0
    assert "highlight" not in watched.url
    expect(watched.locator("#main")).to_be_focused()


def test_a_phrase_and_a_level_are_marked_as_they_stand(watched: Page, site_url: str, sample_site: Path) -> None:
    texts = {path.name: path.read_text("utf-8") for path in (sample_site / "decisions").glob("*.html")}
    name = next(name for name, text in sorted(texts.items()) if re.search(r"L4-5|L4-L5", text))
    watched.goto(f"{site_url}decisions/{name}?highlight=L4%2FL5+%22physical+therapy%22")
    found = {text.lower() for text in watched.locator("article mark").all_text_contents()}
    assert found & {"l4-5", "l4-l5"}
    assert found <= {"l4-5", "l4-l5", "l4/l5", "l4/5", "physical therapy"}


@pytest.mark.parametrize("typed", ["Norco 10/325 mg", "Norco 10/325mg"])
def test_a_dose_is_found_and_marked_with_or_without_a_blank_before_its_unit(watched: Page, site_url: str, typed: str) -> None:
    go(watched, f"{site_url}search/?q={quote(typed)}")
    assert "CM99-0000118" in watched.locator("#results .meta a").all_inner_texts()
    watched.goto(f"{site_url}decisions/cm99-0000118.html?highlight={quote(typed)}")
    marked = {text.lower() for text in watched.locator("article mark").all_text_contents()}
    assert marked == {"norco", "10/325mg"}


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("search/?q=lumbar", r"\d+ issues in them"),
        ("search/?q=lumbar&sex=male", r"\d+ issues in them"),
        ("search/?q=lumbar&outcome=upheld", r"\d+ issues in them fit"),
        ("search/?q=CM99-0000118&outcome=overturned", r"2 issues in it fit"),
        ("es/search/?q=lumbar", r"\d+ asuntos en ellas"),
    ],
)
def test_issues_are_said_to_fit_where_something_was_asked_of_issues(
    watched: Page, site_url: str, address: str, told: str
) -> None:
    """Words are asked of a letter: all of its issues are counted."""
    go(watched, f"{site_url}{address}")
    assert re.fullmatch(told, watched.inner_text("#progress"))


@pytest.mark.parametrize(
    "chosen", ["body-part=low-back", "treatment=diagnostic-testing", "outcome=overturned&body-part=low-back"]
)
def test_the_rate_of_what_fits_is_that_of_a_loop_over_the_export(
    watched: Page, many_shards: Path, serve_site: Callable[..., str], chosen: str
) -> None:
    """The chosen outcome aside: with it the rate would always be all or none."""
    exported = [json.loads(line) for line in (many_shards / "data" / "letters.jsonl").read_text("utf-8").splitlines()]
    asked = {key: ids[0] for key, ids in parse_qs(chosen).items() if key != "outcome"}
    fit = [
        issue["outcome"]
        for letter in exported
        for issue in letter["issues"]
        if all(id in (*letter["facets"].get(key, ()), *issue["facets"].get(key, ())) for key, id in asked.items())
    ]
    counted = rates.Outcomes(issues=len(fit), decided=len(fit) - fit.count(None), overturned=fit.count("overturned"))
    assert counted.rate is not None
    low, high = (f"{100 * end:.0f}%" for end in counted.interval)
    go(watched, f"{serve_site(many_shards)}search/?{chosen}")
    aside = "Whatever the outcome: " if "outcome" in chosen else ""
    expect(watched.locator("#rate")).to_have_text(
        f"{aside}{100 * counted.rate:.0f}% overturned: {counted.overturned} of {counted.decided}; allowing for chance, {low} to {high}"
    )


def test_the_words_are_marked_wherever_they_stand_in_an_excerpt(watched: Page, site_url: str) -> None:
    """The index marks none of those in headings when it is asked for one word."""
    go(watched, f"{site_url}search/?q=lumbar")
    excerpt = watched.locator("#results .excerpt:not(.pending)", has_text=re.compile("^Lumbar support brace")).first
    expect(excerpt.locator("mark").first).to_have_text("Lumbar")
    assert excerpt.locator("mark").count() == len(re.findall("lumbar", excerpt.inner_text(), re.IGNORECASE))


def test_few_issues_have_no_rate_and_none_say_nothing(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=CM99-0000204")
    expect(watched.locator("#rate")).to_have_text(re.compile(r"^\d of \d overturned: too few for a percentage$"))
    go(watched, f"{site_url}search/?q=zzyzx")
    expect(watched.locator("#rate")).to_have_text("")


def test_a_word_finds_its_forms_and_no_longer_words_and_a_beginning_finds_what_begins_so(watched: Page, site_url: str) -> None:
    """TENS found 81 of 110 letters: all with tendons, tenderness or tension."""
    found = {}
    for typed in ("off", "offic", "off+offic", "injection", "injections"):
        go(watched, f"{site_url}search/?q={typed}")
        found[typed] = set(watched.locator("#results .meta a").all_inner_texts())
    assert found["off"]
    assert found["offic"] - found["off"], "control: an office"
    assert found["off+offic"] == found["off"] & found["offic"]
    assert found["injection"] == found["injections"] != set()


def test_plain_words_find_what_an_issue_is_filed_under(watched: Page, site_url: str, sample_site: Path) -> None:
    exported = [json.loads(line) for line in (sample_site / "data" / "letters.jsonl").read_text("utf-8").splitlines()]
    filed = {letter["case_number"] for letter in exported for issue in letter["issues"] if issue["subcategory"] == "opioid"}
    go(watched, f"{site_url}search/?q=pain+killers")
    assert filed <= set(watched.locator("#results .meta a").all_inner_texts())
    assert filed


def test_a_drug_is_found_by_its_other_name_unless_that_stands_in_quotes(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=Neurontin")
    card = watched.locator("#results > li").filter(has_text="CM99-0000507")
    expect(card).to_contain_text("The letter says it in other words or another spelling.")
    expect(card.locator("mark")).to_have_text("gabapentin")
    go(watched, f"{site_url}search/?q=%22Neurontin%22")
    assert "CM99-0000507" not in watched.locator("#results .meta a").all_inner_texts()


def test_a_word_for_an_outcome_leads_to_what_was_decided(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=why+was+the+MRI+denied")
    hint = watched.locator("#message .hint").filter(has_text="denied")
    hint.get_by_role("button", name="Outcome: Upheld").click()
    ready(watched)
    assert parse_qs(urlsplit(watched.url).query) == {"q": ["MRI"], "outcome": ["upheld"]}
    expect(watched.locator("#message")).to_be_empty()
    go(watched, f"{site_url}search/?q=denied&outcome=overturned")
    expect(watched.locator("#message .hint")).to_have_count(0)


def test_a_search_in_spanish_finds_letters_in_english(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=knee")
    named = set(watched.locator("#results .meta a").all_inner_texts())
    for typed in ("rodilla", "rodillas", "mi+rodilla", "de+la+rodilla"):
        go(watched, f"{site_url}es/search/?q={typed}")
        assert set(watched.locator("#results .meta a").all_inner_texts()) == named != set(), typed
    card = watched.locator("#results > li").first
    expect(card).to_contain_text("La carta lo dice con otras palabras")
    expect(card.locator("mark").first).to_have_text(re.compile("knee|pain", re.IGNORECASE))


def test_accents_need_not_be_typed(watched: Page, site_url: str) -> None:
    found = []
    for typed in ("cirug%C3%ADa", "cirugia"):
        go(watched, f"{site_url}es/search/?q={typed}")
        found.append([card.inner_text() for card in watched.locator("#results > li").all()])
    assert found[0] == found[1] != []


def test_a_letter_that_was_found_by_another_name_shows_its_own(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/?q=Neurontin")
    card = watched.locator("#results > li").filter(has_text="CM99-0000507")
    card.get_by_role("link", name="CM99-0000507").click()
    expect(watched.locator("mark")).to_have_text(["gabapentin"])


def test_without_a_connection_the_page_says_so(page: Page, site_url: str) -> None:
    go(page, f"{site_url}search/")
    page.context.set_offline(True)
    page.fill("#q", "lumbar")
    page.press("#q", "Enter")
    expect(page.get_by_role("alert")).to_contain_text("offline")
    page.context.set_offline(False)
    page.get_by_role("button", name="Try again").click()
    ready(page)
    assert decisions(page) > 0


def test_one_search_is_announced_once_and_none_while_typing(watched: Page, site_url: str) -> None:
    for _ in range(10):
        go(watched, f"{site_url}search/")
        watched.evaluate(
            """() => {
              window.told = [];
              window.strokes = [];
              const status = document.getElementById("status");
              new MutationObserver(() => window.told.push(status.textContent)).observe(status, { childList: true });
              document.getElementById("q").addEventListener("input", () => window.strokes.push(performance.now()));
            }"""
        )
        watched.focus("#q")
        watched.keyboard.type("lumbar", delay=260)  # slow enough that every beginning is searched
        ready(watched)
        expect(watched.locator("#status")).to_contain_text("“lumbar”")
        if max(after - before for before, after in pairwise(watched.evaluate("strokes"))) < 600:
            break  # else the machine was too busy to type without a pause
    assert len(watched.evaluate("told")) == 1


def test_words_with_filters_find_what_the_filters_leave_of_the_words(
    watched: Page, many_shards: Path, serve_site: Callable[..., str]
) -> None:
    """Hits are the indexes' own; the filters are applied to them by looping over the exported letters."""
    site_url = serve_site(many_shards)
    exported = [json.loads(line) for line in (many_shards / "data" / "letters.jsonl").read_text("utf-8").splitlines()]
    for words in ("lumbar", "pain")[: 2 if FULL else 1]:
        hits = set()
        for page in (1, 2):
            go(watched, f"{site_url}search/?q={quote(words)}&page={page}")
            hits |= set(watched.locator("#results .meta a").all_inner_texts())
        assert len(hits) == decisions(watched)
        for outcome in ("upheld", "overturned"):
            for part in ("low-back", "shoulder"):
                expected = {
                    letter["case_number"] or letter["id"]
                    for letter in exported
                    if (letter["case_number"] or letter["id"]) in hits
                    and any(issue["outcome"] == outcome and part in issue["body_parts"] for issue in letter["issues"])
                }
                go(watched, f"{site_url}search/?q={quote(words)}&outcome={outcome}&body-part={part}")
                assert set(watched.locator("#results .meta a").all_inner_texts()) == expected, (words, outcome, part)


@pytest.mark.parametrize(("address", "times"), [("search/?q=lumbar", 1), ("es/search/?q=lumbar", 1), ("search/", 0)])
def test_the_program_that_finds_words_is_asked_for_once_and_with_the_page(
    watched: Page, site_url: str, address: str, times: int
) -> None:
    """Only where there are words to find; by its right address, or it would be asked for again."""
    asked: list[str] = []
    watched.on("request", lambda request: asked.append(request.url))
    go(watched, f"{site_url}{address}")
    programs = [place for place, url in enumerate(asked) if url.endswith("/pagefind.js")]
    assert len(programs) == times
    shards = min(place for place, url in enumerate(asked) if re.search(r"/catalogue/\d{4}", url))
    assert all(place < shards for place in programs), "asked for with the page's own scripts"


def test_the_page_and_its_search_are_two_scripts(watched: Page, site_url: str) -> None:
    """One after the other is what a far line is slow at."""
    asked: list[str] = []
    watched.on("request", lambda request: asked.append(request.url))
    go(watched, f"{site_url}search/?q=lumbar")
    names = [url.rpartition("/")[2].partition(".")[0] for url in asked if url.endswith(".js")]
    assert sorted(names) == ["early", "pagefind", "pagefind-worker", "search"]


@pytest.mark.parametrize("language", ["", "es/"])
def test_the_line_that_tells_of_the_search_stays_one_line_on_a_phone(
    page: Page, many_shards: Path, serve_site: Callable[..., str], language: str
) -> None:
    """With more lines it would move the results that are already there."""
    page.set_viewport_size({"width": 320, "height": 800})
    page.add_init_script(
        """window.told = [];
        new MutationObserver(() => {
          const line = document.getElementById("progress");
          if (line) window.told.push([line.textContent, line.offsetHeight]);
        }).observe(document, { subtree: true, childList: true });"""
    )
    go(page, f"{serve_site(many_shards)}{language}search/?q=pain")
    told = page.evaluate("window.told")
    assert any("…" in text.rstrip("…") for text, _ in told), "years enough to be left out"
    one = page.evaluate("parseFloat(getComputedStyle(document.getElementById('progress')).minHeight)")
    assert max(height for _, height in told) <= one * 1.5, told


def test_what_an_issue_is_filed_under_finds_its_letter_and_is_never_quoted(watched: Page, site_url: str) -> None:
    """Labels and joined spellings are this site's words: an excerpt with them would put them into the letter's mouth."""
    names = watched.locator("#results .meta a")
    go(watched, f"{site_url}search/?q=evidence+cited+fusion+L4%2FL5")
    assert names.all_inner_texts() == ["CM99-0000513"]
    expect(watched.locator("#results .excerpt").first).to_contain_text("fusion")
    for excerpt in watched.locator("#results .excerpt").all_inner_texts():
        assert not re.search(r"No evidence cited|l4l5", excerpt), excerpt
    go(watched, f"{site_url}search/?q=%22no+evidence+cited%22")
    assert decisions(watched) == 0
    go(watched, f"{site_url}search/?q=%22fusion+L4-5%22")
    assert names.all_inner_texts() == ["CM99-0000513"]
    for words in ("fusion", "L4-5"):
        go(watched, f"{site_url}search/?q={words}")
        assert names.count()
        assert watched.locator("#results .faint").count() == 0, words


def test_another_language_keeps_the_search(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/")
    search(watched, "lumbar")
    box(watched, "outcome", "upheld").check()
    ready(watched)
    asked = urlsplit(watched.url).query
    found = decisions(watched)
    watched.get_by_role("link", name="Español").click()
    ready(watched)
    assert "/es/search/?" in watched.url
    assert urlsplit(watched.url).query == asked
    assert watched.inner_text("#heading").startswith(f"{found} ")
    assert box(watched, "outcome", "upheld").is_checked()


VALUES = """
() => Object.fromEntries([...document.querySelectorAll("details.facet.short")].map((facet) => [facet.dataset.facet, {
  values: [...facet.querySelectorAll(":scope > ul > li")].map((item) => ({
    id: item.dataset.value,
    shown: item.checkVisibility(),
    letters: Number(item.querySelector(".n").textContent.replace(",", "")),
  })),
  button: facet.querySelector(".show-all").checkVisibility(),
}]))
"""


@pytest.mark.parametrize(
    "query", ["", "?q=lumbar&outcome=overturned", "?q=zzyzx", "?q=lumbar", "?q=shoulder"][: None if FULL else 3]
)
def test_a_long_facet_leaves_out_values_without_letters_first_and_never_one_alone(
    watched: Page, site_url: str, query: str
) -> None:
    go(watched, f"{site_url}search/{query}")
    watched.eval_on_selector_all("details.facet", "boxes => boxes.forEach((box) => { box.open = true; })")
    watched.wait_for_function("() => !document.querySelector('.uncounted')")
    ready(watched)
    long = watched.evaluate(VALUES)
    assert len(long) > 2
    for facet, told in long.items():
        shown = [one for one in told["values"] if one["shown"]]
        rest = [one for one in told["values"] if not one["shown"]]
        assert len(rest) != 1, facet
        assert told["button"] is bool(rest), facet
        assert len(shown) >= 10, facet
        if any(one["letters"] for one in rest):
            assert all(one["letters"] for one in shown), facet


def test_a_value_that_a_long_facet_leaves_out_is_chosen_by_its_name(watched: Page, site_url: str) -> None:
    go(watched, f"{site_url}search/")
    facet, value = next(
        (facet, one["id"]) for facet, told in watched.evaluate(VALUES).items() for one in told["values"] if not one["shown"]
    )
    item = watched.locator(f'[data-facet="{facet}"] > ul > li[data-value="{value}"]')
    name = item.locator("label span").first.inner_text()
    watched.fill(f'[data-facet="{facet}"] .narrow-facet', name)
    item.locator("input").first.check()
    watched.fill(f'[data-facet="{facet}"] .narrow-facet', "")
    ready(watched)
    expect(item).to_be_visible()
    assert decisions(watched) > 0


@pytest.mark.parametrize("query", ["?q=---", "?q=%22%22+%3F&outcome=upheld"])
def test_what_holds_no_letter_and_no_digit_is_no_search_for_words(watched: Page, site_url: str, query: str) -> None:
    go(watched, f"{site_url}search/?{query.partition('&')[2]}")
    without = watched.inner_text("#heading"), watched.inner_text("#status"), watched.locator("#results .meta").all_inner_texts()
    go(watched, f"{site_url}search/{query}")
    with_it = watched.inner_text("#heading"), watched.inner_text("#status"), watched.locator("#results .meta").all_inner_texts()
    assert with_it == without
    expect(watched.locator("#sort")).to_have_value("newest")


def test_a_very_long_search_has_a_short_heading(page: Page, site_url: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    go(page, f"{site_url}search/?q={'supercalifragilistic+' * 60}{'x' * 500}")
    assert page.locator("#message .hint").count() == 2
    heading = page.locator("#heading").bounding_box()
    message = page.locator("#message .hint").first.bounding_box()
    assert heading
    assert message
    assert heading["height"] < 150
    assert message["height"] < 150
    assert len(page.inner_text("#status")) < 120


@pytest.mark.parametrize("language", ["", "es/"])
def test_the_examples_of_the_help_page_are_searches(watched: Page, site_url: str, language: str) -> None:
    for words in ("lumbar MRI", "Norco", '"functional improvement"'):
        watched.goto(f"{site_url}{language}help/")
        watched.get_by_role("link", name=words, exact=True).click()
        ready(watched)
        assert watched.input_value("#q") == words
        assert watched.url.startswith(f"{site_url}{language}search/")
