"""A database and two roles for each service, on any PostgreSQL from 15 on."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from local_stack import state
from local_stack.errors import LocalStackError

OLDEST_VERSION = 15
BUILTIN_LOCALE_VERSION = 17


@dataclass(frozen=True)
class ServiceDatabase:
    """Where a service finds its database: `owner_url` for migrations, `runtime_url` for everything else."""

    owner_url: str
    runtime_url: str


def answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def name_of(service: str) -> str:
    return f"journeyman_{service}"


def url_of(superuser_url: str, service: str) -> str:
    """The superuser's URL of a service's database."""
    return _url(superuser_url, name_of(service))


def without_password(url: str) -> tuple[str, str]:
    """The URL without its password, and the password."""
    parts = urlsplit(url)
    user, _, address = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user.partition(':')[0]}@{address}")), unquote(
        parts.password or ""
    )


def create_service_database(superuser_url: str, name: str, folder: Path) -> ServiceDatabase:
    """Creates what is missing of database `journeyman_<name>` and roles `<name>_owner`, `<name>_runtime`.

    Only the two roles can connect to it. Grants on tables are the migrations' business. The passwords
    stay among the secrets of the state `folder`.
    """
    database, owner, runtime = name_of(name), f"{name}_owner", f"{name}_runtime"
    owner_password, runtime_password = (state.secret(folder, f"{role}.password") for role in (owner, runtime))
    with psycopg.connect(superuser_url, autocommit=True) as server:
        _check_version(server)
        _ensure_role(server, owner, owner_password)
        _ensure_role(server, runtime, runtime_password)
        _ensure_database(server, database, owner)
        _run(server, "REVOKE ALL ON DATABASE {} FROM PUBLIC", database)
        _run(server, "GRANT CONNECT ON DATABASE {} TO {}", database, runtime)
    with psycopg.connect(_url(superuser_url, database), autocommit=True) as inside:
        _check_locale(inside, database)
        _run(inside, "ALTER SCHEMA public OWNER TO {}", owner)
        _run(inside, "REVOKE ALL ON SCHEMA public FROM PUBLIC")
        _run(inside, "GRANT USAGE ON SCHEMA public TO {}", runtime)
    return ServiceDatabase(
        _url(superuser_url, database, owner, owner_password),
        _url(superuser_url, database, runtime, runtime_password),
    )


def wait_for(url: str, seconds: float) -> None:
    """Waits for a server that is not ours to start; raises LocalStackError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not answers(url):
        if time.monotonic() > deadline:
            raise LocalStackError(f"no PostgreSQL answers at {_without_password(url)}")
        time.sleep(0.1)  # the pause between two looks at a condition


def _run(connection: psycopg.Connection, statement: LiteralString, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))


def _ensure_role(server: psycopg.Connection, role: str, password: str) -> None:
    if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
        _run(server, "CREATE ROLE {} LOGIN NOINHERIT", role)
    statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
    server.execute(statement.format(sql.Identifier(role), sql.Literal(password)))


def _ensure_database(server: psycopg.Connection, database: str, owner: str) -> None:
    if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        return
    builtin = server.info.server_version // 10000 >= BUILTIN_LOCALE_VERSION
    provider = "BUILTIN BUILTIN_LOCALE 'C.UTF-8'" if builtin else "LIBC"
    shape = f"ENCODING 'UTF8' LOCALE_PROVIDER {provider} LC_COLLATE 'C' LC_CTYPE 'C'"
    _run(server, f"CREATE DATABASE {{}} OWNER {{}} TEMPLATE template0 {shape}", database, owner)


def _check_version(server: psycopg.Connection) -> None:
    version = server.info.server_version // 10000
    if version < OLDEST_VERSION:
        raise LocalStackError(f"PostgreSQL {version} is too old: {OLDEST_VERSION} or later is needed")


def _check_locale(inside: psycopg.Connection, database: str) -> None:
    """Keyset pages and sorted lists rely on the order of code points."""
    row = inside.execute("SELECT 'B' < 'a' AND 'z' < 'é' AND current_setting('server_encoding') = 'UTF8'")
    if row.fetchone() != (True,):
        raise LocalStackError(f"database {database} does not sort UTF-8 by code point: make it with locale C")


def _url(base: str, database: str, role: str = "", password: str = "") -> str:
    parts = urlsplit(base)
    place = parts.netloc
    if role:
        place = f"{quote(role, safe='')}:{quote(password, safe='')}@{place.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=place, path=f"/{database}"))


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.hostname}:{parts.port or 5432}"
