from __future__ import annotations

import re

from facetraits.vision.formats import FORMATS
from facetraits.web.languages import Languages
from tests.pseudo_language import CODE, paths_with_pseudo_language
from tests.web.bare_words import bare_words
from tests.web.fakes import photo

PAGES = ("/", "/live", "/demo", "/cameras", "/cameras/notice", "/embed/live", "/nowhere")


def test_words_are_found_wherever_they_are():
    html = """<p title="a1">b2 <b>3 &mdash;</b> c4</p>⟦x <b>y</b> z⟧<code>d5</code>
        <img alt="Facetraits 6"><input placeholder="e7" data-x="f8">
        <meta property="og:title" content="g9"><i>h10</i>"""
    assert bare_words(html) == ["a1", "b2", "c4", "e7", "g9", "h10"]


def test_a_page_says_nothing_but_messages(make_app, tmp_path):
    paths = paths_with_pseudo_language(tmp_path)
    source = {"source_url": "https://code.example", "frame_ancestors": "https://site.example"}
    client = make_app(paths=paths, **source).test_client()
    kept = client.post("/api/v1/results", data=photo(), content_type="image/jpeg").json["id"]
    results = (f"/results/{kept}", f"/embed/{kept}", "/results/nowhere", "/embed/nowhere")

    # Each language is listed by its own name.
    names = [language.name for language in Languages.read(paths.static / "locales")]
    kept_as_is = [*FORMATS.values(), *names, "UTC", "http://localhost/results/"]
    same = re.compile("|".join(kept_as_is))
    for path in (*PAGES, *results):
        html = client.get(f"{path}?lang={CODE}", headers={"Accept": "text/html"}).text
        assert f'lang="{CODE}"' in html
        said = [words for words in bare_words(html) if re.search("[A-Za-z]", same.sub("", words))]
        assert (path, said) == (path, [])
