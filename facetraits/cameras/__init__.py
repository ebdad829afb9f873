"""Cameras that the operator names: kept connected, read, and counted in aggregates."""
