"""The invented letters: the same every time, read as they are meant, and with words spread as in real letters."""

from __future__ import annotations

import html
import re
from itertools import islice

import msgspec

from site_builder import facets, staged
from tests import corpus
from tests.conftest import FULL
from tests.letter_texts import read

HEADER = ("id", "case_number", "decision_date", "date_of_injury", "ur_denial_date", "received_date", "priority", "licensure")
LETTER = (*HEADER, "specialties", "age", "sex", "case_summary", "injured_body_parts", "facets")
ISSUE = (
    *("request", "disputed", "outcome", "partial_authorization", "retrospective", "ur", "imr", "rationale"),
    *("category", "subcategory", "body_parts", "body_parts_from", "facets"),
)


def test_the_same_seed_gives_the_same_letters_and_another_one_others() -> None:
    assert msgspec.json.encode(list(corpus.letters(3))) == msgspec.json.encode(list(corpus.letters(3)))
    assert list(corpus.letters(2, first=3)) == list(corpus.letters(5))[3:]
    assert list(corpus.letters(3, seed=2)) != list(corpus.letters(3))


def test_what_is_read_in_the_print_is_what_the_letter_holds() -> None:
    for letter in corpus.letters(2000 if FULL else 100):
        printed, own = read(corpus.text(letter)), facets.tag(letter, corpus.known())
        assert printed.problems == ()
        found = facets.tag(printed, corpus.known())
        for name in LETTER:
            assert getattr(found, name) == getattr(own, name), (letter.id, name)
        for one, other in zip(found.issues, own.issues, strict=True):
            for name in ISSUE:
                assert getattr(one, name) == getattr(other, name), (letter.id, name)


def test_the_letters_use_almost_every_value_that_can_be_worded() -> None:
    tagged = [facets.tag(letter, corpus.known()) for letter in corpus.letters(300)]
    for key, most in {
        "body-part": 15,
        "treatment": 40,
        "guideline": 35,
        "specialty": 40,
        "licensure": 30,
        "year": 11,
        "age": 7,
    }.items():
        used = {value for letter in tagged for owner in (letter, *letter.issues) for value in owner.facets.get(key, ())}
        assert len(used) >= most, key


def test_size_words_and_growth_of_the_vocabulary_are_those_of_real_letters() -> None:
    """Targets: search.md, measured on real letters and on a calibrated corpus; a band of a tenth or so around them."""
    letters = list(islice(corpus.letters(1000), 1000))
    words = [_indexed(staged.page(letter, corpus.known()).content.decode()) for letter in letters]
    sizes = [len(corpus.text(letter).encode()) for letter in letters[:200]]
    assert 3_900 < sum(sizes) / len(sizes) < 4_800
    assert 430 < sum(map(len, words)) / len(words) < 540
    assert 1.75 < sum(len(letter.issues) for letter in letters) / len(letters) < 2.0
    assert 0.39 < sum(len(set(some)) / len(some) for some in words) / len(words) < 0.59
    grown = [len({word for some in words[:count] for word in some}) for count in (100, 1000)]
    assert 17_000 < grown[1] < 23_000
    assert 4 < grown[1] / grown[0] < 5.5  # exponent 0.60 to 0.74


def _indexed(page: str) -> list[str]:
    return re.findall(r"[a-z0-9][a-z0-9/]*", html.unescape(re.sub(r"<[^>]+>", " ", page.partition("<body")[2])).lower())
