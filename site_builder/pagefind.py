"""Has Pagefind index pages, one index a shard, and tells which fragment belongs to which letter.

Pages are handed to it one after the other, by the messages that its own libraries send. Told to read a folder it takes them as
the disk lists them, and the same letters give another index on another disk.

It runs in a process group of its own with a time limit and dies with us; its answers are not believed: every letter must have a
fragment that can be read. Pagefind never removes old files, so it always writes into an empty folder.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import os
import platform
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import msgspec

from site_builder import workers
from site_builder.model import BuildError, File, Frozen

VERSION = "1.6.0"
SHA256 = {"linux-x64": "ac6240c0481cd82eaaed2dbac84037259de686c924d50954f6d0dfbf82f6cfcc"}
"""Of the native program; on platforms without an entry the version that its package names is checked alone."""
INSTALL = "run `npm install --ignore-scripts --no-audit --no-fund` here (`make build` does it)"
UNUSED = ("pagefind-*ui.*", "pagefind-highlight.js", "wasm.unknown.*")
PROGRAM = ("pagefind.js", "pagefind-worker.js", "wasm.*")
"""What opens an index in a browser; one copy, the hub's, opens all shards."""
SECONDS = 60
SECONDS_A_LETTER = 0.1
CHUNK = "5000"
"""Locations an index file: smaller files make a rare word cheap."""
GROUP = 8
"""Letters a fragment file: together they take two thirds of the bytes, and a result that is shown loads its neighbours too."""

SERVICE = "--service"
"""Asks the program to listen to messages."""

MAKING = (VERSION, SERVICE, CHUNK, GROUP, UNUSED, PROGRAM)
"""What decides, besides the pages, how an index comes out."""

_MAGIC = b"pagefind_dcd"


class _Package(Frozen, frozen=True):
    """What npm says about the program."""

    version: str


class _Payload(Frozen, frozen=True):
    type: str
    """`Error`, or what was done."""
    message: str = ""


class _Answer(Frozen, frozen=True):
    """What Pagefind says to a message."""

    payload: _Payload


def program(root: Path) -> Path:
    """The native program that npx would run; raises BuildError (3) saying how to get it."""
    if shutil.which("node") is None or shutil.which("npx") is None:
        raise BuildError("Node.js is missing: install Node 20 or newer (with npx), or build with --no-search", exit_code=3)
    system = {"Linux": "linux", "Darwin": "darwin"}.get(platform.system(), "unknown")
    machine = {"x86_64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "unknown")
    name = f"{system}-{machine}"
    path = root / "node_modules" / "@pagefind" / name / "bin" / "pagefind_extended"
    if not path.is_file():
        raise BuildError(f"Pagefind {VERSION} for {name} is not installed: {INSTALL}", exit_code=3)
    if not _is_published(path, name):
        raise BuildError(f"{path.name} is not Pagefind {VERSION} as published: remove node_modules and {INSTALL}", exit_code=3)
    return path


def _is_published(program: Path, name: str) -> bool:
    if name in SHA256:
        return hashlib.sha256(program.read_bytes()).hexdigest() == SHA256[name]
    try:
        return msgspec.json.decode((program.parents[1] / "package.json").read_bytes(), type=_Package).version == VERSION
    except (OSError, ValueError):
        return False


def index(program: Path, pages: Sequence[File], out: Path, *, hub: bool = False) -> dict[str, int]:
    """Indexes the pages, in their order, into the new folder `out`. Page path -> number of its fragment. Raises BuildError (6).

    With `hub` the program that opens indexes in a browser is kept beside the index.
    """
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "PAGEFIND_UNSTABLE_INDEX_CHUNK_SIZE": CHUNK,
    }
    _run([str(program), SERVICE], environment, out.parent, _told(pages, out.name), SECONDS + SECONDS_A_LETTER * len(pages))
    for pattern in UNUSED if hub else UNUSED + PROGRAM:
        for path in out.glob(pattern):
            path.unlink()
    found = _fragments(out)
    if len(found) != len(pages):
        raise BuildError(
            f"Pagefind indexed {len(found)} of {len(pages)} letters: build again; if it stays so, report it", exit_code=6
        )
    return found


def _told(pages: Sequence[File], out: str) -> Iterator[Mapping[str, object]]:
    """What Pagefind is told. The first index of a process has the number 0."""
    yield {"type": "NewIndex", "config": {"force_language": "en", "max_fragments": -(-len(pages) // GROUP)}}
    for page in pages:
        yield {"type": "AddFile", "index_id": 0, "file_path": page.path, "file_contents": page.content.decode()}
    yield {"type": "WriteFiles", "index_id": 0, "output_path": out}


def _run(
    command: list[str], environment: Mapping[str, str], place: Path, told: Iterable[Mapping[str, object]], seconds: float
) -> None:
    """Says one message after the other, each when the one before has been answered."""
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(  # noqa: S603  # a program whose digest is checked, with arguments of our own
                command,
                env=environment,
                cwd=place,
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,
                preexec_fn=workers.die_with_parent,  # noqa: PLW1509  # one system call, no locks
            )
        except OSError as error:
            raise BuildError(
                f"Pagefind cannot be started: {error.strerror}: remove node_modules and {INSTALL}", exit_code=3
            ) from error
        stopped = threading.Event()

        def stop() -> None:
            stopped.set()
            _end(process)

        late = threading.Timer(seconds, stop)
        late.start()
        try:
            refused = _refusal(process, told)
        finally:
            late.cancel()
            _end(process)
        if stopped.is_set():
            raise BuildError(f"Pagefind was stopped after {seconds:.0f} s: is the disk full or read-only?", exit_code=6)
        if refused is not None:
            complaints.seek(0)
            last = (refused or complaints.read().decode("utf-8", "replace")).strip().splitlines()[-1:] or ["it said nothing"]
            raise BuildError(f"Pagefind failed: {last[0][:300]}", exit_code=6)


def _refusal(process: subprocess.Popen[bytes], told: Iterable[Mapping[str, object]]) -> str | None:
    """The message that Pagefind refuses, in its words; empty where it ends before the last answer. None: it has done all."""
    if process.stdin is None or process.stdout is None:
        return ""
    with process.stdin as asked, process.stdout as answers:
        for number, payload in enumerate(told):
            message = msgspec.json.encode({"message_id": number, "payload": payload})
            try:
                asked.write(base64.b64encode(message) + b",")
                answer = msgspec.json.decode(base64.b64decode(_next(answers)), type=_Answer).payload
            except (OSError, EOFError, ValueError, msgspec.DecodeError):
                return ""
            if answer.type == "Error":
                return answer.message
    return None


def _next(answers: IO[bytes]) -> bytes:
    """The next answer, which a comma ends."""
    found = b""
    while not found.endswith(b","):
        more = os.read(answers.fileno(), 2**16)
        if not more:
            raise EOFError
        found += more
    return found[:-1]


def _end(process: subprocess.Popen[Any]) -> None:
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):  # it may be ended from two sides
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _fragments(out: Path) -> dict[str, int]:
    """A fragment is named by its id (`en_<hex>`); the JSON inside names the page. Files hold one fragment, or several by name."""
    found: dict[str, int] = {}
    for path in sorted((out / "fragment").glob("*.pf_fragment")):
        try:
            content = gzip.decompress(path.read_bytes())
            decoded = msgspec.json.decode(content.removeprefix(_MAGIC))
            for name, page in decoded.items() if "_group_" in path.stem else [(path.stem, decoded)]:
                found[page["url"].lstrip("/")] = int(name.rpartition("_")[2], 16)
        except (OSError, EOFError, ValueError, KeyError, TypeError, AttributeError, msgspec.DecodeError) as error:
            raise BuildError(f"Pagefind wrote a fragment that cannot be read ({path.name}): {error}", exit_code=6) from error
    return found
