"""Chance that can be repeated: CLIENTELE_SEED=<what a test printed> makes it choose the same again."""

import os
import random
import sys

LONG = os.environ.get("CLIENTELE_LONG") == "yes"  # tools/test --long: everything, not only the quick selection
SEED = int(os.environ.get("CLIENTELE_SEED") or random.SystemRandom().randrange(10**9))


def chance(purpose: str) -> random.Random:
    """A source of choices of its own for each purpose, so that threads do not take each other's."""
    print(f"{purpose}: repeat with CLIENTELE_SEED={SEED}", file=sys.stderr)
    return random.Random(f"{SEED}/{purpose}")
