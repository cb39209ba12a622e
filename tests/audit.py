"""What others say of the pages: `make audit`. The Nu Html Checker reads every page, Lighthouse rates one of each kind as on a phone.

The site of letters/ is built and served as GitHub Pages serves it. What is not there is installed into out/audit, in the versions
below; the checker needs Java. Ends with 1 where a page is invalid or a rating is below its floor.

Known limit: what Lighthouse says of speed depends on the machine and what else it does.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from site_builder import build
from site_builder.options import Options
from site_builder.serve import Server
from tests import browser
from tests.conftest import ROOT

TOOLS = ROOT / "out" / "audit"
PACKAGES = ("vnu-jar@26.9.27", "lighthouse@12.8.2")
CHECKER = TOOLS / "node_modules/vnu-jar/build/dist/vnu.jar"
LIGHTHOUSE = TOOLS / "node_modules/.bin/lighthouse"
BASE = "/repo/"
PAGES = (
    "",
    "search/?q=lumbar+MRI",
    "decisions/cm99-0000118.html",
    "browse/guideline/",
    "browse/body-part/low-back/",
    "statistics/",
    "data/",
    "help/",
    "es/",
)
FLOORS = {"performance": 0.95, "accessibility": 1, "best-practices": 1, "seo": 1}
MOST_SHIFT = 0.05
"""Of the layout while the page loads."""
ALLOWED = "is-crawlable"
"""Decisions ask search engines not to keep them."""


def main() -> int:
    """Builds, asks both, prints what they say."""
    _install()
    site = TOOLS / "site"
    build.build(Options(letters=ROOT / "letters", out=site, base_url=f"http://127.0.0.1{BASE}"))
    _control()
    wrong = invalid(site)
    pages = sum(1 for _ in site.rglob("*.html"))
    print(f"{pages:,} pages, {len(wrong)} faults in their HTML", *wrong, sep="\n  ")
    with _served(site) as url:
        for page in PAGES:
            report = _rated(url + page)
            print(f"{page or 'the front page':30}", "  ".join(f"{name} {score:.0%}" for name, score in scores(report).items()))
            wrong += [f"{page}: {told}" for told in below(report)]
    print(*wrong, sep="\n")
    return 1 if wrong else 0


def invalid(site: Path) -> list[str]:
    """One line a fault in the HTML of a page."""
    command = ["java", "-jar", str(CHECKER), "--errors-only", "--skip-non-html", "--format", "json", str(site)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = json.loads(done.stderr)["messages"]
    return [f"{one['url'].partition(str(site))[2]}:{one.get('lastLine', '')} {one['message']}" for one in said]


def scores(report: Mapping[str, Any]) -> dict[str, float]:
    """Category -> from 0 to 1, what is allowed counted as right."""
    return {
        name: 1.0 if name == "seo" and not _seo_faults(report) else category["score"] or 0
        for name, category in report["categories"].items()
    }


def below(report: Mapping[str, Any]) -> Iterator[str]:
    """What is worse than its floor."""
    found = scores(report)
    for name, floor in FLOORS.items():
        if found.get(name, 0) < floor:
            yield f"{name} {found.get(name, 0):.0%}, where {floor:.0%} is asked for"
    shift = report["audits"]["cumulative-layout-shift"]["numericValue"]
    if shift > MOST_SHIFT:
        yield f"the layout shifts by {shift:.2f} while the page loads, where {MOST_SHIFT} is allowed"


def _control() -> None:
    """A checker that finds nothing in a broken page is not asked any further."""
    broken = TOOLS / "control"
    broken.mkdir(exist_ok=True)
    (broken / "index.html").write_text("<!doctype html><html lang=en><title>a</title><p id=a>a<p id=a>b", encoding="utf-8")
    if not invalid(broken):
        raise SystemExit("the checker finds no fault in a broken page: nothing that it says of others counts")


def _seo_faults(report: Mapping[str, Any]) -> list[str]:
    asked = [one["id"] for one in report["categories"]["seo"]["auditRefs"]]
    return [name for name in asked if name != ALLOWED and report["audits"][name]["score"] == 0]


def _rated(url: str) -> dict[str, Any]:
    path = browser.options()["executable_path"]
    command = [str(LIGHTHOUSE), url, "--quiet", "--output=json", "--chrome-flags=--headless --no-sandbox"]
    command.append(f"--only-categories={','.join(FLOORS)}")
    done = subprocess.run(command, env={**os.environ, "CHROME_PATH": path}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"lighthouse: {done.stderr.strip()[-500:]}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@contextlib.contextmanager
def _served(site: Path) -> Iterator[str]:
    server = Server(site, port=0, base=BASE, max_age=600)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.url
    server.shutdown()


def _install() -> None:
    if not shutil.which("java"):
        raise SystemExit("java is missing: install it (Debian: apt-get install default-jre-headless)")
    if not (CHECKER.exists() and LIGHTHOUSE.exists()):
        TOOLS.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--prefix", str(TOOLS), "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run([*command, *PACKAGES], check=True)


if __name__ == "__main__":
    sys.exit(main())
