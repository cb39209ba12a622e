"""Does the site fit where it is to stand, and how many more letters would? hosts.toml has the limits. Pure: sizes in, words out.

Refused: a site above a limit, which its host would cut off or turn away, and a host that hosts.toml does not know.

Known limit: the room is reckoned at the rate of the letters that are there. Scripts, and lists of values that already exist, do
not grow with each letter, so that a small site has more room than is said; from one build nobody can tell how much more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, NamedTuple

import msgspec
from msgspec import Meta

from site_builder.model import BuildError, Frozen

NEARLY = 0.8
"""Share of a limit from which on it is worth a warning."""

Limit = Annotated[int, Meta(ge=1)] | None


class Host(Frozen, frozen=True, forbid_unknown_fields=True):
    """Where a site stands, and the most that it takes; None: no limit."""

    name: str
    bytes: Limit = None
    files: Limit = None
    file_bytes: Limit = None
    folder_files: Limit = None


class Weight(Frozen, frozen=True):
    """What a site comes to."""

    letters: int
    bytes: int
    files: int
    largest: tuple[str, int]
    """The file with the most bytes, and how many."""
    fullest: tuple[str, int]
    """The folder with the most files directly in it, and how many."""


class Fit(NamedTuple):
    """How a site fits its host."""

    line: str
    """What it weighs, and how many more letters fit."""
    warning: str
    """Empty as long as there is room."""


class _Use(NamedTuple):
    """Of one limit."""

    used: int
    most: int
    found: str
    """`3.1 GB`"""
    allowed: str
    """`1 GB`"""


def load(text: str, host: str) -> Host:
    """A host from the text of hosts.toml."""
    try:
        hosts = msgspec.toml.decode(text, type=dict[str, Host])
    except msgspec.DecodeError as error:
        raise BuildError(f"hosts.toml: {error}") from error
    if host not in hosts:
        raise BuildError(f"site.toml: host {host!r} is not known; known are {', '.join(hosts)} ({'none'!r}: no limits)")
    return hosts[host]


def weigh(sizes: Mapping[str, int], letters: int) -> Weight:
    """`sizes`: bytes of every file, by its path below the root."""
    folders = Counter(name.rpartition("/")[0] for name in sizes)
    return Weight(
        letters=letters,
        bytes=sum(sizes.values()),
        files=len(sizes),
        largest=max(sizes.items(), key=lambda item: (item[1], item[0]), default=("", 0)),
        fullest=max(folders.items(), key=lambda item: (item[1], item[0]), default=("", 0)),
    )


def fit(weight: Weight, host: Host) -> Fit:
    """Raises BuildError, saying what to do, where the site is above a limit."""
    letters = counted(weight.letters, "letter")
    each = f"{size(weight.bytes // weight.letters)} and {weight.files / weight.letters:,.1f} files a letter"
    line = f"{size(weight.bytes)} in {weight.files:,} files for {letters}: {each}"
    tightest = max(_uses(weight, host), key=lambda use: use.used / use.most, default=None)
    if tightest is None:
        return Fit(line, "")
    if tightest.used > tightest.most:
        told = f"the site has {tightest.found} ({letters}); {host.name} takes {tightest.allowed} at most"
        raise BuildError(f"{told}: publish fewer letters, or elsewhere and say so with `host` in site.toml", exit_code=5)
    room = _rounded((tightest.most - tightest.used) * weight.letters // tightest.used)
    line += f"; at this rate about {room:,} more fit on {host.name} ({tightest.allowed})"
    if tightest.used < NEARLY * tightest.most:
        return Fit(line, "")
    share = int(100 * tightest.used / tightest.most)
    return Fit(line, f"{host.name}: {tightest.found} are {share}% of {tightest.allowed}; look for another host before it is full")


def size(count: int) -> str:
    """284 KB; 31.2 MB; 1 GB"""
    for unit, bytes_of in (("GB", 10**9), ("MB", 10**6)):
        if count >= bytes_of:
            return f"{count / bytes_of:.1f} {unit}".replace(".0 ", " ")
    return f"{count / 1000:.0f} KB"


def counted(number: int, noun: str) -> str:
    """1 letter; 1,200 letters"""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _uses(weight: Weight, host: Host) -> list[_Use]:
    (file, file_bytes), (folder, folder_files) = weight.largest, weight.fullest
    limits = (
        (weight.bytes, host.bytes, size, "", ""),
        (file_bytes, host.file_bytes, size, f" in {file}", " a file"),
        (weight.files, host.files, _files, "", ""),
        (folder_files, host.folder_files, _files, f" in {folder}/", " a folder"),
    )
    return [_Use(used, most, tell(used) + where, tell(most) + each) for used, most, tell, where, each in limits if most]


def _files(count: int) -> str:
    return f"{count:,} files"


def _rounded(count: int) -> int:
    """Down to two digits: more would be a promise."""
    unit = int("1" + "0" * (len(str(count)) - 2))
    return count // unit * unit
