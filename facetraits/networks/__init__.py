"""Exported networks: their cards, their runtime, and what their outputs mean."""
