"""Submitted spend plans change only by a correction (R136), and never what they cost."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chassis.corrections import Record, Values, canonical
from chassis.errors import FieldProblem, InvalidFields
from chassis.server import Call
from google.type import money_pb2
from journeyman.marketing.v1 import spend_plans_pb2 as pb
from sqlalchemy import ColumnElement, Connection, select

from marketing_resources.spend_plans import events, store
from marketing_resources.spend_plans.rules import Item, Plan, State
from marketing_resources.spend_plans.tables import spend_plans

_TITLE = "title"
_TEXTS = {"purpose": "purpose", "channel": "channel", "expectedEffect": "expected_effect"}
_ANY_BUDGET = "00000000-0000-0000-0000-000000000000"
_NO_PURPOSE = FieldProblem("", "REQUIRED", "must say what it is for", "请说明用途")


class SubmittedPlans:
    """The words of a plan can be corrected: its title, and each item's `items.<id>.purpose` and so on."""

    collection = "spendPlans"
    permission = "spendPlans.read"

    def lock(self, connection: Connection, record_id: str) -> Record | None:
        plan = store.lock(connection, record_id)
        if plan is None:
            return None
        return Record(
            id=plan.id,
            unit_id=plan.unit_id,
            owner_id=plan.applicant_id,
            is_free=plan.state is State.DRAFT,
            values=dict(_values(plan)),
        )

    def owner_of(self, record_id: "ColumnElement[str]") -> "ColumnElement[str]":
        return select(spend_plans.c.applicant_id).where(spend_plans.c.id == record_id).scalar_subquery()

    def read(self, values: Values) -> Values:
        return {path: _read(path, value) for path, value in values.items()}

    def correct(self, call: Call, record_id: str, values: Values) -> None:
        plan = store.lock(call.connection, record_id)
        assert plan is not None  # noqa: S101 - it was locked before
        corrected = replace(
            plan,
            title=values.get(_TITLE, plan.title),
            items=tuple(_corrected(item, values) for item in plan.items),
            version=plan.version + 1,
        )
        store.save(call.connection, corrected, call.now)
        store.save_texts(call.connection, corrected)
        store.make_findable(call.connection, corrected)
        call.publish(events.changed(corrected))


def _values(plan: Plan) -> Iterator[tuple[str, Any]]:
    yield _TITLE, plan.title
    for item in plan.items:
        for path, name in _TEXTS.items():
            yield f"items.{item.id}.{path}", getattr(item, name)


def _read(path: str, value: Any) -> Any:
    """Return one value as the plan's JSON has it. Raises InvalidFields naming the path."""
    name = path.rpartition(".")[2]
    some_item = pb.SpendPlanItem(budget_id=_ANY_BUDGET, amount=money_pb2.Money(currency_code="CNY", units=1))
    try:
        read = canonical({name: value}, pb.SpendPlan() if path == _TITLE else some_item)[name]
    except InvalidFields as error:
        raise InvalidFields(*[replace(problem, path=path) for problem in error.problems]) from None
    if name == "purpose" and not read.strip():
        raise InvalidFields(replace(_NO_PURPOSE, path=path))
    return read


def _corrected(item: Item, values: Values) -> Item:
    texts = {
        name: values.get(f"items.{item.id}.{path}", getattr(item, name)) for path, name in _TEXTS.items()
    }
    return replace(item, **texts)
