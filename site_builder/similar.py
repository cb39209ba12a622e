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
from collections.abc import Iterator, Mapping, Sequence
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
COMBINED = 2**16
"""Combinations of values that are kept at hand: few occur, and again and again."""
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


class Values(NamedTuple):
    """What an issue is compared by; issues with the same values have one."""

    sets: tuple[frozenset[str], ...]
    """As SHARED names them."""
    keys: tuple[Key, ...]
    """Pairs of values, of which two similar issues share one."""


class Known(NamedTuple):
    """All issues in order of time, by number: a million letters are not a million objects more."""

    letters: Sequence[Letter]
    firsts: array[int]
    """Number of the first issue of each letter, and of the one after the last."""
    owners: array[int]
    """Number of the letter of each issue."""
    values: Sequence[Values]
    """Of each issue."""
    having: Mapping[Key, array[int]]
    """The issues that have a pair of values."""

    def issue(self, number: int) -> Issue:
        owner = self.owners[number]
        return self.letters[owner].issues[number - self.firsts[owner]]

    def around(self, number: int, key: Key) -> slice:
        """Of `having[key]` those NEAREST to an issue in time on either side, and the issue itself."""
        numbers = self.having[key]
        return slice(*_window(bisect_left(numbers, number), len(numbers)))


class Finder:
    """Finds similar decisions in a collection; letters are named by their number in it."""

    def __init__(self, letters: Sequence[Letter]) -> None:
        firsts, owners, values = array("I", [0]), array("I"), list[Values]()
        having: dict[Key, array[int]] = defaultdict(lambda: array("I"))
        for place, letter in enumerate(letters):
            for number, issue in enumerate(letter.issues, len(owners)):
                found = _values(issue.treatment, issue.body_parts, issue.imr_guidelines)
                for key in found.keys:
                    having[key].append(number)
                values.append(found)
                owners.append(place)
            firsts.append(len(owners))
        self._known = Known(letters, firsts, owners, values, having)

    def of(self, number: int) -> tuple[Similar, ...]:
        """For a letter at most MOST others, best first; never the letter itself or another text of its case."""
        return _of(self._known, number)

    def follows_from(self, number: int) -> bytes:
        """Digest of all that `of` the letter looks at; where that is the same, the same letters are found."""
        own = slice(*self._known.firsts[number : number + 2])
        return hashlib.sha256(self._known.letters[number].id.encode() + b"\n" + self._around[own].tobytes()).digest()

    @cached_property
    def _around(self) -> array[int]:
        """For each issue the sum of the digests of all that it is compared with, and of itself, once for each pair of values."""
        issues = ((letter, issue) for letter in self._known.letters for issue in letter.issues)
        of = array("Q", (_digest(*issue, values) for issue, values in zip(issues, self._known.values, strict=True)))
        around = array("Q", bytes(8 * len(of)))
        for numbers in self._known.having.values():
            sums = list(accumulate(map(of.__getitem__, numbers), initial=0))  # so that each window is one subtraction
            for at, number in enumerate(numbers):
                first, end = _window(at, len(numbers))
                around[number] = (around[number] + sums[end] - sums[first]) % 2**64
        return around


def _window(at: int, count: int) -> tuple[int, int]:
    """Of `count` issues those NEAREST to the one at a place: the first of them, and the end."""
    return max(at - NEAREST, 0), min(at + NEAREST + 1, count)


def _of(known: Known, place: int) -> tuple[Similar, ...]:
    """What decides follows from the letters alone, never from how many others stand between them."""
    letter, best = known.letters[place], dict[int, tuple[tuple[int, int, bool, float, int, int], Similar]]()
    wordings = [utils.default_process(issue.disputed) for issue in letter.issues]
    for alike in _likest_first(known, place):
        for own, near, shared in alike:
            found, ours, theirs = known.owners[near], known.issue(own), known.issue(near)
            other = known.letters[found]
            if other.case_number and other.case_number == letter.case_number:
                continue
            likeness = fuzz.token_set_ratio(wordings[own - known.firsts[place]], utils.default_process(theirs.disputed))
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


def _digest(letter: Letter, issue: Issue, values: Values) -> int:
    ordered = map(sorted, values.sets)  # sets have an order of their own in each process
    told = letter.id, letter.case_number, letter.decision_date, issue.number, issue.outcome, issue.disputed, *ordered
    return int.from_bytes(hashlib.blake2b(repr(told).encode(errors="surrogatepass"), digest_size=8).digest(), "little")


def _likest_first(known: Known, place: int) -> Iterator[Sequence[tuple[int, int, tuple[str, ...]]]]:
    """(issue of the letter, issue of another, what they share), those together that share as much."""
    by_count: dict[int, list[tuple[int, int, tuple[str, ...]]]] = defaultdict(list)
    for own in range(known.firsts[place], known.firsts[place + 1]):
        ours = known.values[own].sets
        for near in _near(known, own):
            if known.owners[near] != place:
                shared = _SHARED_BUT[tuple(map(frozenset.isdisjoint, ours, known.values[near].sets))]
                by_count[len(shared)].append((own, near, shared))
    return (by_count[count] for count in sorted(by_count, reverse=True))


def _near(known: Known, own: int) -> Iterator[int]:
    """Once each, those nearest in time."""
    return iter(dict.fromkeys(chain.from_iterable(known.having[key][known.around(own, key)] for key in known.values[own].keys)))


@lru_cache(COMBINED)
def _values(treatment: str | None, body_parts: tuple[str, ...], guidelines: tuple[str, ...]) -> Values:
    """No evidence cited is no guideline."""
    cited = frozenset(found for found in guidelines if found != "none")
    sets = frozenset([treatment] if treatment else ()), frozenset(body_parts), cited
    return Values(sets, tuple(_keys(sets)))


def _keys(values: tuple[frozenset[str], ...]) -> Iterator[Key]:
    """One of the two is the treatment."""
    for (ours, first), (theirs, second) in combinations(zip(SHARED, values, strict=True), 2):
        if "treatment" in (ours, theirs):
            yield from ((ours, one, theirs, other) for one in first for other in second)
