"""Watching: builds anew when an input changes.

Events of the file system are the alarm clock, not the truth: after each one, once it is quiet, the inputs' names, sizes and times
are compared, and a build starts only if they differ. So event storms, editors that save by rename, events caused by our own
reading and events lost to an overflow all come to the same: one build of what is there now. Who wants to know before that which
files have changed is told at once, without any promise.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from watchdog.events import FileSystemEvent, FileSystemEventHandler
from watchdog.observers import Observer

from site_builder.marks import marks

SETTLE = 0.25
"""Seconds without an event before a build: writers finish first."""
PATIENCE = 3.0
"""Seconds after which a build starts although events keep coming."""
BLINK = 0.02
"""Seconds in which the events of one change come together."""
RECHECK = 5.0
"""Seconds after which the inputs are compared even without an event."""

TICK = 0.2
"""Seconds within which a stop is noticed."""


class Alarm(FileSystemEventHandler):
    """Remembers when the last event came, and of which files until somebody asks."""

    def __init__(self) -> None:
        self.rung = threading.Event()
        self.last = 0.0
        self.files = queue.SimpleQueue[Path]()

    def on_any_event(self, event: FileSystemEvent) -> None:
        if event.event_type in ("opened", "closed_no_write"):
            return
        self.last = time.monotonic()
        self.rung.set()
        if not event.is_directory:
            self.files.put(Path(os.fsdecode(event.dest_path or event.src_path)))


def watch(
    inputs: Sequence[Path],
    rebuild: Callable[[], bool],
    stop: threading.Event,
    recheck: float = RECHECK,
    *,
    glance: Callable[[frozenset[Path]], None] = lambda files: None,
    deaf: Callable[[OSError], None] = lambda error: None,
) -> None:
    """Call `rebuild` after each change of the files and folders in `inputs`, until `stop` is set; again with the next look where
    it says that it could not. `glance` at once, beside it. `deaf`: the system tells of no changes, having no watches left;
    they are looked for every `recheck` seconds.
    """
    alarm = Alarm()
    observer = Observer()
    try:
        for folder in _folders(inputs):
            observer.schedule(alarm, str(folder), recursive=folder in inputs)
        observer.start()
    except OSError as error:
        deaf(error)
    glances = threading.Thread(target=_glances, args=(frozenset(inputs), alarm, glance, stop))
    glances.start()
    try:
        _loop(inputs, rebuild, stop, alarm, recheck)
    finally:
        stop.set()
        if observer.is_alive():
            observer.stop()
            observer.join()
        glances.join()


def looks(inputs: Sequence[Path]) -> frozenset[object]:
    """What the inputs look like now."""
    return frozenset(mark.untouched for path in inputs for mark in marks(path))


def _loop(inputs: Sequence[Path], rebuild: Callable[[], bool], stop: threading.Event, alarm: Alarm, recheck: float) -> None:
    built, checked = looks(inputs), time.monotonic()
    while not stop.is_set():
        if not alarm.rung.wait(TICK) and time.monotonic() < checked + recheck:
            continue
        _settle(alarm, stop)
        alarm.rung.clear()
        now, checked = looks(inputs), time.monotonic()
        if now != built and not stop.is_set() and rebuild():
            built = now  # as it was before the build: what changes while it runs is news again


def _glances(inputs: frozenset[Path], alarm: Alarm, glance: Callable[[frozenset[Path]], None], stop: threading.Event) -> None:
    while not stop.is_set():
        with contextlib.suppress(queue.Empty):
            files = {alarm.files.get(timeout=TICK)}
            time.sleep(BLINK)
            while not alarm.files.empty():
                files.add(alarm.files.get())
            seen = frozenset(file for file in files if inputs & {file, *file.parents} and not file.name.startswith("."))
            if seen:  # an input that is a file is watched with all its neighbours
                glance(seen)


def _settle(alarm: Alarm, stop: threading.Event) -> None:
    started = time.monotonic()
    while time.monotonic() - started < PATIENCE and (left := alarm.last + SETTLE - time.monotonic()) > 0:
        if stop.wait(left):
            return


def _folders(inputs: Sequence[Path]) -> list[Path]:
    """A file is watched through its folder: an editor that saves by rename replaces it."""
    return sorted({path if path.is_dir() else path.parent for path in inputs if path.is_dir() or path.parent.is_dir()})
