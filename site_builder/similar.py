"""Similar decisions: for each letter the few others that somebody who holds it would read next. Pure.

Issues are compared, letters are shown. What two issues share decides first: treatment, body part and guideline, then two of them.
Among equals the nearer wording goes before, in steps; within a step the contrary outcome, because that is what readers look for.

An issue is compared with the NEAREST in time that share a pair of values with it, never with all: the cost of a letter does not
grow with the collection. Known limit: in a large collection an older letter with the very same words may be passed over.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import accumulate, chain, combinations, product
from typing import NamedTuple

from rapidfuzz import fuzz, utils

from site_builder.model import Issue, Letter

MOST = 5
NEAREST = 24
"""Issues looked at on either side in time, for each pair of shared values."""
STEP = 20
"""Percent of likeness that count as equal."""
REMEMBERED = 20_000
"""Issues whose values and wording are kept at hand: those around a letter in time, again and again."""
SHARED = ("treatment", "body part", "guideline")
"""What issues are compared by, in the words of the page."""

_SHARED_BUT = {
    apart: tuple(name for name, is_apart in zip(SHARED, apart, strict=True) if not is_apart)
    for apart in product((True, False), repeat=len(SHARED))
}
"""What is shared, by which of SHARED are not: asked 200 times a letter."""

Key = tuple[str, str, str, str]


class Similar(NamedTuple):
    """A letter to read next, for the issue that is likest."""

    letter: Letter
    issue: Issue
    shared: tuple[str, ...]
    """Of SHARED."""


class Compared(NamedTuple):
    """What is compared of an issue."""

    values: tuple[frozenset[str], ...]
    """As SHARED names them."""
    wording: str


class Known(NamedTuple):
    """All issues in order of time, by number: a million letters are not a million objects more."""

    letters: Sequence[Letter]
    firsts: array[int]
    """Number of the first issue of each letter, and of the one after the last."""
    owners: array[int]
    """Number of the letter of each issue."""
    having: Mapping[Key, array[int]]
    """The issues that have a pair of values, which two similar ones share."""

    def issue(self, number: int) -> Issue:
        owner = self.owners[number]
        return self.letters[owner].issues[number - self.firsts[owner]]

    def around(self, number: int, key: Key) -> slice:
        """Of `having[key]` those NEAREST to an issue in time on either side, and the issue itself."""
        at = bisect_left(self.having[key], number)
        return slice(max(0, at - NEAREST), at + NEAREST + 1)


class Finder:
    """Finds similar decisions in a collection; letters are named by their number in it."""

    def __init__(self, letters: Sequence[Letter]) -> None:
        firsts, owners = array("I", [0]), array("I")
        having: dict[Key, array[int]] = defaultdict(lambda: array("I"))
        for place, letter in enumerate(letters):
            for number, issue in enumerate(letter.issues, len(owners)):
                for key in _keys(_values(issue)):
                    having[key].append(number)
                owners.append(place)
            firsts.append(len(owners))
        self._known = known = Known(letters, firsts, owners, having)

        @lru_cache(REMEMBERED)
        def compared(number: int) -> Compared:
            issue = known.issue(number)
            return Compared(_values(issue), utils.default_process(issue.disputed))

        self._compared = compared

    def of(self, number: int) -> tuple[Similar, ...]:
        """For a letter at most MOST others, best first; never the letter itself or another text of its case."""
        return _of(self._known, self._compared, number)

    def follows_from(self, number: int) -> bytes:
        """Digest of all that `of` the letter looks at; where that is the same, the same letters are found."""
        own = slice(*self._known.firsts[number : number + 2])
        return hashlib.sha256(self._known.letters[number].id.encode() + b"\n" + self._around[own].tobytes()).digest()

    @cached_property
    def _around(self) -> array[int]:
        """For each issue the sum of the digests of all that it is compared with, and of itself, once for each pair of values."""
        of = array("Q", (_digest(letter, issue) for letter in self._known.letters for issue in letter.issues))
        around = array("Q", bytes(8 * len(of)))
        for numbers in self._known.having.values():
            sums = list(accumulate(map(of.__getitem__, numbers), initial=0))  # so that each window is one subtraction
            for at, number in enumerate(numbers):
                window = sums[min(at + NEAREST + 1, len(numbers))] - sums[max(at - NEAREST, 0)]
                around[number] = (around[number] + window) % 2**64
        return around


def _of(known: Known, compared: Callable[[int], Compared], place: int) -> tuple[Similar, ...]:
    """What decides follows from the letters alone, never from how many others stand between them."""
    letter, best = known.letters[place], dict[int, tuple[tuple[int, int, bool, float, int, int], Similar]]()
    for alike in _likest_first(known, compared, place):
        for own, near, shared in alike:
            found, ours, theirs = known.owners[near], known.issue(own), known.issue(near)
            other = known.letters[found]
            if other.case_number and other.case_number == letter.case_number:
                continue
            likeness = fuzz.token_set_ratio(compared(own).wording, compared(near).wording)
            contrary = bool(ours.outcome and theirs.outcome and ours.outcome != theirs.outcome)
            number = near - known.firsts[found]
            rank = (-len(shared), -int(likeness // STEP), not contrary, -likeness, _days(letter, other), number)
            if found not in best or rank < best[found][0]:
                best[found] = rank, Similar(other, theirs, shared)
        if len(best) >= MOST:  # whoever shares less comes after them
            break
    ranked = sorted(best.items(), key=lambda item: (item[1][0], item[0]))
    return tuple(found for _, (_, found) in ranked[:MOST])


def _days(one: Letter, other: Letter) -> int:
    """Between two decisions; without a date many."""
    return abs((one.decision_date - other.decision_date).days) if one.decision_date and other.decision_date else 10**6


def _digest(letter: Letter, issue: Issue) -> int:
    values = map(sorted, _values(issue))  # sets have an order of their own in each process
    told = letter.id, letter.case_number, letter.decision_date, issue.number, issue.outcome, issue.disputed, *values
    return int.from_bytes(hashlib.blake2b(repr(told).encode(errors="surrogatepass"), digest_size=8).digest(), "little")


def _likest_first(
    known: Known, compared: Callable[[int], Compared], place: int
) -> Iterator[Sequence[tuple[int, int, tuple[str, ...]]]]:
    """(issue of the letter, issue of another, what they share), those together that share as much."""
    by_count: dict[int, list[tuple[int, int, tuple[str, ...]]]] = defaultdict(list)
    for own in range(known.firsts[place], known.firsts[place + 1]):
        ours = compared(own).values
        for near in _near(known, own, ours):
            if known.owners[near] != place:
                shared = _SHARED_BUT[tuple(map(frozenset.isdisjoint, ours, compared(near).values))]
                by_count[len(shared)].append((own, near, shared))
    return (by_count[count] for count in sorted(by_count, reverse=True))


def _near(known: Known, own: int, values: tuple[frozenset[str], ...]) -> Iterator[int]:
    """Once each, those nearest in time."""
    return iter(dict.fromkeys(chain.from_iterable(known.having[key][known.around(own, key)] for key in _keys(values))))


def _values(issue: Issue) -> tuple[frozenset[str], ...]:
    """As SHARED names them. No evidence cited is no guideline."""
    guidelines = (found for found in issue.imr_guidelines if found != "none")
    return frozenset([issue.treatment] if issue.treatment else ()), frozenset(issue.body_parts), frozenset(guidelines)


def _keys(values: tuple[frozenset[str], ...]) -> Iterator[Key]:
    """Pairs of values that two similar issues share; one of the two is the treatment."""
    for (ours, first), (theirs, second) in combinations(zip(SHARED, values, strict=True), 2):
        if "treatment" in (ours, theirs):
            yield from ((ours, one, theirs, other) for one in first for other in second)
