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


class Known(NamedTuple):
    """An issue, as it is compared."""

    letter: Letter
    issue: Issue
    values: tuple[frozenset[str], ...]
    """As SHARED names them. No evidence cited is no guideline; a treatment without a kind is too wide to be shared."""
    wording: str

    @property
    def keys(self) -> Iterator[Key]:
        """Pairs of values that two similar issues share."""
        for (ours, first), (theirs, second) in combinations(zip(SHARED, self.values, strict=True), 2):
            if "treatment" in (ours, theirs):
                yield from ((ours, one, theirs, other) for one in first for other in second)


def finder(letters: Sequence[Letter]) -> Callable[[int], tuple[Similar, ...]]:
    """For the number of a letter at most MOST others, best first; never the letter itself or another text of its case."""
    known = {
        (place, number): Known(letter, issue, _values(issue), utils.default_process(issue.disputed))
        for place, letter in enumerate(letters)
        for number, issue in enumerate(letter.issues)
    }
    having: dict[Key, list[Place]] = defaultdict(list)
    for place, one in known.items():
        for key in one.keys:
            having[key].append(place)
    return partial(_of, letters, known, having)


def _of(
    letters: Sequence[Letter], known: Mapping[Place, Known], having: Mapping[Key, Sequence[Place]], place: int
) -> tuple[Similar, ...]:
    best: dict[int, tuple[tuple[int, int, bool, float, int, int], Similar]] = {}
    for number in range(len(letters[place].issues)):
        ours = known[place, number]
        for near in _near(ours, (place, number), having):
            other = known[near]
            if near[0] == place or (other.letter.case_number and other.letter.case_number == ours.letter.case_number):
                continue
            shared = tuple(name for name, own, others in zip(SHARED, ours.values, other.values, strict=True) if own & others)
            likeness = fuzz.token_set_ratio(ours.wording, other.wording)
            contrary = bool(ours.issue.outcome and other.issue.outcome and ours.issue.outcome != other.issue.outcome)
            rank = (-len(shared), -int(likeness // STEP), not contrary, -likeness, abs(near[0] - place), near[1])
            if near[0] not in best or rank < best[near[0]][0]:
                best[near[0]] = rank, Similar(other.letter, other.issue, shared)
    ranked = sorted(best.items(), key=lambda item: (item[1][0], item[0]))
    return tuple(found for _, (_, found) in ranked[:MOST])


def _near(known: Known, place: Place, having: Mapping[Key, Sequence[Place]]) -> Iterator[Place]:
    """Once each, those nearest in time."""
    seen: set[Place] = set()
    for key in known.keys:
        places = having[key]
        at = bisect_left(places, place)
        for other in places[max(0, at - NEAREST) : at + NEAREST + 1]:
            if other not in seen:
                seen.add(other)
                yield other


def _values(issue: Issue) -> tuple[frozenset[str], ...]:
    guidelines = (found for found in issue.imr_guidelines if found != "none")
    return frozenset([issue.treatment] if issue.treatment else ()), frozenset(issue.body_parts), frozenset(guidelines)
