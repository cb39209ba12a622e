"""Promise: what was taken down is in no byte of the site, and its address says only that something was removed."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import hashlib
import re
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from site_builder import build, metadata, pagefind, publish, rules, staged, takedowns
from site_builder.metadata import Row
from site_builder.model import BuildError, Line, Problem, Source
from site_builder.options import PIECES, Options, Report
from site_builder.shelf import Shelf
from tests.conftest import FULL, ROOT
from tests.make_pdf import pdf_of

SAMPLE = (ROOT / "letters" / "CM99-0000118.txt").read_text(encoding="utf-8")
GONE, KEPT = (50, 10) if FULL else (20, 6)
DAY = dt.date(2026, 11, 1)


def case(number: int) -> str:
    return f"CM99-{5000000 + number}"


def token(number: int) -> str:
    """A word that only one letter holds."""
    return f"zyqo{number:04}word"


def letter(number: int, mentioned: int) -> str:
    """An invented letter with a word of its own, which mentions another case in one of several spellings."""
    other = case(mentioned)
    spelt = [other, other.lower(), other.replace("-", " "), other.replace("-", "\u2013"), other.replace("-", "")][number % 5]
    typed = SAMPLE.replace("CM99-0000118", case(number))
    return typed.replace("Decision rationale:", f"Decision rationale: Unlike {spelt}, {token(number)} is asked for.")


def put(folder: Path, gone: Iterable[int]) -> Path:
    folder.mkdir(exist_ok=True)
    for number in range(GONE + KEPT):
        name = case(number) if number % 3 else f"letter-{token(number)}"
        (folder / f"{name}.txt").write_text(letter(number, mentioned=number % GONE), encoding="utf-8")
    entries = [takedowns.as_toml(case(number), "asked for", DAY, "") for number in gone]
    (folder / metadata.TAKEDOWNS).write_text("\n".join(entries))
    return folder


def hits(folder: Path, words: Iterable[str]) -> dict[str, set[str]]:
    """Word -> files that hold it, in their bytes or unpacked, also where a value of the cache holds letters packed by themselves."""
    wanted = re.compile("|".join(map(re.escape, words)).encode(), re.IGNORECASE)
    found: dict[str, set[str]] = {}
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        plain = gzip.decompress(content) if content.startswith(b"\x1f\x8b") else b""
        kept = b"\n".join(Shelf(path).everything().values()) if path.suffix == ".sqlite" else b""
        for match in wanted.finditer(b"\n".join((content, plain, kept, *unpacked(kept)))):
            found.setdefault(match.group().decode().lower(), set()).add(path.name)
    return found


def unpacked(content: bytes) -> Iterator[bytes]:
    """What stands in it as zlib packs it, wherever it begins."""
    for begin in re.finditer(b"x\x01", content):
        with contextlib.suppress(zlib.error):
            yield zlib.decompressobj().decompress(content[begin.start() :])


def needles(numbers: Iterable[int]) -> list[str]:
    """Every form in which a letter may be told: number with and without its dash, as a whole number, its own word."""
    forms = [(case(number), case(number).replace("-", ""), f"99{5000000 + number}", token(number)) for number in numbers]
    return [form for row in forms for form in row]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    """One folder, built with all letters, then with the takedowns."""
    place = tmp_path_factory.mktemp("takedowns")
    whole = put(place / "letters", [])
    build.build(Options(letters=whole, out=place / "site", jobs=2, cache=place / "cache"))
    assert hits(place / "site", needles(range(GONE)))
    assert hits(place / "cache", needles(range(GONE)))
    entries = [takedowns.as_toml(case(number), "asked for", DAY, "") for number in range(GONE)]
    (whole / metadata.TAKEDOWNS).write_text("\n".join(entries))
    report = build.build(
        Options(letters=whole, out=place / "site", jobs=2, base_url="https://example.org/imr/", cache=place / "cache")
    )
    return place, report


def test_what_is_taken_down_is_in_no_byte_of_the_site(sites: tuple[Path, Report]) -> None:
    place, report = sites
    assert report.letters == KEPT
    assert hits(place / "site", needles(range(GONE))) == {}
    assert hits(place / "cache", needles(range(GONE))) == {}
    assert [path.name for path in place.iterdir() if path.name.startswith(".previous")] == []
    assert publish.is_whole(place / "site")


def test_what_is_taken_down_leaves_the_cache_in_a_build_without_search_too(tmp_path: Path) -> None:
    """The indexes that an earlier build had kept held it still."""
    options = Options(letters=put(tmp_path / "letters", []), out=tmp_path / "site", cache=tmp_path / "cache", jobs=2)
    build.build(options)
    assert len(hits(tmp_path / "cache", needles(range(GONE)))) > GONE, "control"
    put(tmp_path / "letters", range(GONE))
    build.build(msgspec.structs.replace(options, search=False))
    assert hits(tmp_path / "cache", needles(range(GONE))) == {}


def test_the_control_without_takedowns_is_found_in_pages_exports_and_index(tmp_path: Path) -> None:
    folder = put(tmp_path / "letters", [])
    build.build(Options(letters=folder, out=tmp_path / "site", jobs=2))
    found = hits(tmp_path / "site", needles(range(GONE)))
    assert len(found) >= 3 * GONE
    everywhere = {Path(name).suffix for names in found.values() for name in names}
    assert everywhere >= {".html", ".jsonl", ".json", ".pf_fragment", ".pf_index"}


def test_the_control_that_indexes_into_the_old_folder_keeps_what_was_taken_down(tmp_path: Path) -> None:
    """Why every index is made in an empty folder; the run is refused, too."""
    try:
        program = pagefind.program(ROOT)
    except BuildError as error:
        pytest.skip(str(error))
    reading = build.read(Options(letters=put(tmp_path / "letters", [])))
    pages = [staged.page(one, rules.Rules((), {})) for one in reading.letters]
    pagefind.index(program, pages, tmp_path / "out")
    with pytest.raises(BuildError, match="indexed"):
        pagefind.index(program, pages[1:], tmp_path / "out")
    assert hits(tmp_path / "out", [reading.letters[0].id])


def test_every_address_says_that_something_was_removed_and_nothing_else(sites: tuple[Path, Report]) -> None:
    place, _ = sites
    pages = {(place / "site" / "decisions" / f"{case(number).lower()}.html").read_bytes() for number in range(GONE)}
    assert len(pages) == 1
    page = pages.pop().decode()
    assert "no longer published" in page
    assert re.search(r"<meta name=\"?robots\"? content=\"?noindex", page)
    assert not re.search(r"canonical|asked for|2026", page)


HEADLESS = SAMPLE.partition("Case Number: CM99-0000118")[2].partition("\n")[2]
OTHER = "Related prior review: CM99-0000777."


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("CM99_0000118.txt", HEADLESS),
        ("CM99.0000118.txt", HEADLESS),
        ("a.txt", f"{OTHER}\n{SAMPLE}"),
        ("a.txt", f"{'Notice to all parties. ' * 120}\n{SAMPLE}"),
        ("2017/x.txt", SAMPLE),  # the same bytes, under a name that says nothing
        ("2017/x.txt", HEADLESS),
    ],
)
def test_a_letter_is_gone_however_it_is_told_that_it_is_the_one(tmp_path: Path, name: str, text: str) -> None:
    folder = tmp_path / "letters"
    (folder / "2017").mkdir(parents=True)
    (folder / name).write_text(text, "utf-8")
    if text == HEADLESS:
        (folder / "CM99-0000118.txt").write_text(text, "utf-8")
    (folder / "CM99-5000001.txt").write_text(letter(1, mentioned=1), "utf-8")
    (folder / metadata.TAKEDOWNS).write_text(takedowns.as_toml("CM99-0000118", "asked for", DAY, ""))
    reading = build.read(Options(letters=folder))
    assert [one.case_number for one in reading.letters] == ["CM99-5000001"]


def test_a_letter_that_names_another_first_is_not_taken_for_it(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "CM99-0000118.txt").write_text(HEADLESS.replace("the", f"the {OTHER} the", 1), "utf-8")
    (folder / metadata.TAKEDOWNS).write_text(takedowns.as_toml("CM99-0000777", "asked for", DAY, ""))
    assert [one.id for one in build.read(Options(letters=folder)).letters] == ["cm99-0000118"]


def test_a_list_that_is_not_understood_stops_the_build_and_the_old_site_stands(tmp_path: Path) -> None:
    folder = put(tmp_path / "letters", [])
    (folder / metadata.TAKEDOWNS).write_text("[[takedown]]\ncase = 'CM99-5000001'\n")
    with pytest.raises(BuildError, match=r"takedowns\.toml") as error:
        build.build(Options(letters=folder, out=tmp_path / "site", search=False))
    assert error.value.exit_code == 2
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("case = 'CM99-5000001'\nsha256 = '00'", "not both"),
        ("", "not both"),
        ("case = 'case 7'", "is no case number"),
        ("case = '../../etc'", "is no case number"),
        ("sha256 = 'abc'", "64 digits"),
        ("case = 'CM99-5000001'\nreason = ' '", "reason"),
        ("case = 'CM99-5000001'\nredact = [{ words = 0, hash = 'x' }]", "redact"),
        ("case = 'CM99-5000001'\nredcat = []", "redcat"),
    ],
)
def test_a_wrong_entry_is_refused_with_what_is_wrong(entry: str, told: str) -> None:
    with pytest.raises(BuildError, match=told):
        takedowns.load("\n".join(["[[takedown]]", "date = 2026-11-01", "" if "reason" in entry else "reason = 'x'", entry]))


def source(*texts: str, **given: object) -> Source:
    fields = {"name": "a.txt", "sha256": "0" * 64, "lines": tuple(Line(number, text) for number, text in enumerate(texts, 1))}
    return Source(**{**fields, **given})  # type: ignore[arg-type]


def gone(*cases: str) -> takedowns.Takedowns:
    return takedowns.load("\n".join(takedowns.as_toml(case, "x", DAY, "") for case in cases))


@pytest.mark.parametrize(
    "found",
    [
        source("Case Number: CM99-5000001", "and a text"),
        source("Case Number: cm99 5000001"),
        source("Case Number: CM99-", "5000001 Date of injury"),  # broken by the printout
        source("A text without a number", name="2017/cm99-5000001_final.pdf"),
        source("A text without a number", fields={"case_number": "CM99-5000001"}),
    ],
)
def test_a_letter_is_known_by_its_name_its_header_or_its_front_matter(found: Source) -> None:
    told = gone("CM99-5000001").apply(found)
    assert isinstance(told, Problem)
    assert told.severity == "note"


def test_a_letter_is_known_by_its_row_and_by_its_digest() -> None:
    row = Row(line=2, file="a.txt", fields={"case_number": "CM99-5000001"})
    assert isinstance(gone("CM99-5000001").apply(source("text"), [row]), Problem)
    assert gone("CM99-5000001").rows([row]) == ()
    digest = hashlib.sha256(b"x").hexdigest()
    listed = takedowns.load(f'[[takedown]]\nsha256 = "{digest}"\nreason = "x"\ndate = 2026-11-01\n')
    assert isinstance(listed.apply(source("text", sha256=digest)), Problem)
    assert listed.pages == ()


@pytest.mark.parametrize(
    ("row", "is_left"),
    [
        (Row(line=2, file="2017/CM99_5000001.pdf"), False),
        (Row(line=2, fields={"case_number": "CM99-5000001"}), False),
        (Row(line=2, file="2017/CM99_5000002.pdf"), True),
        (Row(line=2, fields={"case_number": "CM99-5000002"}), True),
        (Row(line=2, file="a.txt", fields={"age": "45"}), True),
    ],
)
def test_a_row_goes_with_its_letter_by_the_name_of_the_file_or_the_number(row: Row, is_left: bool) -> None:
    assert gone("CM99-5000001").rows([row]) == ((row,) if is_left else ())


def test_a_mention_in_another_letter_is_replaced_and_the_letter_stays() -> None:
    told = gone("CM99-5000001", "IMR 13-000004").apply(
        source("Case Number: CM99-5000002", "as in cm99-5000001, IMR13-000004 and CM99-", "5000001.", "CM99-50000011 stays")
    )
    assert isinstance(told, Source)
    assert [line.text for line in told.lines] == [
        "Case Number: CM99-5000002",
        "as in [removed], [removed] and [removed]",
        ".",
        "CM99-50000011 stays",
    ]


def redacting(*texts: str) -> takedowns.Takedowns:
    return takedowns.load(takedowns.as_toml("CM99-5000001", "names a person", DAY, "a salt", texts))


def test_words_are_redacted_over_line_ends_and_whatever_their_case_and_punctuation() -> None:
    lines = ("Case Number: CM99-5000001", "seen by Given", "Sample, M.D., and by (given sample).", "Sample was given.")
    told = redacting("Given Sample").apply(source(*lines))
    assert isinstance(told, Source)
    assert [line.text for line in told.lines] == [
        "Case Number: CM99-5000001",
        "seen by [removed]",
        "M.D., and by [removed]",
        "Sample was given.",
    ]
    assert told.sha256 != "0" * 64  # it would prove a guess
    assert "sample" not in takedowns.as_toml("CM99-5000001", "x", DAY, "a salt", ["Given Sample"]).lower()


def test_a_letter_without_the_words_is_held_back() -> None:
    told = redacting("Given Sample").apply(source("Case Number: CM99-5000001", "by Given B. Sample"))
    assert isinstance(told, Problem)
    assert (told.code, told.severity) == ("privacy-redaction", "quarantine")


@pytest.mark.parametrize("name", ["Given_Sample.txt", "2017/given.sample-CM99.txt", "Sample, Given/Given Sample 1.txt"])
def test_a_letter_whose_name_holds_the_words_is_held_back_since_names_are_published(name: str) -> None:
    told = redacting("Given Sample").apply(source("Case Number: CM99-5000001", "by Given Sample", name=name))
    assert isinstance(told, Problem)
    assert (told.code, told.severity) == ("privacy-redaction", "quarantine")
    assert "rename" in told.message


@pytest.mark.parametrize("name", ["Given.txt", "Sample_Given.txt", "given-x-sample.txt"])
def test_a_name_with_other_words_holds_no_letter_back(name: str) -> None:
    assert isinstance(redacting("Given Sample").apply(source("CM99-5000001", "by Given Sample", name=name)), Source)


def test_an_entry_that_fits_no_letter_is_told(tmp_path: Path) -> None:
    folder = put(tmp_path / "letters", [])
    hidden = takedowns.as_toml(case(4), "typed twice", DAY, "salt", [token(4)])
    wrong = [
        takedowns.as_toml("CM99-0000777", "mistyped", DAY, ""),
        takedowns.as_toml("CM99-0000778", "mistyped", DAY, "s", ["x"]),
    ]
    right = [takedowns.as_toml(case(number), "asked for", DAY, "") for number in (0, 1)]  # by its label, by its name
    digest = hashlib.sha256((folder / f"{case(2)}.txt").read_bytes()).hexdigest()
    by_bytes = f'[[takedown]]\nsha256 = "{digest}"\nreason = "asked for"\ndate = 2026-11-01\n'
    (folder / metadata.TAKEDOWNS).write_text("\n".join([*wrong, *right, hidden, by_bytes]))
    options = Options(letters=folder, cache=tmp_path / "cache")
    for _ in range(2):  # the second time from the cache
        told = [problem for problem in build.read(options).problems if problem.code == "takedown-without-letter"]
        assert [(problem.file, problem.severity, problem.message.split(":")[0]) for problem in told] == [
            (metadata.TAKEDOWNS, "note", "no letter here is CM99-0000777"),
            (metadata.TAKEDOWNS, "note", "no letter here is CM99-0000778"),
        ]


WORD = st.text(st.characters(categories=["L", "N", "P"], max_codepoint=0x2FF), min_size=1, max_size=6)


@given(st.lists(WORD, min_size=1, max_size=30), st.data())
def test_what_is_redacted_is_never_found_again(words: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    hidden = " ".join(words[first : first + data.draw(st.integers(1, 4))])
    if not takedowns.bare(hidden):
        return
    lines = [" ".join(words[start : start + 5]) for start in range(0, len(words), 5)]
    listed = redacting(hidden)
    told = listed.apply(source(*lines, name="CM99-5000001"))
    assert isinstance(told, Source)
    again = listed.apply(told)
    assert isinstance(again, Problem)


def test_redacted_words_are_in_no_byte_of_the_site(tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "a.txt").write_text(letter(1, 2), encoding="utf-8")
    command = [sys.executable, "-m", "site_builder", "takedown", case(1), "--reason", "names a person", "--redact"]
    entry = subprocess.run(command, cwd=ROOT, input=f"{token(1)} is\n", text=True, capture_output=True, check=True).stdout
    assert token(1) not in entry
    (folder / metadata.TAKEDOWNS).write_text(entry)
    report = build.build(Options(letters=folder, out=tmp_path / "site", search=False))
    assert report.letters == 1
    assert hits(tmp_path / "site", [token(1), hashlib.sha256((folder / "a.txt").read_bytes()).hexdigest()]) == {}
    assert hits(tmp_path / "site", ["[removed]"])


@pytest.mark.parametrize("way", ["redacted", "taken down by its digest"])
def test_what_earlier_builds_left_is_gone_too(tmp_path: Path, way: str) -> None:
    """A PDF, which the cache keeps as it was opened, too."""
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "1.pdf").write_bytes(pdf_of(letter(1, 3)))
    (folder / "2.txt").write_text(letter(2, 3), encoding="utf-8")
    options = Options(letters=folder, out=tmp_path / "site", cache=tmp_path / "cache", search=False)
    build.build(options)
    build.build(options)
    assert hits(tmp_path / "cache", [token(1)])[token(1)] == {
        f"{name}.sqlite" for name in ("batches", "data", "letters", "sources")
    }
    assert hits(tmp_path / ".previous-site", [token(1)])
    entry = takedowns.as_toml(case(1), "asked for", DAY, "salt", [token(1)])
    if way != "redacted":
        digest = hashlib.sha256((folder / "1.pdf").read_bytes()).hexdigest()
        entry = f'[[takedown]]\nsha256 = "{digest}"\nreason = "asked for"\ndate = 2026-11-01\n'
    (folder / metadata.TAKEDOWNS).write_text(entry)
    build.build(options)
    (folder / "1.pdf").unlink()
    assert hits(tmp_path, [token(1)]) == {}


def test_pieces_of_a_cluster_on_this_machine_are_gone_after_a_takedown_and_only_then(tmp_path: Path) -> None:
    """They hold the letter too, and a plain build does not look into them."""
    folder, piece = tmp_path / "letters", tmp_path / "cache" / PIECES / "read" / "x"
    folder.mkdir()
    piece.parent.mkdir(parents=True)
    piece.touch()
    for number in (1, 2):
        (folder / f"{number}.txt").write_text(letter(number, 3), encoding="utf-8")
    options = Options(letters=folder, out=tmp_path / "site", cache=tmp_path / "cache", search=False)
    build.build(options)
    assert piece.exists()
    case = build.read(options).letters[0].case_number or ""
    (folder / metadata.TAKEDOWNS).write_text(takedowns.as_toml(case, "asked for", DAY, ""))
    build.build(options)
    assert not piece.parent.parent.exists()
