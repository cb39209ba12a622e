"""What is held of every letter while a site is made: little, and what letters have in common once."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable

import msgspec

from site_builder import facets
from site_builder.model import Letter
from tests import corpus

LETTERS = [facets.tag(letter, corpus.known()) for letter in corpus.letters(40)]


def arrived(letter: Letter) -> Letter:
    """As it comes from another process: nothing in it is shared."""
    return msgspec.msgpack.decode(msgspec.msgpack.encode(letter), type=Letter).outline


def test_an_outline_says_what_lists_and_counts_say_of_the_letter() -> None:
    for letter in LETTERS:
        outline = letter.outline
        assert [outline.facets, *(issue.facets for issue in outline.issues)] == [
            letter.facets,
            *(issue.facets for issue in letter.issues),
        ]
        for name in ("id", "source", "sha256", "url", "outcome", "title", "case_number", "decision_date", "decision_year"):
            assert getattr(outline, name) == getattr(letter, name)
        for ours, theirs in zip(outline.issues, letter.issues, strict=True):
            for name in ("number", "disputed", "outcome", "treatment", "body_parts", "imr_guidelines", "ancillary"):
                assert getattr(ours, name) == getattr(theirs, name)


def held(letters: Callable[[], object]) -> float:
    """Bytes of memory a letter, what letters have in common being there already."""
    letters()
    tracemalloc.start()
    try:
        kept = letters()
        return tracemalloc.get_traced_memory()[0] / len(LETTERS) if kept else 0
    finally:
        tracemalloc.stop()


def test_a_million_outlines_take_three_gigabytes_at_most() -> None:
    encoded = [msgspec.msgpack.encode(letter) for letter in LETTERS]
    assert held(lambda: [msgspec.msgpack.decode(one, type=Letter).outline for one in encoded]) < 3_000
    assert held(lambda: [msgspec.msgpack.decode(one, type=Letter) for one in encoded]) > 9_000


def test_values_that_letters_have_in_common_are_held_once() -> None:
    one, other = arrived(LETTERS[0]), arrived(LETTERS[0])
    assert all(one.facets[key] is ids for key, ids in other.facets.items())
    for ours, theirs in zip(one.issues, other.issues, strict=True):
        assert [ours.imr is theirs.imr, ours.ur is theirs.ur, ours.body_parts is theirs.body_parts] == [True] * 3
        assert all(ours.facets[key] is ids for key, ids in theirs.facets.items())
