"""Puts the audit log, its reviews and the register of backups together."""

from collections.abc import Sequence

from chassis.sealing import Sealer
from chassis.sealing.watch import STRETCH_SECONDS, Watch
from chassis.server import Servicer
from chassis.service import Runtime, Sweep
from chassis.uploads.tables import TableFiles
from chassis.work import TaskSource

from gateway.identity.audit_log import events, export
from gateway.identity.audit_log.chain import AUDIT_LOG
from gateway.identity.audit_log.export import ExportJob
from gateway.identity.audit_log.servicer import AuditServicer
from gateway.identity.audit_log.verification import prove_next
from gateway.identity.audit_reviews.reminding import Reminder
from gateway.identity.audit_reviews.servicer import AuditReviewServicer
from gateway.identity.audit_reviews.work import ToReview
from gateway.identity.backups import BackupAge
from gateway.identity.org_units.store import OwnTree
from gateway.identity.settings import IdentitySettings

SEAL_SECONDS = 1.0
MINUTE_SECONDS = 60.0
HOUR_SECONDS = 3600.0


class Auditing:
    """The parts of identity that keep account of what was done."""

    def __init__(
        self, runtime: Runtime, settings: IdentitySettings, tree: OwnTree, files: TableFiles
    ) -> None:
        name, database, clock = runtime.name, runtime.database, runtime.clock
        watch = Watch(AUDIT_LOG, prove_next, database, runtime.metrics)
        review_day = settings.audit_review_day
        reminder = Reminder(service=name, database=database, clock=clock, review_day=review_day)
        backup_age = BackupAge(database, runtime.metrics.registry)
        self.servicers: Sequence[Servicer] = [AuditServicer(name), AuditReviewServicer(tree)]
        self.subscriptions = events.subscriptions(settings.sources)
        self.tasks: Sequence[TaskSource] = [ToReview(review_day)]
        self.jobs = {export.KIND: ExportJob(database=database, clock=clock, files=files)}
        self.sweeps = [
            Sweep("audit-sealer", SEAL_SECONDS, Sealer(database, AUDIT_LOG).run),
            Sweep("audit-watch", STRETCH_SECONDS, watch.run),
            Sweep("audit-months", HOUR_SECONDS, lambda: events.make_months(database, clock.now().date())),
            Sweep("audit-review-reminder", HOUR_SECONDS, reminder.run),
            Sweep("backup-age", MINUTE_SECONDS, backup_age.run),
        ]
