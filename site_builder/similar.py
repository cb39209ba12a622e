"""Similar decisions: for each letter the few others that somebody who holds it would read next. Pure.

Issues are compared, letters are shown. What two issues share decides first: treatment, body part and guideline, then two of them.
Among equals the nearer wording goes before, in steps; within a step the contrary outcome, because that is what readers look for.

An issue is compared with the NEAREST in time that share a pair of values with it, never with all: the cost of a letter does not
grow with the collection. Known limit: in a large collection an older letter with the very same words may be passed over.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from itertools import combinations
from typing import NamedTuple

from rapidfuzz import fuzz, utils

from site_builder.model import Issue, Letter

MOST = 5
NEAREST = 24
"""Issues looked at on either side in time, for each pair of shared values."""
STEP = 20
"""Percent of likeness that count as equal."""
SHARED = ("treatment", "body part", "guideline")
"""What issues are compared by, in the words of the page."""

Key = tuple[str, str, str, str]


class Similar(NamedTuple):
    """A letter to read next, for the issue that is likest."""

    letter: Letter
    issue: Issue
    shared: tuple[str, ...]
    """Of SHARED."""


class Known(NamedTuple):
    """All issues in order of time, by number: a million letters are not a million objects more."""

    letters: Sequence[Letter]
    firsts: array[int]
    """Number of the first issue of each letter, and of the one after the last."""
    owners: array[int]
    """Number of the letter of each issue."""
    having: Mapping[Key, array[int]]
    """The issues that have a pair of values, which two similar ones share."""


def finder(letters: Sequence[Letter]) -> Callable[[int], tuple[Similar, ...]]:
    """For the number of a letter at most MOST others, best first; never the letter itself or another text of its case."""
    firsts, owners = array("I", [0]), array("I")
    having: dict[Key, array[int]] = defaultdict(lambda: array("I"))
    for place, letter in enumerate(letters):
        for number, issue in enumerate(letter.issues, len(owners)):
            for key in _keys(_values(issue)):
                having[key].append(number)
            owners.append(place)
        firsts.append(len(owners))
    return partial(_of, Known(letters, firsts, owners, having))


def _of(known: Known, place: int) -> tuple[Similar, ...]:
    letter, best = known.letters[place], dict[int, tuple[tuple[int, int, bool, float, int, int], Similar]]()
    for own, ours in enumerate(letter.issues, known.firsts[place]):
        values, wording = _values(ours), utils.default_process(ours.disputed)
        for near in _near(known, own, values):
            found = known.owners[near]
            other, number = known.letters[found], near - known.firsts[found]
            if found == place or (other.case_number and other.case_number == letter.case_number):
                continue
            theirs = other.issues[number]
            shared = tuple(name for name, one, others in zip(SHARED, values, _values(theirs), strict=True) if one & others)
            likeness = fuzz.token_set_ratio(wording, utils.default_process(theirs.disputed))
            contrary = bool(ours.outcome and theirs.outcome and ours.outcome != theirs.outcome)
            rank = (-len(shared), -int(likeness // STEP), not contrary, -likeness, abs(found - place), number)
            if found not in best or rank < best[found][0]:
                best[found] = rank, Similar(other, theirs, shared)
    ranked = sorted(best.items(), key=lambda item: (item[1][0], item[0]))
    return tuple(found for _, (_, found) in ranked[:MOST])


def _near(known: Known, own: int, values: tuple[frozenset[str], ...]) -> Iterator[int]:
    """Once each, those nearest in time."""
    seen: set[int] = set()
    for key in _keys(values):
        numbers = known.having[key]
        at = bisect_left(numbers, own)
        for other in numbers[max(0, at - NEAREST) : at + NEAREST + 1]:
            if other not in seen:
                seen.add(other)
                yield other


def _values(issue: Issue) -> tuple[frozenset[str], ...]:
    """As SHARED names them. No evidence cited is no guideline."""
    guidelines = (found for found in issue.imr_guidelines if found != "none")
    return frozenset([issue.treatment] if issue.treatment else ()), frozenset(issue.body_parts), frozenset(guidelines)


def _keys(values: tuple[frozenset[str], ...]) -> Iterator[Key]:
    """Pairs of values that two similar issues share; one of the two is the treatment."""
    for (ours, first), (theirs, second) in combinations(zip(SHARED, values, strict=True), 2):
        if "treatment" in (ours, theirs):
            yield from ((ours, one, theirs, other) for one in first for other in second)
