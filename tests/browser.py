"""The browser that the tests drive: found, or installed. `python -m tests.browser` is what `make test` runs before them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "no Chromium: install one (Debian: apt-get install chromium), then run `make test` again"


def on_path() -> str | None:
    """A Chromium that the system already has."""
    return next(filter(None, map(shutil.which, NAMES)), None)


def of_playwright() -> str | None:
    """The one that Playwright has downloaded."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install() -> None:
    """Debian's package when root, else Playwright's own download."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        silently = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for arguments in (["update", "-qq"], ["install", "-qq", "-y", "--no-install-recommends", "chromium", "fonts-liberation"]):
            subprocess.run(["apt-get", *arguments], check=False, timeout=900, env=environment, **silently)
    if on_path() is None:
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False, timeout=900)


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
