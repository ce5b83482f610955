"""Migrations of a service's database, run by the owner role, one job at a time.

A service's migrations are files `0001_what_it_does.py` with alembic's `upgrade()`; the number is the schema's
version. They expand first and contract a release later, so that the version before keeps serving meanwhile.
"""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from chassis.database.connections import Database

MIGRATION_LOCK = 0x4A4D_4D49  # any constant: every migrate job of a database takes the same lock
LOCK_TIMEOUT_MILLISECONDS = 5_000
STATEMENT_TIMEOUT_MILLISECONDS = 120_000


def migrations_folder(module_file: str) -> Path:
    """Return the migrations of a service: inside its wheel, or at the top of its folder in a checkout."""
    packaged = Path(module_file).parent / "migrations"
    return packaged if packaged.exists() else Path(module_file).parents[2] / "migrations"


def needed_version(folder: Path) -> str:
    """Return the newest version among the migration files, such as `0002`."""
    return max(path.name[:4] for path in folder.glob("[0-9][0-9][0-9][0-9]_*.py"))


def apply_migrations(owner_url: str, folder: Path) -> str:
    """Bring the database to the newest version and return it.

    A second job waits for the first. A statement that waits longer than five seconds for a lock gives up, so
    that a migration never queues the traffic of a running service behind itself.
    """
    script = ScriptDirectory(str(folder), version_locations=[str(folder)])
    config = Config()
    config.set_main_option("script_location", str(folder))

    def upgrade(revision: tuple[str, ...] | str, _: MigrationContext) -> list[RevisionStep]:
        return script._upgrade_revs("heads", revision)  # type: ignore[arg-type]  # noqa: SLF001 - what alembic's own `upgrade` command calls

    engine = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.connect() as connection, EnvironmentContext(config, script, fn=upgrade) as environment:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": MIGRATION_LOCK})
        connection.execute(text(f"SET lock_timeout = {LOCK_TIMEOUT_MILLISECONDS}"))
        connection.execute(text(f"SET statement_timeout = {STATEMENT_TIMEOUT_MILLISECONDS}"))
        connection.commit()
        environment.configure(connection=connection, transaction_per_migration=True)
        with environment.begin_transaction():
            environment.run_migrations()
    engine.dispose()
    return needed_version(folder)


def schema_problem(database: Database, folder: Path) -> str | None:
    """Return why this version of the service cannot use the schema, or None. A newer schema is fine."""
    needed = needed_version(folder)
    try:
        with database.reading() as connection:
            found = connection.execute(text("SELECT max(version_num) FROM alembic_version")).scalar()
    except SQLAlchemyError as error:
        return f"schema unknown: {type(error).__name__}"
    if found is None or str(found) < needed:
        return f"schema {found} is older than {needed}: run migrate"
    return None
