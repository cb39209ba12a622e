"""What a reader's own copy of the site consists of: offline.json names the files, sw.js is the worker that keeps them. Shell.

The frame, the search data and what they need are in the list; pages of letters and lists are kept as they are opened. The worker
carries the digest of the whole manifest, so any change of any file makes a new generation, and the digest of the list.

Known limits: the list grows with the search data, all of which a copy has to hold; a page to which a server adds something, as
that of `watch` does, has another digest, so that no copy is kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import msgspec

from site_builder.publish import manifest

LIST = "offline.json"
WORKER = "sw.js"
_LEFT_OUT = re.compile(
    r"\A(?:decisions/|originals/|(?:\w+/)?browse/[^/]+/.+/|data/(?!index\.html)|.*\.(?:csv|png|xml)$|robots\.txt$)"
)
"""Letters, pages of letters and of values, and what is not asked for by a page."""


def write(stage: Path, worker: str, known: Mapping[str, str] = MappingProxyType({})) -> Mapping[str, str]:
    """`worker`: text of templates/sw.js; `known`: sums that are known. To be called when everything else stands in `stage`, of
    which the sums come back.
    """
    everything = manifest(stage, known)
    sums = msgspec.json.decode(everything, type=dict[str, str])
    files = {path: digest for path, digest in sums.items() if not _LEFT_OUT.match(path)}
    size = sum((stage / path).stat().st_size for path in files)
    listed = msgspec.json.encode({"bytes": size, "files": files})
    (stage / LIST).write_bytes(listed)
    generation = hashlib.sha256(everything).hexdigest()[:16]
    text = worker.replace("{generation}", generation).replace("{list}", hashlib.sha256(listed).hexdigest())
    (stage / WORKER).write_text(text, encoding="utf-8")
    return sums
