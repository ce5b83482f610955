"""Migrations of a service's database, run by the owner role, one job at a time.

A service's migrations are files `0001_what_it_does.py` with alembic's `upgrade()`; the number is the schema's
version. They expand first and contract a release later, so that the version before keeps serving meanwhile.
"""

from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from chassis.database.connections import Database


def migrations_folder(module_file: str) -> Path:
    """Return the migrations of a service: inside its wheel, or at the top of its folder in a checkout."""
    packaged = Path(module_file).parent / "migrations"
    return packaged if packaged.exists() else Path(module_file).parents[2] / "migrations"


def needed_version(folder: Path) -> str:
    """Return the newest version among the migration files, such as `0002`."""
    return max(path.name[:4] for path in folder.glob("[0-9][0-9][0-9][0-9]_*.py"))


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
