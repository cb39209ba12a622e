"""What readers do with a page that is no search: by keyboard, on paper, in the dark, at a wrong address."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader

from tests.every_template import PAGES, settled

DECISION = "decisions/cm99-0000204.html"
SEVERAL = "decisions/cm99-0000559.html"
"""One of three treatments approved."""


@pytest.mark.parametrize("address", ["", "search/", "browse/", DECISION, "statistics/"])
def test_the_first_stop_of_the_tab_key_skips_to_the_content(page: Page, site_url: str, address: str) -> None:
    settled(page, site_url + address)
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("Tab")
    expect(page.locator('[href="#main"]')).to_be_focused()
    expect(page.locator('[href="#main"]')).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_every_stop_of_the_tab_key_can_be_seen(page: Page, site_url: str) -> None:
    page.goto(site_url + DECISION)
    stops = page.locator("a[href], button, summary, input, select").count()
    for _ in range(stops):
        page.keyboard.press("Tab")
        outline = page.evaluate(
            "() => { const style = getComputedStyle(document.activeElement); return [style.outlineStyle, style.outlineWidth]; }"
        )
        assert outline == ["solid", "3px"]


def test_a_citation_is_copied_by_keyboard_and_said_to_be(browser: Browser, site_url: str) -> None:
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    page.goto(site_url + DECISION)
    page.get_by_role("button", name="Copy citation").focus()
    page.keyboard.press("Enter")
    expect(page.locator("article footer [role=status]")).to_have_text("Copied.")
    shown = page.inner_text("#citation").strip()
    assert page.evaluate("() => navigator.clipboard.readText()") == shown
    assert re.match(r"IMR Case No\. CM99-0000204, decided \d+ \w{3} \d{4}", shown)
    context.close()


def test_a_citation_that_may_not_be_copied_is_selected(browser: Browser, site_url: str) -> None:
    context = browser.new_context(permissions=[])
    page = context.new_page()
    page.goto(site_url + DECISION)
    page.evaluate("() => { navigator.clipboard.writeText = () => Promise.reject(new Error('no')); }")
    page.get_by_role("button", name="Copy citation").click()
    assert page.evaluate("() => getSelection().toString().trim()") == page.inner_text("#citation").strip()
    context.close()


def test_a_citation_can_be_read_and_an_issue_linked_without_a_script(browser: Browser, site_url: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(site_url + DECISION)
    assert "IMR Case No. CM99-0000204" in page.inner_text("#citation")
    assert page.locator("button").count() == 0, "no button that does nothing"
    page.goto(site_url + SEVERAL)
    page.locator("article table a[href='#issue-2']").click()
    assert urlsplit(page.url).fragment == "issue-2"
    context.close()


def test_an_issue_is_linked_from_its_own_heading(page: Page, site_url: str) -> None:
    page.goto(site_url + SEVERAL)
    page.locator("h2#issue-2 a").click()
    assert urlsplit(page.url).fragment == "issue-2"


def test_a_wrong_address_at_any_depth_is_answered_with_a_whole_page(page: Page, site_url: str) -> None:
    answer = page.goto(f"{site_url}decisions/deep/down/cm00-0000000.html")
    assert answer
    assert answer.status == 404
    assert page.evaluate("() => document.styleSheets.length") > 0
    assert page.evaluate("() => getComputedStyle(document.querySelector('header')).backgroundColor") != "rgba(0, 0, 0, 0)"
    page.fill("main input[name=q]", "lumbar")
    page.press("main input[name=q]", "Enter")
    page.wait_for_url("**/search/?q=lumbar")


def test_a_decision_on_paper_holds_the_letter_and_no_controls(page: Page, site_url: str) -> None:
    page.goto(site_url + DECISION)
    page.emulate_media(media="print")
    for control in ("header nav", "[href='#main']", "article + nav", "button", "nav[aria-label=Breadcrumb]"):
        assert page.locator(control).count(), control
        for found in page.locator(control).all():
            expect(found).not_to_be_visible()
    expect(page.locator("#citation")).to_be_visible()
    printed = " ".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(page.pdf(format="Letter"))).pages)
    for heading in page.locator("h2").all_inner_texts():
        assert heading.split()[0] in printed
    assert "IMR Case No. CM99-0000204" in printed
    assert "Search" not in printed.split("Cite this decision")[-1]


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_the_page_follows_the_reader_s_colours(page: Page, site_url: str, scheme: str, dark: bool) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.goto(site_url)
    colour = page.evaluate("() => getComputedStyle(document.documentElement).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", colour)[:3])) < 200) is dark


def test_outcomes_can_be_told_apart_in_forced_colours(page: Page, site_url: str) -> None:
    page.emulate_media(forced_colors="active")
    page.goto(site_url + SEVERAL)
    badges = page.locator("article p[class] b")
    for badge in (*badges.all(), *page.locator("article td :is(b, i)").all()):
        assert badge.evaluate("badge => getComputedStyle(badge).borderTopStyle") == "solid"
        assert re.match(r"Upheld|Overturned", badge.text_content() or "")
    assert set(badges.all_text_contents()) == {"Upheld: treatment not approved", "Overturned: treatment approved"}


def test_nothing_scrolls_smoothly_for_who_wants_no_motion(page: Page, site_url: str) -> None:
    for wanted, behaviour in (("reduce", "auto"), ("no-preference", "smooth")):
        page.emulate_media(reduced_motion=wanted)  # type: ignore[arg-type]
        page.goto(site_url)
        assert page.evaluate("() => getComputedStyle(document.documentElement).scrollBehavior") == behaviour


@pytest.fixture(scope="module")
def narrow(browser: Browser) -> Iterator[Page]:
    """A phone that sums up how far things jump while a page loads."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    context.add_init_script(
        "window.jumped = 0; new PerformanceObserver(list => { for (const entry of list.getEntries())"
        " if (!entry.hadRecentInput) window.jumped += entry.value; }).observe({ type: 'layout-shift', buffered: true });"
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", PAGES)
def test_nothing_jumps_while_a_page_loads(narrow: Page, site_url: str, name: str) -> None:
    settled(narrow, site_url + PAGES[name])
    narrow.wait_for_timeout(300)
    assert narrow.evaluate("() => window.jumped") <= 0.02


BROKEN = r"""
(cells) => cells.flatMap((cell) => {
  const found = [];
  const walker = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    for (const word of walker.currentNode.data.matchAll(/\S+/g)) {
      const range = document.createRange();
      range.setStart(walker.currentNode, word.index);
      range.setEnd(walker.currentNode, word.index + word[0].length);
      if (range.getClientRects().length > 1) found.push(word[0]);
    }
  }
  return found;
})
"""
"""Words that stand on two lines."""


@pytest.mark.parametrize("width", [360, 390])
def test_no_word_of_a_table_of_rates_is_broken_on_a_phone(page: Page, site_url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    for table in ("treatment", "ur-guideline-by-guideline"):
        page.goto(f"{site_url}statistics/{table}/")
        assert page.locator(".rates tbody tr").count() > 5
        broken = page.locator(".rates :is(th, td)").evaluate_all(BROKEN)
        assert [word for word in broken if "-" not in word] == [], table
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1280])
def test_names_of_fields_and_lines_of_code_are_not_broken(page: Page, site_url: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(f"{site_url}data/")
    assert page.locator(".fields th code").count() > 30
    assert page.locator(".fields th code").evaluate_all(BROKEN) == []
    assert page.locator("pre").evaluate_all(BROKEN) == []
    page.locator("pre").first.focus()
    expect(page.locator("pre").first).to_be_focused()  # or nobody without a mouse could scroll it


def test_titles_and_descriptions_are_there_and_unlike_each_other(sample_site: Path) -> None:
    seen: dict[str, str] = {}
    for path in sorted(sample_site.rglob("*.html")):
        html = path.read_text("utf-8")
        name = path.relative_to(sample_site).as_posix()
        title, told = (
            re.findall(pattern, html) for pattern in (r"(?m)^<title>([^<]+)</title>", r'<meta name=description content="([^"]+)"')
        )
        assert (len(title), len(told)) == (1, 1), name
        if name == "404.html":  # of no address of its own
            continue
        assert re.search(r'<link rel=canonical href="?https://example.org/imr/', html), name
        for said in (title[0], f"description: {told[0]}"):
            assert seen.setdefault(said, name) == name, (said, seen[said], name)
