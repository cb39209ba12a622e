"""The harness behind docs/scale.md: what it copies, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import msgspec

from site_builder import catalogue, facets, search
from tests import corpus, scale

LETTERS = [facets.tag(letter, corpus.known()) for letter in corpus.letters(5)]
MODELS = [msgspec.msgpack.encode(letter.outline) for letter in LETTERS]


def test_a_copy_has_the_issues_of_its_model_under_a_case_number_and_a_date_of_its_own() -> None:
    copies = list(scale.copies(MODELS, 50))
    assert len({letter.id for letter in copies}) == 50
    assert {letter.decision_year for letter in copies} == {letter.facets["year"][0] for letter in copies}
    for number, letter in enumerate(copies):
        model = msgspec.msgpack.decode(MODELS[number % 5], type=type(letter))
        assert [issue.disputed for issue in letter.issues] == [issue.disputed for issue in model.issues]
        assert catalogue.case_code(letter) % 10**7 == number


def test_copies_share_no_more_than_letters_that_arrive_one_by_one() -> None:
    one, other = (letter.issues[0] for letter in list(scale.copies(MODELS, 10))[::5])
    assert one.disputed == other.disputed
    assert [one.disputed is other.disputed, one.facets is other.facets] == [False, False]


def test_what_is_written_by_hand_outlives_the_harness() -> None:
    table = scale.FRAME + "\nby hand\n"
    once = scale.written(table, iter(["figures"]))
    assert once == scale.written(once, iter(["figures"]))
    assert "\nby hand\n" in once


def test_the_largest_of_two_kinds_of_pages_is_the_larger_one() -> None:
    one, other = scale.Sort(3, 1, 10, 10, 100), scale.Sort(1, 1, 30, 30, 7)
    assert one.with_(other) == scale.Sort(4, 2, 40, 30, 100)
    assert one.with_(other).estimate == 80


def test_a_shard_of_copies_is_indexed_with_the_words_of_their_models(tmp_path: Path) -> None:
    """The words came unpacked where they were expected packed, which only a run of an hour showed."""
    part = tmp_path / "part"
    part.write_bytes(msgspec.msgpack.encode(LETTERS))
    newest = sorted(scale.copies(MODELS, 10), key=lambda letter: str(letter.decision_date), reverse=True)
    shards = catalogue.plan(newest, corpus.known()).shards
    (tmp_path / "pagefind").mkdir()
    indexed = scale._indexes([part], tmp_path, shards, 1)
    found = {name: set(index.fragments) for name, index in indexed.items() if name != search.HUB}
    assert found == {shard.name: {letter.url for letter in shard.letters} for shard in shards}
