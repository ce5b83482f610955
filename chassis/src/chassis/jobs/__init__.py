"""Work outside the RPC threads: RQ runs it, a row in PostgreSQL remembers that it is owed."""

from chassis.jobs.intents import enqueue
from chassis.jobs.runner import Beat, Job, JobRunner

__all__ = ["Beat", "Job", "JobRunner", "enqueue"]
