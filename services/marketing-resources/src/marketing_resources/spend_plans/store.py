"""Keeps spend plans."""

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from chassis.access import RowScope
from chassis.money import Money
from chassis.pagination import Page
from chassis.search import entries
from sqlalchemy import Connection, Row, Select, bindparam, delete, insert, literal, select, update

from marketing_resources.budgets.tables import budgets
from marketing_resources.spend_plans.rules import Budget, Item, Plan, State, Step
from marketing_resources.spend_plans.tables import spend_plan_items, spend_plans

FOUND_AS = "spendPlans"
_plans, _items = spend_plans.c, spend_plan_items.c
_WHOLE = select(spend_plan_items)
_TEXTS = ("purpose", "channel", "expected_effect")
_WITHOUT_TEXTS = select(*(literal("").label(c.name) if c.name in _TEXTS else c for c in _items))


def add(connection: Connection, plan: Plan) -> None:
    """Keep a new plan."""
    values = {
        "id": plan.id,
        "month_start": plan.month_start,
        "unit_id": plan.unit_id,
        "created_at": plan.created_at,
        "updated_at": plan.updated_at,
        **_changing(plan),
    }
    connection.execute(insert(spend_plans).values(values))
    make_findable(connection, plan)
    _add_items(connection, plan)


def save(connection: Connection, plan: Plan, at: datetime) -> Plan:
    """Keep what a plan has become, without its items. Returns it as it is kept."""
    values = {**_changing(plan), "updated_at": at}
    connection.execute(update(spend_plans).where(_plans.id == plan.id).values(values))
    return replace(plan, updated_at=at)


def replace_items(connection: Connection, plan: Plan) -> None:
    """Make the plan's items these."""
    connection.execute(delete(spend_plan_items).where(_items.plan_id == plan.id))
    _add_items(connection, plan)


def make_findable(connection: Connection, plan: Plan) -> None:
    """Let search find the plan by the title that it has now."""
    entries.write(connection, FOUND_AS, plan.id, plan.title)


def save_texts(connection: Connection, plan: Plan) -> None:
    """Keep what the items say, not what they cost."""
    texts = [{"item": item.id, **{name: getattr(item, name) for name in _TEXTS}} for item in plan.items]
    statement = update(spend_plan_items).where(_items.id == bindparam("item"))
    connection.execute(statement.values({name: bindparam(name) for name in _TEXTS}), texts)


def find(connection: Connection, plan_id: str) -> Plan | None:
    """Return a plan with its items."""
    row = connection.execute(select(spend_plans).where(_plans.id == plan_id)).one_or_none()
    return _with_items(connection, [row])[0] if row else None


def lock(connection: Connection, plan_id: str) -> Plan | None:
    """Return a plan with its items, which no other call changes until the transaction ends.

    Whoever changes a plan, its tasks or its reservations locks the plan before its budgets, so that callers
    never wait for each other in a circle.
    """
    query = select(spend_plans).where(_plans.id == plan_id).with_for_update()
    row = connection.execute(query).one_or_none()
    return _with_items(connection, [row])[0] if row else None


def lock_drafts(connection: Connection, applicant_id: str, month_start: date) -> Sequence[Plan]:
    """Return a person's drafts for a month and later ones, without their items, locked."""
    query = select(spend_plans).where(
        _plans.applicant_id == applicant_id, _plans.state == State.DRAFT, _plans.month_start >= month_start
    )
    rows = connection.execute(query.order_by(_plans.id).with_for_update())
    return [_plan(row, ()) for row in rows]


def read_page(
    connection: Connection,
    page: Page,
    scope: RowScope,
    *,
    unit_id: str,
    month_start: date | None,
    state: State | None,
) -> Sequence[Plan]:
    """Return the plans of a page and one more, newest first, with their items.

    The items come without their texts, with which a page of large plans would be more than a message holds.
    """
    query = select(spend_plans).where(scope.clause(_plans.unit_id, _plans.applicant_id))
    if unit_id:
        query = query.where(_plans.unit_id == unit_id)
    if month_start:
        query = query.where(_plans.month_start == month_start)
    if state:
        query = query.where(_plans.state == state)
    if key := page.key(uuid.UUID):
        query = query.where(_plans.id < str(key[0]))
    ordered = query.order_by(_plans.id.desc()).limit(page.size + 1)
    return _with_items(connection, connection.execute(ordered).all(), _WITHOUT_TEXTS)


def budgets_of(connection: Connection, budget_ids: Collection[str]) -> Mapping[str, Budget]:
    """Return, by id, what items have to know of their budgets; one that does not exist is not there."""
    query = select(budgets).where(budgets.c.id.in_(budget_ids))
    return {
        row.id: Budget(row.unit_id, row.currency, row.period_start, row.period_end)
        for row in connection.execute(query)
    }


def _changing(plan: Plan) -> dict[str, object]:
    return {
        "applicant_id": plan.applicant_id,
        "title": plan.title,
        "state": plan.state,
        "step": plan.step,
        "submission": plan.submission,
        "submitted_at": plan.submitted_at,
        "version": plan.version,
    }


def _add_items(connection: Connection, plan: Plan) -> None:
    rows = [
        {
            "id": item.id,
            "plan_id": plan.id,
            "place": place,
            "budget_id": item.budget_id,
            "amount": item.amount.minor_units,
            "currency": item.amount.currency,
            "purpose": item.purpose,
            "channel": item.channel,
            "expected_effect": item.expected_effect,
            "central_purchase": item.central_purchase,
        }
        for place, item in enumerate(plan.items)
    ]
    if rows:
        connection.execute(insert(spend_plan_items), rows)


def _with_items(
    connection: Connection, rows: Sequence[Row[Any]], items: Select[Any] = _WHOLE
) -> Sequence[Plan]:
    query = items.where(_items.plan_id.in_([row.id for row in rows])).order_by(_items.place)
    found: defaultdict[str, list[Item]] = defaultdict(list)
    for item in connection.execute(query):
        found[item.plan_id].append(_item(item))
    return [_plan(row, found[row.id]) for row in rows]


def _plan(row: Row[Any], its_items: Iterable[Item]) -> Plan:
    return Plan(
        id=row.id,
        month_start=row.month_start,
        title=row.title,
        applicant_id=row.applicant_id,
        unit_id=row.unit_id,
        items=tuple(its_items),
        created_at=row.created_at,
        updated_at=row.updated_at,
        state=State(row.state),
        step=Step(row.step) if row.step else None,
        submission=row.submission,
        submitted_at=row.submitted_at,
        version=row.version,
    )


def _item(row: Row[Any]) -> Item:
    return Item(
        id=row.id,
        budget_id=row.budget_id,
        amount=Money(row.amount, row.currency),
        purpose=row.purpose,
        channel=row.channel,
        expected_effect=row.expected_effect,
        central_purchase=row.central_purchase,
    )
