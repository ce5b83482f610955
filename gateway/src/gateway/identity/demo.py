"""The demo organisation of the local stack: a group with its headquarters, a region, and a field team."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from typing import NamedTuple

from chassis.database import Database
from sqlalchemy import Connection, select

from chassis import outbox
from gateway.identity.api_clients import store as api_clients
from gateway.identity.api_clients.store import Client
from gateway.identity.org_units import messages as unit_messages
from gateway.identity.org_units import store as org_units
from gateway.identity.org_units.tables import org_units as units_table
from gateway.identity.roles import store as roles
from gateway.identity.sessions import credentials
from gateway.identity.sessions.passwords import AT_ONCE, PasswordHasher
from gateway.identity.users import messages as user_messages
from gateway.identity.users import store as users
from gateway.identity.users.rules import ACTIVE
from gateway.identity.users.tables import users as users_table

PASSWORD = "journeyman-demo"  # noqa: S105 - shared by the demo accounts, and refused outside local mode
REPS = {"shanghai": 8, "hangzhou": 3}
CITIES = {"shanghai": "上海", "hangzhou": "杭州"}
UNBOUND = {"shanghai.rep8", "hangzhou.rep3"}  # somebody for the weekly notice to speak of
FINANCE_DUTIES = (
    "budgets.read",
    "disbursements.confirm",
    "disbursements.read",
    "funds.read",
    "ledgerEntries.read",
    "ledgerProof.read",
    "orgUnits.read",
    "reports.read",
    "spendPlans.read",
)
_FINANCE_ERP = Client("finance-erp", "财务系统", FINANCE_DUTIES, PASSWORD)


class Unit(NamedTuple):
    code: str
    parent: str
    kind: str
    name: str


class Person(NamedTuple):
    username: str
    name: str
    unit: str
    roles: tuple[tuple[str, str], ...]


UNITS = (
    Unit("hq-group", "", "COMPANY", "集团公司"),
    Unit("hq-marketing", "hq-group", "DEPARTMENT", "总部营销中心"),
    Unit("hq-market", "hq-group", "DEPARTMENT", "总部市场部"),
    Unit("hq-finance", "hq-group", "DEPARTMENT", "总部财务部"),
    Unit("ioc", "hq-group", "DEPARTMENT", "互联网运营中心"),
    Unit("consumer-goods", "hq-group", "SECTION", "消费品板块"),
    Unit("east", "consumer-goods", "REGION", "华东大区"),
    Unit("shanghai", "east", "DISTRICT", "上海区域"),
    Unit("hangzhou", "east", "DISTRICT", "杭州区域"),
)

_FIELD = ("field_rep", "SELF")
_STAFF = (
    Person("admin", "系统管理员", "hq-group", (("system_admin", "ALL"),)),
    Person("auditor", "审计员", "hq-group", (("auditor", "ALL"),)),
    Person("group.marketing", "集团市场营销部主管", "hq-group", (("group_marketing", "ALL"),)),
    Person("hq.marketing", "营销中心主管", "hq-marketing", (("hq_marketing_centre", "ALL"),)),
    Person("hq.market", "市场部主管", "hq-market", (("hq_market_department", "ALL"),)),
    Person("hq.finance", "财务部主管", "hq-finance", (("hq_finance", "ALL"),)),
    Person("consumer.admin", "消费品版块管理员", "consumer-goods", (("section_admin", "SUBTREE"),)),
    Person("ioc.planner", "运营策划", "ioc", (("operations_planner", "UNIT"),)),
    Person("east.manager", "华东大区经理", "east", (("regional_manager", "SUBTREE"), _FIELD)),
    Person("shanghai.manager", "上海区域经理", "shanghai", (("district_manager", "SUBTREE"), _FIELD)),
)


def people() -> Iterator[Person]:
    """Return everybody of the demo organisation."""
    yield from _STAFF
    for city, count in REPS.items():
        for number in range(1, count + 1):
            yield Person(f"{city}.rep{number}", f"{CITIES[city]}业务员{number}", city, (_FIELD,))


def seed(database: Database, at: datetime) -> None:
    """Write what is missing of the demo organisation; what is there stays as it is."""
    with database.reading() as connection:
        known = set(connection.execute(select(users_table.c.username)).scalars())
    missing = [person for person in people() if person.username not in known]
    # The hashes are the slow part: no transaction waits for them. Each has its own salt.
    with ThreadPoolExecutor(AT_ONCE) as threads:
        hashes = list(threads.map(partial(_hash, PasswordHasher()), missing))
    with database.begin() as connection:
        _seed(connection, zip(missing, hashes, strict=True), at)


def _seed(connection: Connection, missing: Iterable[tuple[Person, str]], at: datetime) -> None:
    units = {unit.code: _unit_id(connection, unit, at) for unit in UNITS}
    for person, password_hash in missing:
        _add_person(connection, person, password_hash, units, at)
    api_clients.renew(connection, _FINANCE_ERP, at)


def _hash(hasher: PasswordHasher, _: Person) -> str:
    return hasher.hash(PASSWORD)


def _unit_id(connection: Connection, unit: Unit, at: datetime) -> str:
    by_code = select(units_table.c.id)
    found = connection.execute(by_code.where(units_table.c.code == unit.code)).scalar()
    if found is not None:
        return str(found)
    parent = connection.execute(by_code.where(units_table.c.code == unit.parent)).scalar()
    values = {"parent_id": parent, "kind": unit.kind, "code": unit.code, "display_name": unit.name}
    row = org_units.add(connection, values, at)
    assert row is not None  # noqa: S101 - the code was free, and the command runs alone
    outbox.append(connection, [unit_messages.changed(row)], at)
    return str(row.id)


def _add_person(
    connection: Connection, person: Person, password_hash: str, units: dict[str, str], at: datetime
) -> None:
    values = {
        "username": person.username,
        "display_name": person.name,
        "unit_id": units[person.unit],
        "kind": "EMPLOYEE",
        "state": ACTIVE,
        "certified_at": at,
        "wechat_bound_at": None if person.username in UNBOUND else at,
        "mobile_installed_at": None if person.username in UNBOUND else at,
    }
    row = users.add(connection, values, at)
    credentials.put(connection, row.id, password_hash)
    for code, scope in person.roles:
        roles.add(connection, row.id, code, unit_id=row.unit_id, scope=scope, at=at)
    outbox.append(connection, [user_messages.changed(row, roles.codes(connection, row.id))], at)
