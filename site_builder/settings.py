"""What the owner of a site decides: site.toml, validated into one frozen value. Pure: the shell reads the file.

Refused: keys that are not known, and addresses that a reader's browser should not follow (anything but http, https and mail).
"""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Meta

from site_builder.model import BuildError, Frozen

DEFAULT_TITLE = "IMR Decisions"
_NOT_IN_ADDRESSES = re.compile(r"[\s\x00-\x1f\"<>\\^`{|}]")


class Settings(Frozen, frozen=True, forbid_unknown_fields=True):
    """site.toml; every key has a default."""

    title: Annotated[str, Meta(min_length=1)] = DEFAULT_TITLE
    tagline: str = "California workers' compensation Independent Medical Review decisions"
    notice: str = ""
    """A sentence shown on every page, for example that the letters are invented."""
    base_url: str = ""
    """Address of the site with its path, `https://example.org/imr/`; empty: no absolute links are written."""
    page_size: Annotated[int, Meta(ge=1, le=100)] = 100
    """Rows of a browse page."""
    newest: Annotated[int, Meta(ge=0, le=50)] = 10
    """Decisions shown on the home page."""
    contact: str = ""
    """Where to ask for a correction or a removal: an e-mail address or a URL, linked from every page."""
    state_record_url: str = ""
    """Address of the State's own record, with `{case_number}` in it; empty: no link."""
    indexing: Literal["all", "browse", "none"] = "browse"
    """What web search engines may index. `browse`: not the decision pages, which hold ages, dates and diagnoses."""
    host: str = "github-pages"
    """Where the site is to stand, one of hosts.toml: a site above its limits is not published; `none`: no limits."""
    publish_originals: bool = False
    """Publish the letters themselves too: the pages of a PDF without its metadata, the text of a text."""
    max_letter_bytes: Annotated[int, Meta(ge=1)] = 5_000_000

    @property
    def base_path(self) -> str:
        """Path of `base_url`, beginning and ending with a slash."""
        path = urlsplit(self.base_url).path.strip("/")
        return f"/{path}/" if path else "/"

    @property
    def contact_url(self) -> str:
        return f"mailto:{self.contact}" if "@" in self.contact and "/" not in self.contact else self.contact

    def address(self, path: str) -> str:
        """Absolute address of a page; empty without a `base_url`."""
        return f"{self.base_url.rstrip('/')}/{path}" if self.base_url else ""

    def state_record(self, case_number: str) -> str:
        """Address of the State's record of a case; empty where none is configured."""
        return self.state_record_url.replace("{case_number}", quote(case_number, safe=""))


def load(text: str, base_url: str | None = None, name: str = "site.toml") -> Settings:
    """From the text of site.toml, or whatever its name; `base_url` of the command line wins. Raises BuildError naming the key."""
    try:
        settings = msgspec.toml.decode(text, type=Settings)
    except msgspec.DecodeError as error:
        known = ", ".join(Settings.__struct_fields__)
        raise BuildError(f"{name}: {error}. Known keys: {known}") from error
    if base_url is not None:
        settings = msgspec.structs.replace(settings, base_url=base_url)
    for key, address in (
        ("base_url", settings.base_url),
        ("contact", settings.contact_url),
        ("state_record_url", settings.state_record_url.replace("{case_number}", "CM17-0001234")),
    ):
        if address and (told := _strange(address)):
            raise BuildError(f"{name}: {key} {address!r} {told}")
    if settings.state_record_url and "{case_number}" not in settings.state_record_url:
        raise BuildError(f"{name}: state_record_url must hold {{case_number}}, the place of the case number")
    parts = urlsplit(settings.base_url)
    if parts.query or parts.fragment or parts.scheme == "mailto":
        raise BuildError(f"{name}: base_url {settings.base_url!r} must be the address of a website, without `?` and `#`")
    return settings


def _strange(address: str) -> str:
    """What is wrong with an address; empty where nothing is."""
    try:
        parts = urlsplit(address)
        strange = parts.port == 0 or parts.username is not None
    except ValueError:  # `https://[::1/`, `https://example.org:99999/`
        return "is no address of a website"
    if parts.scheme == "mailto":
        return ""
    if parts.scheme not in ("http", "https") or not parts.netloc:
        return "must begin with https:// (or http://)"
    return "is no address of a website" if strange or _NOT_IN_ADDRESSES.search(address) else ""
