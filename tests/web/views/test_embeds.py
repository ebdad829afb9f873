from __future__ import annotations

import re

import pytest

from tests.web.fakes import form, photo

BROWSER = {"Accept": "text/html"}


def policy_of(response):
    parts = response.headers["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


def keep(client):
    return client.post("/api/v1/results", **form(photo())).get_json()["id"]


@pytest.fixture
def framed(make_app):
    """`framed(frame_ancestors)` → path of an embed → its response."""

    def open_it(frame_ancestors):
        client = make_app(frame_ancestors=frame_ancestors).test_client()
        paths = {
            "result": f"/embed/{keep(client)}",
            "live": "/embed/live",
            "unknown": "/embed/unknown",
        }
        return {name: client.get(path, headers=BROWSER) for name, path in paths.items()}

    return open_it


@pytest.mark.parametrize(
    ("setting", "sources"),
    [
        ("self", "'self'"),
        ("none", "'none'"),
        ("*", "*"),
        ("https://example.org", "'self' https://example.org"),
        (
            "https://a.example,https://*.b.example:8443",
            "'self' https://a.example https://*.b.example:8443",
        ),
    ],
)
def test_embeds_may_be_framed_by_whom_the_settings_say(framed, setting, sources):
    for response in framed(setting).values():
        assert policy_of(response)["frame-ancestors"] == sources
        assert "X-Frame-Options" not in response.headers


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/live",
        "/demo",
        "/results/{}",
        "/results/{}/picture",
        "/results/unknown",
        "/api/v1/results/{}",
        "/oembed",
        "/embed",
        "/embed.js",
        "/embed/{}/more",
        "/static/favicon.svg",
    ],
)
def test_nothing_else_may_be_framed(make_app, path):
    client = make_app(frame_ancestors="*").test_client()

    response = client.get(path.format(keep(client)), headers=BROWSER)
    assert policy_of(response)["frame-ancestors"] == "'none'"
    response.close()


def test_embeds_get_no_more_than_they_need(framed):
    responses = framed("self")

    for name, response in responses.items():
        policy = policy_of(response)
        assert policy["sandbox"].split() == [
            "allow-scripts",
            "allow-same-origin",
            "allow-popups",
            "allow-popups-to-escape-sandbox",
            *(["allow-downloads"] if name == "live" else []),
        ]
        assert policy["default-src"] == "'self'" and "unsafe" not in str(policy)
        camera = "camera=(self)" if name == "live" else "camera=()"
        assert response.headers["Permissions-Policy"].startswith(f"{camera}, microphone=()")


def test_embeds_can_be_loaded_by_pages_that_isolate_themselves(framed):
    for response in framed("self").values():
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert response.headers["Cross-Origin-Embedder-Policy"] == "require-corp"
        assert "Cross-Origin-Opener-Policy" not in response.headers


@pytest.mark.parametrize(
    ("query", "theme"),
    [("", "auto"), ("theme=dark", "dark"), ("theme=light", "light"), ("theme=%22%3E", "auto")],
)
def test_an_embed_has_the_theme_that_was_asked_for(client, query, theme):
    html = client.get(f"/embed/{keep(client)}?{query}").get_data(as_text=True)

    assert re.search(rf'data-theme="{theme}"', html)


def test_an_embed_has_no_furniture_and_no_inline_script(client):
    html = client.get(f"/embed/{keep(client)}").get_data(as_text=True)

    assert "site-head" not in html and "site-nav" not in html
    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []
    assert "<style" not in html and " style=" not in html
    assert "data-reading=" in html


@pytest.mark.parametrize("path", ["/demo", "/embed/live"])
def test_the_pages_are_there_and_run_no_inline_script(client, path):
    response = client.get(path, headers=BROWSER)
    html = response.get_data(as_text=True)

    assert response.status_code == 200
    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []


def test_an_unknown_embed_is_a_problem_without_furniture(client):
    html = client.get("/embed/unknown", headers=BROWSER).get_data(as_text=True)

    assert "not_found" in html and "site-nav" not in html


def test_the_script_is_for_everybody_and_is_kept_for_an_hour(client):
    response = client.get("/embed.js", headers={"Origin": "https://example.org"})

    assert response.status_code == 200
    assert response.mimetype == "text/javascript"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["Cache-Control"].endswith("max-age=3600")
    again = client.get("/embed.js", headers={"If-None-Match": response.headers["ETag"]})
    assert again.status_code == 304
    response.close()
    again.close()
