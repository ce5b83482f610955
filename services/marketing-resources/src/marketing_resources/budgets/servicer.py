"""Answers BudgetService."""

from typing import Protocol

from chassis.dates import optional_date
from chassis.errors import named_by
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.marketing.v1 import budgets_pb2 as pb

from directory import UnitClosed, UnknownUnit
from marketing_resources.budgets import messages, store
from marketing_resources.funds import store as funds
from marketing_resources.ledger.posting import move
from marketing_resources.ledger.rules import Kind, Movement


class Units(Protocol):
    """The organisation as the directory knows it."""

    def demand_unit(self, unit_id: str) -> None:
        """Raise UnknownUnit unless the unit exists, UnitClosed for one that was merged into another.

        Raises Unavailable when that cannot be known now.
        """


class BudgetServicer:
    contract = pb.DESCRIPTOR.services_by_name["BudgetService"]

    def __init__(self, units: Units) -> None:
        self._units = units

    def get_budget(self, request: pb.GetBudgetRequest, call: Call) -> pb.Budget:
        return messages.render(store.read(call.connection, request.budget_id, call.scope))

    def list_budgets(self, request: pb.ListBudgetsRequest, call: Call) -> pb.ListBudgetsResponse:
        page = page_of(request, keys=1)
        on = optional_date(request.on_date, "onDate")
        rows = store.read_page(call.connection, request, on, page, call.scope)
        shown, token = page.cut(rows, lambda row: (row.id,))
        return pb.ListBudgetsResponse(budgets=map(messages.render, shown), next_page_token=token)

    def create_budget(self, request: pb.CreateBudgetRequest, call: Call) -> pb.Budget:
        grant = messages.parse(request.budget)
        with named_by("budget.unitId", UnknownUnit, UnitClosed):
            self._demand_unit(grant.unit_id, call)
        funds.demand(call.connection, grant.fund_id)
        budget_id = store.add(call.connection, grant, call.now)
        move(call, [Movement(kind=Kind.GRANT, budget_id=budget_id, amount=grant.amount.minor_units)])
        call.changed(f"budgets/{budget_id}")
        return messages.render(store.read(call.connection, budget_id, call.scope))

    def _demand_unit(self, unit_id: str, call: Call) -> None:
        """Raise UnknownUnit for a unit that does not exist or lies outside the scope, told alike.

        Raises UnitClosed for one that was merged into another, and Unavailable.
        """
        if not call.scope.covers(unit_id=unit_id, owner_id=None):
            raise UnknownUnit
        self._units.demand_unit(unit_id)
