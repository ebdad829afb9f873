"""How far one proxy and one Redis carry, for 10 to 1,000 servers: a simulation.

`python -m studies.replicas` prints the table of docs/performance.md. What one server does was
measured (`python -m bench live`); everything else is an assumption below, made to be changed.
Cameras are spread by a ring of hashes as nginx and HAProxy have it, which no formula does as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SERVERS = (10, 30, 100, 300, 1000)
# Points of a server on the ring: HAProxy's with weight 1, nginx's, and HAProxy's with weight 16.
POINTS = (16, 160, 256)
_SEED = 20261126
_RINGS = 20


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Of a site, for each server of two cores.

    Attributes:
        frames_per_s: that a server reads; measured.
        camera_fps: of one camera; the page sends fewer frames to a busy server.
        frame_bytes: a JPEG of 640x480; measured.
        photos_per_s: uploads beside the cameras.
        photo_bytes: one upload.
        kept_share: of the photos, how many are kept under a link.
        views: of each kept result: the page, its picture, an embed.
        rate_limited: whether FACETRAITS_RATE_LIMIT is set: one script in Redis for each upload.
        redis_per_s: operations of this mix that one Redis does, on one core.
        proxy_gbit_per_s: the proxy's network, in one direction.
        proxy_connections: `maxconn` of deploy/haproxy.cfg.
    """

    frames_per_s: float = 200.0
    camera_fps: float = 5.0
    frame_bytes: int = 43_000
    photos_per_s: float = 2.0
    photo_bytes: int = 3_000_000
    kept_share: float = 0.05
    views: float = 10.0
    rate_limited: bool = True
    redis_per_s: float = 40_000.0
    proxy_gbit_per_s: float = 10.0
    proxy_connections: int = 8_000

    @property
    def cameras(self) -> float:
        """The cameras of one server that is just busy."""
        return self.frames_per_s / self.camera_fps


@dataclass(frozen=True, slots=True)
class Site:
    """What so many servers ask of what they share.

    Attributes:
        busiest: the load of the busiest server, as a multiple of the mean, by points of the ring.
    """

    servers: int
    cameras: float
    redis_per_s: float
    proxy_gbit_per_s: float
    connections: float
    busiest: dict[int, float]

    def used(self, assumed: Assumptions) -> dict[str, float]:
        """The used share of each thing that they share."""
        return {
            "Redis": self.redis_per_s / assumed.redis_per_s,
            "the proxy's network": self.proxy_gbit_per_s / assumed.proxy_gbit_per_s,
            "the proxy's maxconn": self.connections / assumed.proxy_connections,
        }


def busiest(servers: int, points: int, cameras: int, random: np.random.Generator) -> float:
    """The cameras of the busiest server over the mean, the median of a number of rings."""
    found = [_busiest_of_ring(servers, points, cameras, random) for _ in range(_RINGS)]
    return float(np.median(found))


def _busiest_of_ring(servers: int, points: int, cameras: int, random: np.random.Generator) -> float:
    ring = np.sort(random.random(servers * points))
    owners = random.permutation(np.repeat(np.arange(servers), points))
    places: NDArray[np.intp] = np.searchsorted(ring, random.random(cameras)) % len(ring)
    return float(np.bincount(owners[places], minlength=servers).max() * servers / cameras)


def site(servers: int, assumed: Assumptions, random: np.random.Generator) -> Site:
    cameras = servers * assumed.cameras
    photos_per_s = servers * assumed.photos_per_s
    kept_per_s = photos_per_s * assumed.kept_share
    # A result and its tombstone are written in one transaction of five commands, and read in one.
    redis_per_s = photos_per_s * assumed.rate_limited + kept_per_s * (5 + assumed.views)
    bytes_per_s = servers * assumed.frames_per_s * assumed.frame_bytes
    bytes_per_s += photos_per_s * assumed.photo_bytes
    return Site(
        servers=servers,
        cameras=cameras,
        redis_per_s=redis_per_s,
        proxy_gbit_per_s=bytes_per_s * 8 / 1e9,
        # An upload holds its connection for about two seconds.
        connections=cameras + 2 * photos_per_s,
        busiest={points: busiest(servers, points, round(cameras), random) for points in POINTS},
    )


def table(assumed: Assumptions) -> str:
    """In Markdown."""
    random = np.random.default_rng(_SEED)
    rings = " | ".join(f"busiest, {points} points" for points in POINTS)
    lines = [
        f"| servers | cameras | {rings} "
        "| Redis per s | proxy, Gbit/s | connections | first limit |",
        "| ---: " * (6 + len(POINTS)) + "| --- |",
    ]
    for servers in SERVERS:
        found = site(servers, assumed, random)
        limit, share = max(found.used(assumed).items(), key=lambda item: item[1])
        loads = " | ".join(f"{found.busiest[points]:.2f}" for points in POINTS)
        lines.append(
            f"| {servers:,} | {found.cameras:,.0f} | {loads} | {found.redis_per_s:,.0f} "
            f"| {found.proxy_gbit_per_s:.1f} | {found.connections:,.0f} | {limit} ({share:.0%}) |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(Assumptions()))
