"""Data sets as people download them, their splits, framing and packs."""
