"""Asking the search page of the real letters, which are not part of this repository: many questions on one open page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.conftest import ROOT

LETTERS = ROOT.parent / "shared" / "letters" / "real"

ASK = """
async (query) => {
  const list = document.getElementById("results");
  history.pushState(null, "", location.pathname + query);
  dispatchEvent(new PopStateEvent("popstate"));
  while (list.getAttribute("aria-busy") !== "false") await new Promise((later) => setTimeout(later, 4));
  return {
    heading: document.getElementById("heading").textContent,
    status: document.getElementById("status").textContent,
    message: document.getElementById("message").textContent,
    names: [...list.querySelectorAll(":scope > li .meta a")].map((link) => link.textContent),
    pages: document.querySelector("#pages span")?.textContent ?? "Page 1 of 1",
  };
}
"""


def folder() -> Path:
    """Where the real letters are; skips the test where they are not."""
    if not LETTERS.is_dir():
        pytest.skip("the real letters are not there: ../shared/letters/real")
    return LETTERS


def ask(page: Page, query: str) -> dict[str, Any]:
    """What an open search page shows for a query string such as `?q=lumbar`."""
    answer: dict[str, Any] = page.evaluate(ASK, query)
    return answer
