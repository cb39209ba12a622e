"""Kills and fails a publication at every point at which it changes the file system, and looks at what readers would see.

An audit hook hears every mutating event (opening for writing, making, renaming, removing, the call that exchanges two folders).
A forked child publishes; at its k-th event it is killed, or the event fails with a chosen errno, for every k until it gets
through. Runs in a process of its own, because it forks: `python -m tests.publish_faults STRATEGY FOLDER`, result as JSON.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from site_builder import publish
from site_builder.model import BuildError, File

FAULTS = ("kill", "ENOSPC", "EACCES", "EIO")[: 4 if os.environ.get("FULL") else 2]
NAMES = ("index.html", "browse/index.html", "decisions/a.html", "decisions/b.html", "pagefind/x.pf_fragment")
CHANGES = {"os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.symlink", "os.link", "os.truncate", "os.chmod", "ctypes.dlsym"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC

Strategy = Callable[[Path, str], None]
"""Publishes generation `word` in a folder."""


def fill(stage: Path, word: str) -> None:
    for name in NAMES:
        path = stage / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{word} {name}")


def exchanging(out: Path, word: str) -> None:
    with publish.publishing(out) as stage:
        fill(stage, word)


def renaming_twice(out: Path, word: str) -> None:
    """The fallback, as on a system that cannot exchange two folders."""
    with publish.publishing(out, exchange=_unsupported) as stage:
        fill(stage, word)


def carrying(out: Path, word: str) -> None:
    """Onto the pages of the generation before, as with a cache."""
    carried: dict[str, str] = {}
    with publish.publishing(out, carried=carried, sums=carried) as stage:
        for name in NAMES:
            content = f"{word} {name}".encode()
            digest = hashlib.sha256(content).hexdigest()
            if publish.carry(name, digest, out, stage):
                carried[name] = digest
            else:
                publish.put(stage, File(path=name, content=content))
        publish.leave(stage, NAMES)


def _unsupported(new: Path, old: Path) -> None:
    raise OSError(errno.EINVAL, "no exchange here", str(new))


def in_place(out: Path, word: str) -> None:
    """Negative control: what most generators do."""
    for path in out.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()
    fill(out, word)
    (out / publish.NOJEKYLL).touch()
    (out / publish.MANIFEST).write_bytes(publish.manifest(out))


def without_mending(out: Path, word: str) -> None:
    """Negative control: two renames, and nobody mends a death between them."""
    stage, old = out.with_name(".stage"), out.with_name(".old")
    for left in (stage, old):
        shutil.rmtree(left, ignore_errors=True)
    stage.mkdir()
    fill(stage, word)
    (stage / publish.NOJEKYLL).touch()
    (stage / publish.MANIFEST).write_bytes(publish.manifest(stage))
    out.rename(old)
    stage.rename(out)
    shutil.rmtree(old)


STRATEGIES: dict[str, Strategy] = {f.__name__: f for f in (exchanging, renaming_twice, carrying, in_place, without_mending)}


def every_point(strategy: Strategy, folder: Path) -> dict[str, object]:
    """{fault: points tried, torn generations, leftovers after the next run, failures that were no clear error}."""
    new, old, out = folder / "new", folder / "old", folder / "place" / "out"
    exchanging(old, "old")
    exchanging(new, "new")
    told: dict[str, object] = {}
    for fault in FAULTS:
        tally = {"points": 0, "torn": [], "left": [], "unclear": []}
        for lasting in (False, True) if fault != "kill" else (False,):
            point = 1
            while True:
                shutil.rmtree(out.parent, ignore_errors=True)
                out.parent.mkdir()
                for name in ("out", ".previous-out", ".stage-out-0123abcd"):
                    shutil.copytree(old, out.with_name(name))
                code = _in_child(lambda at=point, lasts=lasting, how=fault: _sabotaged(strategy, out, at, how, lasts))
                if code == THROUGH:
                    break
                tally["points"] += 1
                if code not in (5, -signal.SIGKILL, PUBLISHED):
                    tally["unclear"].append([point, lasting, code])
                # A next build that fails at once mends, and publishes nothing new.
                _in_child(lambda: _failing_at_once(strategy, out))
                if not publish.is_whole(out) or _tree(out) not in (_tree(old), _tree(new)):
                    tally["torn"].append([point, lasting])
                with contextlib.suppress(BuildError, OSError):
                    strategy(out, "new")
                if set(os.listdir(out.parent)) - {"out", ".previous-out"} or _tree(out) != _tree(new):
                    tally["left"].append([point, lasting, sorted(os.listdir(out.parent))])
                point += 1
        told[fault] = tally
    return told


THROUGH, PUBLISHED, UNCLEAR = 100, 101, 102


def _sabotaged(strategy: Strategy, out: Path, point: int, fault: str, lasting: bool) -> NoReturn:
    count = 0

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal count
        if not _changes(event, arguments):
            return
        count += 1
        if count == point and fault == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if count == point or (lasting and count > point):
            number = getattr(errno, fault)
            raise OSError(number, os.strerror(number), str(arguments[0]))

    sys.addaudithook(hook)
    try:
        strategy(out, "new")
    except BuildError as error:
        os._exit(error.exit_code)
    except OSError:
        os._exit(UNCLEAR)
    os._exit(THROUGH if count < point else PUBLISHED)


def _changes(event: str, arguments: tuple[object, ...]) -> bool:
    if event == "open":
        _, mode, flags = arguments
        return bool(set(mode) & set("wax+")) if isinstance(mode, str) else bool(int(str(flags or 0)) & WRITING)
    return event in CHANGES


class Stop(Exception):
    """Ends a build before it has written anything."""


def _failing_at_once(strategy: Strategy, out: Path) -> NoReturn:
    if strategy in (exchanging, renaming_twice):
        with contextlib.suppress(Stop, BuildError), publish.publishing(out):
            raise Stop
    os._exit(0)


def _in_child(act: Callable[[], NoReturn]) -> int:
    child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(UNCLEAR)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


if __name__ == "__main__":
    print(json.dumps(every_point(STRATEGIES[sys.argv[1]], Path(sys.argv[2]))))
