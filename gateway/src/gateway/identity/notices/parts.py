"""Puts notices together: who is told, how, and what is done again and again for it."""

from chassis.clock import Clock
from chassis.database import Database
from chassis.events import Subscription
from chassis.service import Runtime, Sweep
from prometheus_client import Counter, Gauge

from gateway.identity.mail.jobs import SendMail
from gateway.identity.notices import mailing, store
from gateway.identity.notices.events import CONSUMER, TellPeople
from gateway.identity.notices.mailing import MailNotices
from gateway.identity.notices.servicer import NoticeServicer
from gateway.identity.org_units.store import OwnTree
from gateway.identity.settings import IdentitySettings

MAIL_SECONDS = 1.0
FORGET_SECONDS = 600.0


class Telling:
    """The parts of identity that tell people something."""

    def __init__(self, runtime: Runtime, settings: IdentitySettings, tree: OwnTree) -> None:
        database, clock, registry = runtime.database, runtime.clock, runtime.metrics.registry
        mails = settings.smtp_server is not None
        labels = ["channel", "outcome"]
        counter = Counter(
            "journeyman_notices_total", "Notices by channel and outcome", labels, registry=registry
        )
        tell = TellPeople(clock, counter, mails=mails)
        mail = MailNotices(database, clock, tree, counter)
        self.servicers = [NoticeServicer(mails=mails)]
        self.subscriptions = [Subscription(CONSUMER, source, tell) for source in settings.sources]
        self.jobs = {SendMail.kind: SendMail(settings.smtp_server, settings.mail_from, registry)}
        self.sweeps = [
            Sweep("mail-notices", MAIL_SECONDS, mail),
            Sweep("forget-notices", FORGET_SECONDS, lambda: forget(database, clock)),
        ]
        watch(runtime)


def watch(runtime: Runtime) -> None:
    """Show at each scrape for how long the oldest notice has been due."""
    gauge = Gauge(
        "journeyman_notices_unsent_seconds",
        "How long the oldest notice that is due has not been sent",
        ["channel"],
        registry=runtime.metrics.registry,
    )
    database, clock = runtime.database, runtime.clock
    gauge.labels("email").set_function(lambda: mailing.oldest_unsent_seconds(database, clock.now()))


def forget(database: Database, clock: Clock) -> None:
    """Delete what has aged, a thousand at a time so that nobody waits for a lock."""
    while _forget_some(database, clock) == store.SWEPT_AT_ONCE:
        pass


def _forget_some(database: Database, clock: Clock) -> int:
    with database.begin() as connection:
        return store.forget(connection, clock.now())
