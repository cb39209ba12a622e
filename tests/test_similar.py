"""The decisions to read next: what decides which, and that nobody compares all with all."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from collections.abc import Sequence
from unittest import mock

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from site_builder import decisions, similar
from site_builder.collection import Collection
from site_builder.model import Citation, Issue, Letter
from site_builder.settings import Settings
from tests.conftest import FULL, ROOT
from tests.example_site import RULES

DAY = dt.date(2017, 3, 1)


def issue(disputed: str, outcome: str = "upheld", **fields: object) -> Issue:
    known = {
        "category": "diagnostic-testing",
        "subcategory": "imaging",
        "body_parts": ("low-back",),
        "imr": Citation(guidelines=("mtus/low-back",)),
    }
    return Issue(number=1, request=disputed, disputed=disputed, outcome=outcome, **{**known, **fields})  # type: ignore[arg-type]


def collection(*issues: Issue) -> list[Letter]:
    """One letter an issue, newest first."""
    return [
        Letter(
            id=f"cm99-{number:07}",
            source="",
            sha256="",
            format="",
            case_number=f"CM99-{number:07}",
            decision_date=DAY - dt.timedelta(number),
            issues=(issue,),
        )
        for number, issue in enumerate(issues)
    ]


def of_first(letters: Sequence[Letter]) -> list[int]:
    """Numbers of the letters that are like the first, best first."""
    return [int(found.letter.id[-2:]) for found in similar.Finder(letters).of(0)]


def test_what_is_shared_decides_before_the_wording() -> None:
    neck = issue("MRI of the lumbar spine", body_parts=("neck",))
    shoulder = issue("MRI of the lumbar spine", body_parts=("shoulder",), imr=Citation(guidelines=("odg/shoulder",)))
    assert of_first(collection(issue("MRI of the lumbar spine"), neck, issue("CT of the low back"), shoulder)) == [2, 1]


@pytest.mark.parametrize("outcome", ["upheld", "overturned"])
def test_among_equals_the_contrary_outcome_comes_first(outcome: str) -> None:
    first = issue("MRI of the lumbar spine", outcome)
    same, contrary = (
        issue("Lumbar spine MRI", told) for told in (outcome, "upheld" if outcome == "overturned" else "overturned")
    )
    assert of_first(collection(first, same, contrary)) == [2, 1]


def test_a_nearer_wording_comes_before_a_contrary_outcome() -> None:
    far = issue("Bone scan with contrast of both", "overturned")
    assert of_first(collection(issue("MRI of the lumbar spine"), far, issue("MRI of the lumbar spine"))) == [2, 1]


def test_a_letter_is_never_like_itself_nor_like_another_text_of_its_case() -> None:
    letters = collection(issue("MRI"), issue("MRI"))
    twice = [letters[0], Letter(**{**{name: getattr(letters[0], name) for name in Letter.__struct_fields__}, "id": "other"})]
    assert [similar.Finder(twice).of(number) for number in (0, 1)] == [(), ()]


def test_a_body_part_alone_makes_nothing_alike() -> None:
    other = issue("Gym membership", category="other", subcategory=None, imr=Citation(guidelines=("none",)))
    assert of_first(collection(issue("MRI of the lumbar spine"), other)) == []


def test_at_most_five_are_named_and_each_says_what_it_shares() -> None:
    found = similar.Finder(collection(*[issue("MRI of the lumbar spine")] * 9)).of(4)
    assert len(found) == similar.MOST == 5
    assert {one.shared for one in found} == {("treatment", "body part", "guideline")}
    assert [abs(int(one.letter.id[-2:]) - 4) for one in found] == [1, 1, 2, 2, 3], "the nearest in time"


def test_a_letter_is_compared_with_a_bounded_number_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0
    ratio = similar.fuzz.token_set_ratio

    def counting(first: str, second: str) -> float:
        nonlocal compared
        compared += 1
        return ratio(first, second)

    monkeypatch.setattr(similar.fuzz, "token_set_ratio", counting)
    find = similar.Finder(collection(*[issue(f"MRI number {number}") for number in range(300)])).of
    assert all(map(find, range(300)))
    assert compared <= 300 * 2 * similar.NEAREST


@settings(max_examples=500 if FULL else 60)
@given(data=st.data(), count=st.integers(2, 60))
def test_where_all_that_is_looked_at_is_the_same_the_same_letters_are_found(data: st.DataObject, count: int) -> None:
    """Also where letters between them come and go, and whatever else changes elsewhere."""
    wording = st.sampled_from(["MRI of the lumbar spine", "Lumbar MRI", "CT of the neck", "Bone scan"])
    issues = st.builds(
        issue,
        wording,
        st.sampled_from(["upheld", "overturned"]),
        body_parts=st.sampled_from([("neck",), ("low-back",), ()]),
        imr=st.sampled_from([Citation(guidelines=("odg",)), Citation(guidelines=("mtus/low-back", "odg"))]),
    )
    several = st.lists(issues, min_size=1, max_size=3).map(numbered)
    before = [msgspec.structs.replace(one, issues=data.draw(several)) for one in collection(*[issue("MRI")] * count)]
    changed = data.draw(st.sets(st.integers(0, count - 1), max_size=2))
    gone = data.draw(st.sets(st.integers(0, count - 1), max_size=3))
    after = [
        msgspec.structs.replace(one, issues=data.draw(several | st.permutations(one.issues).map(numbered)))
        if number in changed
        else one
        for number, one in enumerate(before)
        if number not in gone
    ]
    with mock.patch.object(similar, "NEAREST", 3):
        old, new = similar.Finder(before), similar.Finder(after)
        places = {one.id: number for number, one in enumerate(before)}
        for number, letter in enumerate(after):
            if new.follows_from(number) == old.follows_from(places[letter.id]):
                assert ids(new.of(number)) == ids(old.of(places[letter.id]))


def numbered(issues: Sequence[Issue]) -> tuple[Issue, ...]:
    return tuple(msgspec.structs.replace(one, number=number) for number, one in enumerate(issues, 1))


def ids(found: Sequence[similar.Similar]) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(one.letter.id, one.issue.number, one.shared) for one in found]


def test_far_away_nothing_follows_from_a_change() -> None:
    letters = collection(*[issue(f"MRI number {number}") for number in range(200)])
    before = [similar.Finder(letters).follows_from(number) for number in range(200)]
    letters[100] = msgspec.structs.replace(letters[100], issues=(issue("MRI", "overturned"),))
    after = [similar.Finder(letters).follows_from(number) for number in range(200)]
    assert {number for number in range(200) if before[number] != after[number]} == set(range(76, 125))


def test_on_the_page_those_that_share_the_same_stand_together() -> None:
    """Body part and guideline count alike: by wording they would take turns under headings that come again."""
    first = issue("MRI of the lumbar spine")
    part = [issue(words, imr=Citation(guidelines=("odg",))) for words in ("MRI of the lumbar spine", "Scan of something else")]
    guideline = issue("MRI of the lumbar", body_parts=("neck",))
    letters = collection(first, *part, guideline)
    found = similar.Finder(letters).of(0)
    assert [one.shared[1] for one in found] == ["body part", "guideline", "body part"]
    told = decisions.page(Collection(letters, RULES, Settings()), 0, found).context["similar"]
    assert [(heading, len(lines)) for heading, lines in told] == [  # type: ignore[attr-defined]
        ("treatment and body part", 2),
        ("treatment and guideline", 1),
    ]


def test_what_is_looked_at_is_the_same_in_every_process() -> None:
    """Sets of words have another order in each: what one build keeps would be nothing to the next."""
    code = (
        "from tests import test_similar as t; from site_builder import similar\n"
        "many = t.issue('MRI', body_parts=('neck', 'low-back', 'knee'), imr=t.Citation(guidelines=('odg', 'mtus', 'acoem')))\n"
        "print(similar.Finder(t.collection(many, t.issue('CT'), many)).follows_from(0).hex())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in "1234"
    }
    assert len(told) == 1
