"""Counting outcomes. Pure.

Rates count issues, never letters: an overturn rate is the share of the issues decided that were overturned. It comes with a 95%
Wilson interval, and under ten issues there is none. Known limit: issues of one letter are counted as independent, which they are
not quite; so an interval is a little too narrow where letters have many issues.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping

from site_builder.model import Frozen, Issue, Letter, Outcome

FEWEST = 10
"""Issues decided below which no rate is given."""
_Z = 1.96
"""Standard deviations either side that hold 95% of a normal distribution."""


class Outcomes(Frozen, frozen=True):
    """How some issues came out."""

    issues: int = 0
    decided: int = 0
    """Issues whose outcome is known."""
    overturned: int = 0

    @property
    def upheld(self) -> int:
        return self.decided - self.overturned

    @property
    def rate(self) -> float | None:
        """Share of the decided issues that were overturned; None where they are too few."""
        return self.overturned / self.decided if self.decided >= FEWEST else None

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson score interval of the rate: 0 to 1 where nothing is decided."""
        n = self.decided
        if not n:
            return 0.0, 1.0
        share = self.overturned / n
        middle = (share + _Z * _Z / (2 * n)) / (1 + _Z * _Z / n)
        half = _Z * math.sqrt(share * (1 - share) / n + _Z * _Z / (4 * n * n)) / (1 + _Z * _Z / n)
        return max(0.0, middle - half), min(1.0, middle + half)


class Tally(Outcomes, frozen=True):
    """How many letters, and how their issues came out."""

    letters: int = 0


def came_out(outcomes: Mapping[Outcome | None, int]) -> Outcomes:
    """`outcomes`: how many issues have each."""
    overturned = outcomes.get("overturned", 0)
    return Outcomes(issues=sum(outcomes.values()), decided=outcomes.get("upheld", 0) + overturned, overturned=overturned)


def tally(rows: Iterable[tuple[Letter, Issue]]) -> Tally:
    """Each row once; a letter is counted once however many of its issues are among the rows."""
    held = tuple(rows)
    found = came_out(Counter([issue.outcome for _, issue in held]))  # as a list: counted in C
    letters = len({id(letter) for letter, _ in held})  # a letter is one object; to compare names takes half as long again
    return Tally(letters=letters, issues=found.issues, decided=found.decided, overturned=found.overturned)
