"""Their side: the monoliths under gunicorn, with databases of their own on the server that ours uses."""

import http.client
import sys
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
from local_stack.ports import HOST, PortBlock
from local_stack.processes import Process
from local_stack.stack import Stack
from local_stack.supervisor import Supervisor

from tests.load import platform
from tests.load.monolith_table import COLUMNS, SCHEMA
from tests.load.shops import Shop
from tests.load.sides import Side

MODULES = {"orm": "tests.load.monolith_orm", "raw": "tests.load.monolith_raw"}


def make_database(stack: Stack, name: str, customers: Sequence[Shop]) -> list[str]:
    """Make the database of a monolith and copy the customers into it. Returns their ids."""
    with psycopg.connect(platform.superuser_url(stack), autocommit=True) as server:
        server.execute(f"CREATE DATABASE {platform.BENCH_DATABASE}{name} TEMPLATE template0")
    ids, now = [str(uuid.uuid4()) for _ in customers], datetime.now(UTC)
    with psycopg.connect(url(stack, name), autocommit=True) as database:
        database.execute(SCHEMA)
        columns = ", ".join(("id", *COLUMNS, "created_at", "updated_at"))
        with database.cursor() as cursor, cursor.copy(f"COPY customers ({columns}) FROM STDIN") as copy:
            for id_, shop in zip(ids, customers, strict=True):
                copy.write_row([id_, *(shop[column] for column in COLUMNS), now, now])
    return ids


def url(stack: Stack, name: str) -> str:
    return platform.superuser_url(stack, f"{platform.BENCH_DATABASE}{name}")


@contextmanager
def running(stack: Stack, folder: Path, ids: dict[str, list[str]]) -> Iterator[dict[str, Side]]:
    """Run the monoliths, each one process of eight threads, as our gateway is."""
    with PortBlock() as ports:
        supervisor = Supervisor(folder)
        try:
            addresses = {name: (HOST, ports.port(number)) for number, name in enumerate(MODULES)}
            supervisor.add([_process(stack, name, address) for name, address in addresses.items()])
            supervisor.wait_ready()
            yield {
                name: Side(
                    name=f"Flask, {name}",
                    address=address,
                    prefix="",
                    processes={"Flask": int((folder / "pids" / name).read_text().split()[0])},
                    databases=[f"{platform.BENCH_DATABASE}{name}"],
                    ids=ids[name],
                )
                for name, address in addresses.items()
            }
        finally:
            supervisor.stop()


def unexpired(orm: Side) -> Side:
    """Return the side whose creates are not read again."""
    return replace(orm, name=f"{orm.name}, unexpired", prefix="/unexpired")


def _process(stack: Stack, name: str, address: tuple[str, int]) -> Process:
    options = (
        "--worker-class=gthread",
        "--workers=1",
        "--threads=8",
        "--keep-alive=75",
        "--log-level=warning",
    )
    database = url(stack, name)
    environment = {"DATABASE_URL": database}
    if name == "orm":
        environment["DATABASE_URL"] = database.replace("postgresql://", "postgresql+psycopg://")
    command = (
        sys.executable,
        "-m",
        "gunicorn",
        *options,
        f"--bind={address[0]}:{address[1]}",
        f"{MODULES[name]}:app",
    )
    return Process(name, command, lambda: _answers(address), environment)


def _answers(address: tuple[str, int]) -> bool:
    connection = http.client.HTTPConnection(*address, timeout=2)
    try:
        connection.request("GET", f"/customers/{uuid.uuid4()}")
        return connection.getresponse().status == http.client.NOT_FOUND
    except OSError:
        return False
    finally:
        connection.close()
