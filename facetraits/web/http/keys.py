"""Which requests need an API key, and whether theirs is valid.

Cameras, recordings, jobs, and their figures need one as soon as the server can be reached from
other machines, or as soon as keys are set; a proxy makes even a server on the loopback address
reachable. Photos and live video need one only if the operator says
so. Deleting something takes its delete token instead.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask, request

from facetraits.api_keys import is_one_of
from facetraits.errors import BadSetting, KeyRequired, NoKeys, WrongKey
from facetraits.settings import Settings
from facetraits.web.http.hosts import is_loopback
from facetraits.web.http.tokens import bearer_token_or_none

View = Callable[..., Any]

# What proxies, tunnels and content delivery networks add to a request. nginx adds none of them
# unless it is told to.
_FORWARDING_HEADERS = (
    "CF-Connecting-IP",
    "CF-Ray",
    "Fastly-Client-IP",
    "Fly-Client-IP",
    "Forwarded",
    "True-Client-IP",
    "Via",
    "X-Client-IP",
    "X-Cluster-Client-IP",
    "X-Forwarded",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Real-IP",
)
_HOW = "send it in the header Authorization: Bearer KEY"


class ApiKeys:
    """The server's keys.

    Args:
        hashes: of the keys, from `api_keys.hashes_of`.
        wanted: whether requests for cameras, recordings and jobs need a key.
        everything: whether photos and live video need one, too.
    """

    def __init__(self, hashes: tuple[str, ...], *, wanted: bool, everything: bool = False) -> None:
        self._hashes = hashes
        self.wanted = wanted
        self.wanted_for_photos = wanted and everything

    @classmethod
    def of(cls, settings: Settings) -> ApiKeys:
        """Raises BadSetting if everything needs a key, but there is none."""
        everything = settings.keys_for == "everything"
        if everything and not settings.api_keys:
            raise BadSetting(
                "FACETRAITS_KEYS_FOR='everything' needs FACETRAITS_API_KEYS; "
                "`facetraits key` creates one"
            )
        # A proxy on this machine makes the server reachable from others.
        reachable = not is_loopback(settings.host) or settings.proxies > 0
        wanted = bool(settings.api_keys) or reachable
        return cls(settings.api_keys, wanted=wanted, everything=everything)

    def required(self, view: View) -> View:
        """Decorates a view of cameras, recordings, jobs or figures: it needs a key."""

        @functools.wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            self.check_request()
            return view(*args, **kwargs)

        return guarded

    def required_for_photos(self, view: View) -> View:
        """Decorates a view of photos: it needs a key only if everything does."""
        return self.required(view) if self.wanted_for_photos else view

    def check_request(self) -> None:
        """Checks the Authorization header of the current request; see :meth:`check`."""
        if not self.wanted and _is_forwarded():
            raise NoKeys(
                "this request came through a proxy, perhaps from another machine, so this needs an "
                "API key, and none is set: set FACETRAITS_PROXIES to the number of proxies, "
                "create a key with `facetraits key`, and set FACETRAITS_API_KEYS"
            )
        self.check(bearer_token_or_none())

    def check(self, key: object) -> None:
        """Checks a key from anywhere.

        Raises:
            NoKeys: if one is needed, but the server has none.
            KeyRequired: if there is no key.
            WrongKey: if it is not one of the server's.
        """
        if not self.wanted:
            return
        if not self._hashes:
            raise NoKeys(
                "this server can be reached from other machines, so this needs an API key, and "
                "none is set: create one with `facetraits key`, and set FACETRAITS_API_KEYS"
            )
        if not isinstance(key, str) or not key:
            raise KeyRequired(f"this needs an API key: {_HOW}")
        if not is_one_of(key, self._hashes):
            raise WrongKey("the API key is not one of this server's")


def _is_forwarded() -> bool:
    """Whether a proxy passed on the current request: its address says nothing about the client."""
    return any(name in request.headers for name in _FORWARDING_HEADERS)


def register_keys(app: Flask, keys: ApiKeys) -> None:
    """Adds `GET /api/v1/key`, by which a page checks a key, and tells templates what needs one."""
    blueprint = Blueprint("keys", __name__)

    @blueprint.get("/api/v1/key")
    def key() -> tuple[str, int]:
        keys.check_request()
        return "", 204

    @blueprint.app_context_processor
    def wanted() -> dict[str, bool]:
        return {
            "key_wanted": keys.wanted or _is_forwarded(),
            "key_wanted_for_photos": keys.wanted_for_photos,
        }

    app.register_blueprint(blueprint)
