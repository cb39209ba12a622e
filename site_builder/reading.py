"""One input through all the stages that need no other letter: parsed, filled from its rows, tagged, put before the gate. Pure.

So a letter can be read in any process, and read once: the same Source, rows and rules give the same Letter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import NamedTuple

import msgspec

from site_builder import facets, metadata, parse, treatments
from site_builder.formats import Format
from site_builder.metadata import Row
from site_builder.model import Letter, Source
from site_builder.privacy import Gate
from site_builder.rules import Rules


class Reader(NamedTuple):
    """What letters are read with."""

    formats: Sequence[Format]
    rules: Rules
    gate: Gate
    table: Mapping[str, Sequence[Row]]
    """Rows of metadata.csv by letter."""

    def read(self, source: Source) -> Letter:
        """Never raises: what is strange is a problem of the letter, what the gate holds back one that quarantines it."""
        known = self.rules.vocabularies["treatment"]
        wording = partial(treatments.classify, vocabulary=known)
        merged = metadata.merge(parse.parse(source, self.formats), self.table, known.by_id, wording)
        letter = facets.tag(merged, self.rules)
        private = self.gate.problems(letter)
        held_back = any(problem.severity == "quarantine" for problem in private)  # then others may quote what nobody shall read
        others = () if held_back else (*letter.problems, *metadata.odd_dates(letter))
        return msgspec.structs.replace(letter, problems=(*others, *private))
