"""Backs up everything that the platform keeps, and restores it into a state that has nothing (R137, R150)."""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from local_stack import archive, databases, postgres, state, table
from local_stack.archive import Manifest
from local_stack.databases import url_of
from local_stack.errors import LocalStackError
from local_stack.ports import Ports
from local_stack.processes import Process, run_all
from local_stack.snapshots import Snapshot, consistent

_NO_REDIS = "redis://127.0.0.1:1"  # the commands that run here ask the database alone
_TABLES = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"


def take(folder: Path, target: Path, external_url: str | None = None) -> Manifest:
    """Backs up the state in `folder` to the new folder `target`, whole or not at all, running or not.

    The files come last: whatever a database names has arrived before.
    """
    if target.exists():
        raise LocalStackError(f"{target} exists: name a new folder")
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    with _server(folder, external_url) as url:
        taken_at = datetime.now(UTC).isoformat(timespec="seconds")
        with consistent(url, table.SERVICES) as snapshots:
            run_all([_dump(partial, *item) for item in snapshots.items()], folder / "logs")
        archive.pack(folder / "files", partial / archive.FILES)
        names = [archive.FILES, *map(archive.dump_of, table.SERVICES)]
        manifest = Manifest(
            taken_at=taken_at,
            postgres=_version(url),
            schemas={service: snapshot.schema for service, snapshot in snapshots.items()},
            positions={service: snapshot.position for service, snapshot in snapshots.items()},
            parts={name: archive.part(partial / name) for name in names},
        )
        archive.write(partial, manifest)
        os.sync()
        partial.rename(target)
        run_all([table.recording_of_a_backup(_layout(folder, url))], folder / "logs")
    return manifest


def restore(folder: Path, source: Path, external_url: str | None = None) -> Manifest:
    """Restores the backup in `source` into the state in `folder`, which has no data yet and does not run."""
    manifest = archive.read(source)
    if state.running_stack(folder):
        raise LocalStackError(f"a stack runs on {folder}: stop it, and restore into a state without data")
    with _server(folder, external_url) as url:
        _demand_nothing_there(url, folder)
        for service in table.SERVICES:
            databases.create_service_database(url, service, folder)
        run_all(
            [_restoration(source, service, url_of(url, service)) for service in table.SERVICES],
            folder / "logs",
        )
        archive.unpack(source / archive.FILES, folder / "files")
        _demand_restored(url, manifest)
    return manifest


@contextmanager
def _server(folder: Path, external_url: str | None) -> Iterator[str]:
    """A superuser's URL of the state's PostgreSQL, which runs for this block if its stack does not."""
    if external_url is not None:
        yield external_url
    elif state.running_stack(folder):
        yield postgres.superuser_url(folder, _ports(folder).port(table.OFFSETS["postgres"]))
    else:
        with (
            state.locked(state.create(folder)),
            postgres.embedded_postgres(folder, durable=True) as server,
        ):
            yield server.superuser_url


def _layout(folder: Path, url: str) -> table.Layout:
    roles = {name: databases.create_service_database(url, name, folder) for name in table.SERVICES}
    return table.Layout(folder, _ports(folder), None, roles, _NO_REDIS)


def _ports(folder: Path) -> Ports:
    return Ports(state.remembered_ports(folder) or 0)


def _dump(folder: Path, service: str, snapshot: Snapshot) -> Process:
    arguments = (
        f"--snapshot={snapshot.name}",
        "--format=custom",
        f"--file={folder / archive.dump_of(service)}",
    )
    return _tool("pg_dump", service, snapshot.url, arguments)


def _restoration(folder: Path, service: str, url: str) -> Process:
    arguments = ("--exit-on-error", "--single-transaction", str(folder / archive.dump_of(service)))
    return _tool("pg_restore", service, url, arguments)


def _tool(name: str, service: str, url: str, arguments: Iterable[str]) -> Process:
    place, password = databases.without_password(url)  # which every user could read on the command line
    command = (postgres.tool(name), f"--dbname={place}", *arguments)
    return Process(f"{name}-{service}", command, environment={"PGPASSWORD": password})


def _version(url: str) -> str:
    with psycopg.connect(url) as server:
        return str(server.info.server_version)


def _demand_nothing_there(url: str, folder: Path) -> None:
    if any((folder / "files").glob("*")):
        raise LocalStackError(f"{folder / 'files'} holds files: restore into a state without data")
    with psycopg.connect(url) as server:
        names = {row[0] for row in server.execute("SELECT datname FROM pg_database")}
    for service in table.SERVICES:
        if databases.name_of(service) in names:
            with psycopg.connect(url_of(url, service)) as inside:
                if inside.execute(_TABLES).fetchone() != (0,):
                    raise LocalStackError(
                        f"{databases.name_of(service)} holds data: restore into a state without"
                    )


def _demand_restored(url: str, manifest: Manifest) -> None:
    """Raises LocalStackError unless the databases stand where the backup left them."""
    with consistent(url, table.SERVICES) as found:
        schemas = {service: snapshot.schema for service, snapshot in found.items()}
        positions = {service: snapshot.position for service, snapshot in found.items()}
    if (schemas, positions) != (manifest.schemas, manifest.positions):
        raise LocalStackError("the restored databases do not stand where the backup says: do not use them")
