"""Similar decisions: for each letter the few others that somebody who holds it would read next. Pure.

Issues are compared, letters are shown. What two issues share decides first: treatment, body part and guideline, then two of them.
Among equals the nearer wording goes before, in steps; within a step the contrary outcome, because that is what readers look for.

An issue is compared with the NEAREST in time that share a pair of values with it, never with all: the cost of a letter does not
grow with the collection. Known limit: in a large collection an older letter with the very same words may be passed over.
"""

from __future__ import annotations

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

Place = tuple[int, int]
"""Number of a letter in the collection, number of an issue in it, from 0."""
Key = tuple[str, str, str, str]


class Similar(NamedTuple):
    """A letter to read next, for the issue that is likest."""

    letter: Letter
    issue: Issue
    shared: tuple[str, ...]
    """Of SHARED."""


def finder(letters: Sequence[Letter]) -> Callable[[int], tuple[Similar, ...]]:
    """For the number of a letter at most MOST others, best first; never the letter itself or another text of its case."""
    wording = {
        (place, number): _plain(issue) for place, letter in enumerate(letters) for number, issue in enumerate(letter.issues)
    }
    having: dict[Key, list[Place]] = defaultdict(list)
    for place, letter in enumerate(letters):
        for number, issue in enumerate(letter.issues):
            for key in _keys(issue):
                having[key].append((place, number))
    return partial(_of, letters, having, wording)


def _of(
    letters: Sequence[Letter], having: Mapping[Key, Sequence[Place]], wording: Mapping[Place, str], place: int
) -> tuple[Similar, ...]:
    best: dict[int, tuple[tuple[int, int, bool, float, int, int], Similar]] = {}
    for number, issue in enumerate(letters[place].issues):
        for other in _near(issue, (place, number), having):
            letter = letters[other[0]]
            if other[0] == place or (letter.case_number and letter.case_number == letters[place].case_number):
                continue
            found = letter.issues[other[1]]
            shared = _shared(issue, found)
            likeness = fuzz.token_set_ratio(wording[place, number], wording[other])
            contrary = bool(issue.outcome and found.outcome and issue.outcome != found.outcome)
            rank = (-len(shared), -int(likeness // STEP), not contrary, -likeness, abs(other[0] - place), other[1])
            if other[0] not in best or rank < best[other[0]][0]:
                best[other[0]] = rank, Similar(letter, found, shared)
    ranked = sorted(best.items(), key=lambda item: (item[1][0], item[0]))
    return tuple(found for _, (_, found) in ranked[:MOST])


def _near(issue: Issue, place: Place, having: Mapping[Key, Sequence[Place]]) -> Iterator[Place]:
    """Once each, those nearest in time."""
    seen: set[Place] = set()
    for key in _keys(issue):
        places = having[key]
        at = bisect_left(places, place)
        for other in places[max(0, at - NEAREST) : at + NEAREST + 1]:
            if other not in seen:
                seen.add(other)
                yield other


def _values(issue: Issue) -> tuple[tuple[str, ...], ...]:
    """As SHARED names them. No evidence cited is no guideline; a treatment without a kind is too wide to be shared."""
    guidelines = tuple(found for found in issue.imr_guidelines if found != "none")
    return (issue.treatment,) if issue.treatment else (), issue.body_parts, guidelines


def _keys(issue: Issue) -> Iterator[Key]:
    """Pairs of values that two similar issues share."""
    for (ours, first), (theirs, second) in combinations(zip(SHARED, _values(issue), strict=True), 2):
        if "treatment" in (ours, theirs):
            yield from ((ours, one, theirs, other) for one in first for other in second)


def _shared(issue: Issue, other: Issue) -> tuple[str, ...]:
    both = zip(SHARED, _values(issue), _values(other), strict=True)
    return tuple(name for name, ours, theirs in both if set(ours) & set(theirs))


def _plain(issue: Issue) -> str:
    return utils.default_process(issue.disputed)
