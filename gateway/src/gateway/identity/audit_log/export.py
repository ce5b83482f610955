"""Writes entries into a file, for whoever asked for them: batch by batch, whatever their number."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from chassis.access import RowScope
from chassis.clock import Clock
from chassis.database import Database
from chassis.jobs import Beat
from chassis.tabular.errors import TableError
from chassis.tabular.writing import Cell
from chassis.uploads.tables import TableFiles
from sqlalchemy import Row

from chassis import operations
from gateway.identity.audit_log import store
from gateway.identity.audit_log.store import Filter, Place

KIND = "auditLog.export"
BATCH_ROWS = 1000
_HEADER = (
    "position",
    "occur_time",
    "service",
    "caller",
    "caller_username",
    "caller_unit_id",
    "on_behalf_of",
    "method",
    "resource",
    "changed_fields",
    "request_id",
    "record_time",
    "id",
    "hash",
)


class ExportTooLong(Exception):
    """A sheet does not hold so many rows."""


@dataclass(frozen=True, slots=True)
class Plan:
    """An export: what is wanted of what its caller sees, all of it done before the export was asked for."""

    operation_id: str
    equal: dict[str, str]
    from_time: str
    to_time: str
    everything: bool
    unit_ids: list[str]
    owner_id: str | None
    is_workbook: bool

    @classmethod
    def of(
        cls, operation_id: str, wanted: Filter, scope: RowScope, now: datetime, *, is_workbook: bool
    ) -> "Plan":
        to_time = min(wanted.to_time or now, now)
        return cls(
            operation_id=operation_id,
            equal=wanted.equal,
            from_time=wanted.from_time.isoformat() if wanted.from_time else "",
            to_time=to_time.isoformat(),
            everything=scope.everything,
            unit_ids=sorted(scope.unit_ids),
            owner_id=scope.owner_id,
            is_workbook=is_workbook,
        )

    def payload(self) -> dict[str, Any]:
        return asdict(self)

    @property
    def wanted(self) -> Filter:
        from_time = datetime.fromisoformat(self.from_time) if self.from_time else None
        return Filter(equal=self.equal, from_time=from_time, to_time=datetime.fromisoformat(self.to_time))

    @property
    def scope(self) -> RowScope:
        return RowScope(self.everything, frozenset(self.unit_ids), self.owner_id)

    @property
    def object_key(self) -> str:
        return f"exports/audit-log-{self.operation_id}.{'xlsx' if self.is_workbook else 'csv'}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportJob:
    """The job of an export. A worker that takes over begins anew: nothing of it was kept."""

    database: Database
    clock: Clock
    files: TableFiles

    def run(self, payload: Mapping[str, Any], beat: Beat) -> None:
        plan = Plan(**payload)
        with self.database.begin() as connection:
            operations.start(connection, plan.operation_id, 0, self.clock.now())
        try:
            self.files.write_table(plan.object_key, _HEADER, self._rows(plan, beat))
        except TableError:
            self._fail(plan, "EXPORT_TOO_LONG")
            return
        with self.database.begin() as connection:
            operations.succeed(connection, plan.operation_id, self.clock.now(), plan.object_key)

    def give_up(self, payload: Mapping[str, Any], error: Exception) -> None:  # noqa: ARG002 - it is in the log
        self._fail(Plan(**payload), "INTERNAL")

    def _fail(self, plan: Plan, reason: str) -> None:
        with self.database.begin() as connection:
            operations.fail(connection, plan.operation_id, reason, self.clock.now())

    def _rows(self, plan: Plan, beat: Beat) -> Iterator[list[Cell]]:
        """Yield the rows of the file; no transaction is open while they are written."""
        done, after = 0, None
        while True:
            beat()
            with self.database.reading() as connection:
                rows = store.oldest(connection, plan.wanted, plan.scope, after, BATCH_ROWS)
                names = store.usernames(connection, rows)
            yield from (_cells(row, names) for row in rows)
            done += len(rows)
            with self.database.begin() as connection:
                operations.progress(connection, plan.operation_id, done, {"entries": done}, self.clock.now())
            if len(rows) < BATCH_ROWS:
                return
            after = Place(rows[-1].occurred_at, rows[-1].id)


def _cells(row: "Row[Any]", usernames: Mapping[str, str]) -> list[Cell]:
    return [
        row.position,
        row.occurred_at.isoformat(),
        row.service,
        row.caller,
        usernames.get(row.caller, ""),
        row.caller_unit_id,
        row.on_behalf_of,
        row.method,
        row.resource,
        ", ".join(row.changed_fields),
        row.request_id,
        row.recorded_at.isoformat(),
        row.id,
        row.hash.hex() if row.hash else "",
    ]
