"""The systems that are compared, and what each is asked: the same questions in its own words."""

import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.load import shops
from tests.load.client import Make, ask
from tests.load.processes import Postgres, cpu_seconds

_NEW = random.Random()


@dataclass
class Side:
    """A system under load.

    Attributes:
        address: of its HTTP server.
        prefix: of its URLs.
        tokens: access tokens of the people that ask in turn; none for a system without login.
        processes: ids of its processes by name, without PostgreSQL.
        databases: its own; the backends of others do not count.
    """

    name: str
    address: tuple[str, int]
    prefix: str
    processes: Mapping[str, int]
    databases: Sequence[str]
    tokens: Sequence[str] = ()
    ids: Sequence[str] = ()
    in_camel_case: bool = False

    def get(self, path: str, number: int = 0) -> bytes:
        return self._head(f"GET {self.prefix}{path}", number) + b"\r\n"

    def post(self, path: str, body: bytes, number: int) -> bytes:
        head = self._head(f"POST {self.prefix}{path}", number)
        return head + f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body

    def _head(self, line: str, number: int) -> bytes:
        token = f"Authorization: Bearer {self.tokens[number % len(self.tokens)]}\r\n" if self.tokens else ""
        return f"{line} HTTP/1.1\r\nHost: bench\r\n{token}".encode()

    def create(self, number: int) -> bytes:
        shop = shops.shop(_NEW, 10**6 + number)
        return self.post("/customers", json.dumps(self._spelled(shop)).encode(), number)

    def read(self, number: int) -> bytes:
        return self.get(f"/customers/{self.ids[number * 7919 % len(self.ids)]}", number)

    def list_sorted(self, number: int) -> bytes:
        channel = shops.CHANNELS[number % len(shops.CHANNELS)]
        query = f"channelType={channel}&orderBy=name" if self.in_camel_case else f"channel_type={channel}"
        return self.get(f"/customers?{query}", number)

    def search(self, words: str, number: int = 0) -> bytes:
        order = "&orderBy=name" if self.in_camel_case else ""
        return self.get(f"/customers?query={quote(words)}{order}", number)

    def found(self, words: str) -> list[str]:
        """Return the names that the search finds, in their order."""
        answer = json.loads(ask(self.address, self.search(words)))
        return [customer["name"] for customer in answer["customers"]]

    def _spelled(self, shop: shops.Shop) -> dict[str, Any]:
        if not self.in_camel_case:
            return shop
        plain = {_camel(name): value for name, value in shop.items()}
        location = {name: plain.pop(name) for name in ("latitude", "longitude")}
        return plain | {"position": {"location": location, "datum": "DATUM_WGS84"}}


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(part.capitalize() for part in tail)


@dataclass(frozen=True)
class Workload:
    letter: str
    title: str
    make: Callable[[Side], Make]


def workloads(words: Sequence[str]) -> list[Workload]:
    def searching(side: Side) -> Make:
        return lambda number: side.search(words[number % len(words)], number)

    return [
        Workload("A", "create a customer of ten fields", lambda side: side.create),
        Workload("B", "get a customer by id", lambda side: side.read),
        Workload("C", "list 50 filtered and sorted", lambda side: side.list_sorted),
        Workload("D", "search part of a name in 100,000", searching),
    ]


@dataclass(frozen=True)
class Meter:
    """Counts what a side costs, PostgreSQL included, from its start on."""

    side: Side
    postmaster: int
    processes: Mapping[str, float]
    database: Postgres

    @classmethod
    def start(cls, side: Side, postmaster: int) -> "Meter":
        return cls(side, postmaster, _seconds(side), Postgres.read(postmaster))

    def stop(self) -> dict[str, float]:
        """Return the CPU seconds of each process and of the database."""
        spent = {name: seconds - self.processes[name] for name, seconds in _seconds(self.side).items()}
        now = Postgres.read(self.postmaster)
        return spent | {"PostgreSQL": now.spent_since(self.database, own=self.side.databases)}


def _seconds(side: Side) -> dict[str, float]:
    return {name: cpu_seconds([pid]) for name, pid in side.processes.items()}
