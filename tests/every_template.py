"""A page of the sample site for every template, and for every state of one that looks different: what is looked at, and by whom.

`python -m tests.every_template` (`make screenshots`) puts pictures of them into screenshots/: light and dark, on a phone and on a desk.
"""

from __future__ import annotations

import sys
import tempfile
import threading
from pathlib import Path

from playwright.sync_api import Page

from site_builder import build
from site_builder.options import Options
from site_builder.serve import Server
from tests import browser

ROOT = Path(__file__).parents[1]
PAGES = {
    "home": "",
    "search": "search/",
    "search-found": "search/?q=lumbar&outcome=upheld",
    "search-empty": "search/?q=zzyzx",
    "browse": "browse/",
    "axis": "browse/treatment/",
    "value": "browse/body-part/low-back/",
    "value-of-two": "browse/body-part/low-back/~treatment/diagnostic-testing/",
    "decision": "decisions/cm99-0000204.html",
    "decision-several": "decisions/cm99-0000559.html",
    "statistics": "statistics/",
    "statistics-table": "statistics/treatment/",
    "content": "about/",
    "content-coverage": "coverage/",
    "content-data": "data/",
    "content-glossary": "glossary/",
    "404": "404.html",
    "home-spanish": "es/",
}
"""Template, and after a hyphen what is special -> address below the site's root."""
UNSEEN = {"base", "removed"}
"""What others are made from; a page without content."""
SCHEMES = ("light", "dark")
PHONE, DESK = 390, 1280
README = {"search-found": (DESK, "light"), "decision-several": (PHONE, "dark"), "value": (PHONE, "light")}
"""The three that the README shows: the first screen of each."""


def settled(page: Page, url: str) -> None:
    """Goes there, and waits until a search has its results."""
    page.goto(url)
    page.wait_for_function("() => document.querySelector('#results')?.getAttribute('aria-busy') !== 'true'")


def picture(site: Path, folder: Path) -> None:
    """folder/<name>-<scheme>-<width>.png of every page, whole."""
    server = Server(site, port=0)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with browser.launched() as chromium:
        shown = chromium.new_page(reduced_motion="reduce")
        for name, address in PAGES.items():
            settled(shown, server.url + address)
            for width in (PHONE, DESK):
                shown.set_viewport_size({"width": width, "height": 900})
                for scheme in SCHEMES:
                    shown.emulate_media(color_scheme=scheme)
                    shown.screenshot(path=folder / f"{name}-{scheme}-{width}.png", full_page=True, animations="disabled")
        for name, (width, scheme) in README.items():
            settled(shown, server.url + PAGES[name])
            shown.set_viewport_size({"width": width, "height": 844})
            shown.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            shown.screenshot(path=folder / f"readme-{name}.png", animations="disabled")
    server.shutdown()


def main() -> int:
    folder = ROOT / "screenshots"
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        site = Path(temporary) / "site"
        build.build(Options(letters=ROOT / "letters", out=site, config=ROOT / "site.toml", jobs=2))
        picture(site, folder)
    sys.stdout.write(f"{len(PAGES) * 4} pictures in {folder.relative_to(ROOT)}/\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
