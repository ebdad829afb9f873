"""Keeping a result through the API, for tests."""

from __future__ import annotations

from tests.web.fakes import form, photo

URL = "/api/v1/results"
BROWSER = {"Accept": "text/html"}
# Everything at which a result can be seen.
VIEWS = (
    "/api/v1/results/{}",
    "/results/{}",
    "/results/{}/picture",
    "/results/{}/annotated.png",
    "/results/{}/reading.json",
    "/results/{}/faces.csv",
    "/embed/{}",
)


def keep(client, data=None, **options):
    response = client.post(URL, **form(data or photo()), **options)
    assert response.status_code == 201, response.data
    return response.get_json()


def bearer(kept):
    return {"Authorization": f"Bearer {kept['delete_token']}"}
