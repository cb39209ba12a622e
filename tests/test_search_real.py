"""The search page over the real letters: exact, and finds what is asked for.

Exact: what it shows of real and invented letters is what looping over data/letters.jsonl gives. The page is Chromium's; the loop
below knows nothing of the catalogue. For words, the letters that Pagefind itself names are the text side. The rows of a page, the
numbers of letters and issues, and the number beside every value of every facet are compared.
Found: every issue by the words of its disputed treatment, every letter by its case number.
With FULL set: 200 combinations over all real letters and 2,000 invented ones, all issues and values; else samples
of these, and of the real letters every third.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from site_builder import build
from site_builder.options import Options
from tests import corpus
from tests.conftest import FULL
from tests.real_site import ask, folder
from tests.test_search_page import go, ready

Row = Mapping[str, Any]
SIZE = 20
WORDS = ("lumbar", "physical therapy", "MRI", "medication", "injection pain")

COUNTS = """
() => Object.fromEntries([...document.querySelectorAll("[data-facet]")].map((facet) => [
  facet.dataset.facet,
  Object.fromEntries([...facet.querySelectorAll("[data-value]")].map((item) => [item.dataset.value, item.querySelector(".n").title])),
]))
"""
PAGEFIND = r"""
async (words) => {
  const root = new URL(document.getElementById("search").dataset.root, location.href);
  const index = await (await fetch(new URL("catalogue/index.json", root))).json();
  const hub = new URL(index.text.hub, root);
  const { createInstance } = await import(new URL("pagefind.js", hub).href);
  const urls = [];
  for (const shard of index.shards) {
    const instance = createInstance({ basePath: hub.pathname, baseUrl: "/" });
    await instance.init();
    await instance.mergeIndex(new URL(shard.text, root).pathname, { language: "en" });
    const alone = await Promise.all(words.split(" ").map((word) => instance.search(`"${word}"`))); // in quotes: no word is a beginning
    const having = await Promise.all(alone.map(({ results }) => Promise.all(results.map(async (result) => /decisions\/.*/.exec((await result.data()).url)[0]))));
    urls.push(...having[0].filter((url) => having.every((some) => some.includes(url))));
  }
  return urls;
}
"""


class Asked(NamedTuple):
    """A search, as its address says it."""

    chosen: Mapping[str, Sequence[str]]
    first: str
    last: str
    order: str
    page: int
    words: str = ""

    @property
    def query(self) -> str:
        pairs = [(key, value) for key, values in self.chosen.items() for value in values]
        given = {"q": self.words, "from": self.first, "to": self.last, "sort": self.order, "page": str(self.page)}
        return f"?{urlencode([*pairs, *((name, value) for name, value in given.items() if value)])}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real and invented letters together."""
    letters = tmp_path_factory.mktemp("mixed") / "letters"
    letters.mkdir()
    for path in sorted(folder().glob("*.pdf"))[:: 1 if FULL else 3]:
        shutil.copy(path, letters)
    for letter in corpus.letters(2000 if FULL else 60):
        (letters / letter.source).write_text(corpus.text(letter), encoding="utf-8")
    out = letters.with_name("site")
    build.build(Options(letters=letters, out=out, jobs=2))
    return out


@pytest.fixture(scope="module")
def real_url(site: Path, tmp_path_factory: pytest.TempPathFactory, serve_site: Callable[..., str]) -> str:
    """Address of a site of the real letters; with FULL set there are no others in it."""
    out = site
    if FULL:
        out = tmp_path_factory.mktemp("real") / "site"
        build.build(Options(letters=folder(), out=out, jobs=2))
    return serve_site(out)


@pytest.fixture(scope="module")
def rows(site: Path) -> list[Row]:
    """The export, in its order: newest first, letters without a date last."""
    (path,) = (site / "data").glob("letters.jsonl*")
    content = path.read_bytes()
    lines = gzip.decompress(content) if path.suffix == ".gz" else content
    return [json.loads(line) for line in lines.decode().splitlines()]


@pytest.fixture
def opened(page: Page, site: Path, serve_site: Callable[..., str]) -> Page:
    """The search page with every facet open, so that it counts them all."""
    go(page, f"{serve_site(site)}search/")
    page.eval_on_selector_all("[data-facet]", "boxes => boxes.forEach((box) => { box.open = true; })")
    page.wait_for_function("() => document.querySelectorAll('.n[title]').length > 200 && !document.querySelector('.uncounted')")
    ready(page)
    return page


def plainly(rows: Sequence[Row], asked: Asked, hits: set[str] | None) -> dict[str, Any]:
    """The same by looping over the export."""
    found: list[Row] = []
    issues = 0
    counts: dict[str, dict[str, tuple[set[str], int]]] = defaultdict(lambda: defaultdict(lambda: (set(), 0)))
    for letter in rows:
        month = (letter["decision_date"] or "")[:7]
        if (asked.first and month < asked.first) or (asked.last and not "" < month <= asked.last):
            continue
        if hits is not None and letter["url"] not in hits:
            continue
        fitting = 0
        for issue in letter["issues"]:
            values = {**letter["facets"], **issue["facets"]}
            failing = [key for key, ids in asked.chosen.items() if not set(ids) & set(values.get(key, ()))]
            fitting += not failing
            for key, ids in values.items():
                if set(failing) <= {key}:
                    for value in ids:
                        letters, number = counts[key][value]
                        counts[key][value] = (letters | {letter["id"]}, number + 1)
        issues += fitting
        found += [letter] * bool(fitting)
    if asked.order == "oldest":
        dated = [letter for letter in found if letter["decision_date"]]
        found = [*reversed(dated), *(letter for letter in found if not letter["decision_date"])]
    page = min(asked.page, max(1, -(-len(found) // SIZE)))
    names = [letter["case_number"] or letter["id"] for letter in found[(page - 1) * SIZE : page * SIZE]]
    numbers = {key: {value: (len(letters), number) for value, (letters, number) in of.items()} for key, of in counts.items()}
    return {"names": names, "letters": len(found), "issues": issues, "counts": numbers}


def shown(page: Page, asked: Asked) -> dict[str, Any]:
    """What the page says."""
    told = ask(page, asked.query)
    numbers = {key: {value: _numbers(text) for value, text in of.items()} for key, of in page.evaluate(COUNTS).items()}
    some = {key: {value: told for value, told in of.items() if told != (0, 0)} for key, of in numbers.items()}
    letters, issues = _numbers(told["status"]) if not told["status"].startswith("No ") else (0, 0)
    return {"names": told["names"], "letters": letters, "issues": issues, "counts": {key: of for key, of in some.items() if of}}


def _numbers(text: str) -> tuple[int, int]:
    """ "1,204 decisions for “L4”, 2,011 issues"."""
    letters = re.match(r"[\d,]+", text)
    issues = re.search(r"([\d,]+) issues?$", text)
    assert letters, text
    assert issues, text
    return int(letters[0].replace(",", "")), int(issues[1].replace(",", ""))


def combinations(rows: Sequence[Row], count: int, words: Sequence[str] = ("",)) -> list[Asked]:
    chance = random.Random(11)
    known: dict[str, list[str]] = defaultdict(list)
    for letter in rows:
        for owner in (letter, *letter["issues"]):
            for key, ids in owner["facets"].items():
                known[key] += ids
    months = sorted({letter["decision_date"][:7] for letter in rows if letter["decision_date"]})
    asked = []
    for number in range(count):
        keys = chance.sample(sorted(known), chance.choice((1, 1, 2, 2, 3, 4)))
        chosen = {key: sorted(set(chance.choices(known[key], k=chance.choice((1, 1, 2, 3))))) for key in keys}
        first, last = sorted(chance.choices(months, k=2))
        dates = [(first, last), (first, ""), ("", last), ("", ""), ("", ""), ("", "")]
        text = words[number % len(words)]
        asked.append(Asked(chosen, *chance.choice(dates), chance.choice(("newest", "oldest")), chance.choice((1, 1, 2)), text))
    return asked


def test_rows_and_numbers_are_those_of_a_loop_over_the_export(opened: Page, rows: list[Row]) -> None:
    several = 0
    for asked in combinations(rows, 200 if FULL else 20):
        expected = plainly(rows, asked, None)
        several += expected["letters"] > 1
        assert shown(opened, asked) == expected, asked.query
    assert several > 8


def test_so_they_are_with_words_where_pagefind_names_the_letters(opened: Page, rows: list[Row]) -> None:
    hits = {words: set(opened.evaluate(PAGEFIND, words)) for words in (WORDS if FULL else WORDS[:3])}
    assert all(hits.values())
    assert any(len(urls) < len(rows) / 2 for urls in hits.values())
    for asked in combinations(rows, 200 if FULL else 12, WORDS if FULL else WORDS[:3]):
        assert shown(opened, asked) == plainly(rows, asked, hits[asked.words]), asked.query


def test_the_loop_notices_a_wrong_answer(opened: Page, rows: list[Row]) -> None:
    """Letters of which one issue has the one value and another issue the other do not fit; a looser loop counts them."""
    for letter in rows:
        parts = [(issue["facets"].get("treatment", ()), issue["facets"].get("outcome", ())) for issue in letter["issues"]]
        mixed = [(a, d) for (some, _) in parts for (_, other) in parts for a in some for d in other]
        wrong = [pair for pair in mixed if not any(pair[0] in some and pair[1] in other for some, other in parts)]
        if wrong:
            asked = Asked(
                {"treatment": [wrong[0][0]], "outcome": [wrong[0][1]]},
                letter["decision_date"][:7],
                letter["decision_date"][:7],
                "newest",
                1,
            )
            assert (letter["case_number"] or letter["id"]) not in shown(opened, asked)["names"]
            return
    pytest.fail("no letter tells a loop over letters from one over issues")


def test_choosing_any_value_shows_as_many_letters_as_it_promised(opened: Page) -> None:
    promised = opened.evaluate(COUNTS)
    values = [(key, value, _numbers(text)) for key, of in promised.items() for value, text in of.items()]
    assert len(values) > 200
    for key, value, numbers in values if FULL else random.Random(3).sample(values, 20):
        assert _numbers(ask(opened, f"?{urlencode({key: value})}")["status"]) == numbers, (key, value)


def test_the_words_of_a_disputed_treatment_bring_its_letter_to_the_top(page: Page, real_url: str, rows: list[Row]) -> None:
    """What stays below the third place asks for the same as others do: "MRI of the lumbar spine"."""
    go(page, f"{real_url}search/")
    issues = [(letter, issue) for letter in rows if letter["source"].endswith(".pdf") for issue in letter["issues"]]
    assert len(issues) == 268 or not FULL
    issues = issues if FULL else issues[::5]
    places = []
    for letter, issue in issues:
        names = ask(page, f"?{urlencode({'q': issue['disputed']})}")["names"]
        assert letter["case_number"] in names, issue["disputed"]
        places.append(names.index(letter["case_number"]))
    assert sum(place < 3 for place in places) >= 0.95 * len(places), places


@pytest.mark.parametrize(("pasted", "first"), [("request", 10), ("reasons", 3)])
def test_a_text_that_was_pasted_brings_its_letter_near_the_top(
    page: Page, real_url: str, rows: list[Row], pasted: str, first: int
) -> None:
    """The request in another sentence, which other letters may have word for word; the end of the reasons, between unknown words."""
    go(page, f"{real_url}search/")
    issues = [(letter, letter["issues"][0]) for letter in rows if letter["source"].endswith(".pdf")][:: 1 if FULL else 2]
    found = 0
    for letter, issue in issues:
        reasons = " ".join(issue["rationale"][-1].replace('"', "").split()[:60])
        typed = {
            "request": f"please reconsider zzyzx the denial by utilization review of {issue['disputed']} for this claimant qqqqq",
            "reasons": f"zzyzx {reasons} qqqqq",
        }[pasted]
        assert ask(page, f"?{urlencode({'q': typed})}")["names"] == []
        found += letter["case_number"] in ask(page, f"?{urlencode({'q': typed, 'least': 20})}")["names"][:first]
    assert found >= 0.9 * len(issues)


def test_a_case_number_however_punctuated_is_the_only_result(page: Page, real_url: str, rows: list[Row]) -> None:
    go(page, f"{real_url}search/")
    known = {letter["case_number"] for letter in rows if letter["source"].endswith(".pdf")} - {None}
    assert known
    for number in sorted(known) if FULL else sorted(known)[::8]:
        kind, year, digits = number[:2], number[2:4], number[-7:]
        for typed in (
            number,
            number.lower(),
            f"{kind}{year}{digits}",
            f"{kind} {year} {digits}",
            f"{year}-{digits}",
            f"Case No. {number}",
            digits,
        ):
            assert ask(page, f"?{urlencode({'q': typed})}")["names"] == [number], typed


def test_a_case_number_that_is_not_there_is_said_not_to_be_there(page: Page, real_url: str) -> None:
    go(page, f"{real_url}search/")
    told = ask(page, "?q=CM14-9999999")
    assert told["names"] == []
    assert "CM14-9999999 is not in this collection" in told["message"]
