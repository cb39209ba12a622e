"""Promise: an archive of letters is read like a folder of them, and a hostile one costs itself, by name, in no time and memory."""

from __future__ import annotations

import io
import resource
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from site_builder import archives, build, publish, sources
from site_builder.model import BuildError
from site_builder.options import Options
from tests.conftest import ROOT
from tests.letter_texts import read_folder

SAMPLES = sorted((ROOT / "letters").glob("CM*"))[:6]
GOOD = (ROOT / "letters" / "CM99-0000118.txt").read_bytes()


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content, compress_type=method)
    return out.getvalue()


def linked(target: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.txt")
    info.create_system, info.external_attr = 3, 0o120777 << 16
    return info


def declaring(content: bytes, size: int) -> bytes:
    """The same archive, lying about the size of its first member in both places."""
    lied = bytearray(content)
    struct.pack_into("<L", lied, 22, size)
    struct.pack_into("<L", lied, lied.index(b"PK\1\2") + 24, size)
    return bytes(lied)


def sharing_bytes() -> bytes:
    """Many names for the same bytes: the list is written anew, each entry pointing at the first member."""
    content = zipped(("a.txt", GOOD))
    start = content.index(b"PK\1\2")
    entry = content[start : content.index(b"PK\5\6")]
    entries = b"".join(entry.replace(b"a.txt", b"%c.txt" % (97 + number)) for number in range(20))
    return content[:start] + entries + struct.pack("<4sHHHHIIH", b"PK\5\6", 0, 0, 20, 20, len(entries), start, 0)


def many(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.txt", b"")
    return out.getvalue()


def encrypted() -> bytes:
    content = bytearray(zipped(("a.txt", GOOD)))
    content[6] |= 1
    content[content.index(b"PK\1\2") + 8] |= 1
    return bytes(content)


def twice() -> bytes:
    with pytest.warns(UserWarning, match="Duplicate"):
        return zipped(("a.txt", GOOD), ("a.txt", b"another"))


def damaged(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]


BOMB = b" " * 50_000_000
HOSTILE: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "a bomb": (lambda: zipped(("a.txt", BOMB)), "archive-member", "made to fill memory"),
    "a bomb that says it is small": (lambda: declaring(zipped(("a.txt", BOMB)), 90_000), "archive-member", "cannot be unpacked"),
    "a member too large": (lambda: zipped(("a.txt", GOOD * 3000), method=0), "archive-member", "split it"),
    "a path upwards": (lambda: zipped(("../../evil.txt", GOOD)), "archive-member", "no plain path"),
    "an absolute path": (lambda: zipped(("/etc/evil.txt", GOOD)), "archive-member", "no plain path"),
    "a path of Windows": (lambda: zipped(("C:/evil.txt", GOOD)), "archive-member", "no plain path"),
    "a backslash": (lambda: zipped(("..\\evil.txt", GOOD)), "archive-member", "no plain path"),
    "an escape in a name": (lambda: zipped(("\x1b[2Jevil.txt", GOOD)), "archive-member", "no plain path"),
    "a NUL in a name": (lambda: zipped(("evilXtxt.txt", GOOD)).replace(b"evilX", b"evil\0"), "archive-member", "no plain path"),
    "a very long name": (lambda: zipped(("a" * 5000 + ".txt", GOOD)), "archive-member", "no plain path"),
    "a symbolic link": (lambda: zipped((linked("/etc/passwd"), b"/etc/passwd")), "archive-member", "link"),
    "an encrypted member": (encrypted, "archive-member", "encrypted"),
    "another compression": (lambda: zipped(("a.txt", GOOD), method=zipfile.ZIP_LZMA), "archive-member", "deflate"),
    "an archive in it": (lambda: zipped(("inner.zip", zipped(("a.txt", GOOD)))), "archive-member", "archive in an archive"),
    "one name twice": (twice, "archive", "one name"),
    "members that share bytes": (sharing_bytes, "archive", "share bytes"),
    "more members than listed safely": (lambda: many(70_000), "archive", "several archives"),
    "a list that is cut off": (lambda: zipped(("a.txt", GOOD))[:-30], "archive", "pack the letters anew"),
    "noise": (lambda: bytes(range(256)) * 40, "archive", "pack the letters anew"),
    "nothing": (lambda: b"", "archive", "pack the letters anew"),
    "a damaged member": (lambda: damaged(zipped(("a.txt", GOOD)), 60), "archive-member", "cannot be unpacked"),
    "a damaged list": (lambda: zipped(("a.txt", GOOD)).replace(b"PK\1\2", b"PK\1\3"), "archive", "pack the letters anew"),
    "takedowns that would not be seen": (lambda: zipped(("x/takedowns.toml", b""), ("a.txt", GOOD)), "archive", "beside the archive"),
    "takedowns by another name": (lambda: zipped(("Takedowns.toml.TXT", b""), ("a.txt", GOOD)), "archive", "beside the archive"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_costs_itself_and_is_told_by_name(name: str, tmp_path: Path) -> None:
    make, code, told = HOSTILE[name]
    (tmp_path / "evil.zip").write_bytes(make())
    (tmp_path / "good.txt").write_bytes(GOOD)
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sources, problems = read_folder(tmp_path)
    assert [source.name for source in sources] == ["good.txt"]
    refused = [problem for problem in problems if problem.severity == "quarantine"]
    assert [problem.code for problem in refused] == [code]
    assert refused[0].file.startswith("evil.zip")
    assert told in refused[0].message
    assert all(sign.isprintable() for problem in problems for sign in problem.message + problem.file)
    assert time.process_time() - started < 2
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB
    assert {path.name for path in tmp_path.iterdir()} == {"evil.zip", "good.txt"}


def test_the_control_that_extracts_writes_the_bomb_and_leaves_its_folder(tmp_path: Path) -> None:
    (tmp_path / "evil.zip").write_bytes(zipped(("a.txt", BOMB), ("b.txt", GOOD)))
    with zipfile.ZipFile(tmp_path / "evil.zip") as archive:
        archive.extractall(tmp_path / "out")
    assert (tmp_path / "out" / "a.txt").stat().st_size == len(BOMB)


def test_a_pipe_named_like_an_archive_is_refused_without_waiting(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.zip")
    (tmp_path / "link.zip").symlink_to(tmp_path / "pipe.zip")
    assert {problem.code for problem in read_folder(tmp_path)[1]} == {"archive", "symlink", "empty-folder"}
    assert isinstance(archives.members(tmp_path / "link.zip"), str)


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_archive_gives_the_letters_that_its_folder_gives(tmp_path: Path, jobs: int) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    members = [(f"2017/{path.name}", path.read_bytes()) for path in SAMPLES]
    extra = [("2017/", b""), (".hidden/a.txt", GOOD), ("__MACOSX/._a.txt", b"\0"), ("README.md", b"no letter"), ("x.docx", b"")]
    (folder / "letters.zip").write_bytes(zipped(*members, *extra, ("metadata.csv", b"file\n")))
    sources, problems = read_folder(folder, jobs=jobs)
    expected, _ = read_folder(ROOT / "letters")
    by_digest = {source.sha256: source for source in expected}
    assert [source.name for source in sources] == [f"letters.zip/2017/{path.name}" for path in SAMPLES]
    assert all(source.lines == by_digest[source.sha256].lines for source in sources)
    assert [(problem.code, problem.file) for problem in problems] == [
        ("other-files", ""),
        ("archive-beside", "letters.zip/metadata.csv"),
    ]


def test_an_archive_is_built_into_the_site_of_its_letters(tmp_path: Path) -> None:
    (tmp_path / "letters.zip").write_bytes(zipped(*((path.name, path.read_bytes()) for path in SAMPLES)))
    (tmp_path / "NOTICE").write_text("Invented letters.")
    command = [sys.executable, "-m", "site_builder", "build", "-q", "--no-search", "--letters", tmp_path / "letters.zip"]
    done = subprocess.run(
        [*map(str, command), "--out", str(tmp_path / "site")], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Invented letters." in (tmp_path / "site" / "index.html").read_text()
    (tmp_path / "folder").mkdir()
    for path in SAMPLES:
        (tmp_path / "folder" / path.name).write_bytes(path.read_bytes())
    report = build.build(Options(letters=tmp_path / "folder", out=tmp_path / "other", search=False))
    assert report.letters == len(SAMPLES)
    names = [{path for path in publish.files(tmp_path / site) if path.startswith("decisions/")} for site in ("site", "other")]
    assert names[0] == names[1]


def test_a_thousand_bombs_are_refused_in_no_time(tmp_path: Path) -> None:
    bomb = b"\0" * 4_000_000
    (tmp_path / "evil.zip").write_bytes(zipped(*((f"{number}.txt", bomb) for number in range(20))))
    started = time.process_time()
    sources, problems = read_folder(tmp_path)
    assert sources == []
    assert sum(problem.code == "archive-member" for problem in problems) == 20
    assert time.process_time() - started < 1


def test_takedowns_by_another_name_beside_an_archive_stop_the_build(tmp_path: Path) -> None:
    (tmp_path / "few.zip").write_bytes(zipped(("a.txt", GOOD)))
    (tmp_path / "takedowns.toml").touch()
    assert len(sources.find(tmp_path / "few.zip")[0]) == 1
    (tmp_path / "takedowns.toml").rename(tmp_path / "Takedowns.toml")
    with pytest.raises(BuildError, match="it must be named"):
        sources.find(tmp_path / "few.zip")
