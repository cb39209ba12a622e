"""What `make audit` makes of a rating; the programs that rate are not asked here."""

from __future__ import annotations

from typing import Any

import pytest

from tests import audit


def report(shift: float = 0, faults: tuple[str, ...] = (), **scores: float) -> dict[str, Any]:
    """As Lighthouse writes it."""
    audits: dict[str, Any] = {name: {"score": 0 if name in faults else 1} for name in ("is-crawlable", "document-title")}
    categories: dict[str, Any] = {name: {"score": scores.get(name.replace("-", "_"), 1)} for name in audit.FLOORS}
    categories["seo"] = {"score": 0.6 if faults else 1, "auditRefs": [{"id": name} for name in audits]}
    return {"categories": categories, "audits": {**audits, "cumulative-layout-shift": {"numericValue": shift}}}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (report(performance=0.94), "performance 94%, where 95%"),
        (report(accessibility=0.99), "accessibility 99%, where 100%"),
        (report(best_practices=0.9), "best-practices 90%"),
        (report(faults=("document-title",)), "seo 60%"),
        (report(faults=("document-title", "is-crawlable")), "seo 60%"),
        (report(shift=0.06), "shifts by 0.06"),
    ],
)
def test_a_page_below_a_floor_is_told(given: dict[str, Any], told: str) -> None:
    (one,) = audit.below(given)
    assert told in one


@pytest.mark.parametrize("given", [report(), report(performance=0.95, shift=0.05), report(faults=("is-crawlable",))])
def test_a_page_that_asks_search_engines_not_to_keep_it_is_as_good_as_others(given: dict[str, Any]) -> None:
    assert list(audit.below(given)) == []


def test_a_category_that_was_not_rated_counts_as_none() -> None:
    given = report()
    del given["categories"]["accessibility"]
    assert list(audit.below(given)) == ["accessibility 0%, where 100% is asked for"]
