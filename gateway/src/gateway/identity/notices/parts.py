"""Puts notices together: who is told, how, and what is done again and again for it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from chassis.clock import Clock
from chassis.database import Database
from chassis.events import Subscription
from chassis.server import Servicer
from chassis.service import Runtime, Sweep
from chassis.webhooks import Sender
from journeyman.notices.v1.events_pb2 import NoticeRaised
from prometheus_client import Counter, Gauge
from sqlalchemy import Connection

from gateway.identity.mail.jobs import SendMail
from gateway.identity.notices import store
from gateway.identity.notices.events import CONSUMER, TellPeople
from gateway.identity.notices.mailing import MailNotices
from gateway.identity.notices.servicer import NoticeServicer
from gateway.identity.org_units.store import OwnTree
from gateway.identity.settings import IdentitySettings
from gateway.identity.webhooks import deliveries
from gateway.identity.webhooks.sending import SendWebhooks
from gateway.identity.webhooks.servicer import WebhookEndpointServicer
from gateway.identity.webhooks.telling import TellEndpoints

SEND_SECONDS = 1.0
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
        local = settings.env == "local"
        tell = TellPeople(clock, counter, TellEndpoints(counter), mails=mails)
        self.servicers: list[Servicer] = [NoticeServicer(mails=mails), WebhookEndpointServicer(local=local)]
        self.subscriptions = [
            Subscription(CONSUMER, source, (NoticeRaised,), tell) for source in settings.sources
        ]
        self.jobs = {SendMail.kind: SendMail(settings.smtp_server, settings.mail_from, registry)}
        self.sweeps = [
            Sweep("mail-notices", SEND_SECONDS, MailNotices(database, clock, tree, counter)),
            Sweep("send-webhooks", SEND_SECONDS, SendWebhooks(database, clock, Sender(local=local), counter)),
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
    for channel, oldest in (("email", store.oldest_due_mail), ("webhook", deliveries.oldest_due)):
        gauge.labels(channel).set_function(partial(_overdue_seconds, runtime, oldest))


def _overdue_seconds(runtime: Runtime, oldest: Callable[[Connection], datetime | None]) -> float:
    with runtime.database.reading() as connection:
        due_at = oldest(connection)
    return max(0.0, (runtime.clock.now() - due_at).total_seconds()) if due_at else 0.0


def forget(database: Database, clock: Clock) -> None:
    """Delete what has aged, a thousand at a time so that nobody waits for a lock."""
    for forget_some in (store.forget, deliveries.forget):
        while _forget(database, clock, forget_some) == store.SWEPT_AT_ONCE:
            pass


def _forget(database: Database, clock: Clock, some: Callable[[Connection, datetime], int]) -> int:
    with database.begin() as connection:
        return some(connection, clock.now())
