"""Event loops, blocking work beside them, and patches for the servers."""
