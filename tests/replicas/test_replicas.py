"""Two servers behind nginx and HAProxy, with the files in deploy/, while servers come and go."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest
from redis import Redis

from bench.replicas.proxies import PROXIES
from tests.replicas.clients import wait_for_uploads
from tests.replicas.site import CAMERAS, Site, wait_until_used
from tests.store.clients import redis_server, wait_until
from tests.web.fakes import photo


def both_proxies(test: Any) -> Any:
    return pytest.mark.parametrize("proxy", list(PROXIES))(test)


@both_proxies
def test_when_a_server_dies_its_cameras_alone_move(make_site, proxy):
    site = make_site(proxy)
    with site.streaming() as streaming, site.uploading() as uploads:
        for replica in site.replicas:
            others = [other for other in site.replicas if other is not replica]
            on_it, since = replica.cameras, streaming.mark()
            replica.process.kill()
            replica.process.wait(10)
            streaming.wait_for(lambda n=on_it, s=since: len(streaming.in_trouble(s)) >= n)
            streaming.wait_until_all_read(CAMERAS)
            assert len(streaming.in_trouble(since)) == on_it
            assert sum(other.cameras for other in others) == CAMERAS
            replica.start()
            wait_until_used(site)
        wait_for_uploads(uploads)
    # At most those that a server was reading when it died, one a thread and death.
    assert len(uploads.failed) <= 4, uploads.failed


@both_proxies
def test_draining_a_server_is_noticed_by_nobody(make_site, proxy):
    site = make_site(proxy)
    with site.streaming() as streaming, site.uploading() as uploads:
        for replica in site.replicas:
            on_it, since = replica.cameras, streaming.mark()
            replica.process.send_signal(signal.SIGTERM)
            wait_until(lambda r=replica: r.get("/readyz") == (503, b'{"status":"draining"}\n'))
            assert replica.process.wait(20) == 0
            streaming.wait_until_all_read(CAMERAS)
            assert len(streaming.moved(since)) == on_it, streaming.said(since)
            assert streaming.in_trouble() == set()
            replica.start()
            wait_until_used(site)
        wait_for_uploads(uploads)
    assert uploads.failed == []


def test_haproxy_moves_the_cameras_of_a_server_that_hangs(make_site):
    site = make_site("haproxy")
    with site.streaming() as streaming:
        hanging = site.replicas[0]
        on_it, since = hanging.cameras, streaming.mark()
        hanging.process.send_signal(signal.SIGSTOP)
        try:
            streaming.wait_for(lambda: len(streaming.in_trouble(since)) >= on_it)
            streaming.wait_until_all_read(CAMERAS)
        finally:
            hanging.process.send_signal(signal.SIGCONT)


@both_proxies
def test_without_redis_everything_but_kept_results_goes_on(make_site, proxy):
    with redis_server() as url:
        site = make_site(proxy, STORE=url, MESSAGE_QUEUE=url, RATE_LIMIT="1000/minute")
        with site.streaming() as streaming:
            assert keep(site) == 201
            stop_redis(url)
            assert keep(site) == 503
            since = streaming.mark()
            assert [site.ask("POST", "/api/v1/analyze", photo())[0] for _ in range(4)] == [200] * 4
            streaming.wait_until_all_read(CAMERAS)
            assert streaming.in_trouble(since) == set()
            with redis_server(port_of(url)):
                wait_until(lambda: keep(site) == 201)


def keep(site: Site) -> int:
    return site.ask("POST", "/api/v1/results", photo())[0]


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2].partition("/")[0])


def stop_redis(url: str) -> None:
    with Redis.from_url(url) as redis:
        redis.shutdown(nosave=True)


def test_servers_with_one_redis_share_a_rate_limit(make_site):
    with redis_server() as url:
        site = make_site("nginx", STORE=url, RATE_LIMIT="4/hour")
        answers = [site.ask("POST", "/api/v1/analyze", photo())[0] for _ in range(8)]
        assert answers == [200] * 4 + [429] * 4
        # Each of them refuses: the proxy took turns.
        used = [rb'status="429"' in replica.get("/metrics")[1] for replica in site.replicas]
        assert used == [True, True]


def test_results_are_found_on_every_server(make_site):
    with redis_server() as url:
        site = make_site("haproxy", STORE=url)
        status, body = site.ask("POST", "/api/v1/results", photo())
        assert status == 201
        path = f"/results/{json.loads(body)['id']}/picture"
        assert [replica.get(path)[0] for replica in site.replicas] == [200, 200]
