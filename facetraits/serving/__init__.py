"""Analyze pictures for many callers at once: worker processes, their pool, camera queues."""
