"""The same letter, printed or scanned badly: the same fields, or a problem that names what is missing; never a wrong outcome."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache

import pytest

from site_builder.model import Letter
from site_builder.parse import parse
from tests.letter_texts import FORMATS, NOISES, fields, invented, read, source_of, words, words_of


@pytest.mark.parametrize("noise", NOISES)
def test_a_noisy_letter_gives_the_same_fields_or_a_problem_never_a_wrong_outcome_and_all_its_words(noise: str) -> None:
    for name, clean in once().items():
        source = source_of(NOISES[noise](invented()[name]), name)
        noisy = parse(source, FORMATS)
        assert not wrong_outcomes(clean, noisy), (name, fields(noisy))
        assert fields(noisy) == fields(clean) or codes(noisy) - codes(clean), (name, fields(noisy))
        assert not words(*(line.text for line in source.lines)) - words_of(noisy), name


@cache
def once() -> Mapping[str, Letter]:
    """Every second letter, in turn from all families: enough for each noise, and fast."""
    return {name: read(typed, name) for name, typed in [*invented().items()][::2]}


def codes(letter: Letter) -> Counter[str]:
    return Counter(problem.code for problem in letter.problems)


def wrong_outcomes(clean: Letter, noisy: Letter) -> bool:
    """Is an issue decided otherwise, or one that the clean letter does not have decided at all?"""
    wanted = {issue.request.casefold(): issue.outcome for issue in clean.issues}
    if len(clean.issues) == len(noisy.issues):
        pairs = zip(clean.issues, noisy.issues, strict=True)
        return any(theirs.outcome not in (None, ours.outcome) for ours, theirs in pairs)
    return any(
        issue.outcome is not None and wanted.get(issue.request.casefold(), issue.outcome) != issue.outcome
        for issue in noisy.issues
    )
