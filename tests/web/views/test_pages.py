from __future__ import annotations

import json
import re

import pytest

from tests.web.fakes import photo

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_the_upload_page_carries_the_limits(make_app):
    response = make_app(max_bytes=5_000_000, max_faces=7).test_client().get("/", headers=BROWSER)

    html = response.get_data(as_text=True)
    assert response.status_code == 200
    assert 'data-api-url="/api/v1/analyze"' in html
    assert 'data-max-bytes="5000000"' in html
    assert 'data-max-faces="7"' in html
    assert 'data-nets="baseline"' in html
    assert 'accept="image/jpeg,image/png,' in html
    assert 'data-formats="JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP"' in html
    assert "up to 5 MB each, 7 faces per photo" in html


def test_a_limit_that_is_no_whole_number_keeps_its_decimal(make_app):
    html = make_app(max_bytes=2_500_000).test_client().get("/").get_data(as_text=True)
    assert "up to 2.5 MB each" in html


@pytest.mark.parametrize("path", ["/nowhere", "/results/nowhere", "/embed/nowhere"])
def test_an_error_page_speaks_in_sentences(client, path):
    html = client.get(path, headers=BROWSER).get_data(as_text=True)
    (lead,) = re.findall(r'<p class="lead">(.*)</p>', html)
    assert re.fullmatch(r"[A-Z].*[^.]\.", lead)


# WAI-ARIA 1.2, its states and properties.
ARIA = """
    activedescendant atomic autocomplete busy checked colcount colindex colspan controls current
    describedby details disabled errormessage expanded flowto haspopup hidden invalid
    keyshortcuts label labelledby level live modal multiline multiselectable orientation owns
    placeholder posinset pressed readonly relevant required roledescription rowcount rowindex
    rowspan selected setsize sort valuemax valuemin valuenow valuetext
"""


@pytest.mark.parametrize("path", ["/", "/live", "/demo", "/embed/live"])
def test_aria_attributes_exist_and_refer_to_what_is_on_the_page(client, path):
    html = client.get(path).get_data(as_text=True)

    used = re.findall(r'aria-(\w+)="([^"]*)"', html)
    assert {name for name, _ in used} <= set(ARIA.split())
    ids = set(re.findall(r'\sid="([^"]+)"', html))
    referred = {id for name, value in used if name.endswith("edby") for id in value.split()}
    assert referred and referred <= ids


def test_pages_run_no_inline_script_or_style(client):
    html = client.get("/").get_data(as_text=True)

    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []
    assert "<style" not in html and " style=" not in html and " onclick=" not in html


def test_what_the_page_loads_is_served(client):
    html = client.get("/").get_data(as_text=True)
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', html)

    assert files
    for file in files:
        response = client.get(file)
        assert response.status_code == 200, file
        assert "max-age=60" in response.headers["Cache-Control"]
        again = client.get(file, headers={"If-None-Match": response.headers["ETag"]})
        assert again.status_code == 304
        response.close()
        again.close()


@pytest.mark.parametrize(
    ("path", "headers", "page"),
    [
        ("/nowhere", BROWSER, True),
        ("/nowhere", {}, False),
        ("/nowhere", {"Accept": "application/json"}, False),
        ("/api/v1/nowhere", BROWSER, False),
    ],
)
def test_nothing_there_is_a_page_for_people_and_a_problem_for_programs(client, path, headers, page):
    response = client.get(path, headers=headers)

    assert response.status_code == 404
    if page:
        assert response.mimetype == "text/html"
        html = response.get_data(as_text=True)
        assert "not_found" in html and response.headers["X-Request-Id"] in html
    else:
        assert response.content_type == "application/problem+json"
        assert response.get_json()["code"] == "not_found"
        assert response.get_json()["detail"] == f"there is nothing at {path}"


def test_an_address_from_a_stranger_is_escaped(client):
    html = client.get("/<script>alert(1)</script>", headers=BROWSER).get_data(as_text=True)

    assert "<script>alert" not in html


def test_a_wrong_method_says_which_are_allowed(client):
    response = client.get("/api/v1/analyze")

    assert (response.status_code, response.get_json()["code"]) == (405, "method_not_allowed")
    assert set(response.headers["Allow"].split(", ")) == {"POST", "OPTIONS"}


@pytest.mark.parametrize("path", ["/", "/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"])
def test_head_and_options_are_answered(client, path):
    assert client.head(path).status_code == 200
    assert client.head(path).data == b""
    assert set(client.options(path).headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}


def test_health_and_readiness(client, service):
    assert client.get("/healthz").get_json() == {"status": "ok"}
    assert (client.get("/readyz").status_code, client.get("/readyz").get_json()) == (
        200,
        {"status": "ready"},
    )

    service.ready = False

    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 503


def test_metrics_count_requests_readings_and_faces(client):
    for _ in range(2):
        client.post("/api/v1/analyze", data=photo(), content_type="image/jpeg")
    client.get("/made-up/1")
    client.get("/made-up/2")
    client.open("/", method="BREW")

    text = client.get("/metrics").get_data(as_text=True)

    requests = 'facetraits_requests_total{method="%s",route="%s",status="%s"} %s'
    assert requests % ("POST", "/api/v1/analyze", 200, 2.0) in text
    # One route for all that does not exist: strangers' paths must not fill the memory.
    assert requests % ("GET", "none", 404, 2.0) in text
    assert 'method="BREW"' not in text and 'method="other"' in text
    assert "facetraits_readings_total 2.0" in text
    assert "facetraits_faces_total 4.0" in text
    assert 'facetraits_processing_ms_sum{step="detect"} 4.0' in text
    assert 'facetraits_request_seconds_count{route="/api/v1/analyze"} 2.0' in text


def test_two_apps_count_apart(make_app):
    first, second = make_app().test_client(), make_app().test_client()
    first.get("/")

    assert 'route="/"' not in second.get("/metrics").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/", "/nowhere", "/api/v1/analyze", "/static/favicon.svg"])
def test_every_answer_has_the_security_headers(client, path):
    response = client.get(path)
    headers = response.headers

    policy = dict(part.split(" ", 1) for part in headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["img-src"] == "'self' blob: data:"
    assert policy["frame-ancestors"] == policy["object-src"] == policy["base-uri"] == "'none'"
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Permissions-Policy"].startswith("camera=(self)")
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-Id"])
    response.close()


def test_answers_of_the_api_are_not_stored(client):
    assert client.get("/api/v1/openapi.json").headers["Cache-Control"] == "no-store"
    assert client.get("/").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/static/nowhere.js", "/static/../app.py", "/static/"])
def test_a_file_that_is_not_there_is_not_stored_as_missing(client, path):
    response = client.get(path)

    assert response.status_code == 404
    assert response.headers["Cache-Control"] == "no-store"


def test_the_log_has_no_control_characters(client, caplog):
    with caplog.at_level("INFO", "facetraits"):
        client.open("/", method="G\x1b[2JET\n\r")
        client.open("/\x1b[2J\nfake line")
        client.open("/", method="A" * 500)

    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 3
    assert all(line.isprintable() and len(line) < 150 for line in lines)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("abc-123", True), ("a" * 64, True), ("a" * 65, False), ("x y", False), ("é", False)],
)
def test_a_sane_request_id_is_kept(client, given, kept):
    response = client.get("/healthz", headers={"X-Request-Id": given})

    assert (response.headers["X-Request-Id"] == given) == kept


class TestOtherOrigins:
    ORIGIN = "https://example.org"

    def preflight(self, app, path="/api/v1/analyze", origin=ORIGIN):
        headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        return app.test_client().options(path, headers=headers).headers

    def test_none_may_call_by_default(self, make_app):
        assert "Access-Control-Allow-Origin" not in self.preflight(make_app())

    def test_a_listed_one_may(self, make_app):
        headers = self.preflight(make_app(cors_origins=(self.ORIGIN,)))

        assert headers["Access-Control-Allow-Origin"] == self.ORIGIN
        assert headers["Vary"] == "Origin"
        assert "POST" in headers["Access-Control-Allow-Methods"]
        assert "Content-Type" in headers["Access-Control-Allow-Headers"]
        assert "Access-Control-Allow-Credentials" not in headers

    def test_another_may_not(self, make_app):
        headers = self.preflight(
            make_app(cors_origins=(self.ORIGIN,)), origin="https://example.org.evil.example"
        )

        assert "Access-Control-Allow-Origin" not in headers
        assert headers["Vary"] == "Origin"

    def test_all_may_with_a_star(self, make_app):
        headers = self.preflight(make_app(cors_origins=("*",)))

        assert headers["Access-Control-Allow-Origin"] == "*"

    def test_pages_are_not_opened(self, make_app):
        headers = self.preflight(make_app(cors_origins=("*",)), path="/")

        assert "Access-Control-Allow-Origin" not in headers

    def test_errors_can_be_read_too(self, make_app):
        client = make_app(cors_origins=(self.ORIGIN,)).test_client()
        response = client.post("/api/v1/analyze", headers={"Origin": self.ORIGIN})

        assert response.status_code == 400
        assert response.headers["Access-Control-Allow-Origin"] == self.ORIGIN
        assert json.loads(response.data)["code"] == "bad_request"
