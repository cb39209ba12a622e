"""Pages to files: Jinja2 with everything escaped and nothing undefined, Markdown for hand-written pages, assets named by content.

Letters never reach a template as template text, and `Markup` is made in one place only: from Markdown in which HTML is off. No
input and output here: the shell hands the texts in and writes the Files.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import re
import traceback
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from types import CodeType
from typing import NamedTuple

import msgspec
from jinja2 import (
    BytecodeCache,
    Environment,
    FunctionLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from jinja2.bccache import Bucket
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.anchors import anchors_plugin

from site_builder import scripts
from site_builder.glossary import Glossary
from site_builder.languages import FIRST, MONTHS, Language
from site_builder.model import BuildError, File, Frozen, Page

LEAN = frozenset({"decision.html"})
"""Templates of which there is a page for every letter."""

_FENCE = "---\n"
_QUOTED = re.compile(r'="([\w./:#?~+-]+)"(?=[ \n>])')
_BETWEEN = re.compile(
    r"(?<=>)\n+(?=</?(?:p|ul|ol|li|dl|dt|h[1-6]|tr|table|section|aside|details|article|div|main|nav|header|footer|script)\b)"
)
_INLINE = MarkdownIt("commonmark", {"html": False})


class Front(Frozen, frozen=True, forbid_unknown_fields=True):
    """Front matter of a hand-written page."""

    title: str
    description: str
    """One sentence, shown by search engines."""
    menu: int = 0
    """Place in the menu at the top; 0: linked at the foot of the page only."""
    offline: bool = False
    """Does it offer to keep a copy of the site for use without a connection?"""


class Content(NamedTuple):
    """A hand-written page: content/<name>.md."""

    name: str
    front: Front
    html: Markup

    @property
    def url(self) -> str:
        return f"{self.name}/"

    @property
    def language(self) -> str:
        """Code: pages of a further language stand in its folder."""
        return self.name.rpartition("/")[0] or FIRST

    @property
    def is_glossary(self) -> bool:
        return self.name.rpartition("/")[2] == "glossary"


class Compiled(BytecodeCache):
    """A text is compiled once by a process: not for each language, nor for each build while somebody edits."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        bucket.code = self._code.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code


_COMPILED = Compiled()


class Renderer:
    """`templates`: name -> text. `assets`: name -> bytes, published as static/<stem>.<hash>.<suffix>, scripts with what
    they import in them.

    What a page says comes from its `language` (a code); a page that names none is in the first. `contents`: among them is each
    language's glossary.
    """

    def __init__(
        self,
        templates: Mapping[str, str],
        assets: Mapping[str, bytes],
        languages: Sequence[Language] = (Language(),),
        contents: Sequence[Content] = (),
    ) -> None:
        self._assets = _published(assets)
        self._environments = {language.code: self._environment(templates, language) for language in languages}
        found = {content.language: Glossary(content.html, content.url) for content in contents if content.is_glossary}
        self._glossaries = {language.code: found.get(language.code, Glossary("", "")) for language in languages}

    def asset(self, name: str) -> str:
        """Published path of a static file."""
        if name not in self._assets:
            raise BuildError(f"templates/static/{name} is asked for by a template and is not there")
        return self._assets[name].path

    def render(self, page: Page) -> File:
        """Raises BuildError naming the template. A page's own `root` wins: the page for errors is seen from any folder."""
        context = {"path": page.path, "root": root(page.path), **page.context}
        language = str(context.get("language", FIRST))
        try:
            text = self._environments[language].get_template(page.template).render(context)
        except Exception as error:  # templates are programs that others write: 1/0, or a macro that calls itself
            if isinstance(error, BuildError):  # what they ask for is not there
                raise
            raise BuildError(f"templates/{_place(error, page.template)}: {_told(error)}") from error
        explained = page.context.get("content")
        if not (isinstance(explained, Content) and explained.is_glossary):
            text = self._glossaries[language].linked(text, str(context["root"]))
        return File(path=page.path, content=(lean(text) if page.template in LEAN else text).encode())

    def _environment(self, templates: Mapping[str, str], language: Language) -> Environment:
        """Templates see `t` (what is said), `said` (what scripts say), `here` (where the language's pages stand) and two marks:
        `in_english` for words of letters and names that are not translated, `to_english` for links to pages in English.
        """
        environment = Environment(
            loader=FunctionLoader(lambda name: (templates[name], name, None) if name in templates else None),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
            bytecode_cache=_COMPILED,
        )
        first = language.code == FIRST
        environment.filters["day"] = partial(day, months=language.months)
        environment.globals.update(
            asset=self.asset,
            lang=language.code,
            here=language.folder,
            t={key: Markup(_INLINE.renderInline(text)) for key, text in language.texts.items()},  # noqa: S704  # HTML is off
            said={**language.scripts, "months": language.months},
            in_english="" if first else Markup(f' lang="{FIRST}"'),  # noqa: S704  # a constant
            to_english="" if first else Markup(f' hreflang="{FIRST}"'),  # noqa: S704  # a constant
        )
        return environment

    def static_files(self) -> Iterator[File]:
        """Every asset under its published name, by name."""
        yield from sorted(self._assets.values(), key=lambda file: file.path)


def _place(error: Exception, asked: str) -> str:
    """The template and the line in which it happened, as far as they are known; `asked`: the template of the page."""
    if isinstance(error, TemplateSyntaxError):
        return f"{error.name or asked}, line {error.lineno}"
    lines = [
        (frame.f_code.co_filename, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if "__jinja_exception__" in frame.f_globals
    ]
    return f"{lines[-1][0]}, line {lines[-1][1]}" if lines else asked


def _told(error: Exception) -> str:
    if isinstance(error, TemplateNotFound):
        return f"there is no template {error.name}"
    return str(error) if isinstance(error, TemplateError) else f"{type(error).__name__}: {error}"


def lean(html: str) -> str:
    """The same page without the quotes, escapes and line ends between elements that HTML does not ask for.

    Templates keep every value in double quotes, and a quote in a text is escaped: so `="` begins an attribute, and an apostrophe
    ends none. Line ends after words stay: they part words for who only strips the tags.
    """
    return _BETWEEN.sub("", _QUOTED.sub(r"=\1", html)).replace("&#39;", "'")


def root(path: str) -> str:
    """From a page to the root of the site: `../` once per folder level."""
    return "../" * path.count("/")


def day(date: dt.date | None, months: Sequence[str] = MONTHS) -> str:
    """21 Feb 2017, whatever the locale; empty without a date."""
    return f"{date.day} {months[date.month - 1]} {date.year}" if date else ""


def content(name: str, text: str) -> Content:
    """A hand-written page: front matter, then Markdown. HTML in it is shown as text; headings get ids."""
    opening, found, rest = text.partition(_FENCE)
    matter, closed, body = rest.partition(f"\n{_FENCE}")
    if opening or not found or not closed:
        raise BuildError(f"templates/content/{name}.md: begin with front matter between two lines of `---`")
    try:
        front = msgspec.yaml.decode(matter, type=Front)
    except msgspec.DecodeError as error:
        raise BuildError(f"templates/content/{name}.md: front matter: {error}") from error
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table").use(anchors_plugin, max_level=3)
    html = markdown.render(body).replace("<pre>", '<pre tabindex="0">')  # it scrolls sideways, with the keyboard too
    return Content(name, front, Markup(html))  # noqa: S704  # HTML is off: markdown-it escapes what it is given


def _published(assets: Mapping[str, bytes]) -> Mapping[str, File]:
    """Name -> file under its published name. A script is published with what it imports, see `scripts`."""
    texts = {name: content.decode("utf-8", "surrogateescape") for name, content in assets.items() if name.endswith(".js")}
    bundles = {name: text.encode("utf-8", "surrogateescape") for name, text in scripts.bundled(texts).items()}
    others = {name: content for name, content in assets.items() if name not in texts}
    return {name: _named(name, content) for name, content in sorted({**others, **bundles}.items())}


def _named(name: str, content: bytes) -> File:
    stem, _, suffix = name.rpartition(".")
    return File(path=f"static/{stem}.{hashlib.sha256(content).hexdigest()[:8]}.{suffix}", content=content)
