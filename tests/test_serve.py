"""Promise: the local server shows the site to this machine's user, and nothing to anybody else."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from site_builder.model import BuildError
from site_builder.serve import Reloads, Server, refuse_no_site

PAGE = b"<!doctype html><title>t</title><body><p>Home</p></body></html>"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    root = tmp_path / "site"
    (root / "browse" / "year").mkdir(parents=True)
    (root / "index.html").write_bytes(PAGE)
    (root / "404.html").write_bytes(b"<p>lost</p>")
    (root / "browse" / "index.html").write_bytes(b"<p>browse</p>")
    (root / "a b+c%.html").write_bytes(b"odd")
    (root / "style.css").write_bytes(b"p{}")
    (root / "x.pf_meta").write_bytes(b"\0\1")
    (root / ".nojekyll").touch()
    (tmp_path / "secret.txt").write_text("secret")
    (root / "link.txt").symlink_to(tmp_path / "secret.txt")
    (root / "linked").symlink_to(tmp_path)
    return root


@contextlib.contextmanager
def serving(server: Server) -> Iterator[int]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Response:
    """A parsed answer."""

    def __init__(self, raw: bytes) -> None:
        head, _, self.body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        self.status = int(first.split()[1])
        self.headers = dict(line.split(": ", 1) for line in lines)


def raw(port: int, request: bytes) -> Response:
    """What comes back for the bytes of a request."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return Response(b"".join(iter(lambda: connection.recv(65536), b"")))


def ask(port: int, path: str, method: str = "GET", host: str = "localhost", **headers: str) -> Response:
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return raw(port, "\r\n".join([*lines, "", ""]).encode("latin-1"))


@pytest.fixture
def port(site: Path) -> Iterator[int]:
    with serving(Server(site, port=0)) as number:
        yield number


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/", 200, PAGE),
        ("/?q=mri", 200, PAGE),
        ("/index.html", 200, PAGE),
        ("/browse/", 200, b"<p>browse</p>"),
        ("/a%20b+c%25.html", 200, b"odd"),  # a plus is a plus in a path
        ("/nothing", 404, b"<p>lost</p>"),
        ("/nothing/", 404, b"<p>lost</p>"),
        ("/index.html/", 404, b"<p>lost</p>"),
        ("/browse/year/", 404, b"<p>lost</p>"),  # a folder without a page: no listing
    ],
)
def test_files_come_as_from_a_static_host(port: int, path: str, status: int, body: bytes) -> None:
    answer = ask(port, path)
    assert (answer.status, answer.body) == (status, body)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/%2e%2e/secret.txt",
        "/browse/../../secret.txt",
        "/browse/..%2f..%2fsecret.txt",
        "/link.txt",
        "/linked/secret.txt",
        "/linked/",
        "/.nojekyll",
        "//secret.txt",
        "/browse//index.html",
        "/./index.html",
        "//etc/passwd",
    ],
)
def test_nothing_outside_no_link_and_nothing_hidden_is_served(port: int, path: str) -> None:
    answer = ask(port, path)
    assert answer.status == 404
    assert b"secret" not in answer.body


@pytest.mark.parametrize(
    "path", ["/%00", "/a%00.html", "/%0d%0aX: y", "/..\\secret.txt", "/%ff", "/%1b[2J", "http://evil.example/"]
)
def test_paths_that_are_no_text_are_bad_requests(port: int, path: str) -> None:
    assert ask(port, path.replace(" ", "%20")).status == 400


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8000", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8000", 200),
        ("LOCALHOST", 200),
        ("evil.example", 421),
        ("evil.example:8000", 421),
        ("localhost.evil.example", 421),
        ("localhost:evil", 421),
        ("127.0.0.1.nip.io", 421),
        ("", 421),
    ],
)
def test_only_the_names_of_this_machine_are_answered(port: int, host: str, status: int) -> None:
    assert ask(port, "/", host=host).status == status


def test_a_request_without_a_host_is_refused(port: int) -> None:
    assert raw(port, b"GET / HTTP/1.0\r\n\r\n").status == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_only_get_and_head_are_allowed(port: int, method: str) -> None:
    answer = ask(port, "/", method)
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"


def test_head_sends_the_headers_only(port: int) -> None:
    answer = ask(port, "/", "HEAD")
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (200, b"", str(len(PAGE)))


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/style.css", "text/css; charset=utf-8"),
        ("/x.pf_meta", "application/octet-stream"),
    ],
)
def test_types_do_not_depend_on_the_machine(port: int, path: str, kind: str) -> None:
    assert ask(port, path).headers["Content-Type"] == kind


def test_text_is_packed_for_those_who_can_unpack_and_other_files_are_not(port: int) -> None:
    packed = ask(port, "/", Accept_Encoding="gzip, br")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.body) == PAGE
    assert "Content-Encoding" not in ask(port, "/x.pf_meta", Accept_Encoding="gzip").headers


def test_a_folder_without_its_slash_is_redirected_with_its_query(port: int) -> None:
    answer = ask(port, "/browse?q=a%20b")
    assert (answer.status, answer.headers["Location"]) == (301, "/browse/?q=a%20b")


@pytest.mark.parametrize(
    ("path", "status"),
    [("/imr/", 200), ("/imr/browse/", 200), ("/", 404), ("/index.html", 404), ("/imrx/", 404), ("/imr//", 404)],
)
def test_below_a_base_path_nothing_else_exists(site: Path, path: str, status: int) -> None:
    with serving(Server(site, port=0, base="imr")) as port:
        assert ask(port, path).status == status
        assert ask(port, "/imr").headers["Location"] == "/imr/"
        assert ask(port, "/imr/browse").headers["Location"] == "/imr/browse/"


def test_the_server_listens_on_this_machine_only(site: Path) -> None:
    with contextlib.closing(Server(site, port=0).socket) as listening:
        assert listening.getsockname()[0] == "127.0.0.1"


def test_a_swapped_site_is_served_at_once(site: Path, port: int) -> None:
    site.rename(site.with_name("old"))
    site.mkdir()
    (site / "index.html").write_bytes(b"new")
    assert ask(port, "/").body == b"new"
    assert ask(port, "/browse/").status == 404


def test_a_port_in_use_is_named(site: Path, port: int) -> None:
    with pytest.raises(BuildError, match=f"port {port} is in use"):
        Server(site, port=port)


def test_a_folder_without_a_site_is_named(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="holds no site yet"):
        refuse_no_site(tmp_path)


def test_without_watching_pages_are_served_as_published(port: int) -> None:
    assert b"script" not in ask(port, "/").body
    assert ask(port, "/__reload").status == 404


@pytest.fixture
def watched(site: Path) -> Iterator[tuple[int, Reloads]]:
    reloads = Reloads()
    with serving(Server(site, port=0, base="/imr/", reloads=reloads)) as port:
        yield port, reloads


def test_watched_pages_load_the_reload_script_from_the_same_origin(watched: tuple[int, Reloads], site: Path) -> None:
    port, reloads = watched
    reloads.built()
    body = ask(port, "/imr/").body
    assert b'<script type="module" src="/__reload.js?1"></script></body>' in body
    script = ask(port, "/__reload.js?1")
    assert script.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert (site / "index.html").read_bytes() == PAGE


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),  # another port of this machine
        ({"Sec_Fetch_Site": "same-origin"}, 200),
        ({"Origin": "http://localhost"}, 200),
    ],
)
def test_only_pages_of_this_server_hear_of_builds(watched: tuple[int, Reloads], headers: dict[str, str], status: int) -> None:
    port, _ = watched
    assert ask(port, "/__reload", "HEAD", **headers).status == status
    assert ask(port, "/__reload.js", **headers).status == status


def test_an_open_page_hears_of_each_build_and_of_failures(watched: tuple[int, Reloads]) -> None:
    port, reloads = watched
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(b"GET /__reload HTTP/1.1\r\nHost: localhost\r\n\r\n")
        lines = connection.makefile("r", encoding="utf-8")
        while lines.readline().strip():
            pass

        def heard() -> object:
            return next(json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: "))

        assert heard() == {"generation": 0, "problem": None}
        reloads.built()
        assert heard() == {"generation": 1, "problem": None}
        reloads.failed("templates/page.html: a\nb <img>")
        assert heard() == {"generation": 1, "problem": "templates/page.html: a\nb <img>"}
        reloads.built()
        assert heard() == {"generation": 2, "problem": None}


def test_an_open_page_reloads_in_a_browser_under_the_policy_of_the_site(site: Path, page: object) -> None:
    policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'"
    text = (
        f'<!doctype html><meta charset=utf-8><meta http-equiv="Content-Security-Policy" content="{policy}"><body><p>%s</p></body>'
    )
    (site / "index.html").write_text(text % "one")
    reloads = Reloads()
    errors: list[str] = []
    with serving(Server(site, port=0, reloads=reloads)) as port:
        page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        page.goto(f"http://127.0.0.1:{port}/")
        (site / "index.html").write_text(text % "two")
        reloads.built()
        page.get_by_text("two").wait_for()
        reloads.failed("letters.toml is broken")
        page.get_by_role("alert").get_by_text("letters.toml is broken").wait_for()
        assert errors == []
        page.goto("about:blank")
