"""Reporting over a real feed: producers with databases of their own, and the real consumers."""

import base64
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import orjson
import pytest
import redis
from chassis.clock import FixedClock
from chassis.database.migrations import migrations_folder
from chassis.events import Consumer, EventFeedServicer, Received, Relay
from chassis.identifiers import new_id
from chassis.metrics import Metrics
from chassis.outbox import Fact
from chassis.testing import DatabaseFactory, OneUnitEach, Tree, serving
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from journeyman.customer.v1 import events_pb2 as customer_events
from journeyman.events.v1 import feed_pb2
from journeyman.identity.v1 import events_pb2 as identity_events
from journeyman.marketing.v1 import events_pb2 as marketing_events
from journeyman.reporting.v1 import reports_pb2_grpc
from journeyman.visit.v1 import events_pb2 as visit_events
from reporting import app
from reporting.servicer import ReportServicer
from reporting.subscriptions import subscriptions
from sqlalchemy import text

from chassis import outbox

FRIDAY_EVENING = datetime(2026, 3, 6, 12, 0, tzinfo=UTC)
PATIENCE_SECONDS = 60


@pytest.fixture(name="until")
def until_fixture():
    return until


def until(condition):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        threading.Event().wait(0.02)


class Facts:
    """Facts as the services publish them; ids, units and people can be left to chance."""

    def visit(self, user, unit, day, *, visit_id="", stop="", version=1, **fields):
        values = {"valid": True, "counted": True, "in_sequence": bool(stop), **fields}
        data = visit_events.VisitCompleted(
            visit_id=visit_id or new_id(),
            user_id=user,
            unit_id=unit,
            customer_id=new_id(),
            visit_date=day,
            plan_stop_id=stop,
            **values,
        )
        return Fact("journeyman.visit.visit.completed.v1", data.visit_id, version, data)

    def plan(self, user, unit, stops, *, plan_id="", version=1):
        """Make a plan of stops (id, day)."""
        data = visit_events.VisitPlanChanged(
            visit_plan_id=plan_id or new_id(), user_id=user, unit_id=unit, week_start_date="2026-03-02"
        )
        for place, (stop, day) in enumerate(stops, start=1):
            data.stops.add(stop_id=stop, customer_id=new_id(), visit_date=day, sequence=place)
        kind = "submitted" if version == 1 else "amended"
        return Fact(f"journeyman.visit.visit_plan.{kind}.v1", data.visit_plan_id, version, data)

    def violation(self, user, unit, day, *, violation_id="", version=1):
        data = visit_events.ViolationRaised(
            violation_id=violation_id or new_id(), user_id=user, unit_id=unit, kind="LATE", work_date=day
        )
        return Fact("journeyman.visit.violation.raised.v1", data.violation_id, version, data)

    def attendance(self, user, unit, day, clock_in="ON_TIME", clock_out="ON_TIME", *, day_id="", version=1):
        data = visit_events.AttendanceDayRecorded(
            attendance_day_id=day_id or new_id(),
            user_id=user,
            unit_id=unit,
            work_date=day,
            clock_in_result=clock_in,
            clock_out_result=clock_out,
        )
        return Fact("journeyman.visit.attendance_day.recorded.v1", data.attendance_day_id, version, data)

    def customer(self, owner, unit, *, customer_id="", active=True, version=1):
        data = customer_events.CustomerChanged(
            customer_id=customer_id or new_id(), unit_id=unit, owner_id=owner, active=active
        )
        return Fact("journeyman.customer.customer.updated.v1", data.customer_id, version, data)

    def budget(self, unit, available, reserved=0, committed=0, paid=0, *, version=1, **fields):
        data = marketing_events.BudgetChanged(
            unit_id=unit,
            currency="CNY",
            available_minor_units=available,
            reserved_minor_units=reserved,
            committed_minor_units=committed,
            paid_minor_units=paid,
            **{
                "budget_id": new_id(),
                "fund_id": new_id(),
                "fund_code": "HQ-PROMOTION",
                "resource_class": "advertising",
                "period_start_date": "2026-03-01",
                "period_end_date": "2026-03-31",
                **fields,
            },
        )
        return Fact("journeyman.marketing.budget.changed.v1", data.budget_id, version, data)

    def unit(self, unit, *, parent="", code="", version=1):
        data = identity_events.OrgUnitChanged(unit_id=unit, parent_id=parent, kind="OFFICE", code=code)
        return Fact("journeyman.identity.org_unit.changed.v1", unit, version, data)

    def user(self, user, unit, *, active=True, roles=("field_rep",), version=1):
        data = identity_events.UserChanged(
            user_id=user, unit_id=unit, active=active, kind="EMPLOYEE", role_codes=roles
        )
        return Fact("journeyman.identity.user.changed.v1", user, version, data)


class Producer:
    """A service as its consumers see it: its outbox, its relay and its feed."""

    def __init__(self, name, database, client, server):
        self.name = name
        self.database = database
        self.server = server
        self.relay = Relay(name, database, client, Metrics())

    def publish(self, *facts):
        with self.database.begin() as connection:
            outbox.append(connection, facts, FRIDAY_EVENING)
        while self.relay.step():
            pass

    def head(self):
        with self.database.reading() as connection:
            return connection.execute(text("SELECT position FROM outbox_head")).scalar_one()


class Following:
    """Reporting's consumers, each on its thread as in the background process."""

    def __init__(self, database, producers, channels, client):
        self.database = database
        self.producers = producers
        self.consumers = {
            subscription.source: Consumer(
                subscription, database, channels[subscription.source], client, Metrics()
            )
            for subscription in subscriptions()
            if subscription.source in channels
        }

    @contextmanager
    def running(self):
        stopped = threading.Event()
        threads = [
            threading.Thread(target=consumer.run, args=(stopped,)) for consumer in self.consumers.values()
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stopped.set()
            for thread in threads:
                thread.join()

    def catch_up(self):
        """Wait until the consumers have passed everything that is published."""
        for source in self.consumers:
            until(lambda source=source: self.position(source) >= self.producers[source].head())

    def pulls(self, source):
        """Return how often the feed of a source was asked."""
        metrics = self.producers[source].server.metrics.registry
        method = {"method": "journeyman.events.v1.EventFeedService/ListEvents", "code": "OK"}
        return metrics.get_sample_value("journeyman_requests_total", method) or 0

    def position(self, source):
        query = text("SELECT position FROM consumer_positions WHERE source = :source AND caught_up_at > :at")
        with self.database.reading() as connection:
            at = datetime(2000, 1, 1, tzinfo=UTC)
            return connection.execute(query, {"source": source, "at": at}).scalar() or 0


@pytest.fixture(scope="session")
def databases() -> Iterator[DatabaseFactory]:
    factory = DatabaseFactory("reporting", migrations_folder(app.__file__))
    yield factory
    factory.close()


@pytest.fixture
def open_database(databases):
    @contextmanager
    def fresh():
        with databases.database() as made:
            opened = made.open()
            yield opened
            opened.close()

    return fresh


@pytest.fixture
def database(open_database):
    with open_database() as opened:
        yield opened


@pytest.fixture
def redis_client() -> Iterator[redis.Redis]:
    client = redis.Redis.from_url(os.environ["JOURNEYMAN_TEST_REDIS_URL"])
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def clock():
    return FixedClock(FRIDAY_EVENING)


@pytest.fixture
def facts():
    return Facts()


@pytest.fixture
def producing(open_database, redis_client, clock):
    """Start a producer; gives it and the channel by which a consumer pulls from it."""

    @contextmanager
    def start(name):
        with (
            open_database() as outbox_database,
            serving(
                [EventFeedServicer(name)],
                database=outbox_database,
                clock=clock,
                tree=OneUnitEach(),
                errors={},
                service=name,
            ) as server,
            server.channel(server.issuer.token("events.read", person=False)) as channel,
        ):
            yield Producer(name, outbox_database, redis_client, server), channel

    return start


@pytest.fixture
def visit(producing):
    with producing("visit") as made:
        yield made


@pytest.fixture
def customer(producing):
    with producing("customer") as made:
        yield made


@pytest.fixture
def marketing(producing):
    with producing("marketing") as made:
        yield made


@pytest.fixture
def identity(producing):
    with producing("identity") as made:
        yield made


@pytest.fixture
def following(database, redis_client):
    def follow(*producers):
        made = {producer.name: producer for producer, _ in producers}
        channels = {producer.name: channel for producer, channel in producers}
        return Following(database, made, channels, redis_client)

    return follow


@pytest.fixture
def take_over(database):
    """Apply facts at once, as a consumer would."""
    takes = {subscription.source: subscription.apply for subscription in subscriptions()}

    def take(source, *published):
        received = [
            Received(feed_pb2.Event(type=fact.type, aggregate_version=fact.version), fact.data)
            for fact in published
        ]
        with database.begin() as connection:
            takes[source](connection, received)

    return take


@pytest.fixture
def reports(database, clock):
    """Serve the reports; gives a function from a token's claims to a stub of ReportService."""
    tree = Tree({})
    with serving(
        [ReportServicer()], database=database, clock=clock, tree=tree, errors={}, service="reporting"
    ) as server:
        channels = []

        def stub(parents=None, permission="reports.read", **claims):
            tree._parents = parents or {}
            channel = server.channel(server.issuer.token(permission, **claims))
            channels.append(channel)
            return reports_pb2_grpc.ReportServiceStub(channel.__enter__())

        yield stub
        for channel in channels:
            channel.__exit__(None, None, None)


@pytest.fixture
def refusal():
    """Say what a refused call was told: the status, and field and reason of the first bad field."""

    def told(error):
        for detail in rpc_status.from_call(error).details:
            bad = error_details_pb2.BadRequest()
            if detail.Unpack(bad):
                return error.code(), bad.field_violations[0].field, bad.field_violations[0].reason
        return error.code(), "", ""

    return told


@pytest.fixture
def forge():
    """Put another sort key into a page token."""

    def forged(token, key):
        seal = orjson.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))[0]
        return base64.urlsafe_b64encode(orjson.dumps([seal, *key])).rstrip(b"=").decode()

    return forged
