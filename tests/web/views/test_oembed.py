from __future__ import annotations

import html
import re

import pytest

from facetraits.store import new_result
from tests.web.fakes import form, photo


def ask(client, url, **query):
    return client.get("/oembed", query_string={"url": url, **query})


def keep(client, **options):
    return client.post("/api/v1/results", **form(photo(640, 480)), **options).get_json()


def frame_of(answer):
    assert answer["html"].startswith("<iframe ") and answer["html"].endswith("></iframe>")
    attributes = dict(re.findall(r'([a-z]+)="([^"]*)"', answer["html"]))
    return {name: html.unescape(value) for name, value in attributes.items()}


@pytest.mark.parametrize("address", ["url", "embed_url"])
def test_a_results_address_gives_its_frame(client, address):
    kept = keep(client)

    response = ask(client, kept[address], format="json")

    answer = response.get_json()
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert (answer["type"], answer["version"]) == ("rich", "1.0")
    assert answer["provider_url"] == "http://localhost/"
    assert answer["title"] == "Facetraits: 2 faces"
    assert 86_000 < answer["cache_age"] <= 86_400
    frame = frame_of(answer)
    assert frame["src"] == kept["embed_url"]
    assert frame["title"] == answer["title"] and frame["loading"] == "lazy"
    assert (int(frame["width"]), int(frame["height"])) == (answer["width"], answer["height"])
    assert "allow-top-navigation" not in frame["sandbox"] and "allow-forms" not in frame["sandbox"]


@pytest.mark.parametrize(
    ("query", "width", "height"),
    [
        ({}, 640, 1040),
        ({"maxwidth": 320}, 320, 800),
        ({"maxheight": 400}, 640, 400),
        ({"maxwidth": 200, "maxheight": 100}, 200, 100),
        ({"maxwidth": 5000, "maxheight": 5000}, 640, 1040),
        ({"maxwidth": 1, "maxheight": 1}, 1, 1),
    ],
)
def test_the_size_that_is_left_is_honoured(client, query, width, height):
    answer = ask(client, keep(client)["url"], **query).get_json()

    assert (answer["width"], answer["height"]) == (width, height)


def test_a_thumbnail_is_offered_where_it_fits(client):
    kept = keep(client)

    answer = ask(client, kept["url"]).get_json()
    assert answer["thumbnail_url"] == f"{kept['url']}/annotated.png"
    assert (answer["thumbnail_width"], answer["thumbnail_height"]) == (640, 480)
    assert "thumbnail_url" not in ask(client, kept["url"], maxwidth=639).get_json()
    figures = keep(client, query_string={"keep": "figures"})
    assert "thumbnail_url" not in ask(client, figures["url"]).get_json()


def test_how_the_embed_should_look_is_passed_on_and_nothing_else(client):
    kept = keep(client)

    url = f'{kept["embed_url"]}?theme=dark&show=cards&lang=de&evil="><script>'
    shown = frame_of(ask(client, url).get_json())["src"]
    assert shown == f"{kept['embed_url']}?theme=dark&show=cards&lang=de"


def test_what_is_passed_on_is_escaped(client):
    url = f'{keep(client)["url"]}?theme="><script>alert(1)</script>'

    assert "<script>" not in ask(client, url).get_json()["html"]


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost/results/unknown",
        "http://localhost/",
        "http://localhost/results/",
        "http://localhost/results/{}/picture",
        "http://localhost/static/{}",
        "https://localhost/results/{}",
        "http://localhost.example.org/results/{}",
        "http://me@localhost/results/{}",
        "http://localhost:81/results/{}",
        "//localhost/results/{}",
        "results/{}",
        "http://[/results/{}",
        "javascript:alert(1)",
    ],
)
def test_foreign_and_unknown_addresses_are_not_found(client, url):
    response = ask(client, url.format(keep(client)["id"]))

    assert (response.status_code, response.get_json()["code"]) == (404, "not_found")


def test_an_expired_one_is_gone(make_app):
    app = make_app()
    expired, _ = new_result('{"faces":[]}', None, ttl_s=-1)
    app.extensions["facetraits_store"].put(expired)

    response = ask(app.test_client(), f"http://localhost/results/{expired.id}")

    assert (response.status_code, response.get_json()["code"]) == (410, "expired")


@pytest.mark.parametrize("format_", ["xml", "html", ""])
def test_another_format_is_not_offered(client, format_):
    response = ask(client, keep(client)["url"], format=format_)

    assert (response.status_code, response.get_json()["code"]) == (501, "not_implemented")


@pytest.mark.parametrize(
    "query", [{}, {"url": ""}, {"maxwidth": "wide"}, {"maxheight": "-1"}, {"maxwidth": "0"}]
)
def test_what_is_no_such_request_is_a_bad_one(client, query):
    asked = query if "url" in query or not query else {"url": keep(client)["url"], **query}
    response = client.get("/oembed", query_string=asked)

    assert (response.status_code, response.get_json()["code"]) == (400, "bad_request")


def test_pages_of_any_origin_may_ask(client):
    for url in (keep(client)["url"], "http://localhost/results/unknown"):
        assert ask(client, url).headers["Access-Control-Allow-Origin"] == "*"


def test_behind_a_proxy_addresses_are_those_outside(make_app):
    client = make_app(proxies=1).test_client()
    outside = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "faces.example"}

    kept = keep(client, headers=outside)
    answer = client.get("/oembed", query_string={"url": kept["url"]}, headers=outside).get_json()

    assert kept["url"].startswith("https://faces.example/results/")
    assert frame_of(answer)["src"] == kept["embed_url"]
