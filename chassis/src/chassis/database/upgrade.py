"""Runs the migrations. Apart from `migrations`, for alembic would cost every server 0.3 s at its start."""

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext, RevisionStep
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from chassis.database.migrations import needed_version

MIGRATION_LOCK = 0x4A4D_4D49  # any constant: every migrate job of a database takes the same lock
LOCK_TIMEOUT_MILLISECONDS = 5_000
STATEMENT_TIMEOUT_MILLISECONDS = 120_000


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
