"""The letters themselves beside their pages, where the owner of the site wants that (`publish_originals`).

Of a PDF the pages alone are kept, written anew: no author, no dates of editing, no attachments, notes or scripts. Of a text or
Markdown letter it is the text that was read. A letter in which words are redacted has none, nor has one that changed meanwhile.

Known limit: nobody looks into pictures in a PDF, neither here nor at the privacy gate.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from site_builder import sources
from site_builder.model import Letter, Source
from site_builder.pdf import PdfReader

FOLDER = "originals"


def write(stage: Path, folder: Path, letters: Sequence[Letter], largest: int) -> dict[str, str]:
    """Letter id -> path below the site's root, of those that could be written. `largest`: bytes a letter may have."""
    found = {file.name: file for file in sources.find(folder)[0]}
    written: dict[str, str] = {}
    (stage / FOLDER).mkdir()
    with PdfReader() as pdfs:
        for letter in letters:
            file = found.get(letter.source)
            content = sources.content(file, largest) if file else None
            if not isinstance(content, bytes) or hashlib.sha256(content).hexdigest() != letter.sha256:
                continue
            bare = pdfs.bare(content) if file and file.suffix == ".pdf" else _read(file, pdfs, largest)
            if bare is not None:
                written[letter.id] = f"{FOLDER}/{letter.id}{'.pdf' if file and file.suffix == '.pdf' else '.txt'}"
                (stage / written[letter.id]).write_bytes(bare)
    return written


def _read(file: sources.Found | None, pdfs: PdfReader, largest: int) -> bytes | None:
    source = sources.read_file(file.path, file.name, pdfs, largest, file.member) if file else None
    return "".join(f"{line.text}\n" for line in source.lines).encode() if isinstance(source, Source) else None
