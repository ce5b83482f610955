"""Databases for tests, on the server of the test run (`JOURNEYMAN_TEST_POSTGRES_URL`, a superuser's URL)."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from chassis.database import Database
from chassis.database.upgrade import apply_migrations

PASSWORD = "journeyman-test"  # noqa: S105 - of roles that live as long as a test run


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """A migrated database of one test."""

    __test__ = False

    owner_url: str
    runtime_url: str

    def open(self, pool_size: int = 10) -> Database:
        return Database(self.runtime_url, "journeyman-test", pool_size=pool_size)


class DatabaseFactory:
    """Makes databases of one service: migrates a template once, then copies it for each test.

    Args:
        service: name of the service; its roles are `<service>_owner` and `<service>_runtime`.
        migrations: folder of its migrations.
    """

    def __init__(self, service: str, migrations: Path) -> None:
        self._server = os.environ["JOURNEYMAN_TEST_POSTGRES_URL"]
        self._service = service
        self._template = f"{service}_template_{uuid.uuid4().hex[:8]}"
        with self._admin() as admin:
            self._create_roles(admin)
            self._create(admin, self._template, "template1")
        apply_migrations(self._url(self._template, "owner"), migrations)

    @contextmanager
    def database(self) -> Iterator[TestDatabase]:
        """Make a fresh database, and drop it at the end."""
        name = f"{self._service}_{uuid.uuid4().hex[:12]}"
        with self._admin() as admin:
            self._create(admin, name, self._template)
        try:
            yield TestDatabase(self._url(name, "owner"), self._url(name, "runtime"))
        finally:
            self._drop(name)

    def close(self) -> None:
        self._drop(self._template)

    def _admin(self) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(self._server, autocommit=True)

    def _create_roles(self, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
        with admin.transaction():
            admin.execute("SELECT pg_advisory_xact_lock(hashtext('test roles'))")
            for role in ("owner", "runtime"):
                name = f"{self._service}_{role}"
                if admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (name,)).fetchone() is None:
                    statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
                    admin.execute(statement.format(sql.Identifier(name), sql.Literal(PASSWORD)))

    def _create(self, admin: "psycopg.Connection[tuple[object, ...]]", name: str, template: str) -> None:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}")
        owner = sql.Identifier(f"{self._service}_owner")
        admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template), owner))

    def _drop(self, name: str) -> None:
        with self._admin() as admin:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _url(self, database: str, role: str) -> str:
        parts = urlsplit(self._server)
        address = parts.netloc.rpartition("@")[2]
        user = f"{self._service}_{role}:{PASSWORD}@{address}"
        return urlunsplit(("postgresql", user, f"/{database}", "", ""))
