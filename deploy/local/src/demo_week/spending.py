"""A month's spend plan through the week: applied for, decided by three, paid by the finance system."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from demo_week import script
from demo_week.api import Api, Json, Refused
from demo_week.checks import Check

PLANNER, FINANCE = "ioc.planner", "hq.finance"
FINANCE_SYSTEM = "finance-erp"
DECIDERS = {
    script.TUESDAY: ("STEP_MARKETING_CENTRE", "hq.marketing"),
    script.WEDNESDAY: ("STEP_MARKET_DEPARTMENT", "hq.market"),
    script.THURSDAY: ("STEP_FINANCE", FINANCE),
}
BALANCES = ("amount", "available", "reserved", "committed", "paid")


@dataclass(frozen=True)
class Ledger:
    """What the proof of the whole ledger found."""

    entries: int
    findings: list[Json]
    unsealed: int

    @classmethod
    def verify(cls, api: Api) -> "Ledger":
        entries, findings, token = 0, list[Json](), ""
        while True:
            page = api.get("/v1/ledgerEntries:verify", pageToken=token)
            entries += page["entryCount"]
            findings += page["findings"]
            token = page["nextPageToken"]
            if not token:
                return cls(entries, findings, page["unsealedCount"])


@dataclass
class Spending:
    """The plan of the week, and its budgets before and after."""

    people: Mapping[str, Api]
    finance_system: Api
    unit_id: str
    days: list[date]
    before: dict[str, Json] = field(default_factory=dict)
    after: dict[str, Json] = field(default_factory=dict)
    fund_codes: dict[str, str] = field(default_factory=dict)
    plan: Json = field(default_factory=dict)
    refused_with: str = ""
    ledger: Ledger = field(default_factory=lambda: Ledger(0, [], 0))

    @property
    def month(self) -> date:
        return self.days[0].replace(day=1)

    def name(self, budget: Json) -> str:
        return f"{self.fund_codes[budget['fundId']]} {budget['resourceClass']}"

    def grant(self) -> None:
        """Finance adds the funds and grants the budgets of the month, as far as they are missing."""
        finance = self.people[FINANCE]
        funds = {fund["code"]: fund["id"] for fund in finance.items("/v1/funds", "funds")}
        for code, funder, fee_kind in script.FUNDS:
            if code not in funds:
                body = {"code": code, "funder": funder, "feeKind": fee_kind}
                funds[code] = finance.post("/v1/funds", body)["id"]
        self.fund_codes = {fund_id: code for code, fund_id in funds.items()}
        granted = {self.name(budget) for budget in self._budgets()}
        for code, resource_class, units in script.BUDGETS:
            if f"{code} {resource_class}" not in granted:
                finance.post("/v1/budgets", self._budget(funds[code], resource_class, units))
        self.before = {budget["id"]: budget for budget in self._budgets()}

    def on(self, day: int) -> None:
        """Does what is due on a day of the week, 0 for Monday."""
        if day == script.MONDAY:
            self._apply()
        if day in DECIDERS:
            self._approve(*DECIDERS[day])
        if day == script.FRIDAY:
            self._pay()

    def checks(self) -> Iterator[Check]:
        """Reads what has become of it, and compares that with what was done."""
        self.after = {budget["id"]: budget for budget in self._budgets()}
        self.plan = self.people[PLANNER].get(f"/v1/spendPlans/{self.plan['id']}")
        self.ledger = Ledger.verify(self.finance_system)
        yield Check("a plan beyond its budget is refused", "BUDGET_EXCEEDED", self.refused_with)
        yield Check("the plan is approved", "STATE_APPROVED", self.plan["state"])
        people = {self.plan["applicantId"], *(task["decidedBy"] for task in self.plan["approvalTasks"])}
        yield Check("people who applied or decided", 1 + len(DECIDERS), len(people))
        yield from self._of_budgets()
        filters = {"spendPlanId": self.plan["id"], "pageSize": 200}
        entries = self.finance_system.items("/v1/ledgerEntries", "ledgerEntries", **filters)
        kinds = [kind for kind in ("COMMIT", "PAY", "RESERVE") for _ in self.plan["items"]]
        yield Check(
            "entries of the plan", kinds, sorted(entry["kind"].removeprefix("KIND_") for entry in entries)
        )
        yield Check("findings in the ledger", [], self.ledger.findings)
        yield Check("entries without a seal", 0, self.ledger.unsealed)

    def _of_budgets(self) -> Iterator[Check]:
        planned = defaultdict[str, Decimal](Decimal)
        for item in self.plan["items"]:
            planned[item["budgetId"]] += units(item["amount"])
        for budget_id, before in self.before.items():
            expected, spent = balances(before), planned[budget_id]
            expected["available"] -= spent
            expected["paid"] += spent
            yield Check(f"budget {self.name(before)}", expected, balances(self.after[budget_id]))
        filters = {"unitId": self.unit_id, "onDate": self.month.isoformat()}
        rows = self.people[PLANNER].items("/v1/reports/budgetProgress", "rows", **filters)
        reported = {row["budgetId"]: balances(row) for row in rows}
        yield Check(
            "budgets reported", {key: balances(budget) for key, budget in self.after.items()}, reported
        )

    def _budgets(self) -> Iterable[Json]:
        filters = {"unitId": self.unit_id, "onDate": self.month.isoformat()}
        return self.people[FINANCE].items("/v1/budgets", "budgets", **filters)

    def _budget(self, fund_id: str, resource_class: str, granted: int) -> Json:
        next_month = (self.month.replace(day=28) + timedelta(days=4)).replace(day=1)
        return {
            "fundId": fund_id,
            "resourceClass": resource_class,
            "unitId": self.unit_id,
            "periodStartDate": self.month.isoformat(),
            "periodEndDate": (next_month - timedelta(days=1)).isoformat(),
            "amount": yuan(granted),
        }

    def _apply(self) -> None:
        """The planner asks for too much, is refused, asks for less, and submits (R044)."""
        planner, items = self.people[PLANNER], list(self._items())
        available = units(self.before[items[0]["budgetId"]]["available"])
        too_much = [items[0] | {"amount": yuan(int(available) + 1)}, *items[1:]]
        body = {"title": f"{self.month:%Y-%m} 营销资源使用方案", "monthStartDate": self.month.isoformat()}
        path = f"/v1/spendPlans/{planner.post('/v1/spendPlans', body | {'items': too_much})['id']}"
        try:
            planner.post(f"{path}:submit")
        except Refused as refused:
            self.refused_with = refused.reason
        planner.patch(path, {"title": body["title"], "items": items})
        self.plan = planner.post(f"{path}:submit")

    def _items(self) -> Iterator[Json]:
        ids = {self.name(budget): budget["id"] for budget in self.before.values()}
        for name, amount, purpose, channel, effect, is_central in script.SPEND_ITEMS:
            yield {
                "budgetId": ids[name],
                "amount": yuan(amount),
                "purpose": purpose,
                "channel": channel,
                "expectedEffect": effect,
                "centralPurchase": is_central,
            }

    def _approve(self, step: str, username: str) -> None:
        decider = self.people[username]
        filters = {"spendPlanId": self.plan["id"], "step": step, "state": "STATE_PENDING"}
        for task in list(decider.items("/v1/approvalTasks", "approvalTasks", **filters)):
            decider.post(f"/v1/approvalTasks/{task['id']}:approve", {"comment": "同意"})

    def _pay(self) -> None:
        """The finance system confirms each payment twice, as it does after a lost answer."""
        erp, filters = self.finance_system, {"spendPlanId": self.plan["id"]}
        for disbursement in list(erp.items("/v1/disbursements", "disbursements", **filters)):
            payment = {
                "externalId": f"ERP-{disbursement['id']}",
                "amount": disbursement["amount"],
                "paidDate": self.days[script.FRIDAY].isoformat(),
            }
            for _ in range(2):
                erp.post(f"/v1/disbursements/{disbursement['id']}:confirmPayment", payment)


@contextmanager
def spending(gateway_url: str, days: list[date]) -> Iterator[Spending]:
    """Signs in everybody whom a plan needs, and the finance system."""
    with ExitStack() as held:
        names = (PLANNER, *(username for _, username in DECIDERS.values()))
        people = {name: held.enter_context(Api(gateway_url, name)) for name in names}
        users = {name: api.sign_in() for name, api in people.items()}
        finance_system = held.enter_context(Api(gateway_url, FINANCE_SYSTEM))
        finance_system.sign_in_as_machine()
        yield Spending(people, finance_system, users[PLANNER]["unitId"], days)


def yuan(amount: int) -> Json:
    return {"currencyCode": "CNY", "units": str(amount)}


def units(amount: Json) -> Decimal:
    """Return an amount to the last fen: a check that saw whole yuan only would miss some."""
    return int(amount["units"]) + Decimal(amount["nanos"]) / 1_000_000_000


def balances(budget: Json) -> dict[str, Decimal]:
    return {name: units(budget[name]) for name in BALANCES}
