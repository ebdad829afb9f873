"""Event loops, blocking work outside them, and patches for the servers."""
