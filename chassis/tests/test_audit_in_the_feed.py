"""A write is one row of the outbox: the feed makes an event of its fact and one of its audit entry."""

from datetime import UTC, datetime

import pytest
from chassis.events import OwnFeed, Relay, Subscription
from chassis.metrics import Metrics
from chassis.outbox import Fact, publication
from journeyman.audit.v1 import events_pb2 as audit_pb2
from journeyman.events.v1 import feed_pb2
from journeyman.identity.v1 import events_pb2

NOW = datetime(2026, 3, 2, tzinfo=UTC)
FACT, AUDIT = "journeyman.identity.v1.OrgUnitChanged", "journeyman.audit.v1.AuditRecorded"
RECORDED = "journeyman.notes.audit.recorded.v1"


@pytest.fixture
def ask(database, redis_client):
    """Write a call with two facts and one without; return what the feed hands out of them."""
    facts = [Fact("t.v1", code, 7, events_pb2.OrgUnitChanged(code=code)) for code in "ab"]
    for written in (facts, []):
        entry = Fact(RECORDED, "units/a", 0, audit_pb2.AuditRecorded(resource="units/a"))
        database.write(publication(written, entry, NOW, "00-trace"))
    relay = Relay("notes", database, redis_client, Metrics())
    while relay.step():
        pass
    feed = OwnFeed("notes", database)
    return lambda **asked: feed.ListEvents(feed_pb2.ListEventsRequest(**asked), timeout=5)


def told(answer):
    return [(event.position, event.type, event.data.TypeName().rpartition(".")[2]) for event in answer.events]


def test_who_asks_for_facts_hears_of_no_audit_entry(ask):
    assert told(ask(data_types=[FACT])) == [(1, "t.v1", "OrgUnitChanged"), (2, "t.v1", "OrgUnitChanged")]


def test_who_asks_for_audit_entries_gets_one_of_each_write(ask):
    answer = ask(data_types=[AUDIT])
    assert told(answer) == [(1, RECORDED, "AuditRecorded"), (3, RECORDED, "AuditRecorded")]
    first = audit_pb2.AuditRecorded()
    answer.events[0].data.Unpack(first)
    assert first.resource == "units/a"
    assert [(event.subject, event.aggregate_version) for event in answer.events] == [("units/a", 0)] * 2
    assert answer.events[0].trace_parent == "00-trace"


@pytest.mark.parametrize("data_types", [[], [FACT, AUDIT]])
def test_who_asks_for_both_or_says_nothing_gets_both(ask, data_types):
    kinds = [kind for _, _, kind in told(ask(data_types=data_types))]
    assert kinds == ["OrgUnitChanged", "AuditRecorded", "OrgUnitChanged", "AuditRecorded"]


def test_a_page_never_ends_between_a_fact_and_its_audit_entry(ask):
    first = ask(page_size=1)
    assert told(first) == [(1, "t.v1", "OrgUnitChanged"), (1, RECORDED, "AuditRecorded")]
    assert told(ask(after_position=first.next_position, page_size=1)) == [(2, "t.v1", "OrgUnitChanged")]


def test_audit_entries_have_a_consumer_of_their_own():
    with pytest.raises(ValueError, match="of their own"):
        Subscription("c", "notes", [events_pb2.OrgUnitChanged, audit_pb2.AuditRecorded], print)
