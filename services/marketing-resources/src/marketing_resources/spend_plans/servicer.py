"""Answers SpendPlanService."""

from collections.abc import Mapping, Sequence

from chassis.access.people import demand_person
from chassis.calendar import local_date
from chassis.dates import optional_date
from chassis.errors import NotFound
from chassis.field_masks import changed_fields
from chassis.identifiers import new_id
from chassis.pagination import page_of
from chassis.server import Call
from journeyman.marketing.v1 import spend_plans_pb2 as pb

from marketing_resources.approvals import store as tasks
from marketing_resources.approvals.notices import waiting
from marketing_resources.ledger.posting import move
from marketing_resources.ledger.rules import Kind
from marketing_resources.spend_plans import events, messages, rules, store
from marketing_resources.spend_plans.rules import Budget, BudgetNotFound, Item, Plan, Step

_MUTABLE = frozenset({"title", "items"})


class SpendPlanServicer:
    contract = pb.DESCRIPTOR.services_by_name["SpendPlanService"]

    def get_spend_plan(self, request: pb.GetSpendPlanRequest, call: Call) -> pb.SpendPlan:
        plan = store.find(call.connection, request.spend_plan_id)
        if plan is None or not call.scope.covers(unit_id=plan.unit_id, owner_id=plan.applicant_id):
            raise NotFound("spend plan")
        return _rendered(plan, call)

    def list_spend_plans(self, request: pb.ListSpendPlansRequest, call: Call) -> pb.ListSpendPlansResponse:
        page = page_of(request, keys=1)
        plans = store.read_page(
            call.connection,
            page,
            call.scope,
            unit_id=request.unit_id,
            month_start=optional_date(request.month_start_date, "monthStartDate"),
            state=messages.state_of(request.state),
        )
        shown, token = page.cut(plans, lambda row: (row.id,))
        return pb.ListSpendPlansResponse(spend_plans=map(messages.rendered, shown), next_page_token=token)

    def create_spend_plan(self, request: pb.CreateSpendPlanRequest, call: Call) -> pb.SpendPlan:
        demand_person(call.caller)
        month_start = messages.month_of(request.spend_plan.month_start_date)
        items = messages.items_of(request.spend_plan)
        rules.demand_current(month_start, local_date(call.now))
        messages.demand_items(items, _budgets(items, call), month_start)
        plan = Plan(
            id=new_id(),
            month_start=month_start,
            title=request.spend_plan.title,
            applicant_id=call.caller.subject,
            unit_id=call.caller.unit_id,
            items=items,
            created_at=call.now,
            updated_at=call.now,
        )
        store.add(call.connection, plan)
        call.publish(events.changed(plan))
        call.changed(f"spendPlans/{plan.id}")
        return messages.rendered(plan)

    def update_spend_plan(self, request: pb.UpdateSpendPlanRequest, call: Call) -> pb.SpendPlan:
        demand_person(call.caller)
        wanted = request.spend_plan
        plan_id, items = messages.plan_id_of(wanted), messages.items_of(wanted)
        fields = changed_fields(request.update_mask, wanted, mutable=_MUTABLE)
        plan = _own(plan_id, call)
        call.demand_etag(wanted.etag, plan.version)
        messages.demand_same_month(wanted.month_start_date, plan)
        title = wanted.title if "title" in fields else plan.title
        kept = items if "items" in fields else plan.items
        rewritten = rules.rewrite(plan, title, kept, local_date(call.now))
        if "items" in fields:
            messages.demand_items(items, _budgets(items, call), plan.month_start)
            store.replace_items(call.connection, rewritten)
        if "title" in fields:
            store.make_findable(call.connection, rewritten)
        return _changed(rewritten, call, fields)

    def submit_spend_plan(self, request: pb.SubmitSpendPlanRequest, call: Call) -> pb.SpendPlan:
        demand_person(call.caller)
        plan = _own(request.spend_plan_id, call)
        call.demand_etag("", plan.version)
        submitted = rules.submit(plan, call.now, local_date(call.now))
        _budgets(plan.items, call)  # the applicant may have lost one since the draft
        move(call, rules.movements(plan, Kind.RESERVE))
        tasks.add(call.connection, submitted, call.now)
        call.publish(waiting(submitted, Step.MARKETING_CENTRE))
        return _changed(submitted, call, ["state"])

    def withdraw_spend_plan(self, request: pb.WithdrawSpendPlanRequest, call: Call) -> pb.SpendPlan:
        demand_person(call.caller)
        plan = _own(request.spend_plan_id, call)
        call.demand_etag("", plan.version)
        withdrawn = rules.withdraw(plan)
        tasks.cancel(call.connection, plan.id)
        move(call, rules.movements(plan, Kind.RELEASE))
        return _changed(withdrawn, call, ["state"])


def _own(plan_id: str, call: Call) -> Plan:
    """Return the caller's own plan, locked: only who applies changes a plan (R044). Raises NotFound."""
    plan = store.lock(call.connection, plan_id)
    if plan is None or plan.applicant_id != call.caller.subject:
        raise NotFound("spend plan")
    return plan


def _budgets(items: Sequence[Item], call: Call) -> Mapping[str, Budget]:
    """Return the budgets of the items. Raises BudgetNotFound for one that the caller may not see."""
    budgets = store.budgets_of(call.connection, {item.budget_id for item in items})
    seen = call.reach("budgets.read")
    for item in items:
        budget = budgets.get(item.budget_id)
        if budget is None or not seen.covers(unit_id=budget.unit_id, owner_id=None):
            raise BudgetNotFound(item.budget_id)
    return budgets


def _changed(plan: Plan, call: Call, fields: Sequence[str]) -> pb.SpendPlan:
    """Keep what the plan has become, and tell of it."""
    kept = store.save(call.connection, plan, call.now)
    call.publish(events.changed(kept))
    call.changed(f"spendPlans/{kept.id}", fields)
    return _rendered(kept, call)


def _rendered(plan: Plan, call: Call) -> pb.SpendPlan:
    return messages.rendered(plan, tasks.of_plan(call.connection, plan.id))
