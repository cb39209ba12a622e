"""Every template in a real browser, light and dark, on a small phone and on a desk: accessible, within the screen, under the policy.

axe-core finds what a machine can find of WCAG 2.2 AA; what it cannot find is looked at by people (`make screenshots`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page

from tests.conftest import FULL
from tests.every_template import PAGES, SCHEMES, UNSEEN, settled

ROOT = Path(__file__).parents[1]
WIDTHS = (320, 1280)
QUICK = {(320, "light"), (1280, "dark")}
"""What axe looks at in the quick form; no rule of the style sheet depends on both."""
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
EVERYTHING = {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
COLOURS = {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}
"""All that a change of the colours can break."""


@cache
def axe() -> str:
    return AXE.read_text("utf-8")


def violations(page: Page, asked: Mapping[str, object] = EVERYTHING) -> list[str]:
    """Rule and place of everything that axe finds."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(axe())
    found = page.evaluate(
        "asked => axe.run({runOnly: asked, resultTypes: ['violations']}).then(({violations}) => violations.flatMap("
        "({id, nodes}) => nodes.map(({target}) => `${id}: ${target}`)))",
        asked,
    )
    return list(map(str, found))


@pytest.fixture
def watched(page: Page, site_url: str) -> Iterator[tuple[Page, list[str]]]:
    """A page, and what it says on the console: a breach of the policy, a script error, a file that is missing. It asks no other host."""
    said: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.add(urlsplit(request.url).netloc))
    page.emulate_media(reduced_motion="reduce")
    yield page, said
    assert asked <= {urlsplit(site_url).netloc, ""}


def test_every_template_is_looked_at() -> None:
    templates = {path.stem for path in (ROOT / "templates").glob("*.html")}
    assert templates == {name for name in templates if name in PAGES} | UNSEEN


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_fits_the_screen_and_keeps_to_the_policy(
    watched: tuple[Page, list[str]], site_url: str, name: str
) -> None:
    page, said = watched
    settled(page, site_url + PAGES[name])
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("() => document.documentElement.scrollWidth") <= width, width
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            if FULL or (width, scheme) in QUICK:
                assert violations(page, EVERYTHING if scheme == "light" else COLOURS) == [], (width, scheme)
    assert said == []


def test_what_is_counted_anew_can_be_read_meanwhile(watched: tuple[Page, list[str]], site_url: str) -> None:
    """Of numbers with one digit axe does not judge; here some have two."""
    page, _ = watched
    settled(page, site_url + PAGES["search"])
    page.locator("#panel").evaluate("panel => panel.classList.add('counting')")
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        assert violations(page, COLOURS) == [], scheme


def test_an_open_panel_of_filters_covers_no_target_on_a_small_phone(watched: tuple[Page, list[str]], site_url: str) -> None:
    page, _ = watched
    page.set_viewport_size({"width": 320, "height": 640})
    settled(page, site_url + PAGES["search"])
    page.click("#show-panel")
    for down in (0, 150, 300):
        page.locator("#panel > div").evaluate("(filters, down) => filters.scrollTo(0, down)", down)
        assert violations(page) == [], down


def test_faults_are_noticed(watched: tuple[Page, list[str]], site_url: str) -> None:
    """The negative control of the test above: low contrast, a picture without words, something too wide, an inline style."""
    page, said = watched
    settled(page, site_url)
    page.set_viewport_size({"width": 320, "height": 900})
    page.evaluate(
        """() => {
          const fault = document.createElement('p');
          fault.append('pale', document.createElement('img'));
          fault.style.color = '#bbb';
          fault.style.width = '900px';
          document.querySelector('main').append(fault);
          const inline = document.createElement('p');
          inline.setAttribute('style', 'color: red');
        }"""
    )
    assert {fault.split(":")[0] for fault in violations(page)} >= {"color-contrast", "image-alt"}
    assert page.evaluate("() => document.documentElement.scrollWidth") > 320
    assert [line for line in said if re.search("Content Security Policy", line)]
