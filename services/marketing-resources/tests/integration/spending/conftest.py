"""A marketing-resources service with its real server, and the people of SYS-02 who call it."""

import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count

import grpc
import pytest
from chassis.access import Scope
from chassis.clock import FixedClock
from chassis.corrections import CorrectionServicer, CorrectionsToDecide
from chassis.database.migrations import migrations_folder
from chassis.money import Money, to_proto
from chassis.sealing import Sealer
from chassis.search import SearchServicer
from chassis.testing import DatabaseFactory, Serving, Tree, serving
from chassis.work import WorkServicer
from google.protobuf import any_pb2, field_mask_pb2
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from journeyman.corrections.v1 import corrections_pb2_grpc
from journeyman.marketing.v1 import approvals_pb2 as tasks_pb
from journeyman.marketing.v1 import (
    approvals_pb2_grpc,
    budgets_pb2,
    budgets_pb2_grpc,
    disbursements_pb2_grpc,
    funds_pb2,
    funds_pb2_grpc,
    ledger_pb2,
    ledger_pb2_grpc,
    spend_plans_pb2_grpc,
)
from journeyman.marketing.v1 import disbursements_pb2 as disbursements_pb
from journeyman.marketing.v1 import spend_plans_pb2 as plans_pb
from journeyman.search.v1 import search_pb2_grpc
from journeyman.work.v1 import work_pb2, work_pb2_grpc
from marketing_resources import app
from marketing_resources.approvals import errors as approval_errors
from marketing_resources.approvals.servicer import ApprovalTaskServicer
from marketing_resources.approvals.tables import approval_tasks
from marketing_resources.approvals.work import sources as decisions
from marketing_resources.budgets import errors as budget_errors
from marketing_resources.budgets.search import Budgets
from marketing_resources.budgets.servicer import BudgetServicer
from marketing_resources.budgets.tables import budgets
from marketing_resources.disbursements import errors as disbursement_errors
from marketing_resources.disbursements.servicer import DisbursementServicer
from marketing_resources.disbursements.tables import disbursements
from marketing_resources.funds import errors as fund_errors
from marketing_resources.funds.search import Funds
from marketing_resources.funds.servicer import FundServicer
from marketing_resources.ledger import errors as ledger_errors
from marketing_resources.ledger.chain import LEDGER
from marketing_resources.ledger.servicer import LedgerServicer
from marketing_resources.ledger.tables import ledger_entries
from marketing_resources.spend_plans import errors as spend_plan_errors
from marketing_resources.spend_plans.corrections import SubmittedPlans
from marketing_resources.spend_plans.search import SpendPlans
from marketing_resources.spend_plans.servicer import SpendPlanServicer
from marketing_resources.spend_plans.tables import spend_plans
from marketing_resources.spend_plans.work import Rejected
from sqlalchemy import select, text

from chassis import corrections

HQ = "00000000-0000-7000-8000-0000000000a0"
OPERATIONS = "00000000-0000-7000-8000-0000000000a1"
BRANCH = "00000000-0000-7000-8000-0000000000a2"

MARCH = date(2026, 3, 1)
TENTH_OF_MARCH = datetime(2026, 3, 10, 4, tzinfo=UTC)  # noon in Shanghai
VIEW = ("spendPlans.read", "approvalTasks.read", "disbursements.read", "budgets.read")
PLANNING = (*VIEW, "spendPlans.write")
DUTIES = {
    tasks_pb.ApprovalTask.STEP_MARKETING_CENTRE: "spendPlans.reviewForMarketingCentre",
    tasks_pb.ApprovalTask.STEP_MARKET_DEPARTMENT: "spendPlans.reviewForMarketDepartment",
    tasks_pb.ApprovalTask.STEP_FINANCE: "spendPlans.auditFees",
}
TABLES = (
    fund_errors,
    budget_errors,
    ledger_errors,
    spend_plan_errors,
    approval_errors,
    disbursement_errors,
    corrections,
)
PAYING = ("disbursements.read", "disbursements.confirm")


class Units(Tree):
    """An organisation in which every unit exists that a test names."""

    def demand_unit(self, unit_id):
        """Find it."""


UNITS = Units({HQ: None, OPERATIONS: HQ, BRANCH: HQ})


def make_id():
    return str(uuid.uuid4())


def yuan(minor_units, currency="CNY"):
    return to_proto(Money(minor_units, currency))


def item(budget_id, minor_units, **fields):
    fields = {"purpose": "Banner of the shop", **fields}
    currency = fields.pop("currency", "CNY")
    return plans_pb.SpendPlanItem(budget_id=budget_id, amount=yuan(minor_units, currency), **fields)


@dataclass
class Caller:
    """Somebody, or a machine, that calls the service."""

    id: str
    plans: spend_plans_pb2_grpc.SpendPlanServiceStub
    tasks: approvals_pb2_grpc.ApprovalTaskServiceStub
    disbursements: disbursements_pb2_grpc.DisbursementServiceStub
    work: work_pb2_grpc.WorkServiceStub
    search: search_pb2_grpc.SearchServiceStub
    corrections: corrections_pb2_grpc.CorrectionServiceStub

    def draft(self, *items, month=MARCH, title="March"):
        plan = plans_pb.SpendPlan(month_start_date=str(month), title=title, items=items)
        return self.plans.CreateSpendPlan(plans_pb.CreateSpendPlanRequest(spend_plan=plan))

    def change(self, plan, *mask, **fields):
        """Change the fields of a plan that are set, or those of the mask."""
        request = plans_pb.UpdateSpendPlanRequest(
            spend_plan=plans_pb.SpendPlan(id=plan.id, **fields),
            update_mask=field_mask_pb2.FieldMask(paths=mask),
        )
        return self.plans.UpdateSpendPlan(request)

    def rewrite(self, plan, *items, **fields):
        return self.change(plan, "title", "items", items=items, **fields)

    def submit(self, plan, metadata=()):
        request = plans_pb.SubmitSpendPlanRequest(spend_plan_id=plan.id)
        return self.plans.SubmitSpendPlan(request, metadata=metadata)

    def submitted(self, *items):
        return self.submit(self.draft(*items))

    def withdraw(self, plan, metadata=()):
        request = plans_pb.WithdrawSpendPlanRequest(spend_plan_id=plan.id)
        return self.plans.WithdrawSpendPlan(request, metadata=metadata)

    def plan(self, plan):
        return self.plans.GetSpendPlan(plans_pb.GetSpendPlanRequest(spend_plan_id=plan.id))

    def list_plans(self, **fields):
        return self.plans.ListSpendPlans(plans_pb.ListSpendPlansRequest(**fields))

    def task(self, task):
        return self.tasks.GetApprovalTask(tasks_pb.GetApprovalTaskRequest(approval_task_id=task.id))

    def list_tasks(self, **fields):
        return self.tasks.ListApprovalTasks(tasks_pb.ListApprovalTasksRequest(**fields))

    def approve(self, plan, comment=""):
        """Approve the newest step of a plan as it was returned."""
        request = tasks_pb.ApproveApprovalTaskRequest(
            approval_task_id=plan.approval_tasks[-1].id, comment=comment
        )
        return self.tasks.ApproveApprovalTask(request)

    def reject(self, plan, comment="Too much"):
        request = tasks_pb.RejectApprovalTaskRequest(
            approval_task_id=plan.approval_tasks[-1].id, comment=comment
        )
        return self.tasks.RejectApprovalTask(request)

    def open_work(self, language="en", **page):
        """Return what waits for the caller."""
        request = work_pb2.ListMyTasksRequest(**page)
        return self.work.ListMyTasks(request, metadata=[("accept-language", language)]).tasks

    def disbursement(self, disbursement):
        request = disbursements_pb.GetDisbursementRequest(disbursement_id=disbursement.id)
        return self.disbursements.GetDisbursement(request)

    def list_disbursements(self, **fields):
        return self.disbursements.ListDisbursements(disbursements_pb.ListDisbursementsRequest(**fields))

    def confirm(self, disbursement, external_id="PAY-1", amount=None, paid="2026-03-10"):
        request = disbursements_pb.ConfirmDisbursementPaymentRequest(
            disbursement_id=disbursement.id,
            external_id=external_id,
            amount=amount or disbursement.amount,
            paid_date=paid,
        )
        return self.disbursements.ConfirmDisbursementPayment(request)


@dataclass
class World:
    """The running service, and what the tests look up behind it."""

    serving: Serving
    clock: FixedClock
    database: object
    stack: ExitStack = field(repr=False)
    codes: Iterator[int] = field(default_factory=count, repr=False)

    def caller(self, *permissions, unit=OPERATIONS, scope=Scope.ALL, user=None, person=True):
        grant = {"permissions": permissions, "unit": unit, "scope": scope}
        return self.with_grants(grant, unit=unit, user=user, person=person)

    def with_grants(self, *grants, unit=OPERATIONS, user=None, person=True):
        user = user or make_id()
        token = self.serving.issuer.sign(user, unit, grants, person=person)
        channel = self.stack.enter_context(self.serving.channel(token))
        return Caller(
            user,
            spend_plans_pb2_grpc.SpendPlanServiceStub(channel),
            approvals_pb2_grpc.ApprovalTaskServiceStub(channel),
            disbursements_pb2_grpc.DisbursementServiceStub(channel),
            work_pb2_grpc.WorkServiceStub(channel),
            search_pb2_grpc.SearchServiceStub(channel),
            corrections_pb2_grpc.CorrectionServiceStub(channel),
        )

    def planner(self, unit=OPERATIONS, **fields):
        return self.caller(*PLANNING, unit=unit, scope=Scope.UNIT, **fields)

    def decider(self, step, **fields):
        return self.caller(*VIEW, "approvalTasks.decide", DUTIES[step], unit=HQ, **fields)

    def deciders(self):
        """Return one person for each step, in the order of deciding."""
        return [self.decider(step) for step in DUTIES]

    def finance_system(self, **fields):
        return self.caller(*PAYING, person=False, **fields)

    def approved(self, *items, planner=None):
        """Return a plan that all three have approved."""
        planner = planner or self.planner()
        plan = planner.submitted(*items)
        for decider in self.deciders():
            decider.approve(plan)
            plan = planner.plan(plan)
        return plan

    def disbursement(self, budget_id, minor_units):
        """Return what is to be paid for a plan of one item."""
        plan = self.approved(item(budget_id, minor_units))
        reader = self.caller("disbursements.read")
        (found,) = reader.list_disbursements(spend_plan_id=plan.id).disbursements
        return found

    def budget(self, granted, *, unit=OPERATIONS, currency="CNY", start=MARCH, end=date(2026, 3, 31)):
        """Grant a budget from a fund of its own. Returns its id."""
        fund = funds_pb2.Fund(code=f"F-{next(self.codes)}", funder="总部", fee_kind="促销费")
        with self.serving.channel(self.serving.issuer.token("funds.*", "budgets.*")) as channel:
            funds = funds_pb2_grpc.FundServiceStub(channel)
            budgets = budgets_pb2_grpc.BudgetServiceStub(channel)
            budget = budgets_pb2.Budget(
                fund_id=funds.CreateFund(funds_pb2.CreateFundRequest(fund=fund)).id,
                resource_class="advertising",
                unit_id=unit,
                period_start_date=str(start),
                period_end_date=str(end),
                amount=yuan(granted, currency),
            )
            return budgets.CreateBudget(budgets_pb2.CreateBudgetRequest(budget=budget)).id

    def findings(self):
        """Seal the ledger and return what its proof finds."""
        Sealer(self.database, LEDGER).run()
        found, token = [], ""
        with self.serving.channel(self.serving.issuer.token("ledgerProof.read")) as channel:
            ledger = ledger_pb2_grpc.LedgerServiceStub(channel)
            while True:
                answer = ledger.VerifyLedger(ledger_pb2.VerifyLedgerRequest(page_token=token))
                found += answer.findings
                if not (token := answer.next_page_token):
                    return found

    def balances(self, budget_id):
        """Return what is available, reserved, committed and paid on a budget."""
        return self.all_balances([budget_id])[budget_id]

    def all_balances(self, budget_ids):
        c = budgets.c
        query = select(c.id, c.available, c.reserved, c.committed, c.paid).where(c.id.in_(budget_ids))
        with self.database.reading() as connection:
            return {row.id: tuple(row[1:]) for row in connection.execute(query)}

    def entries(self, budget_id):
        """Return the ledger of a budget, oldest first."""
        return self.all_entries([budget_id])[budget_id]

    def all_entries(self, budget_ids):
        query = select(ledger_entries).where(ledger_entries.c.budget_id.in_(budget_ids))
        found = defaultdict(list)
        with self.database.reading() as connection:
            for row in connection.execute(query.order_by(ledger_entries.c.sequence)):
                found[row.budget_id].append(row)
        return found

    def moves(self, budget_id):
        return [(entry.kind, entry.amount) for entry in self.entries(budget_id)]

    def plan_states(self, plan_ids):
        """Return state and pending step of plans, by id and by the contract's names."""
        plans = spend_plans.c
        tasks = approval_tasks.c
        waiting = (tasks.plan_id == plans.id) & (tasks.state == "PENDING")
        query = (
            select(plans.id, plans.state, plans.step, tasks.step.label("asked"))
            .join(approval_tasks, waiting, isouter=True)
            .where(plans.id.in_(plan_ids))
        )
        with self.database.reading() as connection:
            rows = connection.execute(query).all()
        assert all(row.step == row.asked for row in rows)
        return {row.id: (f"STATE_{row.state}", f"STEP_{row.step}" if row.step else "") for row in rows}

    def payments(self, disbursement_ids):
        """Return number and day of the payments of disbursements that are paid, by id."""
        columns = disbursements.c
        query = select(columns.id, columns.external_id, columns.paid_on)
        paid = columns.id.in_(disbursement_ids), columns.state == "PAID"
        with self.database.reading() as connection:
            rows = connection.execute(query.where(*paid)).all()
        return {row.id: (row.external_id, row.paid_on.isoformat()) for row in rows}

    def facts(self, kind, message):
        """Return the published events of a kind, oldest first: version and fact."""
        query = text("SELECT aggregate_version, data FROM outbox WHERE type = :type ORDER BY seq")
        with self.database.reading() as connection:
            rows = connection.execute(query, {"type": f"journeyman.{kind}.v1"}).all()
        return [(row[0], _unpacked(row[1], message)) for row in rows]


def _unpacked(data, message):
    fact = message()
    assert any_pb2.Any.FromString(bytes(data)).Unpack(fact)
    return fact


@pytest.fixture(scope="session")
def databases():
    factory = DatabaseFactory("marketing", migrations_folder(app.__file__))
    yield factory
    factory.close()


@contextmanager
def running(databases):
    """Run the service on a fresh database."""
    clock = FixedClock(TENTH_OF_MARCH)
    servicers = [
        FundServicer(),
        BudgetServicer(UNITS),
        LedgerServicer(),
        SpendPlanServicer(),
        ApprovalTaskServicer(),
        DisbursementServicer(),
        SearchServicer([SpendPlans(), Budgets(), Funds()]),
        CorrectionServicer("marketing", [SubmittedPlans()]),
        WorkServicer([*decisions(), Rejected(), CorrectionsToDecide("marketing", SubmittedPlans())]),
    ]
    errors = {error: kind for table in TABLES for error, kind in table.ERRORS.items()}
    with ExitStack() as stack:
        made = stack.enter_context(databases.database())
        database = made.open()
        stack.callback(database.close)
        served = stack.enter_context(
            serving(servicers, database=database, clock=clock, tree=UNITS, errors=errors, service="marketing")
        )
        yield World(served, clock, database, stack)


@pytest.fixture
def world(databases):
    with running(databases) as world:
        yield world


@pytest.fixture(scope="session")
def quiet(databases):
    """A world for calls that are refused and leave nothing behind: they need no database of their own."""
    with running(databases) as world:
        yield world


@dataclass(frozen=True)
class Refusal:
    status: grpc.StatusCode
    words: str
    reason: str
    fields: tuple[tuple[str, str], ...]


def refusal_of(error):
    """Return what a failed call says."""
    reason, fields = "", ()
    status = rpc_status.from_call(error)
    for detail in status.details if status else ():
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if detail.Unpack(info):
            reason = info.reason
        elif detail.Unpack(bad):
            fields = tuple((found.field, found.reason) for found in bad.field_violations)
    return Refusal(error.code(), error.details(), reason, fields)


@pytest.fixture
def refusal():
    """Return what refuses a call: `refusal(call)` gives status, words, reason and bad fields."""

    def of(call: Callable[[], object]) -> Refusal:
        with pytest.raises(grpc.RpcError) as caught:
            call()
        return refusal_of(caught.value)

    return of


@pytest.fixture
def outcome():
    """Return the reason why a call is refused, or its answer.

    A server that is full asks to come again, and a client does.
    """

    def of(call: Callable[[], object]) -> object:
        pause = 0.01
        while True:
            try:
                return call()
            except grpc.RpcError as error:
                if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                    return refusal_of(error)
            time.sleep(pause)
            pause = min(pause * 2, 0.5)

    return of


@pytest.fixture
def steps():
    return tasks_pb.ApprovalTask.Step


@pytest.fixture
def money():
    return yuan


@pytest.fixture
def an_item():
    return item
