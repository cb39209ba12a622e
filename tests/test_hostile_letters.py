"""Promise: whatever a letter holds, it is shown as words. It changes no page's structure, runs nothing, and loses no word."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import unicodedata
import xml.etree.ElementTree as ET
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

import jinja2
import pytest
from playwright.sync_api import Page

from site_builder import build, catalogue, cli, delimited, exports, rules, staged, text
from site_builder.model import Citation, Letter, Problem, Section
from site_builder.options import Options
from site_builder.settings import Settings
from tests import example_site, hostile
from tests.conftest import FULL, ROOT

STEP = 1 if FULL else 11
"""Every how many payloads one is tried; prime to the lists from which they are made."""
SETTINGS = Settings(base_url="https://example.org/imr/", indexing="all")
PLACES = 14
"""In the letter below: how often a payload stands in it."""


def a_letter(number: int, said: str) -> Letter:
    """The payload in every text that a letter has."""
    issue = example_site.issue(
        request=said,
        disputed=said,
        outcome_words=said,
        heading=f"{said} heading",
        labels=(said, said, said),
        ur=Citation(raw=said, guidelines=("mtus/low-back",), sections=(("mtus/low-back", said),), pages=(said,)),
        imr=Citation(raw=said, guidelines=("odg/low-back",)),
        rationale=(said, f"x {said} y"),
    )
    kinds = ("header", "reviewer", "summary", "unplaced")
    sections = tuple(Section(kind=kind, heading=said, paragraphs=(said,)) for kind in kinds)
    return example_site.letter(number, issue, sections=sections, specialties=(said,), licensure=(said,), source=f"{said}.txt")


@cache
def chosen() -> tuple[str, ...]:
    """As the reading of a letter leaves them: no letter reaches a page otherwise."""
    return tuple(" ".join(text.clean(payload).split()) for payload in hostile.payloads())[::STEP]


@cache
def sites() -> tuple[dict[str, str], dict[str, str]]:
    """With the payloads, and with harmless words of the same lengths in their place."""
    bad = [a_letter(number, said) for number, said in enumerate(chosen(), 1)]
    good = [a_letter(number, hostile.harmless(said)) for number, said in enumerate(chosen(), 1)]
    return example_site.site(*bad, settings=SETTINGS), example_site.site(*good, settings=SETTINGS)


def test_there_are_enough_payloads() -> None:
    assert len(set(hostile.payloads())) >= 2_000
    assert len(chosen()) >= (2_000 if FULL else 120)


def test_no_page_has_another_structure_than_with_harmless_words() -> None:
    bad, good = sites()
    assert bad.keys() == good.keys()
    assert sum(path.startswith("decisions/") for path in bad) == len(chosen())
    changed = [path for path in bad if path.endswith(".html") and hostile.shape(bad[path]) != hostile.shape(good[path])]
    assert changed == []


def test_no_word_is_lost_on_the_page_of_a_letter() -> None:
    bad, good = sites()
    lost = []
    for number, said in enumerate(chosen(), 1):
        path = f"decisions/cm99-{number:07}.html"
        shown, plain = hostile.words(bad[path]), hostile.words(good[path])
        if shown.count(said) < max(PLACES - 4, plain.count(hostile.harmless(said)) // 2):
            lost.append((said, shown.count(said), plain.count(hostile.harmless(said))))
    assert lost == []


def test_every_feed_is_xml_of_the_same_structure() -> None:
    bad, good = sites()
    feeds = [path for path in bad if path.endswith(".xml")]
    assert len(feeds) >= 2
    for path in feeds:
        found, expected = (ET.fromstring(texts[path]) for texts in (bad, good))
        assert [(node.tag, sorted(node.attrib)) for node in found.iter()] == [
            (node.tag, sorted(node.attrib)) for node in expected.iter()
        ]


def test_linked_data_parses_back_to_what_was_said() -> None:
    bad, _ = sites()
    for number, said in enumerate(chosen(), 1):
        page = bad[f"decisions/cm99-{number:07}.html"]
        (block,) = re.findall(r"<script type=[\"']?application/ld\+json[\"']?>(.*?)</script>", page, re.DOTALL)
        work = json.loads(block)["@graph"][0]
        assert work["name"].startswith(said[:100])
        assert not set("<>&") & set(block)


def test_exports_give_back_what_was_said_and_no_cell_is_a_formula() -> None:
    letters = [a_letter(number, said) for number, said in enumerate(chosen(), 1)]
    rows = [json.loads(exports.encode(letter)) for letter in letters]
    assert [row["issues"][0]["request"] for row in rows] == list(chosen())
    table = delimited.encode([["a", "b"], *((said, number) for number, said in enumerate(chosen()))]).decode()
    cells = list(csv.reader(io.StringIO(table, newline="")))
    assert [row[0].removeprefix("'") if row[0][1:] in chosen() else row[0] for row in cells[1:]] == list(chosen())
    assert [row[0] for row in cells if row[0].startswith(("=", "+", "-", "@", "\t", "\r"))] == []


def test_the_search_data_hold_it_as_words() -> None:
    letters = [a_letter(number, said) for number, said in enumerate(chosen(), 1)]
    known = example_site.RULES
    for file in catalogue.files(catalogue.plan(letters, known), known):
        if file.path.endswith((".json", ".bin")):
            content = gzip.decompress(file.content) if file.content.startswith(b"\x1f\x8b") else file.content
            if content.startswith((b"{", b"[")):
                json.loads(content)
    for letter in letters:
        said = letter.issues[0].request
        page = staged.page(letter, rules.Rules((), {})).content.decode()
        plain = staged.page(a_letter(1, hostile.harmless(said)), rules.Rules((), {})).content.decode()
        tags = [[tag for tag, _ in hostile.shape(one)] for one in (page, plain)]
        assert [tag for tag in tags[0] if tag != "p"] == [tag for tag in tags[1] if tag != "p"]
        assert "___PAGEFIND_" not in page


@pytest.mark.parametrize(
    "said", [*hostile.PAYLOADS[:3], *(before + "x" + after for before in hostile.BEFORE for after in hostile.AFTER)]
)
def test_nothing_of_it_reaches_a_terminal_as_a_command(said: str) -> None:
    problem = Problem(code="x", message=f"saw {said}", file=f"{said}.txt")
    _kind, *lines = cli.problem_lines([problem])
    for line in [*lines, cli.printable(said)]:
        assert [sign for sign in line if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") and sign != "\n"] == []


@pytest.mark.parametrize("control", ["no escaping", "quotes left", "no quotes around attributes", "JSON in a script"])
def test_the_controls_that_escape_too_little_change_the_structure(control: str) -> None:
    page = '<!doctype html><title>x</title><p title="{{ said }}">{{ said }}</p>'
    template = {
        "no escaping": page.replace("said", "said|safe"),
        "quotes left": page.replace("said", "said|replace('<', '&lt;')|safe"),
        "no quotes around attributes": page.replace('"', ""),
        "JSON in a script": "<!doctype html><script type='application/ld+json'>{{ dumps(said)|safe }}</script>",
    }[control]
    environment = jinja2.Environment(autoescape=True)
    environment.globals["dumps"] = json.dumps
    shown = [environment.from_string(template).render(said=said) for said in chosen()]
    plain = [environment.from_string(template).render(said=hostile.harmless(said)) for said in chosen()]
    assert sum(hostile.shape(one) != hostile.shape(other) for one, other in zip(shown, plain, strict=True)) >= len(chosen()) // 50


WATCH = """
window.__hits = 0; window.__violations = [];
Object.defineProperty(window, "hit", {set() { window.__hits += 1; }});
window.alert = window.confirm = window.prompt = () => { window.__hits += 1; };
document.addEventListener("securitypolicyviolation", event => window.__violations.push(event.violatedDirective + " " + event.sourceFile));
"""


@pytest.fixture(scope="module")
def hostile_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from files, search included; the file's name and its front matter are hostile too."""
    place = tmp_path_factory.mktemp("hostile")
    folder = place / "letters"
    folder.mkdir()
    sample = (ROOT / "letters" / "CM99-0000118.txt").read_text(encoding="utf-8")
    unrefused = [payload.replace("\x00", "") for payload in hostile.payloads()]  # a text with a NUL is refused whole
    for number, said in enumerate(unrefused[:: 1 if FULL else 53], 1):
        typed = sample.replace("CM99-0000118", f"CM99-{4000000 + number}").replace(
            "Decision rationale:", f"Decision rationale: zqfind {said} and"
        )
        typed = re.sub(
            r"(?m)^(.*): (Upheld|Overturned)$", lambda match, said=said: f"{match[1]} {' '.join(said.split())}: {match[2]}", typed
        )
        name = re.sub(r"[/\x00]", "_", said)[:60].strip() or "x"
        (folder / f"{name}-{number}.txt").write_text(typed, encoding="utf-8", errors="replace")
    (folder / "NOTICE").write_text("<script>hit=1</script>")
    report = build.build(Options(letters=folder, out=place / "site", jobs=2))
    assert report.letters >= (2_000 if FULL else 40) * 0.98, [problem.message for problem in report.problems][:5]
    return place / "site"


def test_nothing_runs_in_a_browser(page: Page, hostile_site: Path, serve_site: Callable[..., str]) -> None:
    url = serve_site(hostile_site)
    elsewhere: list[str] = []
    page.on("request", lambda request: None if request.url.startswith(url) else elsewhere.append(request.url))
    page.on("dialog", lambda dialog: (elsewhere.append("dialog"), dialog.dismiss()))
    page.add_init_script(WATCH)
    decisions = sorted(path.name for path in (hostile_site / "decisions").iterdir())
    assert all(re.fullmatch(r"[a-z0-9-]{1,80}\.html", name) for name in decisions)
    paths = ["", "browse/", "browse/year/", *(f"decisions/{name}" for name in decisions[:: 1 if FULL else 4])]
    for path in [
        *paths,
        "search/?q=zqfind",
        "search/?q=%3Cscript%3Ehit%3D1%3C/script%3E",
        "search/#%3Cimg src=x onerror=hit=1%3E",
    ]:
        page.goto(f"{url}{path}")
        if path.startswith("search/?q=zq"):
            page.wait_for_selector("main a[href*='decisions/']")
            page.mouse.wheel(0, 5000)
            page.wait_for_timeout(500)
        told: Mapping[str, object] = page.evaluate("({hits: window.__hits, violations: window.__violations})")
        assert told == {"hits": 0, "violations": []}, path
    assert elsewhere == []


def test_the_control_without_escaping_and_policy_runs_it(page: Page) -> None:
    page.add_init_script(WATCH)
    ran = 0
    for said in hostile.PAYLOADS[:6]:
        page.goto("about:blank")
        page.set_content(said)
        page.wait_for_timeout(50)
        ran += bool(page.evaluate("window.__hits"))
    assert ran >= 3
