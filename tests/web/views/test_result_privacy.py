"""Who gets to see a result, and where its id must not be."""

from __future__ import annotations

import pytest

from tests.web.keeping import BROWSER, URL, VIEWS, bearer, keep


def test_the_log_has_neither_ids_nor_tokens(client, caplog):
    with caplog.at_level("INFO", "facetraits"):
        kept = keep(client)
        for view in VIEWS:
            client.get(view.format(kept["id"]))
        client.get(f"/results/{kept['id']}/no/such/thing")
        client.delete(f"{URL}/{kept['id']}", headers=bearer(kept))

    assert "GET /results/ID/picture 200" in caplog.text
    assert kept["id"] not in caplog.text and kept["delete_token"] not in caplog.text


@pytest.mark.parametrize(
    "path",
    [
        "/results//{}",
        "//results/{}",
        "/Results/{}",
        "/RESULTS/{}/picture",
        "/{}",
        "/results/{}/",
        "/result/{}",
        "/static/{}",
        "/vendor/{}",
        "/api/v1/results//{}",
        "/api/v2/results/{}",
        "/results/live/{}",
        "/embed/live/{}",
        "/nowhere?id={}",
        "/%72esults/{}/x",
    ],
)
def test_the_log_has_no_id_of_an_address_that_is_only_nearly_one(client, caplog, path):
    kept = keep(client)
    with caplog.at_level("DEBUG"):
        client.get(path.format(kept["id"]))
        client.get(path.format(kept["id"]), headers=BROWSER, follow_redirects=True)
        client.delete(path.format(kept["id"]))

    assert " request_id=" in caplog.text
    assert kept["id"] not in caplog.text


class TestOtherOrigins:
    ORIGIN = "https://example.org"

    @pytest.mark.parametrize("view", ["/api/v1/results/{}", "/results/{}/reading.json"])
    def test_whoever_knows_the_id_may_read_it(self, client, view):
        kept = keep(client)
        headers = {"Origin": self.ORIGIN}

        for name in (kept["id"], "unknown"):
            response = client.get(view.format(name), headers=headers)
            assert response.headers.getlist("Access-Control-Allow-Origin") == ["*"]

    @pytest.mark.parametrize(("origins", "allowed"), [((), None), ((ORIGIN,), ORIGIN)])
    def test_deleting_follows_the_settings(self, make_app, origins, allowed):
        client = make_app(cors_origins=origins).test_client()
        asked = {"Origin": self.ORIGIN, "Access-Control-Request-Method": "DELETE"}

        headers = client.options(f"{URL}/x", headers=asked).headers

        assert headers.get("Access-Control-Allow-Origin") == allowed
        if allowed:
            assert "DELETE" in headers["Access-Control-Allow-Methods"]
            assert "Authorization" in headers["Access-Control-Allow-Headers"]

    def test_pages_are_not_opened(self, client):
        kept = keep(client)

        response = client.get(f"/results/{kept['id']}", headers={"Origin": self.ORIGIN})
        assert "Access-Control-Allow-Origin" not in response.headers
        assert "Cross-Origin-Resource-Policy" not in response.headers

    @pytest.mark.parametrize(
        "path",
        [
            "/static/css/app.css",
            "/static/js/embed/embed.js",
            "/static/nowhere.js",
            "/vendor/socket.io.esm.min.js",
            "/results/{}/picture",
            "/results/{}/annotated.png",
        ],
    )
    def test_what_embeds_load_is_open_for_frames_without_an_origin(self, client, path):
        kept = keep(client)
        response = client.get(path.format(kept["id"]), headers={"Origin": "null"})

        assert response.headers.getlist("Access-Control-Allow-Origin") == ["*"]
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        response.close()


def test_search_engines_do_not_list_results(client):
    kept = keep(client)

    for view in VIEWS:
        assert client.get(view.format(kept["id"])).headers["X-Robots-Tag"] == "noindex"
