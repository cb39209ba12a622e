"""Charts as numbers that a template prints as SVG attributes: no style, no script. Pure.

Across, lengths are percentages, so that a chart is as wide as its column while its words keep their size; down, they are pixels.
What a chart shows stands in words and figures beside it, in a table or a caption.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from site_builder.collection import shortened
from site_builder.rates import Outcomes

ROW = 46
"""Height of a line: its words, its mark under them."""
WORDS = 16
"""From the top of a line to the foot of its words."""
LINES = 20
YEAR = 11
"""Width of a year in a sparkline of TALL."""
TALL = 36
LABEL = 34
"""Characters of a label, which the table gives whole."""


class Mark(NamedTuple):
    """A line of a chart of rates."""

    label: str
    counted: Outcomes
    y: int
    low: float
    high: float
    at: float
    """Across, in percent of the width, as `low` and `high`."""


class Chart(NamedTuple):
    """Overturn rates with their intervals, one below the other."""

    title: str
    description: str
    height: int
    marks: tuple[Mark, ...]
    overall: float | None
    """Across: the rate of everything."""
    grid: tuple[tuple[float, str], ...]
    """(across, in words)."""


class Spark(NamedTuple):
    """Issues a year, as one bar each; the overturned at the foot of it."""

    title: str
    words: str
    """The same in words."""
    width: int
    height: int
    issues: str
    """Paths in SVG's own language."""
    overturned: str


def rates(title: str, rows: Sequence[tuple[str, Outcomes]], everything: Outcomes, texts: Mapping[str, str]) -> Chart | None:
    """Of the rows that have a rate, the first LINES; None where fewer than two have one. `texts`: of the page's language."""
    shown = [(label, counted) for label, counted in rows if counted.rate is not None][:LINES]
    if len(shown) < 2:
        return None
    widest = max(counted.interval[1] for _, counted in shown)
    scale = next(end for end in (0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if widest <= end)

    def across(share: float) -> float:
        return round(100 * min(share, scale) / scale, 2)

    marks = tuple(
        Mark(
            label=shortened(label, LABEL),
            counted=counted,
            y=ROW * number,
            low=across(counted.interval[0]),
            high=across(counted.interval[1]),
            at=across(counted.rate or 0.0),
        )
        for number, (label, counted) in enumerate(shown)
    )
    told = "; ".join(f"{label}: {_percent(counted, texts['share'])}" for label, counted in shown)
    return Chart(
        title=title,
        description=texts["chart_description"].format(figures=told),
        height=ROW * len(marks) + 24,
        marks=marks,
        overall=None if everything.rate is None else across(everything.rate),
        grid=tuple((25.0 * step, f"{round(100 * scale * step / 4)}%") for step in (0, 2, 4)),
    )


def spark(years: Sequence[tuple[str, Outcomes]]) -> Spark | None:
    """`years`: in order, those without issues left out; None where there are fewer than two."""
    dated = {int(year): counted for year, counted in years if year.isdecimal()}
    if len(dated) < 2:
        return None
    first, last = min(dated), max(dated)
    most = max(counted.issues for counted in dated.values())

    def bars(number_of: dict[int, int]) -> str:
        heights = {year: max(1, round(TALL * number / most)) for year, number in number_of.items() if number}
        return "".join(f"M{YEAR * (year - first)} {TALL}h{YEAR - 2}v-{height}h-{YEAR - 2}z" for year, height in heights.items())

    return Spark(
        title=f"Issues by year decided, {first} to {last}",
        words="; ".join(f"{year}: {counted.issues}, {counted.overturned} overturned" for year, counted in dated.items()),
        width=YEAR * (last - first + 1) - 2,
        height=TALL,
        issues=bars({year: counted.issues for year, counted in dated.items()}),
        overturned=bars({year: counted.overturned for year, counted in dated.items()}),
    )


def _percent(counted: Outcomes, share: str) -> str:
    told = share.format(overturned=counted.overturned, decided=counted.decided)
    return f"{100 * counted.overturned / counted.decided:.0f}% ({told})"
