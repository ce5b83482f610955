"""The sums by day against a count in Python, whatever the order, duplication and batching of events."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

from chassis.events import Received
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from journeyman.events.v1 import feed_pb2
from journeyman.visit.v1 import events_pb2
from reporting.subscriptions import apply_visit
from sqlalchemy import text


def ids(kind, count):
    return [f"00000000-0000-7000-8000-{kind:04}{number:08}" for number in range(count)]


DATES = ["2026-03-02", "2026-03-03"]
UNITS, USERS, VISITS, PLANS, VIOLATIONS = ids(1, 2), ids(2, 2), ids(3, 4), ids(4, 2), ids(5, 2)
STOPS = {plan: ids(6 + place, 3) for place, plan in enumerate(PLANS)}
ALL_STOPS = [stop for stops in STOPS.values() for stop in stops]

whose = {"user_id": st.sampled_from(USERS), "unit_id": st.sampled_from(UNITS)}
visits = st.builds(
    events_pb2.VisitCompleted,
    visit_id=st.sampled_from(VISITS),
    visit_date=st.sampled_from(DATES),
    plan_stop_id=st.sampled_from(["", *ALL_STOPS]),
    valid=st.booleans(),
    counted=st.booleans(),
    in_sequence=st.booleans(),
    **whose,
)
violations = st.builds(
    events_pb2.ViolationRaised,
    violation_id=st.sampled_from(VIOLATIONS),
    work_date=st.sampled_from(DATES),
    **whose,
)


@st.composite
def plans(draw):
    plan = draw(st.builds(events_pb2.VisitPlanChanged, visit_plan_id=st.sampled_from(PLANS), **whose))
    for stop in draw(st.lists(st.sampled_from(STOPS[plan.visit_plan_id]), unique=True)):
        plan.stops.add(stop_id=stop, visit_date=draw(st.sampled_from(DATES)))
    return plan


@st.composite
def histories(draw):
    """Versions of aggregates, in any order, some of them more than once, cut into batches."""
    versions = defaultdict(int)
    received = []
    for data in draw(st.lists(st.one_of(visits, plans(), violations), max_size=14)):
        versions[subject(data)] += 1
        received.append(Received(feed_pb2.Event(aggregate_version=versions[subject(data)]), data))
    again = draw(st.lists(st.sampled_from(received), max_size=4)) if received else []
    told = draw(st.permutations([*received, *again]))
    cuts = sorted(draw(st.lists(st.integers(0, len(told)), max_size=3)))
    return [told[start:end] for start, end in pairwise([0, *cuts, len(told)])]


def subject(data):
    return data.DESCRIPTOR.name, getattr(data, data.DESCRIPTOR.fields[0].name)


def newest(history):
    known = {}
    for item in [item for batch in history for item in batch]:
        version, _ = known.get(subject(item.data), (0, None))
        if item.event.aggregate_version > version:
            known[subject(item.data)] = (item.event.aggregate_version, item.data)
    facts = defaultdict(list)
    for (kind, _), (_, data) in known.items():
        facts[kind].append(data)
    return facts


def expected(history):
    facts = newest(history)
    days = defaultdict(lambda: [0] * 7)
    made = defaultdict(list)
    for visit in facts["VisitCompleted"]:
        made[visit.plan_stop_id].append(visit.in_sequence)
        add(
            days,
            visit,
            visit.visit_date,
            visit.counted,
            visit.counted and visit.valid,
            not visit.plan_stop_id,
        )
    for plan in facts["VisitPlanChanged"]:
        for stop in plan.stops:
            add(days, plan, stop.visit_date, 0, 0, 0, 1, bool(made[stop.stop_id]), any(made[stop.stop_id]))
    for violation in facts["ViolationRaised"]:
        add(days, violation, violation.work_date, 0, 0, 0, 0, 0, 0, 1)
    return {key: figures for key, figures in days.items() if any(figures)}


def add(days, fact, day, *figures):
    row = days[fact.unit_id, fact.user_id, day]
    for place, figure in enumerate(figures):
        row[place] += figure


QUERY = text(
    "SELECT unit_id::text, user_id::text, visit_date::text, visit_count, valid_count, ad_hoc_count,"
    " planned_count, visited_stop_count, in_sequence_count, violation_count FROM visit_days"
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_sums_equal_a_count_of_the_facts_in_any_order(database, history):
    with database.engine.connect() as connection:  # rolled back at the end of each example
        for batch in history:
            apply_visit(connection, batch)
        found = {tuple(row[:3]): list(row[3:]) for row in connection.execute(QUERY)}
    assert found == expected(history)


def test_consumers_at_the_same_time_lose_no_facts(database, facts, until):
    """The second counts only when the first has committed, or it would count the day without its facts."""

    def take(connection):
        visit = facts.visit(USERS[0], UNITS[0], DATES[0])
        apply_visit(connection, [Received(feed_pb2.Event(aggregate_version=1), visit.data)])

    def take_and_commit():
        with database.begin() as connection:
            take(connection)

    def somebody_waits():
        waiting = "datname = current_database() AND wait_event_type = 'Lock'"
        with database.reading() as connection:
            query = text(f"SELECT count(*) FROM pg_stat_activity WHERE {waiting}")
            return connection.execute(query).scalar_one()

    with ThreadPoolExecutor(1) as pool:
        with database.begin() as first:
            take(first)
            second = pool.submit(take_and_commit)
            until(somebody_waits)
        second.result()
    with database.reading() as connection:
        assert connection.execute(QUERY).one().visit_count == 2
