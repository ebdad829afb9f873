from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from html import unescape

import pytest

from facetraits.paths import Paths

SKIP = {"en": "Skip to content", "de": "Zum Inhalt", "pl": "Przejdź do treści"}


@pytest.fixture
def client(make_app, tmp_path):
    """Of a server whose other languages have one message."""
    paths = Paths.found()
    static = tmp_path / "static"
    shutil.copytree(paths.static, static)
    for path in (static / "locales").glob("*.json"):
        if path.stem != "en":
            path.unlink()
    for code in ("de", "pl"):
        messages = {"layout": {"skip": SKIP[code]}}
        (static / "locales" / f"{code}.json").write_text(json.dumps(messages), encoding="utf-8")
    return make_app(paths=replace(paths, static=static)).test_client()


def language_of(response):
    """Its language, the same in the page's words, in its markup, and in the header."""
    html = response.get_data(as_text=True)
    (code,) = re.findall(r'<html lang="([\w-]+)"', html)
    assert response.headers["Content-Language"] == code
    if "skip-link" in html:
        assert SKIP[code] in html
    return code


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"),
        ("de", "de"),
        ("de-AT", "de"),
        ("de-AT,en;q=0.5", "de"),
        ("fr,pl;q=0.2,de;q=0.8,en;q=0.5", "de"),
        ("de;q=0,pl;q=0.1", "pl"),
        ("fr", "en"),
        ("*", "en"),
        ("de;q=x,\x00,;;;,../../de", "en"),
        ("x" * 10_000, "en"),
    ],
)
def test_the_browsers_languages_choose(client, accepted, code):
    response = client.get("/", headers={"Accept-Language": accepted})
    assert response.status_code == 200
    assert language_of(response) == code
    assert "Accept-Language" in response.headers["Vary"]


@pytest.mark.parametrize("path", ["/", "/live", "/embed/live", "/nowhere", "/embed/nowhere"])
def test_the_address_overrules_the_browser(client, path):
    headers = {"Accept-Language": "pl", "Accept": "text/html"}
    assert language_of(client.get(f"{path}?lang=de", headers=headers)) == "de"
    assert language_of(client.get(f"{path}?lang=DE-at", headers=headers)) == "de"
    # As systems with locales, such as WordPress, name theirs.
    assert language_of(client.get(f"{path}?lang=de_AT", headers=headers)) == "de"


@pytest.mark.parametrize("lang", ["", "fr", "../../de", "de%00", "%3Cb%3E", "d" * 10_000])
def test_an_unknown_language_in_the_address_is_ignored(client, lang):
    response = client.get(f"/?lang={lang}", headers={"Accept-Language": "pl"})
    assert language_of(response) == "pl"
    # It is not passed on to other pages, either.
    assert "lang=" not in "".join(re.findall(r"<nav aria-label.*?</nav>", response.text, re.S))


def test_the_pages_own_links_keep_the_language_of_the_address(client):
    html = client.get("/?lang=de").text
    assert 'href="/live?lang=de"' in html
    assert 'href="/live"' in client.get("/", headers={"Accept-Language": "de"}).text


def test_the_list_of_languages_keeps_what_else_is_in_the_address(client):
    query = "result=http://localhost/results/a%26b&lang=pl&x=%22%3E&x=2&lang="
    html = client.get(f"/demo?{query}").text
    (address,) = re.findall(r'<a href="([^"]+)" lang="de"', html)
    kept = "result=http%3A%2F%2Flocalhost%2Fresults%2Fa%26b&x=%22%3E&x=2"
    assert unescape(address) == f"?{kept}&lang=de"


def test_the_page_names_its_messages_for_its_scripts(client):
    html = client.get("/?lang=de").text
    (address,) = re.findall(r'data-messages="([^"]+)"', html)
    assert f'<link rel="preload" as="fetch" href="{address}" crossorigin>' in html
    with client.get(address) as messages:
        assert messages.json == {"layout": {"skip": SKIP["de"]}}
        # Frames without an origin load them, too.
        assert messages.headers["Access-Control-Allow-Origin"] == "*"


@pytest.mark.parametrize("path", ["/api/v1/nowhere", "/healthz", "/api/v1/openapi.json"])
def test_the_api_speaks_english(client, path):
    german = client.get(path, headers={"Accept-Language": "de", "X-Request-Id": "1"})
    assert german.data == client.get(path, headers={"X-Request-Id": "1"}).data
    assert "Content-Language" not in german.headers
    assert "Accept-Language" not in german.headers.get("Vary", "")
