"""site.toml is checked when it is read."""

import pytest

from site_builder import settings
from site_builder.model import BuildError
from tests.conftest import ROOT


def test_every_key_has_a_default() -> None:
    assert settings.load("") == settings.Settings()


def test_the_site_that_ships_is_valid() -> None:
    assert settings.load((ROOT / "site.toml").read_text("utf-8")).indexing == "browse"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('titel = "x"', "titel.*Known keys: title"),
        ("page_size = 0", "page_size"),
        ("page_size = 101", "page_size"),
        ('newest = "ten"', "newest"),
        ('indexing = "some"', "indexing"),
        ("title = ", "site.toml"),
        ('base_url = "example.org"', "base_url"),
        ('base_url = "javascript:alert(1)"', "base_url"),
        ('base_url = "https://example.org/?a=b"', "base_url"),
        ('base_url = "mailto:a@example.org"', "base_url"),
        ('base_url = "https://[::1/"', "base_url.*is no address"),
        ('base_url = "https://exa mple.org/"', "base_url.*is no address"),
        ('base_url = "https://example.org/<x>"', "base_url.*is no address"),
        ('base_url = "https://example.org:99999/"', "base_url.*is no address"),
        ('base_url = "https://user:word@example.org/"', "base_url.*is no address"),
        ('title = ""', "title"),
        ('contact = "javascript:alert(1)"', "contact"),
        ('contact = "call us"', "contact"),
        ('state_record_url = "https://example.org/"', "case_number"),
        ('state_record_url = "javascript:{case_number}"', "state_record_url"),
    ],
)
def test_a_wrong_key_or_value_is_named(text: str, told: str) -> None:
    with pytest.raises(BuildError, match=told):
        settings.load(text)


@pytest.mark.parametrize(
    ("address", "path"),
    [("", "/"), ("https://example.org", "/"), ("https://example.org/imr", "/imr/"), ("http://127.0.0.1:8000/a/b/", "/a/b/")],
)
def test_the_base_path_begins_and_ends_with_a_slash(address: str, path: str) -> None:
    assert settings.load("", address).base_path == path


def test_the_command_line_wins() -> None:
    text = 'base_url = "https://example.org/a/"'
    assert settings.load(text, "https://example.org/b").address("index.html") == "https://example.org/b/index.html"
    assert settings.load(text, "").address("index.html") == ""


@pytest.mark.parametrize(
    ("contact", "url"),
    [("a@example.org", "mailto:a@example.org"), ("https://example.org/@us", "https://example.org/@us"), ("", "")],
)
def test_a_contact_is_an_address_of_mail_or_of_a_page(contact: str, url: str) -> None:
    assert settings.load(f'contact = "{contact}"').contact_url == url


def test_the_file_is_named_as_it_is() -> None:
    with pytest.raises(BuildError, match=r"^firm\.toml: "):
        settings.load("x = 1", name="firm.toml")
