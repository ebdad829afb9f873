"""Mutated input from a recorded random seed: what it must not end, fill or break."""
