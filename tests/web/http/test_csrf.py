"""Whose pages may write."""

from __future__ import annotations

import pytest

from tests.web.fakes import form, photo
from tests.web.keeping import URL, bearer, keep

ANALYZE = "/api/v1/analyze"
EVIL = "https://evil.example"
FRIEND = "https://friend.example"
OWN = "http://localhost"


@pytest.mark.parametrize("url", [URL, ANALYZE])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site"},
        # Another port of the same machine is another site's page all the same.
        {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://localhost:8000"},
        # A frame in a sandbox, or a file.
        {"Origin": "null"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": f"{OWN}.evil.example"},
        {"Origin": "http://[", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://["},
        # Nobody may say for whom a proxy asks, where there is none.
        {"Origin": EVIL, "X-Forwarded-Host": "evil.example"},
    ],
)
def test_a_strangers_page_may_not_write(client, service, url, headers):
    response = client.post(url, **form(photo()), headers=headers)

    assert (response.status_code, response.get_json()["code"]) == (403, "cross_origin")
    assert service.seen == []


@pytest.mark.parametrize("url", [URL, ANALYZE])
@pytest.mark.parametrize(
    "headers",
    [
        {},  # no browser
        {"Origin": OWN, "Sec-Fetch-Site": "same-origin"},
        {"Origin": OWN},
        {"Sec-Fetch-Site": "none"},
        {"Origin": FRIEND, "Sec-Fetch-Site": "cross-site"},
        {"Origin": FRIEND},
        # A proxy that names us otherwise to the server than to the browser.
        {"Origin": "https://faces.example", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_our_own_pages_listed_ones_and_programs_may(make_app, url, headers):
    client = make_app(cors_origins=(FRIEND,)).test_client()

    assert client.post(url, **form(photo()), headers=headers).status_code in (200, 201)


def test_all_may_with_a_star(make_app):
    client = make_app(cors_origins=("*",)).test_client()
    headers = {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}

    assert client.post(URL, **form(photo()), headers=headers).status_code == 201


def test_a_strangers_page_may_not_delete_either(client):
    kept = keep(client)
    headers = {**bearer(kept), "Origin": EVIL, "Sec-Fetch-Site": "cross-site"}

    response = client.delete(f"{URL}/{kept['id']}", headers=headers)

    assert (response.status_code, response.get_json()["code"]) == (403, "cross_origin")
    assert client.get(f"{URL}/{kept['id']}").status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "BREW"])
def test_whatever_may_change_something_is_checked(client, method):
    assert client.open("/", method=method, headers={"Origin": EVIL}).status_code == 403


def test_it_may_look(client):
    kept = keep(client)
    headers = {"Origin": EVIL, "Sec-Fetch-Site": "cross-site"}

    for path in ("/", f"/embed/{kept['id']}", f"{URL}/{kept['id']}"):
        assert client.get(path, headers=headers).status_code == 200


def test_behind_a_proxy_our_own_is_what_the_proxy_says(make_app):
    client = make_app(proxies=1, trusted_hosts=("faces.example",)).test_client()
    forwarded = {"X-Forwarded-Host": "faces.example", "X-Forwarded-Proto": "https"}

    def post(origin: str) -> int:
        headers = {**forwarded, "Origin": origin}
        return client.post(URL, **form(photo()), headers=headers).status_code

    assert post("https://faces.example") == 201
    assert post(EVIL) == 403
