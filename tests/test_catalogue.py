"""The column files and the modules that read them: what they answer is what looping over the letters answers."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from site_builder import catalogue, facets, search
from site_builder.model import Letter
from site_builder.shelf import Shelf
from tests import corpus
from tests.conftest import FULL, ROOT

Chosen = Mapping[str, Sequence[str]]


@cache
def letters() -> tuple[Letter, ...]:
    found = (
        facets.tag(_odd(number, letter), corpus.known()) for number, letter in enumerate(corpus.letters(2000 if FULL else 300))
    )
    return tuple(sorted(found, key=_newest_first))


def _odd(number: int, letter: Letter) -> Letter:
    """Some letters without a header, some issues without an outcome."""
    if number % 40 == 7:
        return msgspec.structs.replace(letter, case_number=None, decision_date=None, id=f"no-header-{number}")
    if number % 40 == 8:
        return msgspec.structs.replace(
            letter, issues=(msgspec.structs.replace(letter.issues[0], outcome=None), *letter.issues[1:])
        )
    return letter


def _newest_first(letter: Letter) -> tuple[bool, int, str]:
    return letter.decision_date is None, -letter.decision_date.toordinal() if letter.decision_date else 0, letter.id


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a catalogue whose years are cut into several shards."""
    folder = tmp_path_factory.mktemp("catalogue")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "LETTERS_TOGETHER", 20)
        patch.setattr(catalogue, "LETTERS_A_SHARD", 20)
        for file in catalogue.files(catalogue.plan(letters(), corpus.known()), corpus.known()):
            path = folder / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
    return folder


def ask(folder: Path, states: Sequence[Mapping[str, Any]] = (), cases: Sequence[str] = ()) -> dict[str, Any]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node.js")
    given = json.dumps({"folder": str(folder), "states": states, "cases": cases})
    run = subprocess.run(
        [node, str(ROOT / "tests" / "js" / "ask.mjs")], input=given, capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


def plainly(chosen: Chosen, first: str, last: str, hits: Mapping[str, float] | None, order: str) -> dict[str, Any]:
    """The answer by looping over letters and issues."""
    offered = [facet for facet in corpus.known().facets if facet.order >= 0]
    shown: dict[str, int] = defaultdict(int)
    counts: dict[str, dict[str, tuple[set[str], int]]] = {facet.key: {} for facet in offered}
    for letter in letters():
        month = f"{letter.decision_date:%Y-%m}" if letter.decision_date else ""
        if (first and month < first) or (last and not "" < month <= last) or (hits is not None and letter.id not in hits):
            continue
        for issue in letter.issues:
            values = {facet.key: (issue if facet.level == "issue" else letter).facets.get(facet.key, ()) for facet in offered}
            failing = [key for key, ids in chosen.items() if not set(ids) & set(values[key])]
            shown[letter.id] += not failing
            for facet in offered:
                if set(failing) <= {facet.key}:
                    for value in values[facet.key]:
                        having, issues = counts[facet.key].get(value, (set(), 0))
                        counts[facet.key][value] = (having | {letter.id}, issues + 1)
    found = [letter for letter in letters() if shown[letter.id]]
    if order == "oldest":
        dated = [letter for letter in found if letter.decision_date]
        found = [*reversed(dated), *(letter for letter in found if not letter.decision_date)]
    if order == "relevance":
        found.sort(key=lambda letter: -(hits or {})[letter.id])
    numbers = {key: {value: [len(ids), issues] for value, (ids, issues) in values.items()} for key, values in counts.items()}
    return {"letters": [letter.id for letter in found], "issues": sum(shown.values()), "counts": numbers}


def test_random_states_give_the_rows_and_counts_of_a_plain_evaluation(folder: Path) -> None:
    chance = random.Random(7)
    planned = catalogue.plan(letters(), corpus.known())
    states, expected = [], []
    for _ in range(1000 if FULL else 200):
        keys = chance.sample([key for key, values in planned.values.items() if values], chance.randint(0, 4))
        chosen = {
            key: chance.sample(planned.values[key], min(len(planned.values[key]), chance.choice((1, 1, 2)))) for key in keys
        }
        months = sorted(f"{chance.randint(2013, 2024)}-{chance.randint(1, 12):02}" for _ in range(2))
        first, last = (month if chance.random() < 0.3 else "" for month in months)
        texted = chance.random() < 0.4
        hits = {letter.id: chance.randint(0, 5) for letter in chance.sample(letters(), 120)} if texted else None
        order = chance.choice(("newest", "oldest", *(("relevance",) if texted else ())))
        query = [(key, value) for key, values in chosen.items() for value in values]
        query += [("q", "words")] * texted + [("from", first)] * bool(first) + [("to", last)] * bool(last) + [("sort", order)]
        states.append({"search": f"?{urlencode(query)}", "hits": hits})
        expected.append(plainly(chosen, first, last, hits, order))
    for state, found, plain in zip(states, ask(folder, states)["answers"], expected, strict=True):
        shown = {
            key: {value: told for value, told in values.items() if told != [0, 0]} for key, values in found["counts"].items()
        }
        assert {**found, "counts": shown} == plain, state["search"]


def test_cards_hold_every_letter_with_its_issues(folder: Path) -> None:
    assert ask(folder)["cards"] == [
        [
            letter.id,
            letter.case_number,
            letter.decision_date.isoformat() if letter.decision_date else None,
            [[issue.disputed, issue.outcome] for issue in letter.issues],
        ]
        for letter in letters()
    ]


def test_every_case_number_leads_to_its_letter_alone(folder: Path) -> None:
    numbered = [letter for letter in letters() if letter.case_number]
    typed = [str(letter.case_number).replace("-", mark) for letter, mark in zip(numbered, "- ./" * len(numbered), strict=False)]
    assert ask(folder, cases=typed)["found"] == [[letter.id] for letter in numbered]


def test_shards_hold_every_letter_once_and_newest_first() -> None:
    planned = catalogue.plan(letters(), corpus.known())
    assert [letter.id for shard in planned.shards for letter in shard.letters] == [letter.id for letter in letters()]
    assert planned.shards[-1].name == "undated"
    assert len({shard.name for shard in planned.shards}) == len(planned.shards)


def test_a_letter_more_changes_the_files_of_its_shard_and_the_index_only(years_apart: None) -> None:
    before = {file.path for file in catalogue.files(catalogue.plan(letters()[1:], corpus.known()), corpus.known())}
    after = {file.path for file in catalogue.files(catalogue.plan(letters(), corpus.known()), corpus.known())}
    year = letters()[0].decision_year
    assert before ^ after
    assert all(path.startswith(f"catalogue/{year}.") for path in before ^ after)


def test_what_the_catalogue_has_of_a_shard_is_made_again_only_where_something_it_tells_has_changed(
    tmp_path: Path, years_apart: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf, made = Shelf(tmp_path / "catalogue.sqlite"), list[str]()
    piece = catalogue.piece
    monkeypatch.setattr(catalogue, "piece", lambda planned, shard: made.append(shard.name) or piece(planned, shard))

    def anew(some: Sequence[Letter]) -> set[str]:
        """Names of the shards that are made again; what comes out is always what comes out without a shelf."""
        made.clear()
        planned = catalogue.plan(some, corpus.known())
        pieces = search.pieces_of(planned, msgspec.msgpack.encode, shelf)
        found = list(catalogue.files(planned, corpus.known(), pieces=pieces))
        again = set(made)
        assert found == list(catalogue.files(planned, corpus.known()))
        return again

    everything = letters()
    shards = {shard.name for shard in catalogue.plan(everything, corpus.known()).shards}
    year = everything[0].decision_year
    assert anew(everything) == shards
    assert anew(everything) == set()
    other = msgspec.structs.replace(everything[0], case_number="CM99-9999999")
    assert anew((other, *everything[1:])) == {year}
    renamed = msgspec.structs.replace(everything[0], id="another-name")
    assert anew((renamed, *everything[1:])) == {year}
    assert anew([letter for letter in everything if letter.decision_year != year]) == shards - {year}, "values have new numbers"


def test_years_of_few_letters_stand_together_so_that_those_of_other_years_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    some = letters()[:: len(letters()) // 300]
    together = catalogue.plan(some, corpus.known()).shards
    assert len(together) == 2, "those with a date, and those without"
    monkeypatch.setattr(catalogue, "LETTERS_TOGETHER", 80)
    shards = catalogue.plan(some, corpus.known()).shards
    assert 3 < len(shards) < 14
    for shard in shards:
        years = sorted({letter.decision_year or "undated" for letter in shard.letters})
        assert shard.name == "-".join(dict.fromkeys((years[0], years[-1])))
        assert len(shard.letters) <= 80 or len(years) == 1
    named = {shard.name: shard.letters for shard in shards}
    newest = next(shard for shard in shards if "-" in shard.name)
    without = tuple(letter for letter in some if letter != newest.letters[0])
    after = {shard.name: shard.letters for shard in catalogue.plan(without, corpus.known()).shards}
    assert [name for name in after if after[name] != named.get(name)] == [newest.name]


def test_a_year_is_cut_by_months_so_that_its_other_parts_stay(monkeypatch: pytest.MonkeyPatch, years_apart: None) -> None:
    monkeypatch.setattr(catalogue, "LETTERS_A_SHARD", 20)
    shards = catalogue.plan(letters(), corpus.known()).shards
    assert max(len(shard.letters) for shard in shards) <= 20
    assert {letter.decision_date for shard in shards if shard.name.startswith("undated") for letter in shard.letters} == {None}
    cut = {shard.name: shard for shard in shards if shard.name[0].isdigit() and shard.name.count("-") == 1}
    assert cut
    for name, shard in cut.items():
        year, first = name.split("-")
        assert {letter.decision_year for letter in shard.letters} == {year}
        assert all(letter.decision_date and letter.decision_date.month >= int(first) for letter in shard.letters)
