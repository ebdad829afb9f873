"""The simulation of many servers: its sums, its rings, and its table in the docs."""

from pathlib import Path

import numpy as np
import pytest

from studies.replicas import Assumptions, busiest, site, table

ROOT = Path(__file__).resolve().parents[2]


def test_the_table_of_the_docs_is_what_it_prints():
    assert table(Assumptions()) in (ROOT / "docs" / "performance.md").read_text()


def test_more_points_on_the_ring_spread_cameras_more_evenly():
    random = np.random.default_rng(1)
    few, many = (busiest(100, points, 4000, random) for points in (16, 256))
    assert 1 < many < few


def test_one_server_gets_everything():
    assert busiest(1, 16, 100, np.random.default_rng(1)) == 1.0


def test_what_is_shared_grows_with_the_servers():
    assumed = Assumptions(frames_per_s=100, camera_fps=10, photos_per_s=4, kept_share=0.5, views=3)
    found = site(10, assumed, np.random.default_rng(1))
    assert found.cameras == 100
    # 40 photos a second are counted, and 20 results are written with five commands and read thrice.
    assert found.redis_per_s == pytest.approx(40 + 20 * 5 + 20 * 3)
    assert found.proxy_gbit_per_s == pytest.approx((1000 * 43_000 + 40 * 3_000_000) * 8 / 1e9)
    assert found.connections == pytest.approx(180)
    assert found.used(assumed)["Redis"] == pytest.approx(200 / 40_000)


def test_cameras_need_no_redis():
    none = Assumptions(photos_per_s=0)
    assert site(100, none, np.random.default_rng(1)).redis_per_s == 0
