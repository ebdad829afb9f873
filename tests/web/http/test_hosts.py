"""Under which names the server answers."""

from __future__ import annotations

import socket

import pytest

from facetraits.settings import Settings
from facetraits.web.http.hosts import TrustedHosts
from tests.web.fakes import form, photo
from tests.web.keeping import BROWSER, URL

EVIL = "evil.example"
LOOPBACK = ("localhost", "localhost:5000", "127.0.0.1:5000", "[::1]:5000", "faces.localhost")
BROKEN = ("", "a b", "evil.example/", "localhost,evil.example", "localhost:99999", "u@localhost")


def statuses(app, hosts, path="/"):
    client = app.test_client()
    return {host: client.get(path, headers={"Host": host}).status_code for host in hosts}


def test_on_loopback_only_its_own_names_are_answered(make_app):
    app = make_app()

    assert set(statuses(app, LOOPBACK).values()) == {200}
    foreign = (EVIL, "evil.example:5000", "192.0.2.7", "localhost.evil.example", "notlocalhost")
    assert set(statuses(app, foreign + BROKEN).values()) == {400}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_on_the_network_addresses_and_the_machines_name_are_too(make_app, host):
    app = make_app(host=host)
    machine = socket.gethostname()
    known = (*LOOPBACK, "192.0.2.7:5000", "[2001:db8::7]", machine, machine.upper())

    assert set(statuses(app, known).values()) == {200}
    assert set(statuses(app, (EVIL, *BROKEN)).values()) == {400}


def test_a_name_that_is_bound_is_known(make_app):
    app = make_app(host="Faces.example")

    assert statuses(app, ("faces.example:5000", EVIL)) == {"faces.example:5000": 200, EVIL: 400}


def test_the_settings_list_the_names(make_app):
    app = make_app(host="0.0.0.0", trusted_hosts=("Faces.example", ".example.org", "192.0.2.7"))

    known = ("faces.example", "example.org", "a.b.example.org", "192.0.2.7:80", *LOOPBACK)
    assert set(statuses(app, known).values()) == {200}
    foreign = (EVIL, "www.faces.example", "notexample.org", "192.0.2.8", socket.gethostname())
    assert set(statuses(app, foreign).values()) == {400}


def test_with_a_star_any_name_is_answered_and_no_broken_one(make_app):
    app = make_app(trusted_hosts=("*",))

    assert statuses(app, (EVIL,)) == {EVIL: 200}
    assert set(statuses(app, BROKEN).values()) == {400}


def test_the_answer_says_so_and_does_not_repeat_the_name(make_app, service):
    client = make_app().test_client()

    response = client.post(URL, **form(photo()), headers={"Host": EVIL})
    assert (response.status_code, response.get_json()["code"]) == (400, "untrusted_host")
    assert "FACETRAITS_TRUSTED_HOSTS" in response.get_json()["detail"]
    page = client.get("/", headers={"Host": EVIL, **BROWSER})
    assert (page.status_code, page.mimetype) == (400, "text/html")
    for answer in (response, page):
        assert EVIL not in answer.get_data(as_text=True) + str(answer.headers)
    assert service.seen == []


def test_forwarded_names_count_only_behind_a_proxy(make_app):
    headers = {"X-Forwarded-Host": "faces.example", "X-Forwarded-Proto": "https"}
    alone = make_app(trusted_hosts=("faces.example",)).test_client()
    kept = alone.post(URL, **form(photo()), headers=headers).get_json()
    assert kept["url"].startswith("http://localhost/results/")

    behind = make_app(proxies=1, trusted_hosts=("faces.example",)).test_client()
    kept = behind.post(URL, **form(photo()), headers=headers).get_json()
    assert kept["url"].startswith("https://faces.example/results/")
    assert behind.get("/", headers={"X-Forwarded-Host": EVIL}).status_code == 400


def test_behind_a_proxy_without_a_list_the_start_warns(make_app, caplog):
    app = make_app(proxies=1)

    assert "set FACETRAITS_TRUSTED_HOSTS" in caplog.text
    assert statuses(app, (EVIL,)) == {EVIL: 200}


def test_without_the_header_the_address_is_the_servers_own():
    trusted = TrustedHosts.of(Settings(trusted_hosts=("faces.example",)))

    trusted.check({"SERVER_NAME": "0.0.0.0", "SERVER_PORT": "5000", "wsgi.url_scheme": "http"})


class TestTargets:
    """What stands in the place of a path; Werkzeug's client would not send it."""

    @staticmethod
    def get(app, target, host="localhost", method="GET"):
        environ = {"PATH_INFO": target, "HTTP_HOST": host, "REQUEST_METHOD": method}
        return app.test_client().open("/", environ_overrides=environ)

    def test_an_absolute_one_is_its_path_under_its_host(self, make_app):
        app = make_app()

        assert self.get(app, "http://localhost:5000/healthz").get_json() == {"status": "ok"}
        assert self.get(app, "http://localhost:5000").status_code == 200
        # RFC 9112, 3.2.2: the header does not count beside it.
        assert self.get(app, "HTTP://evil.example/healthz").status_code == 400
        assert self.get(app, "http://localhost/healthz", host=EVIL).status_code == 200

    @pytest.mark.parametrize(
        "target", ["http://evil.example/x", "http://", "http://u@evil.example/"]
    )
    def test_a_foreign_host_is_not_repeated(self, make_app, target):
        response = self.get(make_app(), target)

        assert response.status_code == 400
        assert EVIL not in response.get_data(as_text=True)

    def test_nobody_gets_a_tunnel(self, make_app):
        response = self.get(make_app(), "evil.example:443", method="CONNECT")

        assert (response.status_code, response.get_json()["code"]) == (405, "method_not_allowed")
        assert EVIL not in response.get_data(as_text=True)
