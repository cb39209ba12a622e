"""A local server for looking at the site, as strict as the open web is rude: pages of other origins can reach it too.

Serves one folder on 127.0.0.1 the way GitHub Pages would: folder redirects, 404.html, gzip, an optional base path. Refuses
foreign Host headers (421), every method but GET and HEAD (405), links, hidden files, listings and whatever lies outside (404).
In watch mode pages get one more script, `/__reload.js`, which listens to `/__reload` and reloads when a build is done; it is a
file of the same origin, so the Content-Security-Policy of the pages stays as published. Nothing here is written to the site.

Known limit: no ranges and no caching, every answer is read whole; good enough because it has one reader.
"""

from __future__ import annotations

import errno
import gzip
import json
import os
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, unquote_to_bytes

from site_builder.model import BuildError

ADDRESS = "127.0.0.1"
HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
EVENTS = "/__reload"
SCRIPT = "/__reload.js"

_TYPES = {
    ".css": "text/css",
    ".csv": "text/csv",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonl": "application/x-ndjson",
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".xml": "application/xml",
}
"""Text types: sent as UTF-8, and packed when the reader can unpack."""
_BINARY = {".gz": "application/gzip", ".ico": "image/x-icon", ".png": "image/png", ".wasm": "application/wasm"}
_REASONS = {400: "Bad request.", 404: "Not found."}
_PORT = re.compile(r":[0-9]+\Z")
_PULSE = 15.0
"""Seconds between signs of life on an event stream."""

_RELOAD = """\
// Reloads this page when the site was built anew; shows why when a build failed.
let seen = null;
const bar = document.createElement("p");
bar.setAttribute("role", "alert");
bar.style.cssText = "position:fixed;inset:auto 0 0 0;margin:0;padding:1em;background:#7a1212;color:#fff;z-index:9999";
new EventSource("/__reload").onmessage = (event) => {
  const { generation, problem } = JSON.parse(event.data);
  seen ??= Number(new URL(import.meta.url).search.slice(1));
  if (generation !== seen) location.reload();
  bar.textContent = problem ?? "";
  if (problem) document.body.append(bar); else bar.remove();
};
"""


class Reloads:
    """What open pages are told: the number of the generation that stands, and why the last build failed, if it did."""

    def __init__(self) -> None:
        self._news = threading.Condition()
        self._closed = False
        self._problem: str | None = None
        self.generation = 0

    def built(self) -> None:
        self._tell(self.generation + 1, None)

    def edited(self) -> None:
        """A page is newer than the site, whether or not that could be built."""
        self._tell(self.generation + 1, self._problem)

    def failed(self, problem: str) -> None:
        self._tell(self.generation, problem)

    def close(self) -> None:
        with self._news:
            self._closed = True
            self._news.notify_all()

    def messages(self) -> Iterator[str]:
        """The state now and after each change, as server-sent events; a comment in between, to notice who has left."""
        told: str | None = None
        while not self._closed:
            with self._news:
                now = json.dumps({"generation": self.generation, "problem": self._problem})
                if now == told and not self._news.wait(_PULSE):
                    now = ""
            if now and now != told:
                told = now
                yield f"data: {now}\n\n"
            elif not now:
                yield ": still here\n\n"

    def _tell(self, generation: int, problem: str | None) -> None:
        with self._news:
            self.generation, self._problem = generation, problem
            self._news.notify_all()


class Answer(NamedTuple):
    """What the folder has for a path."""

    status: int
    file: Path | None = None
    location: str | None = None


class Server(ThreadingHTTPServer):
    """Serves `folder` below `base` (`/` or `/name/`) until closed. With port 0 the system picks one: see `url`.

    `max_age`: seconds that a browser may keep what it got; None: nothing is kept, so that a new build is seen at once.
    `newer`: for the path of a file what stands in its place, or None.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        folder: Path,
        port: int = 8000,
        base: str = "/",
        *,
        reloads: Reloads | None = None,
        max_age: int | None = None,
        newer: Callable[[str], bytes | None] = lambda path: None,
    ) -> None:
        self.folder, self.newer = folder, newer
        self.caching = "no-store" if max_age is None else f"max-age={max_age}"
        self.base = f"/{base.strip('/')}/".replace("//", "/")
        self.reloads = reloads
        try:
            super().__init__((ADDRESS, port), Handler)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise BuildError(f"port {port} is in use: stop the other server, or name another with --port") from error

    def server_bind(self) -> None:
        """As HTTPServer does, without asking the network for the name of this machine."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = ADDRESS, self.server_address[1]

    @property
    def url(self) -> str:
        return f"http://{ADDRESS}:{self.server_port}{self.base}"

    def server_close(self) -> None:
        if self.reloads:
            self.reloads.close()
        super().server_close()

    def handle_error(self, request: object, client_address: object) -> None:
        """A reader who hangs up is no news."""


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "site-builder"
    sys_version = ""
    timeout = 60
    disable_nagle_algorithm = True
    """Headers and content go out in two writes; the second does not wait for the reader to confirm the first."""

    def do_GET(self) -> None:
        host, path = self.headers.get("Host", ""), self.path.partition("?")[0]
        if _PORT.sub("", host).lower() not in HOSTS:
            self._plain(421, "This server answers to localhost only.")
        elif self.server.reloads and path in (EVENTS, SCRIPT):
            self._reload(self.server.reloads, host)
        elif content := self.server.newer(unquote(path.removeprefix(self.server.base))):
            self._content(200, Path(path), content)
        else:
            self._site(answer(self.server.folder, self.server.base, self.path))

    do_HEAD = do_GET

    def _refuse(self) -> None:
        self.close_connection = True  # what follows the headers is not read
        self._plain(405, "Only GET and HEAD.", {"Allow": "GET, HEAD"})

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = do_TRACE = do_CONNECT = _refuse

    def log_message(self, format: str, *args: object) -> None:
        """Silent: requests are written by whoever sends them, and the terminal is not theirs."""

    def _site(self, found: Answer) -> None:
        if found.location is not None:
            self._plain(found.status, "Moved.", {"Location": found.location})
            return
        if found.file is None:
            self._plain(found.status, _REASONS[found.status])
            return
        try:
            content = found.file.read_bytes()
        except OSError:  # swapped away between finding and reading
            self._plain(404, _REASONS[404])
            return
        self._content(found.status, found.file, content)

    def _content(self, status: int, file: Path, content: bytes) -> None:
        kind = file.suffix.lower()
        if kind == ".html" and self.server.reloads:
            content = _with_script(content, self.server.reloads.generation)
        self._send(status, _TYPES.get(kind), content, {} if kind in _TYPES else {"Content-Type": _binary(kind)})

    def _reload(self, reloads: Reloads, host: str) -> None:
        """For our own pages only: a foreign page shall not learn when somebody edits letters."""
        foreign = self.headers.get("Origin", f"http://{host}") != f"http://{host}"
        if foreign or self.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            self._plain(403, "For pages of this server only.")
        elif self.path.startswith(SCRIPT):
            self._send(200, "text/javascript", _RELOAD.encode(), {})
        else:
            self._stream(reloads)

    def _stream(self, reloads: Reloads) -> None:
        self.close_connection = True
        self.send_response(200)
        self._headers({"Content-Type": "text/event-stream"})
        if self.command == "HEAD":
            return
        for message in reloads.messages():
            self.wfile.write(message.encode())
            self.wfile.flush()

    def _plain(self, status: int, text: str, headers: dict[str, str] | None = None) -> None:
        self._send(status, "text/plain", f"{text}\n".encode(), headers or {})

    def _send(self, status: int, text_type: str | None, content: bytes, headers: dict[str, str]) -> None:
        if text_type:
            headers = {"Content-Type": f"{text_type}; charset=utf-8", "Vary": "Accept-Encoding", **headers}
            if "gzip" in self.headers.get("Accept-Encoding", ""):
                content = gzip.compress(content, 6, mtime=0)
                headers["Content-Encoding"] = "gzip"
        self.send_response(status)
        self._headers({**headers, "Content-Length": str(len(content))})
        if self.command != "HEAD":
            self.wfile.write(content)

    def _headers(self, headers: dict[str, str]) -> None:
        always = {
            "Cache-Control": self.server.caching,
            "X-Content-Type-Options": "nosniff",
            "Cross-Origin-Resource-Policy": "same-origin",
        }
        for name, value in {**always, **headers}.items():
            self.send_header(name, value)
        self.end_headers()


def answer(folder: Path, base: str, target: str) -> Answer:
    """The file, or the redirect, that `folder` has for a request target, as GitHub Pages would answer."""
    path, _, query = target.partition("?")
    try:
        decoded = unquote_to_bytes(path).decode()
    except UnicodeDecodeError:
        return Answer(400)
    if not decoded.startswith("/") or "\\" in decoded or any(ord(letter) < 32 or ord(letter) == 127 for letter in decoded):
        return Answer(400)
    root = os.path.realpath(folder)
    if f"{decoded}/" == base:
        return Answer(301, location=base)
    if decoded.startswith(base):
        *folders, name = decoded.removeprefix(base).split("/")
        place = _inside(root, [*folders, name or "index.html"])
        if place is not None and place.is_dir():
            return Answer(301, location=quote(f"{decoded}/") + (f"?{query}" if query else ""))
        if place is not None and place.is_file():
            return Answer(200, place)
    return Answer(404, _inside(root, ["404.html"]))


def refuse_no_site(folder: Path) -> None:
    """Nothing to serve is a question of the order of commands: say so."""
    if not (folder / "index.html").is_file():
        raise BuildError(f"{folder} holds no site yet: run `make build`, or name the site with --out")


def serve_until_interrupted(server: Server, show: Callable[[str], None]) -> None:
    """Tell the address, then serve until interrupted."""
    show(server.url)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()


def content_type(name: str) -> str:
    """As a host is to give it for a file of a site."""
    kind = os.path.splitext(name)[1].lower()
    return f"{_TYPES[kind]}; charset=utf-8" if kind in _TYPES else _binary(kind)


def _inside(root: str, names: list[str]) -> Path | None:
    """The path below the root, if no name in it is hidden, empty or a way up, and no part of it is a link."""
    if any(not name or name.startswith(".") for name in names):
        return None
    path = os.path.join(root, *names)
    try:
        return Path(path) if os.path.realpath(path, strict=True) == path else None
    except (OSError, ValueError):
        return None


def _binary(kind: str) -> str:
    return _BINARY.get(kind, "application/octet-stream")


def _with_script(page: bytes, generation: int) -> bytes:
    script = f'<script type="module" src="{SCRIPT}?{generation}"></script>'.encode()
    head, end, rest = page.rpartition(b"</body>")
    return head + script + end + rest if end else page + script
