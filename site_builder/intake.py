"""From files to letters: opened, published once, past the list of takedowns, parsed and tagged. Shell.

Files of some batches, a thousand or so, are in memory at once; what stays are the outlines of the letters and the problems.
What an earlier build has opened, or has read with the same rules and rows, is taken from the cache; of a batch whose files look
from outside as they did then, none is opened.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from site_builder import metadata, sources, workers
from site_builder.marks import are_settled, marks
from site_builder.metadata import Row
from site_builder.model import Letter, Problem, Source
from site_builder.reading import Reader
from site_builder.shelf import Shelf
from site_builder.takedowns import Gone, Takedowns
from site_builder.whole import Whole, pack, unpacked

BATCH = 64
"""Files of a batch, on average: what is opened again where one of them has changed."""
TOGETHER = 1_000
"""Files, or a few more, whose letters are read together: processes begin anew for each time."""
READING = "Reading letters"
BATCHES, SOURCES, LETTERS = "batches.sqlite", "sources.sqlite", "letters.sqlite"
"""Of the cache: what batches of files gave; files as they were opened; letters as they were read."""
LOST = "letter-lost"
"""Code of the problem of a letter over which this program fell."""

Item = TypeVar("Item", Source, Letter)
Progress = Callable[[str, int, int], None]
"""Called with (stage, done, total)."""


class Intake(NamedTuple):
    """What came in."""

    letters: Sequence[Letter]
    """Outlines, in the order of the files, of quarantined letters too; their problems are in them."""
    problems: Sequence[Problem]
    """Of files."""
    gone: Sequence[Gone]
    """Files that were taken down or held back by the list of takedowns."""


class Batch(NamedTuple):
    """What some files gave."""

    letters: Sequence[Letter]
    problems: Sequence[Problem]
    gone: Sequence[Gone]
    read: Sequence[bytes]
    """Keys of the letters, by which the cache keeps them."""
    opened: Sequence[bytes]
    """Keys of the files."""


_Kept = tuple[bytes, Sequence[tuple[bytes, bytes]]]
"""A batch in the cache: packed, and of each letter the words, packed, and their digest."""


class Desk(NamedTuple):
    """How letters are taken in."""

    reader: Reader
    gone: Takedowns
    of_file: Mapping[str, Sequence[Row]]
    """Rows of the table beside the letters, by letter, also those of letters that are gone: by them a letter may be known."""
    code: bytes
    """Digest of the code and the rules that read them."""
    largest: int
    """Bytes of a letter."""
    jobs: int
    cache: Path | None

    def take_in(self, folder: Path, whole: Whole, progress: Progress) -> Intake:
        """Every letter below `folder`; their words go into `whole`."""
        files, problems = sources.find(folder)
        opened, read = self._shelf(SOURCES, self.code), self._shelf(LETTERS, self._told())._replace(level=0)
        gave = self._shelf(BATCHES, read.key(self.largest, self.gone, self.of_file))._replace(all_others=True, level=0)
        batches = list(cut(files))
        keys = [_key(gave, batch) for batch in batches]
        known = [_known(gave, key, whole) for key in keys]
        new = [batch for batch, before in zip(batches, known, strict=True) if not before]
        asked = list(chain.from_iterable(new))
        results = sources.read(asked, partial(progress, "Opening letters"), jobs=self.jobs, largest=self.largest, kept=opened)
        begin = partial(self._begin, opened=opened, read=read, whole=whole, progress=partial(progress, READING), total=len(files))
        fresh = _one_ahead(new, results, begin, sum(len(one.letters) for one in known if one))
        taken = list[Batch]()
        for key, batch, before in zip(keys, batches, known, strict=True):
            taken.append(before or next(fresh))
            if not before:
                _keep(gave, key, len(batch), taken[-1], whole)
        letters = list(chain.from_iterable(one.letters for one in taken))
        if len(letters) < len(files) or not new:
            progress(READING, len(letters), len(letters))
        opened.sweep({key for one in taken for key in one.opened})
        read.sweep({key for one in taken for key in one.read})
        gave.sweep(keys)  # of all others, for each change of a letter leaves one behind
        told_of = (*problems, *(problem for one in taken for problem in one.problems))
        return Intake(letters, told_of, [name for one in taken for name in one.gone])

    def take_one(self, path: Path, name: str) -> Letter | None:
        """The letter in a file of the folder, named as below it; None where it is not published."""
        source = sources.read_file(path, name, largest=self.largest)
        left = self._left(source) if isinstance(source, Source) else source
        if isinstance(left, Problem):
            return None
        letter = self.reader.read(left)
        return None if letter.is_quarantined or not self.gone.lets(letter) else letter

    def _left(self, source: Source) -> Source | Problem:
        """What the list of takedowns leaves of it."""
        return self.gone.apply(source, self.of_file.get(source.name, ()))

    def _shelf(self, name: str, made_with: bytes) -> Shelf:
        return Shelf(self.cache / name if self.cache else None, made_with, self.gone.is_any)

    def _told(self) -> bytes:
        """Digest of what letters are read with."""
        allowed = sorted((digest, sorted(kinds)) for digest, kinds in self.reader.gate.allowed.items())
        return hashlib.sha256(msgspec.msgpack.encode((self.code, self.reader.table, allowed))).digest()

    def _begin(
        self,
        batches: Iterable[Sequence[Source | Problem]],
        before: int,
        *,
        opened: Shelf,
        read: Shelf,
        whole: Whole,
        progress: Callable[[int, int], None],
        total: int,
    ) -> Callable[[], Iterator[Batch]]:
        """Sets others reading what was opened, and gives what waits for them. `before`: letters that came in before these."""
        asked, found = dict[bytes, Source](), list[Batch]()
        for results in batches:
            left, batch = self._opened(results, opened, read)
            asked.update(left)
            found.append(batch)
        letters = _counted(read.through(asked, self._read, _is_worth_keeping), before, total, progress)
        first = list(islice(letters, 1))  # who asks for one sets the others going

        def finish() -> Iterator[Batch]:
            outlines = dict(zip(asked, whole.add(chain(first, letters)), strict=True))
            return (batch._replace(letters=[outlines[key] for key in batch.read]) for batch in found)

        return finish

    def _opened(self, results: Sequence[Source | Problem], opened: Shelf, read: Shelf) -> tuple[Mapping[bytes, Source], Batch]:
        """What of a batch is to be read, by the keys of the letters, and the batch as yet without them."""
        found = [result for result in results if isinstance(result, Source)]
        problems = list(chain.from_iterable(one.problems if isinstance(one, Source) else [one] for one in results))
        applied = {source.name: self._left(source) for source in found}
        why = {source.sha256: one for source in found if isinstance(one := applied[source.name], Problem)}
        gone = [source for source in found if source.sha256 in why]  # copies too, which nothing else may tell from others
        told = [msgspec.structs.replace(why[source.sha256], file=source.name) for source in gone]
        single, doubled = _unique((source for source in found if source.sha256 not in why), attrgetter("name"))
        left = {read.key(one): one for source in single if isinstance(one := applied[source.name], Source)}
        kept = sources.keep(opened, (source for source in single if source == applied[source.name]))
        names = [Gone(one.name, one.sha256, self.gone.fitting(one, self.of_file.get(one.name, ()))) for one in gone]
        return left, Batch((), (*problems, *doubled, *told), names, tuple(left), tuple(kept))

    def _read(self, sources: Sequence[Source]) -> Iterator[bytes]:
        """The letters, packed, in order."""
        return workers.spread(lambda source: pack(msgspec.msgpack.encode(self.reader.read(source))), sources, self.jobs, _lost)


def cut(files: Iterable[sources.Found]) -> Iterator[Sequence[sources.Found]]:
    """Batches. Where one ends is said by a name, not by a number: a file more or less changes the batch in which it stands."""
    batch: list[sources.Found] = []
    for file in files:
        batch.append(file)
        if zlib.crc32(file.name.encode(errors="surrogatepass")) % BATCH == 0:
            yield batch
            batch = []
    if batch:
        yield batch


def _one_ahead(
    batches: Iterable[Sequence[sources.Found]],
    results: Iterator[Source | Problem],
    begin: Callable[[Iterable[Sequence[Source | Problem]], int], Callable[[], Iterable[Batch]]],
    before: int,
) -> Iterator[Batch]:
    """What each batch gave. While others read letters, the files of the next are opened here, and what those before gave is put
    away. `before`: letters that came in before these.
    """
    finish = list[Callable[[], Iterable[Batch]]]()
    for some in _together(batches):
        opened = [list(islice(results, len(batch))) for batch in some]
        done = [batch for wait in finish for batch in wait()]
        before += sum(len(batch.letters) for batch in done)
        finish = [begin(opened, before)]
        yield from done
    for wait in finish:
        yield from wait()


def _together(batches: Iterable[Sequence[sources.Found]]) -> Iterator[Sequence[Sequence[sources.Found]]]:
    """Those that are read together."""
    some: list[Sequence[sources.Found]] = []
    for batch in batches:
        some.append(batch)
        if sum(map(len, some)) >= TOGETHER:
            yield some
            some = []
    if some:
        yield some


def _key(gave: Shelf, files: Sequence[sources.Found]) -> bytes:
    """Of a batch: by all that its letters follow from besides, and how its files look from outside; empty where nothing is to be
    kept of it.
    """
    seen = [mark for file in files for mark in marks(file.path)] if gave.path else []
    return gave.key([(file.name, file.member) for file in files], seen) if seen and are_settled(seen) else b""


def _known(gave: Shelf, key: bytes, whole: Whole) -> Batch | None:
    """What the cache has of a batch, words and all."""
    found = gave.take([key]).get(key) if key else None
    if not found:
        return None
    packed, words = msgspec.msgpack.decode(found, type=_Kept)
    batch = msgspec.msgpack.decode(unpacked(packed), type=Batch)
    letters = [letter.outline for letter in batch.letters]
    whole.put(letters, words)
    return batch._replace(letters=letters)


def _keep(gave: Shelf, key: bytes, files: int, batch: Batch, whole: Whole) -> None:
    """Only where every file gave a letter: what this machine could not do now it may do next time."""
    lost = any(problem.code == LOST for letter in batch.letters for problem in letter.problems)
    if key and len(batch.letters) == files and not lost:
        words = [(whole.packed(letter), whole.digest(letter)) for letter in batch.letters]
        gave.put({key: msgspec.msgpack.encode((pack(msgspec.msgpack.encode(batch)), words))})


def joined(intakes: Sequence[Intake], rows: Iterable[Row], gone: Takedowns) -> Intake:
    """As if it had come in at once. `rows`: of the table beside the letters."""
    files_gone = sorted({file for one in intakes for file in one.gone})
    names_gone, bytes_gone = {file.name for file in files_gone}, {file.sha256 for file in files_gone}
    everything = sorted((letter for one in intakes for letter in one.letters), key=attrgetter("source"))
    letters, problems = _unique((letter for letter in everything if letter.sha256 not in bytes_gone), attrgetter("source"))
    problems += metadata.without_letter((row for row in rows if row.file not in names_gone), letters)
    problems += gone.idle(files_gone, letters)
    published = _named_apart([letter for letter in letters if gone.lets(letter)])
    return Intake(published, (*chain.from_iterable(one.problems for one in intakes), *problems), files_gone)


def _lost(source: Source, told: str) -> bytes:
    """In the place of a letter that our code cannot take: it is named, and costs no other."""
    message = f"cannot be read ({told}): a fault of this program, not of yours; leave it out, and report it"
    problem = Problem(code=LOST, message=message, file=source.name, severity="quarantine")
    name = f"x-{source.sha256[:16]}"
    letter = Letter(id=name, source=source.name, sha256=source.sha256, format="", problems=(problem,))
    return pack(msgspec.msgpack.encode(letter))


def _is_worth_keeping(letter: bytes) -> bool:
    """A machine short of memory loses letters that another can read."""
    return LOST.encode() not in unpacked(letter)


def _counted(letters: Iterator[bytes], before: int, total: int, progress: Callable[[int, int], None]) -> Iterator[bytes]:
    for number, letter in enumerate(letters, before + 1):
        yield letter
        progress(number, total)


def _unique(found: Iterable[Item], name: Callable[[Item], str]) -> tuple[list[Item], list[Problem]]:
    """The same bytes are published once."""
    first: dict[str, str] = {}
    kept: list[Item] = []
    problems: list[Problem] = []
    for one in found:
        if one.sha256 in first:
            told = f"the same bytes as {first[one.sha256]}: published once; remove one of the two"
            problems.append(Problem(code="duplicate", message=told, file=name(one), severity="note"))
        else:
            first[one.sha256] = name(one)
            kept.append(one)
    return kept, problems


def _named_apart(letters: Sequence[Letter]) -> list[Letter]:
    """Letters of one name: the first by decision date and sha256 keeps it, the others get `-<sha8>`, each with a problem."""
    by_id: dict[str, list[Letter]] = defaultdict(list)
    for letter in letters:
        by_id[letter.id].append(letter)
    for name, same in by_id.items():
        same.sort(key=lambda letter: (letter.decision_date is None, letter.decision_date, letter.sha256))
        for number, letter in enumerate(same[1:], 1):
            told = f"the case of {same[0].source}, with other text: both are published; check which one is right"
            problem = Problem(code="same-case", message=told, file=letter.source)
            same[number] = msgspec.structs.replace(letter, id=f"{name}-{letter.sha256[:8]}", problems=(*letter.problems, problem))
    return [letter for same in by_id.values() for letter in same]
