"""The Celery app that hands jobs to workers: its messages contain only the key of a job."""

from __future__ import annotations

from celery import Celery

from facetraits.settings import Settings

TASK = "facetraits.job"
QUEUE = "facetraits"
# After a job's own time limit, Celery ends its process; after that, Redis delivers it again.
_GRACE_S = 300
_ANSWER_S = 5.0


def make_queue(settings: Settings) -> Celery:
    """The app for servers and workers; it connects when it is first used."""
    limit_s = settings.job_timeout_s + _GRACE_S
    app = Celery("facetraits", broker=settings.jobs, set_as_current=False)
    app.conf.update(
        task_default_queue=QUEUE,
        task_serializer="json",
        accept_content=["json"],
        # The ledger has the results; Celery's own would be a second answer.
        task_ignore_result=True,
        # A message is acknowledged when its job is over, so a killed worker gives it back.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        task_time_limit=limit_s,
        # By default an hour, after which Redis would deliver a running job once more.
        broker_transport_options={
            "visibility_timeout": limit_s + _GRACE_S,
            "socket_connect_timeout": _ANSWER_S,
            "socket_timeout": _ANSWER_S * 4,
            "max_retries": 1,
        },
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        # The ledger notices if a job that lost its connection is delivered again.
        worker_cancel_long_running_tasks_on_connection_loss=False,
    )
    return app
