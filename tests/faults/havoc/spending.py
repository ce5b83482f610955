"""Money: plans that are submitted against one budget by several at once, decided upon, and paid."""

import random
import threading
import uuid
from dataclasses import dataclass
from datetime import date, timedelta

from havoc.account import Account, Json, Refused
from havoc.databases import Databases
from havoc.writers import Writer

GRANTED = 3000
MOST = 300
REJECTED = 0.3
PAID = 0.7
REFUSALS_UNTIL_NEW_BUDGET = 3
DECIDERS = ("hq.marketing", "hq.market", "hq.finance")


class Purse:
    """The budget that all plans are for; a new one when it is used up."""

    def __init__(self, finance: Account, unit_id: str, today: date) -> None:
        self._finance = finance
        self._unit_id = unit_id
        self.month = today.replace(day=1)
        self._lock = threading.Lock()
        self._count = 0
        self._refusals = 0
        self.budget_id = ""
        self.fill()

    def refused(self) -> None:
        with self._lock:
            self._refusals += 1
            if self._refusals >= REFUSALS_UNTIL_NEW_BUDGET:
                self.fill()

    def fill(self) -> None:
        self._count += 1
        self._refusals = 0
        names = {"code": f"HAVOC-{self._count}", "funder": "havoc", "feeKind": "havoc"}
        fund = self._finance.write("/v1/funds", names)
        budget = {
            "fundId": fund["id"],
            "resourceClass": "promo_goods",
            "unitId": self._unit_id,
            "periodStartDate": self.month.isoformat(),
            "periodEndDate": _last_day(self.month).isoformat(),
            "amount": yuan(GRANTED),
        }
        self.budget_id = self._finance.write("/v1/budgets", budget)["id"]


@dataclass(frozen=True)
class Cast:
    """The accounts that a plan passes through, of one thread."""

    planner: Account
    deciders: tuple[Account, ...]
    finance_system: Account


class SpendingWriter(Writer):
    def __init__(self, cast: Cast, purse: Purse, seed: str) -> None:
        super().__init__(cast.planner)
        self._cast = cast
        self._purse = purse
        self._pick = random.Random(f"{seed} spending")
        self._title = f"havoc {uuid.uuid4()}"  # a plan that was made twice bears it too
        self.states: dict[str, str] = {}  # of plans
        self.paid: dict[str, str] = {}  # payment by disbursement

    @property
    def acknowledged(self) -> int:
        accounts = (self.account, *self._cast.deciders, self._cast.finance_system)
        return sum(account.acknowledged for account in accounts)

    def step(self) -> None:
        plan_id = self._submit()
        if plan_id and all(self._decide(plan_id, decider) for decider in self._cast.deciders):
            self.states[plan_id] = "APPROVED"
            if self._pick.random() < PAID:
                self._pay(plan_id)

    def losses(self, databases: Databases) -> list[str]:
        plans = databases.rows("marketing", _PLANS, self._title)
        paid = databases.rows("marketing", _PAYMENTS, list(self.states))
        return [
            *(f"plan {row}" for row in set(self.states.items()).symmetric_difference(plans)),
            *(f"payment {row}" for row in set(self.paid.items()).symmetric_difference(paid)),
        ]

    def _submit(self) -> str:
        item = {
            "budgetId": self._purse.budget_id,
            "amount": yuan(self._pick.randint(1, MOST)),
            "purpose": "havoc",
        }
        body = {"title": self._title, "monthStartDate": self._purse.month.isoformat(), "items": [item]}
        plan = self.account.write("/v1/spendPlans", body)
        self.states[plan["id"]] = "DRAFT"
        try:
            self.account.write(f"/v1/spendPlans/{plan['id']}:submit", may_refuse=("BUDGET_EXCEEDED",))
        except Refused:
            self._purse.refused()
            return ""
        self.states[plan["id"]] = "IN_REVIEW"
        return str(plan["id"])

    def _decide(self, plan_id: str, decider: Account) -> bool:
        filters = {"spendPlanId": plan_id, "state": "STATE_PENDING"}
        [task] = decider.items("/v1/approvalTasks", "approvalTasks", **filters)
        rejects = self._pick.random() < REJECTED
        decider.write(
            f"/v1/approvalTasks/{task['id']}:{'reject' if rejects else 'approve'}", {"comment": "havoc"}
        )
        if rejects:
            self.states[plan_id] = "DRAFT"
        return not rejects

    def _pay(self, plan_id: str) -> None:
        erp = self._cast.finance_system
        for disbursement in erp.items("/v1/disbursements", "disbursements", spendPlanId=plan_id):
            payment = {
                "externalId": f"ERP-{disbursement['id']}",
                "amount": disbursement["amount"],
                "paidDate": self._purse.month.isoformat(),
            }
            erp.repeat(f"/v1/disbursements/{disbursement['id']}:confirmPayment", payment)
            self.paid[disbursement["id"]] = payment["externalId"]


def _last_day(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def yuan(amount: int) -> Json:
    return {"currencyCode": "CNY", "units": str(amount)}


_PLANS = "SELECT id::text, state FROM spend_plans WHERE title = %s"
_PAYMENTS = """SELECT id::text, external_id FROM disbursements
 WHERE state = 'PAID' AND plan_id = ANY(%s::uuid[])"""

# What a budget holds, from the ledger's entries and from what stands in the plans.
_BALANCES = """
SELECT b.id::text, b.available, b.reserved, b.committed, b.paid,
       entered.granted + entered.released - entered.reserved,
       entered.reserved - entered.released - entered.committed,
       entered.committed - entered.paid,
       entered.paid,
       (SELECT coalesce(sum(i.amount), 0) FROM spend_plan_items i JOIN spend_plans p ON p.id = i.plan_id
         WHERE i.budget_id = b.id AND p.state = 'IN_REVIEW'),
       (SELECT coalesce(sum(amount), 0) FROM disbursements WHERE budget_id = b.id AND state = 'PENDING'),
       (SELECT coalesce(sum(amount), 0) FROM disbursements WHERE budget_id = b.id AND state = 'PAID')
FROM budgets b CROSS JOIN LATERAL (
    SELECT coalesce(sum(amount) FILTER (WHERE kind = 'GRANT'), 0) AS granted,
           coalesce(sum(amount) FILTER (WHERE kind = 'RESERVE'), 0) AS reserved,
           coalesce(sum(amount) FILTER (WHERE kind = 'RELEASE'), 0) AS released,
           coalesce(sum(amount) FILTER (WHERE kind = 'COMMIT'), 0) AS committed,
           coalesce(sum(amount) FILTER (WHERE kind = 'PAY'), 0) AS paid
    FROM ledger_entries WHERE budget_id = b.id
) AS entered"""


def books(databases: Databases, finance: Account) -> list[str]:
    """Return what is wrong with the money: balances, the ledger's proof, and what reporting says of both."""
    return [*_unbalanced(databases), *_ledger_findings(finance), *_misreported(finance)]


def _unbalanced(databases: Databases):
    for row in databases.rows("marketing", _BALANCES):
        budget_id, available, reserved, committed, paid, *counted = row
        expected = [available, reserved, committed, paid, reserved, committed, paid]
        if counted != expected or min(expected) < 0:
            yield f"budget {budget_id}: {expected} is not {counted}"


def _ledger_findings(finance: Account):
    token = ""
    while True:
        page = finance.get("/v1/ledgerEntries:verify", pageToken=token)
        yield from (f"ledger: {finding}" for finding in page["findings"])
        token = page.get("nextPageToken", "")
        if not token:
            break
    if page["unsealedCount"]:
        yield f"ledger: {page['unsealedCount']} entries have no seal"


def _misreported(finance: Account):
    names = ("available", "reserved", "committed", "paid")
    known = {
        found["id"]: [found[name] for name in names] for found in finance.items("/v1/budgets", "budgets")
    }
    rows = finance.items("/v1/reports/budgetProgress", "rows")
    reported = {row["budgetId"]: [row[name] for name in names] for row in rows}
    if known != reported:
        yield f"budgets are {known}, reported are {reported}"
