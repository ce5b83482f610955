"""Keeps work policies, and tells which one holds."""

import uuid
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from chassis.access import RowScope
from chassis.effective import Version
from chassis.money import Money
from chassis.pagination import Page
from sqlalchemy import Connection, Row, any_, cast, literal, null, select, tuple_
from sqlalchemy.dialects.postgresql import ARRAY, UUID, insert

from visit.work_policies.rules import PolicyExists, WorkPolicy, policy_on
from visit.work_policies.tables import work_policies

_columns = work_policies.c
_NOBODY = cast(null(), UUID(as_uuid=False))  # a policy belongs to a unit, to no person


def read_versions(
    connection: Connection, unit_path: Sequence[str], until: date
) -> Sequence[Version[WorkPolicy]]:
    """Return what the unit and those above it have set to begin by the day `until`."""
    units = literal(list(unit_path), ARRAY(UUID(as_uuid=False)))
    query = select(work_policies).where(_columns.unit_id == any_(units), _columns.effective_date <= until)
    return [Version(row.unit_id, row.effective_date, policy_of(row)) for row in connection.execute(query)]


def policy_for(connection: Connection, unit_path: Sequence[str], on: date) -> WorkPolicy:
    """Return the policy that the first unit of `unit_path` follows on a day."""
    return policy_on(read_versions(connection, unit_path, on), unit_path, on)


def policy_of(row: Row[Any]) -> WorkPolicy:
    return WorkPolicy(
        id=row.id,
        clock_in_deadline=row.clock_in_deadline,
        clock_out_earliest=row.clock_out_earliest,
        track_window_start=row.track_window_start,
        track_window_end=row.track_window_end,
        signal_gap_minutes=row.signal_gap_minutes,
        signal_gap_fine=Money(row.signal_gap_fine_minor_units, row.signal_gap_fine_currency),
        counts_ad_hoc_visits=row.counts_ad_hoc_visits,
    )


def add(connection: Connection, version: Version[WorkPolicy], at: datetime) -> Row[Any]:
    """Keep a policy and return its row. Raises PolicyExists."""
    policy = version.payload
    statement = insert(work_policies).values(
        id=policy.id,
        unit_id=version.unit_id,
        effective_date=version.effective_from,
        clock_in_deadline=policy.clock_in_deadline,
        clock_out_earliest=policy.clock_out_earliest,
        track_window_start=policy.track_window_start,
        track_window_end=policy.track_window_end,
        signal_gap_minutes=policy.signal_gap_minutes,
        signal_gap_fine_minor_units=policy.signal_gap_fine.minor_units,
        signal_gap_fine_currency=policy.signal_gap_fine.currency,
        counts_ad_hoc_visits=policy.counts_ad_hoc_visits,
        created_at=at,
    )
    row = connection.execute(statement.on_conflict_do_nothing().returning(work_policies)).one_or_none()
    if row is None:
        raise PolicyExists
    return row


def read_page(connection: Connection, page: Page, scope: RowScope, unit_id: str) -> Sequence[Row[Any]]:
    """Return the rows of a page and one more, by unit and date. Raises InvalidFields for a foreign token."""
    query = select(work_policies).where(scope.clause(_columns.unit_id, _NOBODY))
    if unit_id:
        query = query.where(_columns.unit_id == unit_id)
    if key := page.key(uuid.UUID, date.fromisoformat):
        unit = literal(str(key[0]), _columns.unit_id.type)
        query = query.where(tuple_(_columns.unit_id, _columns.effective_date) > tuple_(unit, key[1]))
    ordered = query.order_by(_columns.unit_id, _columns.effective_date).limit(page.size + 1)
    return connection.execute(ordered).all()
