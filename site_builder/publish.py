"""Publishing: a site is written whole into a staging folder beside the old one, verified, and swapped in by one rename.

Whoever looks at the published folder, whenever a build is killed or fails, sees one whole generation, the old or the new one:
lock, sweep, stage, verify, swap, keep the old generation until the next build (readers may still hold it open), which may begin
on its pages.

Refuses a folder that holds something else than a site, a mount point, links and anything that is no regular file in a site, and
a second build of the same folder. Known limits: power loss is not guarded against (nothing is synced to the disk), and where the
system cannot exchange two folders the site is missing for the blink between two renames; the next build mends a death in it.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import hashlib
import os
import re
import secrets
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from site_builder.model import BuildError, File

MANIFEST = "manifest.json"
LOCKED = 7
"""Exit code where another build of the same folder is running."""
NOJEKYLL = ".nojekyll"
PAGE = ".html"
"""Ends the name of every page, and of nothing else in a site."""
OF_DESKTOPS = {".DS_Store", "Thumbs.db", "desktop.ini"}
"""What looking into a folder leaves there."""
REMOVED = "decisions/_removed.html"
"""The page that stands in the place of every letter that was taken down."""
_MANIFEST_LINE = 73
"""Bytes of a line without the name; names are ASCII."""

Exchange = Callable[[Path, Path], None]
"""Swaps two folders in one step, or raises OSError."""

_AT_FDCWD = -100
_SWAP = 2
"""RENAME_EXCHANGE of Linux's renameat2, RENAME_SWAP of macOS's renamex_np."""
_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP}
_NO_HARD_LINKS = {*_UNSUPPORTED, errno.EPERM, errno.EMLINK, errno.EXDEV}
_IS_NO_FILE = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP}
_REMEDIES = {
    errno.EACCES: "allow this user to write there, or name another folder with --out",
    errno.EPERM: "allow this user to write there, or name another folder with --out",
    errno.EROFS: "the disk is read-only: name another folder with --out",
    errno.EFBIG: "raise the file size limit (ulimit -f) and build again",
    errno.EMFILE: "raise the limit of open files (ulimit -n) and build again",
    errno.ENFILE: "close other programs and build again: the machine is out of file handles",
    errno.EAGAIN: "close other programs or raise the limit of processes (ulimit -u), and build again",
    errno.ENOMEM: "close other programs, or use fewer --jobs, and build again",
    errno.EIO: "check the disk and build again",
    errno.EXDEV: "name a folder on the same disk as its parent with --out",
}

_held: set[int] = set()
"""Locks of this process. A forked worker lets go of them, or its life after our death would keep the next build out."""


def _let_go() -> None:
    for handle in _held:
        os.close(handle)
    _held.clear()


os.register_at_fork(after_in_child=_let_go)


def exchange(new: Path, old: Path) -> None:
    """Swap two folders in one step of the file system: nobody ever sees neither, or half."""
    libc = ctypes.CDLL(None, use_errno=True)
    sides = os.fsencode(new), os.fsencode(old)
    if sys.platform == "darwin" and hasattr(libc, "renamex_np"):
        failed = libc.renamex_np(*sides, _SWAP)
    elif hasattr(libc, "renameat2"):
        failed = libc.renameat2(_AT_FDCWD, sides[0], _AT_FDCWD, sides[1], _SWAP)
    else:
        raise OSError(errno.ENOSYS, "the system cannot exchange two folders", str(new))
    if failed:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(new), None, str(old))


@contextlib.contextmanager
def publishing(
    out: Path,
    exchange: Exchange = exchange,
    carried: Collection[str] | None = None,
    sums: Mapping[str, str] = MappingProxyType({}),
    forgets: Callable[[], bool] = lambda: False,
) -> Iterator[Path]:
    """An empty staging folder; what stands in it when the block ends well is the site `out`. Otherwise `out` stays as it was.

    `carried`: paths of what was carried over until then, see `carry`. Whoever gives it finds the pages of the generation before
    in the folder, which need no new name if they are to stay; `leave` removes the others. `sums`: path -> sha256, as far as
    they are known until then. `forgets`: asked at the end; shall nothing be left of the generation before, because it holds what
    was taken down? Where that cannot be done, BuildError says that the new site stands.
    """
    out = Path(os.path.realpath(out))
    if not out.name:
        raise BuildError(f"{out} is no folder for a site: name another with --out")
    with _disk_errors(out), _locked(out):
        _sweep(out, but=[] if carried is None or not _is_folder(_previous(out)) else [_previous(out)])
        _refuse_what_is_no_site(out)
        stage = out.with_name(f".stage-{out.name}-{secrets.token_hex(4)}")
        try:
            _begin(stage, _previous(out))
            yield stage
            (stage / NOJEKYLL).touch()
            _verify(stage, carried or (), sums)
            (stage / MANIFEST).write_bytes(manifest(stage, sums))
            _swap(stage, out, exchange)
        except BaseException:
            shutil.rmtree(stage, ignore_errors=True)
            raise
        if forgets():
            _forget(out)


@contextlib.contextmanager
def kept(out: Path) -> Iterator[None]:
    """No build replaces the site `out` until the block ends."""
    with _locked(Path(os.path.realpath(out))):
        yield


def carry(path: str, sha256: str, out: Path, stage: Path) -> bool:
    """Does the stage have the file with this sum? Where it lacks it, it is linked from the site `out`, or copied where it cannot
    be linked.
    """
    old, new = os.path.join(out, path), os.path.join(stage, path)
    if _has(new, sha256):
        return True
    if not _has(old, sha256):
        return False
    with contextlib.suppress(FileNotFoundError):
        os.unlink(new)
    os.makedirs(os.path.dirname(new), exist_ok=True)
    try:
        os.link(old, new)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        shutil.copyfile(old, new)
    return True


@contextlib.contextmanager
def apart(stage: Path) -> Iterator[Path]:
    """A folder beside the stage, for what is written while others write there. What stands in it when the block ends is removed;
    what is left by who was killed, the next build sweeps away, as it has the name of a stage.
    """
    place = stage.with_name(f"{stage.name[:-8]}{secrets.token_hex(4)}")
    place.mkdir()
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def adopt(place: Path, stage: Path) -> None:
    """Moves what stands in `place` into the stage, which has nothing of these names."""
    for entry in list(os.scandir(place)):
        os.rename(entry.path, stage / entry.name)


def leave(stage: Path, pages: Collection[str]) -> None:
    """Removes all pages but these."""
    _thin(stage, lambda name: not name.endswith(PAGE) or name in pages)


def put(stage: Path, file: File) -> None:
    """Writes a file, and its folder where that is missing; never through a name that a file of the old site still has."""
    target = os.path.join(stage, file.path)
    while True:
        try:
            with open(target, "xb") as new:
                new.write(file.content)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(target), exist_ok=True)
        except FileExistsError:
            os.unlink(target)
        else:
            return


def manifest(folder: Path, known: Mapping[str, str] = MappingProxyType({})) -> bytes:
    """Path -> sha256 of every file below `folder` but the manifest itself, by path, as JSON; `known`: sums known already.

    Pages of letters that were taken down, which are copies of REMOVED, are only counted: their names are case numbers.
    """
    sums = {name: known.get(name) or _sha256(folder / name) for name in sorted(files(folder)) if name != MANIFEST}
    removed = [name for name, digest in sums.items() if digest == sums.get(REMOVED) and name != REMOVED]
    for number, name in enumerate(removed, 1):
        sums[f"{REMOVED}#{number}"] = sums.pop(name)
    sums = dict(sorted(sums.items()))
    return msgspec.json.format(msgspec.json.encode(sums), indent=1) + b"\n"


def sizes(stage: Path) -> dict[str, int]:
    """Bytes of every file, with what is added when the stage is published."""
    found = {name: os.stat(f"{stage}/{name}").st_size for name in files(stage)}
    return found | {NOJEKYLL: 0, MANIFEST: sum(len(name) + _MANIFEST_LINE for name in (*found, NOJEKYLL))}


def is_whole(folder: Path) -> bool:
    """Does the folder hold exactly the files of its manifest?"""
    try:
        return (folder / MANIFEST).read_bytes() == manifest(folder)
    except (OSError, BuildError):
        return False


def files(folder: Path) -> Iterator[str]:
    """Paths of all files below `folder`. A link would be published as what it points to, a pipe would hang the upload."""
    folders = [""]
    while folders:
        below = folders.pop()
        with os.scandir(f"{folder}/{below}") as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{below}{entry.name}/")
                elif entry.is_file(follow_symlinks=False):
                    yield f"{below}{entry.name}"
                else:
                    raise _no_plain_file(entry.path)


def _verify(stage: Path, carried: Collection[str], written: Iterable[str]) -> None:
    """A file that stands elsewhere too changes with it; what is carried stands in the old site, which nobody changes. What was
    written must be there: disks lose files, and other programs remove them.
    """
    missing = {name for name in written if not name.startswith(f"{REMOVED}#")}  # these are counted only
    for name in files(stage):
        status = os.stat(f"{stage}/{name}")
        if name not in carried and status.st_nlink != 1:
            raise _no_plain_file(stage / name)
        if status.st_size or not name.endswith(PAGE):
            missing.discard(name)
    if missing:
        raise BuildError(f"{min(missing)} was written and is lost, or empty: check the disk, and build again", exit_code=5)


def _no_plain_file(path: Path | str) -> BuildError:
    return BuildError(f"{path} is a link or no regular file: a site holds plain files only", exit_code=5)


def _has(path: str, sha256: str) -> bool:
    """Is it a regular file with this sum?"""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(handle, "rb", buffering=0) as file:
            return hashlib.sha256(file.read() or b"").hexdigest() == sha256  # a pipe may have nothing to say
    except OSError as error:
        if error.errno not in _IS_NO_FILE:
            raise
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _begin(stage: Path, before: Path) -> None:
    """The stage: empty, or with the pages of the generation before where that is still there."""
    try:
        before.rename(stage)
    except FileNotFoundError:
        stage.mkdir()
    else:
        _thin(stage, lambda name: name.endswith(PAGE))


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _thin(folder: Path | str, is_wanted: Callable[[str], bool], within: str = "") -> bool:
    """Removes every file that is not wanted, whatever is no regular file, and folders that have become empty. Is any left?"""
    left = False
    for entry in list(os.scandir(folder)):
        name = f"{within}{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if _thin(entry.path, is_wanted, f"{name}/"):
                left = True
            else:
                os.rmdir(entry.path)
        elif entry.is_file(follow_symlinks=False) and is_wanted(name):
            left = True
        else:
            os.unlink(entry.path)
    return left


def _swap(stage: Path, out: Path, exchange: Exchange) -> None:
    if not out.exists():
        stage.rename(out)
        return
    try:
        exchange(stage, out)
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        _rename_twice(stage, out)
    # The site is published: where the old one cannot be kept under its name, the next build's sweep removes it.
    with contextlib.suppress(OSError):
        (stage if stage.exists() else _aside(out)).rename(_previous(out))


def _rename_twice(stage: Path, out: Path) -> None:
    """For systems without an exchange: `out` is missing between the two renames."""
    try:
        out.rename(_aside(out))
        stage.rename(out)
    except BaseException:
        _mend(out)
        raise


def _mend(out: Path) -> None:
    """Put the old site back after a death between two renames. A site that its owner removed stays removed."""
    if _aside(out).exists() and not out.exists():
        _aside(out).rename(out)


def _sweep(out: Path, but: Collection[Path] = ()) -> None:
    """Remove what earlier builds left: the previous generation, and the stages of builds that were killed."""
    _mend(out)
    left = re.compile(rf"\.stage-{re.escape(out.name)}-[0-9a-f]{{8}}")
    for path in sorted(out.parent.iterdir()):
        if left.fullmatch(path.name) or path in {_previous(out), _aside(out)}.difference(but):
            if not _is_folder(path):
                raise BuildError(
                    f"{path} is a link or a file, where builds keep a folder of their own: move it away", exit_code=5
                )
            shutil.rmtree(path)


def _forget(out: Path) -> None:
    try:
        _sweep(out)
    except (OSError, BuildError) as error:
        told = f"The new site is published, but {_previous(out)} still holds what was taken down: remove that folder"
        raise BuildError(f"{told} ({getattr(error, 'strerror', None) or error})", exit_code=5) from error


def _previous(out: Path) -> Path:
    return out.with_name(f".previous-{out.name}")


def _aside(out: Path) -> Path:
    return out.with_name(f".aside-{out.name}")


def _refuse_what_is_no_site(out: Path) -> None:
    """The old folder is replaced whole: never somebody's documents."""
    if not out.exists():
        return
    if not out.is_dir():
        raise BuildError(f"{out} is a file: name a folder with --out")
    if os.path.ismount(out):
        raise BuildError(f"{out} is a mount point, which cannot be swapped: name a folder inside it with --out", exit_code=5)
    found = {entry.name for entry in out.iterdir()} - OF_DESKTOPS
    if MANIFEST not in found and found - {NOJEKYLL}:
        raise BuildError(f"{out} holds files but no site: empty it, or name another folder with --out")
    if strange := sorted(found - {MANIFEST, NOJEKYLL, *_at_the_top(out / MANIFEST)}):
        told = ", ".join([*strange[:3], *([f"and {len(strange) - 3} more"] if len(strange) > 3 else [])])
        raise BuildError(f"{out} holds what no build has put there ({told}): move it away, or name another folder with --out")


def _at_the_top(manifest: Path) -> set[str]:
    """Names of the files and folders of a site that stand in no other folder of it; none without a manifest."""
    try:
        names = msgspec.json.decode(manifest.read_bytes(), type=dict[str, str])
    except FileNotFoundError:
        return set()
    except msgspec.DecodeError as error:
        raise BuildError(f"{manifest} is no manifest of a site: empty {manifest.parent}, or name another folder") from error
    return {name.partition("/")[0] for name in names}


@contextlib.contextmanager
def _locked(out: Path) -> Iterator[None]:
    """One build of a folder at a time. The lock dies with its process; its file is removed while it is held."""
    out.parent.mkdir(parents=True, exist_ok=True)
    path = out.with_name(f".{out.name}.lock.pid")
    handle = _lock(path, out)
    _held.add(handle)
    try:
        os.truncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        _held.discard(handle)
        with contextlib.suppress(OSError):
            path.unlink()
        os.close(handle)


def _lock(path: Path, out: Path) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if _is_open_at(handle, path):
                return handle
        except BlockingIOError:
            holder = os.read(handle, 20).decode("ascii", "replace").strip() or "unknown"
            os.close(handle)
            told = f"another build of {out} is running (process {holder}): wait for it, or stop it"
            raise BuildError(told, exit_code=LOCKED) from None
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _is_open_at(handle: int, path: Path) -> bool:
    """False where the holder before us has removed the file between our opening and locking it."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def _disk_errors(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        place = error.filename if isinstance(error.filename, str) else out
        told = f"cannot use {place}: {error.strerror or error}; {remedy(error.errno, out)}"
        raise BuildError(f"{told}. The old site stands as it was.", exit_code=5) from error


def remedy(number: int | None, out: Path | None = None) -> str:
    """What to do about an error of the system; `out`: the site that could not be written."""
    if number in (errno.ENOSPC, errno.EDQUOT) and out:
        needed = _size(out)
        free = shutil.disk_usage(out.parent).free
        return f"free some space ({needed:,} bytes were needed last time, {free:,} are free) and build again"
    return _REMEDIES.get(number or 0, "check the disk and the folder, and build again")


def _size(out: Path) -> int:
    try:
        return sum((out / name).stat().st_size for name in files(out))
    except (OSError, BuildError):
        return 0
