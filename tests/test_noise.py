"""The same letter, printed or scanned badly: the same fields, or a problem that names what is missing; never a wrong outcome."""

from __future__ import annotations

import pytest

from site_builder.model import Letter
from tests.letter_texts import NOISES, fields, invented, read, source_of, words, words_of

LETTERS = [name for name in invented() if name.startswith("tests/")]


@pytest.mark.parametrize("noise", NOISES)
def test_a_noisy_letter_gives_the_same_fields_or_a_problem_and_never_a_wrong_outcome(noise: str) -> None:
    for name, typed in invented().items():
        clean, noisy = read(typed, name), read(NOISES[noise](typed), name)
        assert not wrong_outcomes(clean, noisy), (name, fields(noisy))
        if fields(noisy) != fields(clean):
            told = {problem.code for problem in noisy.problems} - {problem.code for problem in clean.problems}
            assert told, (name, fields(noisy))


@pytest.mark.parametrize("noise", NOISES)
def test_no_word_of_a_noisy_letter_is_lost(noise: str) -> None:
    for name, typed in invented().items():
        source = source_of(NOISES[noise](typed), name)
        lost = words(*(line.text for line in source.lines)) - words_of(read(NOISES[noise](typed), name))
        assert not lost, name


def wrong_outcomes(clean: Letter, noisy: Letter) -> bool:
    """Is an issue decided otherwise, or one that the clean letter does not have decided at all?"""
    wanted = {issue.request.casefold(): issue.outcome for issue in clean.issues}
    if len(clean.issues) == len(noisy.issues):
        pairs = zip(clean.issues, noisy.issues, strict=True)
        return any(theirs.outcome not in (None, ours.outcome) for ours, theirs in pairs)
    return any(
        issue.outcome is not None and wanted.get(issue.request.casefold(), issue.outcome) != issue.outcome for issue in noisy.issues
    )
