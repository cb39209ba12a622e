"""Goldens: each invented letter in tests/letters has beside it, as JSON, what the parser reads. Read the diff, then commit both.

python -m tests.approve        writes them anew
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from site_builder.model import Letter
from tests.letter_texts import HERE, read

LETTERS = HERE / "letters"


def golden(letter: Letter) -> bytes:
    """The letter as JSON that a person can read: nothing empty, no digest."""
    read_back: dict[str, object] = msgspec.json.decode(msgspec.json.encode(letter))
    del read_back["sha256"]
    return msgspec.json.format(msgspec.json.encode(_plain(read_back)), indent=2) + b"\n"


def approved(path: Path) -> Path:
    return path.with_suffix(".json")


def letters() -> list[Path]:
    return sorted(LETTERS.rglob("*.txt"))


def parsed(path: Path) -> bytes:
    return golden(read(path.read_text("utf-8"), path.relative_to(LETTERS).as_posix()))


def _plain(value: object) -> object:
    """Without what is empty, unknown or untrue; tagging is another stage, so its fields are left out."""
    if isinstance(value, dict):
        kept = {key: _plain(inner) for key, inner in value.items()}
        return {key: inner for key, inner in kept.items() if inner not in (None, "", [], {}, ["", "", ""], False)}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def main() -> int:
    changed = 0
    for path in letters():
        content = parsed(path)
        if not approved(path).exists() or approved(path).read_bytes() != content:
            approved(path).write_bytes(content)
            changed += 1
            sys.stdout.write(f"{approved(path).relative_to(HERE.parent)}\n")
    for stray in sorted(set(LETTERS.rglob("*.json")) - {approved(path) for path in letters()}):
        stray.unlink()
        sys.stdout.write(f"removed {stray.relative_to(HERE.parent)}\n")
    sys.stdout.write(f"{changed} goldens written; read the diff before you commit it\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
