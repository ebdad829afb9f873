"""Metrics, comparisons, and age intervals."""
