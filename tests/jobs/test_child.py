"""The process of a job, by itself."""

from __future__ import annotations

import os

from facetraits.jobs.child import give_way


def test_where_the_priority_cannot_be_changed_jobs_run_all_the_same(monkeypatch):
    refused = []

    def refuse(niceness):
        # As under a systemd unit whose SystemCallFilter excludes setpriority.
        refused.append(niceness)
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "nice", refuse, raising=False)
    give_way()

    assert refused == [10]
