"""Counts again, from the sources, what the other services made of their events."""

import time
from typing import NamedTuple

from havoc.databases import Databases, Row

SETTLED_WITHIN = 60.0
_PAUSE = 0.1

_FEED = """SELECT (SELECT count(*) FROM outbox), (SELECT coalesce(max(position), 0) FROM outbox),
 (SELECT count(*) FROM outbox WHERE position IS NULL), position, epoch::text FROM outbox_head"""
_CONSUMERS = "SELECT consumer, source, position, epoch FROM consumer_positions"
_PARKED = "SELECT consumer, source, position, error FROM dead_letters"
_OWED = "SELECT kind, attempts FROM job_intents"


class Copy(NamedTuple):
    """A query on the source, and the one on the copy that must have the same rows."""

    name: str
    source: str
    query: str
    holder: str
    copied: str


_UNITS = "SELECT id, parent_id, kind, code, version FROM {}"
_USERS = "SELECT id, unit_id, kind, version, {} FROM {}"
_CUSTOMERS = "SELECT id, version, unit_id, owner_id, state = 'ACTIVE' FROM customers"
_DAY_COUNTS = """
SELECT user_id, day, sum(ad_hoc), sum(planned), sum(violated) FROM (
    SELECT user_id, visit_date AS day, (plan_stop_id IS NULL)::int AS ad_hoc, 0 AS planned, 0 AS violated
    FROM visits WHERE completed_at IS NOT NULL
    UNION ALL
    SELECT p.user_id, s.visit_date, 0, 1, 0
    FROM visit_plan_stops s JOIN visit_plans p ON p.id = s.plan_id WHERE p.state = 'SUBMITTED'
    UNION ALL
    SELECT user_id, work_date, 0, 0, 1 FROM violations
) AS facts GROUP BY user_id, day"""

COPIES = (
    *(
        copy
        for holder in ("customer", "visit", "marketing", "reporting")
        for copy in (
            Copy("units", "identity", _UNITS.format("org_units"), holder, _UNITS.format("directory_units")),
            Copy(
                "users",
                "identity",
                _USERS.format("state = 'ACTIVE'", "users"),
                holder,
                _USERS.format("active", "directory_users"),
            ),
        )
    ),
    Copy(
        "customers",
        "customer",
        _CUSTOMERS,
        "visit",
        "SELECT id, version, unit_id, owner_id, active FROM known_customers",
    ),
    Copy(
        "customers",
        "customer",
        _CUSTOMERS,
        "reporting",
        "SELECT id, version, unit_id, user_id, active FROM customers",
    ),
    Copy(
        "visits",
        "visit",
        "SELECT id, user_id, unit_id, visit_date, plan_stop_id, valid, in_sequence FROM visits"
        " WHERE completed_at IS NOT NULL",
        "reporting",
        "SELECT id, user_id, unit_id, visit_date, stop_id, valid, in_sequence FROM visits",
    ),
    Copy(
        "stops",
        "visit",
        "SELECT s.id, s.plan_id, p.user_id, s.visit_date"
        " FROM visit_plan_stops s JOIN visit_plans p ON p.id = s.plan_id WHERE p.state = 'SUBMITTED'",
        "reporting",
        "SELECT id, plan_id, user_id, visit_date FROM planned_stops",
    ),
    Copy(
        "attendance",
        "visit",
        "SELECT id, version, user_id, work_date, clock_in_result, coalesce(clock_out_result, '')"
        " FROM attendance_days",
        "reporting",
        "SELECT id, version, user_id, work_date, clock_in_result, clock_out_result FROM attendance_days",
    ),
    Copy(
        "days",
        "visit",
        _DAY_COUNTS,
        "reporting",
        "SELECT user_id, visit_date, sum(ad_hoc_count), sum(planned_count), sum(violation_count)"
        " FROM visit_days GROUP BY user_id, visit_date",
    ),
    Copy(
        "budgets",
        "marketing",
        "SELECT id, fund_id, unit_id, available, reserved, committed, paid FROM budgets",
        "reporting",
        "SELECT id, fund_id, unit_id, available, reserved, committed, paid FROM budgets",
    ),
)


def unsettled(databases: Databases) -> list[str]:
    """Return what is wrong with positions, once every consumer had time to reach its producer's head."""
    give_up = time.monotonic() + SETTLED_WITHIN
    while (found := list(_positions(databases))) and time.monotonic() < give_up:
        time.sleep(_PAUSE)
    return found


def _positions(databases: Databases):
    heads = {}
    for service in databases.services:
        [(count, highest, waiting, head, epoch)] = databases.rows(service, _FEED)
        heads[service] = (head, epoch)
        if not count == highest == head or waiting:
            yield f"{service}: {count} events, {waiting} wait, the highest has {highest}, the head is {head}"
        for kind, attempts in databases.rows(service, _OWED):
            yield f"{service}: job {kind} is owed after {attempts} attempts"
    for service in databases.services:
        for consumer, source, position, epoch in databases.rows(service, _CONSUMERS):
            head, its_epoch = heads[source]
            if position != head or (head and epoch != its_epoch):  # of nothing no epoch has been heard
                yield f"{service}: {consumer} is at {position} of {heads[source]} of {source}"
        for parked in databases.rows(service, _PARKED):
            yield f"{service}: parked {parked}"


def differences(databases: Databases) -> list[str]:
    """Return what a copy has and its source has not, and the other way round."""
    return [line for copy in COPIES for line in _compare(databases, copy)]


def _compare(databases: Databases, copy: Copy) -> list[str]:
    of_source = databases.rows(copy.source, copy.query)
    of_copy = databases.rows(copy.holder, copy.copied)
    if sorted(map(str, of_source)) == sorted(map(str, of_copy)):
        return []
    missing = _without(of_source, of_copy)
    strange = _without(of_copy, of_source)
    return [f"{copy.name} in {copy.holder}: missing {missing[:3]}, not in {copy.source} {strange[:3]}"]


def _without(rows: list[Row], others: list[Row]) -> list[Row]:
    return [row for row in rows if row not in others]
