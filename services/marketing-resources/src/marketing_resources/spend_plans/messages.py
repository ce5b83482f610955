"""Spend plans between protobuf and values."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from chassis.dates import civil_date
from chassis.errors import FieldProblem, InvalidFields
from chassis.etags import etag
from chassis.identifiers import new_id
from chassis.money import to_proto
from journeyman.marketing.v1 import approvals_pb2
from journeyman.marketing.v1 import spend_plans_pb2 as pb
from sqlalchemy import Row

from marketing_resources import fields
from marketing_resources.approvals.messages import rendered as rendered_task
from marketing_resources.spend_plans.rules import (
    Budget,
    Item,
    ItemProblem,
    ItemProblemKind,
    ItemsRefused,
    Plan,
    State,
    demand_payable,
)

_ITEMS = "spendPlan.items"
# The path is that of the field inside an item.
_ITEM_PROBLEMS = {
    ItemProblemKind.OUTSIDE_BUDGET_PERIOD: FieldProblem(
        "budgetId",
        "OUTSIDE_BUDGET_PERIOD",
        "does not cover the plan's month",
        "预算期间不包含方案月份",
    ),
    ItemProblemKind.OTHER_CURRENCY: FieldProblem(
        "amount", "OTHER_CURRENCY", "is not in the budget's currency", "币种与预算不一致"
    ),
    ItemProblemKind.TOO_MUCH_TOGETHER: FieldProblem(
        "amount",
        "TOO_MUCH_TOGETHER",
        "and the items before it are more than a ledger holds",
        "与前面各项合计超过账本上限",
    ),
}
_MONTH = "spendPlan.monthStartDate"
_NO_MONTH = FieldProblem(_MONTH, "REQUIRED", "must be given", "必填")
_NOT_FIRST = FieldProblem(_MONTH, "NOT_FIRST_OF_MONTH", "must be the first of a month", "必须是某月的第一天")
_FIXED_MONTH = FieldProblem(_MONTH, "FIXED", "of a plan never changes", "方案的月份不能修改")
_NO_PURPOSE = FieldProblem("purpose", "REQUIRED", "must say what it is for", "请说明用途")
_NO_ID = FieldProblem("spendPlan.id", "REQUIRED", "name the plan", "请指定方案")


def month_of(text: str) -> date:
    """Return the first day of the month that a new plan is for. Raises InvalidFields."""
    if not text:
        raise InvalidFields(_NO_MONTH)
    month_start = civil_date(text, _MONTH)
    if month_start.day != 1:
        raise InvalidFields(_NOT_FIRST)
    return month_start


def demand_same_month(text: str, plan: Plan) -> None:
    """Raise InvalidFields when an update names another month than the plan's."""
    if text not in ("", plan.month_start.isoformat()):
        raise InvalidFields(_FIXED_MONTH)


def plan_id_of(message: pb.SpendPlan) -> str:
    """Return the id of the plan to change. Raises InvalidFields without one."""
    if not message.id:
        raise InvalidFields(_NO_ID)
    return message.id


def items_of(message: pb.SpendPlan) -> tuple[Item, ...]:
    """Return the items that a client lists, with new ids. Raises InvalidFields naming what is wrong."""
    return tuple(_item(item, f"{_ITEMS}[{index}]") for index, item in enumerate(message.items))


def _item(item: pb.SpendPlanItem, path: str) -> Item:
    if not item.purpose.strip():
        raise InvalidFields(replace(_NO_PURPOSE, path=f"{path}.purpose"))
    return Item(
        id=new_id(),
        budget_id=item.budget_id.lower(),
        amount=fields.positive_money(item.amount, f"{path}.amount"),
        purpose=item.purpose,
        channel=item.channel,
        expected_effect=item.expected_effect,
        central_purchase=item.central_purchase,
    )


def demand_items(items: Sequence[Item], budgets: Mapping[str, Budget], month_start: date) -> None:
    """Raise InvalidFields naming every item that its budget cannot pay in the month."""
    try:
        demand_payable(items, budgets, month_start)
    except ItemsRefused as refused:
        raise InvalidFields(*map(_field_problem, refused.problems)) from None


def _field_problem(problem: ItemProblem) -> FieldProblem:
    words = _ITEM_PROBLEMS[problem.kind]
    return replace(words, path=f"{_ITEMS}[{problem.index}].{words.path}")


def state_of(state: pb.SpendPlan.State.ValueType) -> State | None:
    """Return the state to filter by."""
    if state == pb.SpendPlan.STATE_UNSPECIFIED:
        return None
    return State(pb.SpendPlan.State.Name(state).removeprefix("STATE_"))


def rendered(plan: Plan, tasks: Iterable[Row[Any]] = ()) -> pb.SpendPlan:
    """Return a plan as a message."""
    message = pb.SpendPlan(
        id=plan.id,
        month_start_date=plan.month_start.isoformat(),
        title=plan.title,
        items=map(_rendered_item, plan.items),
        applicant_id=plan.applicant_id,
        unit_id=plan.unit_id,
        state=pb.SpendPlan.State.Value(f"STATE_{plan.state}"),
        approval_tasks=map(rendered_task, tasks),
        etag=etag(plan.version),
    )
    if plan.step:
        message.step = approvals_pb2.ApprovalTask.Step.Value(f"STEP_{plan.step}")
    if plan.submitted_at:
        message.submit_time.FromDatetime(plan.submitted_at)
    message.create_time.FromDatetime(plan.created_at)
    message.update_time.FromDatetime(plan.updated_at)
    return message


def _rendered_item(item: Item) -> pb.SpendPlanItem:
    return pb.SpendPlanItem(
        id=item.id,
        budget_id=item.budget_id,
        amount=to_proto(item.amount),
        purpose=item.purpose,
        channel=item.channel,
        expected_effect=item.expected_effect,
        central_purchase=item.central_purchase,
    )
