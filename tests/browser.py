"""The browser that the tests drive: found, or installed. `python -m tests.browser` is what `make test` runs before them."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
"""The first is the same engine without the windows around it: the same answers in two thirds of the time."""
MISSING = "no Chromium: install one (Debian: apt-get install chromium-headless-shell), then run `make test` again"


def on_path() -> str | None:
    """A Chromium that the system already has."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def of_playwright() -> str | None:
    """The one that Playwright has downloaded."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def options() -> dict[str, Any]:
    """For Playwright's `launch`: the system's Chromium, else Playwright's; without a sandbox only for root, for whom Chromium has
    none. Raises FileNotFoundError where there is no browser.
    """
    path = on_path() or of_playwright()
    if path is None:
        raise FileNotFoundError(MISSING)
    return {"executable_path": path, "args": ["--no-sandbox"] if os.geteuid() == 0 else []}


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """For whoever is no test."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, playwright.chromium.launch(**options()) as chromium:
        yield chromium


def install() -> None:
    """Debian's package when root, else Playwright's own download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        _run("apt-get", "update", "-qq")
        for package in NAMES[:2]:
            if on_path() is None:
                _run("apt-get", "install", "-qq", "-y", "--no-install-recommends", package, "fonts-liberation")
    if on_path() is None:
        _run(sys.executable, "-m", "playwright", "install", "chromium")


def _run(*command: str) -> None:
    """Whatever comes of it: what counts is whether there is a browser afterwards."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with contextlib.suppress(subprocess.TimeoutExpired):
        subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=600, check=False)


def main() -> int:
    if on_path() or of_playwright():
        return 0
    print("Installing a browser for the tests", flush=True)
    install()
    if on_path() or of_playwright():
        return 0
    print(f"The browser tests will be skipped: {MISSING}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
