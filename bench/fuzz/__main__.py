"""`python -m bench.fuzz [events] [pictures] [--count N] [--seed N]`: all parts, or those named.

Prints the seed, with which the same input comes again. Exit code 1 where something broke.
"""

from __future__ import annotations

import argparse
import random

from bench.fuzz import events, pictures

PARTS = {"events": events.main, "pictures": pictures.main}
COUNT = 10_000


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.fuzz", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="part", help=", ".join(PARTS))
    parser.add_argument("--count", type=int, default=COUNT, help="mutations of each part")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    options = parser.parse_args()
    for name in options.parts:
        if name not in PARTS:
            parser.error(f"{name} is none of {', '.join(PARTS)}")
    held = [PARTS[name](options.count, options.seed) for name in options.parts or PARTS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    raise SystemExit(main())
