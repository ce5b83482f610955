"""Funds, budgets and the ledger, served; and what the tests do behind their back."""

import os
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from types import SimpleNamespace
from urllib.parse import urlsplit, urlunsplit

import grpc
import psycopg
import pytest
from chassis.access import Scope
from chassis.clock import FixedClock
from chassis.database import Database
from chassis.database.migrations import migrations_folder
from chassis.money import Money, to_proto
from chassis.sealing import Sealer
from chassis.testing import DatabaseFactory, Serving, TestDatabase, Tree, serving
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from journeyman.marketing.v1 import budgets_pb2, budgets_pb2_grpc, funds_pb2, funds_pb2_grpc, ledger_pb2_grpc
from journeyman.marketing.v1 import ledger_pb2 as ledger_pb
from marketing_resources import app
from marketing_resources.budgets import errors as budgets_errors
from marketing_resources.budgets.servicer import BudgetServicer
from marketing_resources.funds import errors as funds_errors
from marketing_resources.funds.servicer import FundServicer
from marketing_resources.ledger import errors as ledger_errors
from marketing_resources.ledger.chain import LEDGER
from marketing_resources.ledger.rules import Kind, Movement
from marketing_resources.ledger.servicer import LedgerServicer
from marketing_resources.ledger.store import post

from directory import Directory, UnknownUnit

HQ = "00000000-0000-7000-8000-0000000000a0"
EAST = "00000000-0000-7000-8000-0000000000a1"
SHANGHAI = "00000000-0000-7000-8000-0000000000a2"
SOUTH = "00000000-0000-7000-8000-0000000000a3"
PERMISSIONS = ("funds.*", "budgets.*", "ledgerEntries.read", "ledgerProof.read")
AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


class Units(Tree):
    """An organisation that knows which of its units exist, and from the directory which were merged."""

    def __init__(self, parents, database):
        super().__init__(parents)
        self._directory = Directory(database, None)

    def demand_unit(self, unit_id):
        self._directory.demand_open(unit_id)
        if unit_id not in self._parents:
            raise UnknownUnit


@dataclass
class Books:
    """The running services, their database, and callers."""

    serving: Serving
    database: Database
    urls: TestDatabase
    codes: "count[int]"

    @contextmanager
    def calling(self, *permissions, unit=HQ, scope=Scope.ALL, person=True):
        token = self.serving.issuer.token(
            *(permissions or PERMISSIONS), unit=unit, scope=scope, person=person
        )
        with self.serving.channel(token) as channel:
            yield SimpleNamespace(
                funds=funds_pb2_grpc.FundServiceStub(channel),
                budgets=budgets_pb2_grpc.BudgetServiceStub(channel),
                ledger=ledger_pb2_grpc.LedgerServiceStub(channel),
            )

    def fund(self, code=""):
        fund = funds_pb2.Fund(code=code or f"F-{next(self.codes)}", funder="总部", fee_kind="促销费")
        with self.calling() as caller:
            return caller.funds.CreateFund(funds_pb2.CreateFundRequest(fund=fund))

    def budget(self, minor_units=100_000, **fields):
        """Grant a budget for March."""
        given = wanted(fields.pop("fund_id", "") or self.fund().id, minor_units, **fields)
        with self.calling() as caller:
            return caller.budgets.CreateBudget(budgets_pb2.CreateBudgetRequest(budget=given))

    def post(self, *movements):
        with self.database.begin() as connection:
            post(connection, movements, subject="someone", at=AT)

    def move(self, kind, budget, amount=1):
        """Post one movement for an item of a plan."""
        plan, item = str(uuid.uuid4()), str(uuid.uuid4())
        movement = Movement(
            kind=Kind(kind), budget_id=budget.id, amount=amount, spend_plan_id=plan, spend_plan_item_id=item
        )
        self.post(movement)

    def seal(self):
        Sealer(self.database, LEDGER).run()

    def verify(self, page_size=0):
        """Prove the whole ledger. Returns the findings and the sum of the entries proven."""
        findings, entries, token = [], 0, ""
        with self.calling("ledgerProof.read") as caller:
            while True:
                request = ledger_pb.VerifyLedgerRequest(page_size=page_size, page_token=token)
                answer = caller.ledger.VerifyLedger(request)
                findings += [
                    (answer.Finding.Kind.Name(found.kind).removeprefix("KIND_"), found.id, found.position)
                    for found in answer.findings
                ]
                entries += answer.entry_count
                if not (token := answer.next_page_token):
                    return findings, entries

    def findings(self, page_size=0):
        return self.verify(page_size)[0]

    def rows(self, query, *values):
        with self.database.reading() as connection:
            return connection.exec_driver_sql(query, values).all()

    def tamper(self, *statements):
        """Do what only the server's superuser can, past triggers and keys."""
        server = urlsplit(os.environ["JOURNEYMAN_TEST_POSTGRES_URL"])
        path = urlsplit(self.urls.owner_url).path
        url = urlunsplit((server.scheme, server.netloc, path, "", ""))
        with psycopg.connect(url) as connection:
            connection.execute("SET session_replication_role = replica")
            for statement in statements:
                assert connection.execute(statement).rowcount > 0


def wanted(fund_id, minor_units=100_000, currency="CNY", **fields):
    """Return a budget to ask for: March, for Shanghai, unless the fields say otherwise."""
    values = {
        "resource_class": "advertising",
        "unit_id": SHANGHAI,
        "period_start_date": "2026-03-01",
        "period_end_date": "2026-03-31",
        **fields,
    }
    return budgets_pb2.Budget(fund_id=fund_id, amount=to_proto(Money(minor_units, currency)), **values)


@pytest.fixture(scope="session")
def databases():
    factory = DatabaseFactory("marketing", migrations_folder(app.__file__))
    yield factory
    factory.close()


@pytest.fixture
def urls(databases):
    with databases.database() as made:
        yield made


@pytest.fixture
def database(urls):
    opened = urls.open(pool_size=20)
    yield opened
    opened.close()


@pytest.fixture
def books(database, urls):
    units = Units({HQ: None, EAST: HQ, SHANGHAI: EAST, SOUTH: HQ}, database)
    errors = {**funds_errors.ERRORS, **budgets_errors.ERRORS, **ledger_errors.ERRORS}
    servicers = [FundServicer(), BudgetServicer(units), LedgerServicer()]
    with serving(
        servicers, database=database, clock=FixedClock(AT), tree=units, errors=errors, service="marketing"
    ) as running:
        yield Books(running, database, urls, count(1))


@pytest.fixture
def organisation():
    return SimpleNamespace(hq=HQ, east=EAST, shanghai=SHANGHAI, south=SOUTH)


@pytest.fixture
def a_budget():
    return wanted


@dataclass
class Refusal:
    status: grpc.StatusCode | None = None
    words: str = ""
    reason: str = ""
    fields: tuple[tuple[str, str], ...] = ()


@pytest.fixture
def refused():
    """A block whose call is refused; afterwards the refusal tells status, words, reason and bad fields."""

    @contextmanager
    def refusing():
        refusal = Refusal()
        with pytest.raises(grpc.RpcError) as caught:
            yield refusal
        refusal.status, refusal.words = caught.value.code(), caught.value.details()
        for detail in rpc_status.from_call(caught.value).details:
            info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                refusal.reason = info.reason
            elif detail.Unpack(bad):
                refusal.fields = tuple((item.field, item.reason) for item in bad.field_violations)

    return refusing
