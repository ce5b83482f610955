"""The register of backups: when the last one was taken, for whoever has to be woken when none was."""

import sys
import time
from datetime import UTC, datetime

from chassis.database import Database
from chassis.identifiers import new_id
from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import text

_TAKEN = text("INSERT INTO backups (id, taken_at) VALUES (:id, :at)")
_LAST = text("SELECT taken_at FROM backups ORDER BY id DESC LIMIT 1")


def record(database: Database) -> int:
    """R137: note that the whole platform has just been backed up: `ops record-backup`."""
    with database.begin() as connection:
        connection.execute(_TAKEN, {"id": new_id(), "at": datetime.now(UTC)})
    return 0


def show_last(database: Database) -> int:
    """Print when the last backup was taken: `ops last-backup`. Returns 1 when there is none."""
    last = _last(database)
    sys.stdout.write(f"{last.isoformat()}\n" if last else "no backup was recorded\n")
    return 0 if last else 1


class BackupAge:
    """The metric `journeyman_backup_age_seconds`; infinite while there is no backup."""

    def __init__(self, database: Database, registry: CollectorRegistry) -> None:
        self._database = database
        self._gauge = Gauge("journeyman_backup_age_seconds", "Age of the last backup", registry=registry)
        self._gauge.set(float("inf"))

    def run(self) -> None:
        last = _last(self._database)
        self._gauge.set(time.time() - last.timestamp() if last else float("inf"))


def _last(database: Database) -> datetime | None:
    with database.reading() as connection:
        found: datetime | None = connection.execute(_LAST).scalar()
    return found
