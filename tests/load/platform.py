"""Our side: the running platform with everything on, managers signed in, the customers in its table."""

import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

import httpx
import psycopg
from customer.customers import store
from local_stack import state
from local_stack.stack import Stack

from tests.load.processes import memory_megabytes
from tests.load.shops import Shop
from tests.load.sides import Side

PASSWORD = "journeyman-demo"
MANAGERS = 4  # each may make 30,000 requests a minute, as everybody may
# What the requests touch. The services that follow the events have a line of their own.
PROCESSES = ("gateway", "identity", "customer", "customer-background", "valkey")
BENCH_DATABASE = "bench_"
DATABASES = ("journeyman_customer", "journeyman_identity")


def process_id(stack: Stack, name: str) -> int:
    return int((stack.folder / "pids" / name).read_text().split()[0])


def superuser_url(stack: Stack, database: str = "postgres") -> str:
    password = state.secret(stack.folder, "postgres.password")
    place = urlsplit(stack._layout.databases["customer"].owner_url).netloc.rpartition("@")[2]
    return f"postgresql://postgres:{password}@{place}/{database}"


class Http:
    """The gateway as one person uses it before the measurements."""

    def __init__(self, url: str, username: str) -> None:
        self._client = httpx.Client(base_url=url, timeout=60)
        body = {"username": username, "password": PASSWORD}
        self.session = self.call("POST", "/v1/auth/login", body)
        self.token: str = self.session["accessToken"]
        self._client.headers["Authorization"] = f"Bearer {self.token}"

    def call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._client.request(method, path, json=body)
        answer.raise_for_status()
        return answer.json()


def managers(url: str) -> list[Http]:
    """Sign new regional managers in, whose reach is the region and what lies below it."""
    admin = Http(url, "admin")
    [east] = [
        unit for unit in admin.call("GET", "/v1/orgUnits?pageSize=100")["orgUnits"] if unit["code"] == "east"
    ]
    found = []
    for _ in range(MANAGERS):
        username = f"bench.{uuid.uuid4().hex[:12]}"
        person = {
            "username": username,
            "displayName": "大区经理",
            "unitId": east["id"],
            "kind": "KIND_EMPLOYEE",
            "certifiedTime": "2020-01-01T00:00:00Z",
        }
        user = admin.call("POST", "/v1/users", {"user": person, "password": PASSWORD})
        role = {"roleCode": "regional_manager", "unitId": east["id"], "scope": "SCOPE_SUBTREE"}
        admin.call("POST", f"/v1/users/{user['id']}/roleAssignments", role)
        found.append(Http(url, username))
    return found


def owners(url: str) -> list[dict[str, Any]]:
    """Return the field team, whose customers the hundred thousand are."""
    users = Http(url, "admin").call("GET", "/v1/users?pageSize=200")["users"]
    return [user for user in users if ".rep" in user["username"]]


def fill(stack: Stack, customers: Sequence[Shop], people: Sequence[dict[str, Any]]) -> list[str]:
    """Copy the customers into the service's table as the service would write them. Returns their ids."""
    now = datetime.now(UTC)
    rows = [
        store.new_row(
            {**shop, "accuracy_meters": 0.0, "owner_id": person["id"], "unit_id": person["unitId"]}, now
        )
        for shop, person in zip(customers, cycle(people), strict=False)
    ]
    url = stack._layout.databases["customer"].runtime_url
    names = list(rows[0])
    with psycopg.connect(url, autocommit=True) as database:
        statement = f"COPY customers ({', '.join(names)}) FROM STDIN"
        with database.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row([row[name] for name in names])
    return [row["id"] for row in rows]


def side(stack: Stack, people: Sequence[Http], ids: Sequence[str]) -> Side:
    url = urlsplit(stack.url("gateway"))
    return Side(
        name="Journeyman",
        address=(str(url.hostname), int(url.port or 80)),
        prefix="/v1",
        processes={name: process_id(stack, name) for name in PROCESSES},
        databases=DATABASES,
        tokens=[person.token for person in people],
        ids=ids,
        in_camel_case=True,
    )


def memory(stack: Stack) -> str:
    """Return the memory of each process."""
    names = sorted(path.name for path in (stack.folder / "pids").iterdir())
    used = {name: memory_megabytes(process_id(stack, name)) for name in names}
    each = ", ".join(f"{name} {megabytes:.0f}" for name, megabytes in used.items())
    return f"memory (PSS, MB): {each}; together {sum(used.values()):.0f}"
