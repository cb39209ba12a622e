"""Category and subcategory of a disputed item: the State's twelve treatment categories, from the words of the request.

The rule, applied in this order to everything that facets/treatment.toml finds in the text:

1. A category named alone ("medications", "referral") counts only where nothing more exact is found.
2. The request is cut into parts at punctuation and at prepositions ("with", "for", "of", "to", "and" ...). The first part that
   names a treatment decides the category: "Consultation with pain management for injections" is a consultation, "Electrodes for
   TENS unit" are supplies. So "Associated surgical service: X", "Pre-op X" and "Post-op X" are X: the words before name nothing.
3. Inside a part the higher rank wins ("Injection Toradol 60mg"), then the later mention, since the head of an English noun
   compound stands last ("spine surgery consultation", "TENS unit electrodes").
4. The subcategory has the highest rank of that category anywhere in the text: "Cyclobenzaprine 5% in cream base" is topical.

What names nothing known has no category, since nothing is guessed; the value `other` is for things that are known and fit nowhere
(an interpreter). Known limit: a request that lists several treatments has the category of the first.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence

from site_builder.model import Evidence
from site_builder.rules import Match, Vocabulary, squeeze

_GLUED = re.compile(r"(?<=[a-z]{4})(?=\d+(?:[./-]\d+)* ?m[cg])|(?<=therapy)(?=(?:for|to|of)\b)", re.IGNORECASE)
"""Between a drug and its dose, and behind a therapy: `Norco10/325mg`, `physical therapyfor the neck`"""
_CUT = re.compile(
    r"[,;:()\[\]+&]| - |\.(?= |$)|(?<![a-z0-9])(?:w/|(?:with|without|for|of|to|from|by|and|under|using|via|plus|including|during"
    r"|after|following|before|prior|due|at|versus|vs)(?![a-z0-9]))"
)


def classify(disputed: str, vocabulary: Vocabulary) -> tuple[str | None, str | None, Evidence | None]:
    """(category, subcategory, why); a category without subcategories, or whose subcategory is not said, has None there."""
    text = _GLUED.sub(" ", disputed)
    found = _exact(vocabulary.find(text), vocabulary)
    if not found:
        return None, None, None
    cuts = [cut.start() for cut in _CUT.finditer(squeeze(text))]
    head = max(found, key=lambda match: (-_part(match, cuts), match.value.rank, match.start))
    category = _category(head)
    siblings = [match for match in found if _category(match) == category]
    best = max(siblings, key=lambda match: (match.value.rank, match is head))
    _, _, subcategory = best.value.id.partition("/")
    return category, subcategory or None, Evidence(field="category", value=best.value.id, rule=best.rule, words=best.words)


def _exact(found: Sequence[Match], vocabulary: Vocabulary) -> Sequence[Match]:
    """Without categories named alone, unless there is nothing else."""
    categories = {value.parent for value in vocabulary.facet.value}
    return [match for match in found if match.value.id not in categories] or found


def _part(match: Match, cuts: list[int]) -> int:
    """Number of the part in which a match begins."""
    return bisect_left(cuts, match.start)


def _category(match: Match) -> str:
    return match.value.id.partition("/")[0]
