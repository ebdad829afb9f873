"""`facetraits key`: makes an API key."""

from __future__ import annotations

import argparse
import sys

from facetraits.api_keys import hash_of, new_key
from facetraits.cli.common import Verbs


def add(verbs: Verbs) -> None:
    verb = verbs.add_parser("key", help="create an API key for FACETRAITS_API_KEYS")
    verb.set_defaults(command=_key)


def _key(options: argparse.Namespace) -> int:
    key = new_key()
    # Only the key goes to stdout: KEY=$(facetraits key).
    print(key, flush=True)
    print(
        f"On the server, set FACETRAITS_API_KEYS={hash_of(key)}\n"
        "Clients send the key, which is shown only now: Authorization: Bearer KEY",
        file=sys.stderr,
    )
    return 0
