"""The decisions to read next: what decides which, and that nobody compares all with all."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest

from site_builder import similar
from site_builder.model import Citation, Issue, Letter

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
    return [int(found.letter.id[-2:]) for found in similar.finder(letters)(0)]


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
    assert [similar.finder(twice)(number) for number in (0, 1)] == [(), ()]


def test_a_body_part_alone_makes_nothing_alike() -> None:
    other = issue("Gym membership", category="other", subcategory=None, imr=Citation(guidelines=("none",)))
    assert of_first(collection(issue("MRI of the lumbar spine"), other)) == []


def test_at_most_five_are_named_and_each_says_what_it_shares() -> None:
    found = similar.finder(collection(*[issue("MRI of the lumbar spine")] * 9))(4)
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
    find = similar.finder(collection(*[issue(f"MRI number {number}") for number in range(300)]))
    assert all(map(find, range(300)))
    assert compared <= 300 * 2 * similar.NEAREST
