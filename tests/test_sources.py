"""Reading a folder: every kind of input, and every kind of bad input, which costs itself and nothing else."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import threading
import zlib
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from fpdf import FPDF, TextMode
from PIL import Image

from site_builder import sources
from site_builder.model import Problem, Source
from site_builder.pdf import PdfReader, Text
from site_builder.sources import read_file, read_metadata
from site_builder.text import clean, lines_of, paragraphs
from tests.conftest import FULL
from tests.letter_texts import read_folder
from tests.make_pdf import ROOT, pdf_of

REAL = ROOT.parent / "shared" / "letters" / "real"
LABEL = re.compile(r".(?:Claims Administrator guideline|MAXIMUS guideline|Decision rationale|IMR ISSUES|CLINICAL CASE SUMMARY)")
REFERENCE = "The neck MRI is not medically necessary."
CATALOG, PAGES = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
FONT = b"/Font<</F1<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R/Resources<<" + FONT + b"/XObject<</X 5 0 R>>>>>>"
SHOWN = b"BT /F1 12 Tf 72 700 Td (" + REFERENCE.encode() + b") Tj ET "


def raw_pdf(*objects: bytes) -> bytes:
    """Objects 1, 2, 3 ... and a cross-reference table; object 1 is the catalogue."""
    out, places = b"%PDF-1.4\n", b""
    for number, content in enumerate(objects, 1):
        places += b"%010d 00000 n \n" % len(out)
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"xref\n0 %d\n0000000000 65535 f \n%btrailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF"
    return out + table % (len(objects) + 1, places, len(objects) + 1, len(out))


def stream(entries: bytes, data: bytes) -> bytes:
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (entries, len(data), data)


def form(resources: bytes, data: bytes) -> bytes:
    return stream(b"/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<<" + resources + b">>", data)


def bomb() -> bytes:
    """0.2 MB that unfold to 200 MB: pdfium aborts when memory ends."""
    return raw_pdf(CATALOG, PAGES, PAGE, stream(b"/Filter/FlateDecode", zlib.compress(SHOWN + b" " * 200_000_000)))


def maze() -> bytes:
    """A form that draws itself twice: pdfium never comes back, pypdf reads the page."""
    return raw_pdf(CATALOG, PAGES, PAGE, stream(b"", SHOWN + b"/X Do"), form(b"/XObject<</X 5 0 R>>", b"/X Do /X Do"))


def put(folder: Path, **files: bytes | str) -> None:
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.write_bytes(content if isinstance(content, bytes) else content.encode())


def printed(pdfs: PdfReader, content: bytes, name: str) -> str:
    found = pdfs.text(content, name)
    assert isinstance(found, Text), found
    return found.text


def read(path: Path) -> Source:
    source = read_file(path, path.name)
    assert isinstance(source, Source), source
    return source


def refusal(path: Path, largest: int = 5_000_000) -> Problem:
    problem = read_file(path, path.name, largest=largest)
    assert isinstance(problem, Problem)
    assert (problem.severity, problem.file) == ("quarantine", path.name)
    assert "\n" not in problem.message
    return problem


def words(source: Source) -> list[str]:
    return [word for line in source.lines for word in line.text.split()]


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (REFERENCE.encode(), None),
        (b"\xef\xbb\xbf" + REFERENCE.encode(), None),
        (REFERENCE.encode("utf-16"), None),
        (REFERENCE.encode("utf-16-le"), None),  # no mark: valid UTF-8 full of NULs
        (REFERENCE.encode("utf-16-be"), None),
        (b"\xfe\xff" + REFERENCE.encode("utf-16-be") + b"\0", None),  # half a character too many
    ],
)
def test_a_text_is_decoded_whatever_unicode_it_is_in(tmp_path: Path, content: bytes, note: str | None) -> None:
    put(tmp_path, letter__txt=content)
    source = read(tmp_path / "letter.txt")
    assert " ".join(words(source)).rstrip(" \ufffd") == REFERENCE
    assert source.sha256 == hashlib.sha256(content).hexdigest()
    assert not source.problems


def test_curly_quotes_of_windows_are_read_and_noted(tmp_path: Path) -> None:
    put(tmp_path, letter__txt=b"the patient\x92s \x93drop arm\x94 sign", odd__txt=b"undefined \x81 in cp1252, \xe9")
    source = read(tmp_path / "letter.txt")
    assert source.lines[0].text == "the patient’s “drop arm” sign"
    assert [(problem.code, problem.severity) for problem in source.problems] == [("encoding", "note")]
    assert read(tmp_path / "odd.txt").lines[0].text == "undefined in cp1252, é"


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(100),
        os.urandom(3000).replace(b"\0", b""),
        pdf_of("a PDF"),
        bytes(1000),
        b"ab\0cd",
    ],
    ids=["image", "noise", "pdf", "zeros", "one-nul"],
)
def test_a_binary_named_txt_is_refused(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, letter__txt=content)
    assert refusal(tmp_path / "letter.txt").code == "binary"


def test_what_is_no_plain_file_is_refused_without_waiting(tmp_path: Path) -> None:
    put(tmp_path, real__txt=REFERENCE, large__txt="a" * 2000, empty__txt=" \n\f\n")
    (tmp_path / "link.txt").symlink_to(tmp_path / "real.txt")
    os.mkfifo(tmp_path / "pipe.txt")
    (tmp_path / "folder.txt").mkdir()
    assert refusal(tmp_path / "link.txt").code == "unreadable"
    assert refusal(tmp_path / "pipe.txt").code == "unreadable"
    assert refusal(tmp_path / "folder.txt").code == "unreadable"
    assert refusal(tmp_path / "gone.txt").code == "unreadable"
    assert refusal(tmp_path / "large.txt", largest=1999).code == "too-large"
    assert refusal(tmp_path / "empty.txt").code == "empty"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    put(tmp_path, secret__txt=REFERENCE)
    (tmp_path / "secret.txt").chmod(0)
    assert refusal(tmp_path / "secret.txt").code == "unreadable"


def test_a_folder_gives_its_letters_in_order_and_a_problem_for_everything_else(tmp_path: Path) -> None:
    (tmp_path / "2017").mkdir()
    put(
        tmp_path,
        b__txt=REFERENCE,
        a__md=REFERENCE,
        B__TXT=REFERENCE,
        README__md="no letter",
        metadata__csv="file\n",
        __hidden__txt="no",
    )
    put(tmp_path, x__docx=b"", y__docx=b"", notes=b"", broken__pdf=b"%PDF-1.4 and no more", bin__txt=b"\0\1\2")
    put(tmp_path / "2017", a__pdf=pdf_of(REFERENCE))
    (tmp_path / "link").symlink_to(tmp_path / "2017")
    seen: list[tuple[int, int]] = []
    sources, problems = read_folder(tmp_path, lambda done, total: seen.append((done, total)), jobs=2)
    assert [source.name for source in sources] == ["2017/a.pdf", "B.TXT", "a.md", "b.txt"]
    assert [source for source in sources if " ".join(words(source)) != REFERENCE] == []
    assert [(problem.code, problem.file) for problem in problems] == [
        ("other-files", ""),
        ("symlink", "link"),
        ("binary", "bin.txt"),
        ("pdf-unreadable", "broken.pdf"),
    ]
    assert ".docx (2), no suffix (1)" in problems[0].message
    assert seen == [(done, 6) for done in range(1, 7)]


def test_a_letter_that_changes_or_goes_while_it_is_read_is_whole_or_named(tmp_path: Path) -> None:
    texts = [f"{REFERENCE} {word}\n" * 2000 for word in ("old", "new")]
    path, stop = tmp_path / "a.txt", threading.Event()
    path.write_text(texts[0])

    def change() -> None:
        while not stop.is_set():
            for text in texts:
                (tmp_path / "next").write_text(text)
                (tmp_path / "next").rename(path)
            path.unlink()

    thread = threading.Thread(target=change)
    thread.start()
    found = [read_file(path, "a.txt") for _ in range(200)]
    while len({type(one) for one in found}) < 2 and len(found) < 20_000:  # a slow machine may meet it in one state for long
        found.append(read_file(path, "a.txt"))
    stop.set()
    thread.join()
    for one in found:
        if isinstance(one, Source):
            (text,) = (text for text in texts if hashlib.sha256(text.encode()).hexdigest() == one.sha256)
            assert words(one) == text.split()
        else:
            assert (one.code, one.file) == ("unreadable", "a.txt")
    assert {type(one) for one in found} == {Source, Problem}


def test_an_empty_folder_and_a_missing_one_say_what_to_do(tmp_path: Path) -> None:
    assert [(problem.code, problem.severity) for problem in read_folder(tmp_path)[1]] == [("empty-folder", "quarantine")]
    assert [problem.code for problem in read_folder(tmp_path / "nowhere")[1]] == ["no-folder"]


def test_a_name_that_is_no_text_does_not_reach_the_site_as_it_is(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff\x1b]0;title.txt")).write_text(REFERENCE)
    sources, problems = read_folder(tmp_path)
    assert [source.name for source in sources] == ["bad\ufffd\ufffd]0;title.txt"]
    assert problems == []


def test_front_matter_gives_header_fields_and_leaves_the_line_numbers(tmp_path: Path) -> None:
    matter = """case_number: CM99-0000001
Decision-Date: 2017-01-31
date_of_injury: "10/19/2016"
priority: Expedited
age: 44
"""
    put(
        tmp_path,
        a__md=f"---\n{matter}specialties: [Neurology, Surgery]\nsex:\n---\n\n## CLINICAL CASE SUMMARY\nA **44** year old.\n",
    )
    source = read(tmp_path / "a.md")
    assert source.fields == {
        "case_number": "CM99-0000001",
        "decision_date": "2017-01-31",
        "date_of_injury": "2016-10-19",
        "priority": "expedited",
        "age": "44",
        "specialties": "Neurology, Surgery",
    }
    assert [tuple(line) for line in source.lines] == [(11, "CLINICAL CASE SUMMARY"), (12, ""), (12, "A 44 year old.")]
    assert source.problems == ()


@pytest.mark.parametrize(
    ("matter", "code", "line"),
    [
        ("case_number: CM99-0000001\ndecision_date: [2017", "front-matter", 3),
        ("just a sentence", "front-matter", 1),
        ('age:\ndecision_date: "31 Feb"', "field-value", 3),
        ("priority: soon", "field-value", 2),
        ("age: 50.5", "field-value", 2),
        ("age: [50]", "field-value", 2),
        ("age: {years: 50}", "field-value", 2),
        ("licensure: [[Texas]]", "field-value", 2),
        ("? [a]\n: b", "field-value", 2),
        ("sex: male\n\nSex: female", "field-value", 4),
        ("favourite: blue", "unknown-field", 2),
        ("sex: male\nb: !!python/object/apply:os.getcwd []", "field-value", 3),
        ('sex: "\\UFFFFFFFF"', "front-matter", 1),
        ("a: *nothing", "front-matter", 2),
        ("[" * 5000, "front-matter", 1),
        ("x: " + "y" * 30_000, "front-matter", 1),
    ],
    ids=lambda value: str(value)[:20],
)
def test_wrong_front_matter_is_one_problem_and_the_letter_stays(tmp_path: Path, matter: str, code: str, line: int) -> None:
    put(tmp_path, a__md=f"---\n{matter}\n---\n{REFERENCE}\n")
    source = read(tmp_path / "a.md")
    assert [(problem.code, problem.line) for problem in source.problems] == [(code, line)]
    assert "\n" not in source.problems[0].message
    assert " ".join(words(source)) == REFERENCE


def test_a_field_that_is_not_understood_costs_no_other(tmp_path: Path) -> None:
    """YAML's own dates did: one that there is not cost them all, and nobody was told which."""
    matter = "case_number: CM99-0000001\nreceived_date: 2017-02-30\nsex: ~\nassigned_date: 2017-01-05 00:00:00\nage: 44\nage: 45"
    put(tmp_path, a__md=f'---\n{matter}\nlicensure: ["Te\\uD800xas\\u202e", Ohio]\n---\n{REFERENCE}\n')
    source = read(tmp_path / "a.md")
    assert source.fields == {
        "case_number": "CM99-0000001",
        "assigned_date": "2017-01-05",
        "age": "44",
        "licensure": "Te\ufffdxas, Ohio",
    }
    assert source.places == {"case_number": 2, "assigned_date": 5, "age": 6, "licensure": 8}
    assert [(problem.code, problem.line, problem.message.split(" ", 3)[:3]) for problem in source.problems] == [
        ("field-value", 7, ["a", "second", "'age'"]),
        ("field-value", 3, ["received_date", "'2017-02-30'", "is"]),
    ]


def test_a_rule_at_the_top_of_a_letter_is_no_front_matter(tmp_path: Path) -> None:
    put(tmp_path, a__md=f"---\n{REFERENCE}")
    assert words(read(tmp_path / "a.md"))[1:] == REFERENCE.split()


def test_a_pdf_keeps_its_paragraphs_over_page_breaks(tmp_path: Path) -> None:
    sentence = "The worker reports pain of five out of ten in the lower back, which is worse after a shift of eight hours. "
    letter = "\n\n".join(["CLINICAL CASE SUMMARY", sentence * 30, "MRI: Upheld", "MAXIMUS guideline: none.", sentence * 40])
    put(tmp_path, a__pdf=pdf_of(letter))
    found = [line.text for line in paragraphs(read(tmp_path / "a.pdf").lines)]
    assert found == [" ".join(part.split()) for part in letter.split("\n\n")]


def test_a_pdf_without_text_is_named(tmp_path: Path) -> None:
    put(tmp_path, a__pdf=pdf_of(""), b__pdf=pdf_of(" \n\f "))
    assert refusal(tmp_path / "a.pdf").code == "pdf-no-text"
    assert "OCR" in refusal(tmp_path / "b.pdf").message


BLACK, WHITE = 0, 255


@pytest.mark.parametrize(
    ("pages", "told"),
    [
        ([("Page one.", None), ("", BLACK), ("Page three.", None)], "on page 2 is a picture"),
        ([("Page one.", None), ("", BLACK), ("IMR 0012-34", BLACK)], "on pages 2, 3 is a picture"),
        ([("Page one.", None), ("", None)], ""),
        ([("Page one.", None), ("", WHITE)], ""),  # the back of a sheet
        ([("Page one.", None), ("(end)", BLACK)], ""),  # OCR writes what it reads behind the picture
        ([("A letter below a seal, " * 5, BLACK)], ""),
    ],
)
def test_pages_that_are_pictures_among_pages_of_text_are_named(
    tmp_path: Path, pages: list[tuple[str, int | None]], told: str
) -> None:
    pdf = FPDF(unit="pt", format="letter")
    pdf.set_font("Times", size=12)
    for text, shade in pages:
        pdf.add_page()
        if shade is not None:
            pdf.image(Image.new("L", (60, 80), shade), w=400)
        pdf.text_mode = TextMode.INVISIBLE if text == "(end)" else TextMode.FILL
        pdf.multi_cell(w=468, text=text)
    put(tmp_path, a__pdf=bytes(pdf.output()))
    problems = read(tmp_path / "a.pdf").problems
    assert [(problem.code, problem.severity) for problem in problems] == ([("pdf-picture", "warning")] if told else [])
    assert told in "".join(problem.message for problem in problems)


def test_a_pdf_that_kills_its_reader_costs_only_itself() -> None:
    with PdfReader(memory=400 << 20) as pdfs:
        killed = pdfs.text(bomb(), "bomb.pdf")
        assert isinstance(killed, Problem)
        assert (killed.code, killed.severity) == ("pdf-unreadable", "quarantine")
        assert "the reader died" in killed.message
        assert printed(pdfs, pdf_of(REFERENCE), "next.pdf") == REFERENCE


def test_a_pdf_that_stalls_is_given_to_the_second_reader() -> None:
    with PdfReader(seconds=4) as pdfs:
        assert printed(pdfs, maze(), "maze.pdf").strip() == REFERENCE
        assert printed(pdfs, pdf_of(REFERENCE), "next.pdf") == REFERENCE


def test_a_reader_without_memory_to_start_is_a_problem_and_no_hang() -> None:
    with PdfReader(memory=1 << 20) as pdfs:
        assert isinstance(pdfs.text(pdf_of(REFERENCE), "a.pdf"), Problem)


def test_pdf_metadata_does_not_come_with_the_text() -> None:
    content = pdf_of(REFERENCE).replace(b"/CreationDate", b"/Author (Somebody) /CreationDate")
    assert b"Somebody" in content
    with PdfReader() as pdfs:
        assert printed(pdfs, content, "a.pdf") == REFERENCE


def test_metadata_is_read_with_its_problems(tmp_path: Path) -> None:
    assert read_metadata(tmp_path) == ((), [])
    table = """\ufefffile,Decision Date,colour,treatment_category
a.txt,01/31/2017,red,Home Health

a.txt,2017-01-31,,
,2017-01-31,,
b.txt,"some
day",,
"""
    put(tmp_path, metadata__csv=table)
    rows, problems = read_metadata(tmp_path)
    assert [(row.line, row.file, row.fields, row.category) for row in rows] == [
        (2, "a.txt", {"decision_date": "2017-01-31"}, "home-health"),
        (7, "b.txt", {}, None),
    ]
    assert [(problem.code, problem.line) for problem in problems] == [
        ("metadata-column", 1),
        ("metadata-duplicate", 4),
        ("metadata-no-key", 5),
        ("field-value", 7),
    ]
    put(tmp_path, metadata__csv=b"\0\1\2\3")
    assert [problem.code for problem in read_metadata(tmp_path)[1]] == ["binary"]


@pytest.mark.parametrize("first", ["", "sep=;\r\n", '"sep=;"\r\n', "\r\n"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
def test_a_table_is_read_as_excel_writes_it(tmp_path: Path, first: str, encoding: str) -> None:
    """With semicolons where the comma is a decimal one; trailing separators are cells without words."""
    table = f'{first}file;Decision Date;specialties\r\na.txt;01/31/2017;"Surgery, Urology";;\r\n'
    put(tmp_path, metadata__csv=table.encode(encoding))
    rows, problems = read_metadata(tmp_path)
    assert [(row.line, row.file, dict(row.fields)) for row in rows] == [
        (2 + bool(first), "a.txt", {"decision_date": "2017-01-31", "specialties": "Surgery, Urology"})
    ]
    assert problems == []


@pytest.mark.parametrize("separator", ["\t", "|"])
def test_what_separates_the_cells_is_said_by_the_first_line(tmp_path: Path, separator: str) -> None:
    said = "" if separator == "\t" else f"sep={separator}\n"
    put(tmp_path, metadata__csv=f"{said}file\tage\na.txt\t44\n".replace("\t", separator))
    rows, problems = read_metadata(tmp_path)
    assert ([(row.file, dict(row.fields)) for row in rows], problems) == ([("a.txt", {"age": "44"})], [])


def test_rows_of_one_letter_are_known_in_other_spellings(tmp_path: Path) -> None:
    table = """file,case_number,age,specialties
./2017/a.txt,,44,
.\\2017\\a.txt,,45,
,CM99-0000266,,Surgery,Urology,Neurology
,cm99-0000266,50,
"""
    put(tmp_path, metadata__csv=table)
    rows, problems = read_metadata(tmp_path)
    assert [(row.line, row.file, row.fields.get("case_number")) for row in rows] == [
        (2, "2017/a.txt", None),
        (4, None, "CM99-0000266"),
    ]
    assert [(problem.code, problem.line) for problem in problems] == [
        ("metadata-duplicate", 3),
        ("metadata-cells", 4),
        ("metadata-duplicate", 5),
    ]


def test_a_folder_in_the_place_of_the_table_is_told_as_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "metadata.csv").mkdir()
    rows, problems = read_metadata(tmp_path)
    assert (rows, [(problem.code, problem.file) for problem in problems]) == ((), [("unreadable", "metadata.csv")])
    assert "a folder" in problems[0].message


def test_a_disk_that_fails_in_the_middle_of_a_letter_costs_that_letter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, letter__txt=REFERENCE)

    def failing(_handle: int) -> os.stat_result:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", failing)
        told = refusal(tmp_path / "letter.txt")
    assert (told.code, "Input/output error" in told.message) == ("unreadable", True)


def test_every_sample_letter_is_read_and_every_sample_pdf_is_its_printout() -> None:
    sources, problems = read_folder(ROOT / "letters", jobs=2)
    assert problems == []
    assert len(sources) >= 24
    assert Counter(Path(source.name).suffix for source in sources).keys() == {".pdf", ".txt", ".md"}
    printouts = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "printouts").glob("*.txt")}
    for source in sources:
        if source.name.endswith(".pdf"):
            printed = re.split(r"\n\n+", printouts.pop(Path(source.name).stem).strip())
            found = [line.text for line in paragraphs(source.lines)]
            assert found == [" ".join(part.split()) for part in printed]
    assert printouts == {}


@pytest.mark.skipif(not REAL.is_dir(), reason="the real letters are not here")
def test_real_pdfs_give_the_same_words_with_both_readers_and_every_request_is_a_paragraph() -> None:
    glued = []
    with PdfReader() as pdfs:
        for path in sorted(REAL.glob("*.pdf"))[:: 1 if FULL else 3]:
            content = path.read_bytes()
            text = printed(pdfs, content, path.name)
            other = pdfs._ask("pypdf", content).text
            assert re.sub(r"[\s-]", "", clean(text)) == re.sub(r"[\s-]", "", clean(other)), path.name
            found = [line.text for line in paragraphs(lines_of(clean(text)))]
            for above, paragraph in pairwise(found):
                if paragraph.startswith("Claims Administrator guideline:"):
                    assert above.endswith(("Upheld", "Overturned")), (path.name, above)
                assert not paragraph[0].islower(), (path.name, paragraph)
            label = re.compile(
                r".(?:Claims Administrator|MAXIMUS) guideline:|.Decision rationale:|.IMR ISSUES, DEC|.CLINICAL CASE SUM"
            )
            glued += [path.name for paragraph in found if label.search(paragraph)]
    assert len(glued) <= 1  # one letter has no room above "Decision rationale:" on paper either


def test_of_two_names_that_look_the_same_one_is_read_and_the_other_named(tmp_path: Path) -> None:
    """Words are kept by name: one letter stood under the address of the other."""
    for name, text in ((b"a\xfe.txt", "one"), (b"a\xff.txt", "two"), (b"b.txt", "three")):
        (tmp_path / os.fsdecode(name)).write_text(text)
    found, problems = sources.find(tmp_path)
    assert [file.name for file in found] == ["a\ufffd.txt", "b.txt"]
    assert [(problem.code, problem.file, problem.severity) for problem in problems] == [
        ("same-name", "a\ufffd.txt", "quarantine")
    ]


def test_the_last_file_is_told_to_whoever_asks_for_no_more(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words")
    (tmp_path / "b.txt").write_text("words")
    told = list[tuple[int, int]]()
    found = sources.read(sources.find(tmp_path)[0], lambda done, total: told.append((done, total)))
    assert [next(found).name, next(found).name] == ["a.txt", "b.txt"]  # type: ignore[union-attr]
    assert told == [(1, 2), (2, 2)]


def test_a_table_in_another_spelling_or_folder_is_named(tmp_path: Path) -> None:
    """Its dates and case numbers were lost without a word, and with these what is taken down by them."""
    (tmp_path / "2017").mkdir()
    (tmp_path / "a.txt").write_text("A letter.")
    for name in ("Metadata.csv", "2017/metadata.csv"):
        (tmp_path / name).write_text("file,case_number\na.txt,CM17-0001234\n")
    told = read_folder(tmp_path)[1]
    assert sorted((problem.code, problem.severity, problem.file) for problem in told) == [
        ("table-elsewhere", "warning", "2017/metadata.csv"),
        ("table-elsewhere", "warning", "Metadata.csv"),
    ]
