"""Keeps the read model of budgets current from marketing's events."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from chassis.events import Received, store_newer
from journeyman.marketing.v1 import events_pb2
from sqlalchemy import Connection

from reporting.budgets.tables import budgets


def apply(connection: Connection, received: Sequence[Received[events_pb2.BudgetChanged]]) -> None:
    """Take over budgets; what is older than the copy is ignored."""
    rows = [_budget(item.data, item.event.aggregate_version) for item in received]
    store_newer(connection, budgets, rows)


def _budget(budget: events_pb2.BudgetChanged, version: int) -> dict[str, Any]:
    return {
        "id": budget.budget_id,
        "version": version,
        "unit_id": budget.unit_id,
        "fund_id": budget.fund_id,
        "fund_code": budget.fund_code,
        "resource_class": budget.resource_class,
        "period_start": date.fromisoformat(budget.period_start_date),
        "period_end": date.fromisoformat(budget.period_end_date),
        "currency": budget.currency,
        "available": budget.available_minor_units,
        "reserved": budget.reserved_minor_units,
        "committed": budget.committed_minor_units,
        "paid": budget.paid_minor_units,
    }
