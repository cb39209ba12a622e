"""The letters themselves, published only where that is asked for, and with nothing in them but what was read."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from site_builder import build
from site_builder.options import Options
from site_builder.pdf import PdfReader as Workers
from tests.conftest import ROOT

SECRET = "Jane Placeholder"
TEXT = ROOT / "letters" / "CM99-0000118.txt"
PDF = ROOT / "letters" / "CM99-0000204.pdf"


def with_secrets() -> bytes:
    """A letter with all that a PDF can carry along."""
    writer = PdfWriter(clone_from=PDF)
    writer.add_metadata({"/Author": SECRET, "/Title": SECRET})
    writer.xmp_metadata = f'<x:xmpmeta xmlns:x="adobe:ns:meta/">{SECRET}</x:xmpmeta>'.encode()
    writer.add_attachment("note.txt", SECRET.encode())
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def publish(folder: Path, setting: str) -> Path:
    letters, config = folder / "letters", folder / "site.toml"
    letters.mkdir()
    (letters / "CM99-0000118.txt").write_bytes(TEXT.read_bytes() + b"\x0c")
    (letters / "CM99-0000204.pdf").write_bytes(with_secrets())
    config.write_text(setting, encoding="utf-8")
    build.build(Options(letters=letters, out=folder / "site", config=config, search=False))
    return folder / "site"


def test_no_letter_is_published_itself_unless_the_owner_says_so(tmp_path: Path) -> None:
    site = publish(tmp_path, "")
    assert not (site / "originals").exists()
    assert "The letter itself" not in (site / "decisions" / "cm99-0000204.html").read_text("utf-8")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return publish(tmp_path_factory.mktemp("originals"), "publish_originals = true")


def test_a_pdf_is_published_with_its_pages_alone(site: Path) -> None:
    content = (site / "originals" / "cm99-0000204.pdf").read_bytes()
    read = PdfReader(io.BytesIO(content))
    assert [page.extract_text() for page in read.pages] == [page.extract_text() for page in PdfReader(PDF).pages]
    assert (read.metadata, read.xmp_metadata, read.outline, dict(read.attachments)) == (None, None, [], {})
    assert set(read.trailer["/Root"]) == {"/Type", "/Pages"}  # type: ignore[arg-type]
    assert SECRET.encode() not in content


def test_the_secrets_were_there(tmp_path: Path) -> None:
    """Negative control."""
    read = PdfReader(io.BytesIO(with_secrets()))
    assert read.metadata
    assert read.metadata.author == SECRET
    assert read.attachments


def test_a_text_is_published_as_it_was_read(site: Path) -> None:
    published = (site / "originals" / "cm99-0000118.txt").read_text("utf-8")
    assert "\f" not in published
    assert published.split() == TEXT.read_text("utf-8").split()


def test_each_page_leads_to_its_letter(site: Path) -> None:
    for name in ("cm99-0000118.txt", "cm99-0000204.pdf"):
        page = (site / "decisions" / f"{name[:-4]}.html").read_text("utf-8")
        assert f"<a href=../originals/{name}>The letter itself</a>" in page


def test_a_pdf_that_cannot_be_written_anew_is_left_out_and_the_same_one_gives_the_same_bytes() -> None:
    with Workers() as workers:
        assert workers.bare(b"%PDF-1.7 nonsense") is None
        assert workers.bare(PDF.read_bytes()) == workers.bare(PDF.read_bytes())
