"""Folders and buckets by address: opened through fsspec, and asked so that what they cannot do is told in one line. Shell."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from site_builder.model import BuildError

INSTALL = "run `make install-cluster`, which brings distributed, fsspec and s3fs"


def opened(url: str, **options: Any) -> tuple[Any, str]:
    """The fsspec file system of an address, and the place in it; `options` are the file system's.

    Raises BuildError: for an address that fsspec does not know, and with exit code 3 where the package for it is missing.
    """
    try:
        from fsspec.core import url_to_fs  # noqa: PLC0415  # only who uploads, or builds in pieces, needs it

        return url_to_fs(url, **options)  # type: ignore[no-any-return]
    except ImportError as error:
        raise BuildError(f"{url} needs a package more: {error}; {INSTALL}", exit_code=3) from error
    except ValueError as error:
        raise BuildError(f"{url}: {error}; name a folder, or an address that fsspec knows") from error


@contextlib.contextmanager
def asked(place: str, then: str) -> Iterator[None]:
    """Raises BuildError (5) for whatever goes wrong at `place`. `then`: what to do when that is mended."""
    try:
        yield
    except Exception as error:  # every kind of store has errors of its own, and fsspec no class for them
        raise BuildError(f"{place}: {type(error).__name__}: {error}; mend that and {then}", exit_code=5) from error
