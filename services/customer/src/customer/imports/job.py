"""Does an import: batch by batch, each in one transaction with its events, its rejects and its progress."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.imports import rejects
from chassis.imports.job import ImportJob
from chassis.imports.rejects import Reject
from chassis.imports.rows import Item, batches, items
from chassis.imports.rules import ImporterMayNot, demand_columns
from chassis.jobs import Beat
from chassis.tabular.errors import RowError
from chassis.tabular.reading import open_table
from sqlalchemy import Connection

from chassis import operations, outbox
from customer.customers import events
from customer.customers import store as customers
from customer.customers.ownership import Organisation
from customer.customers.tables import Values
from customer.imports import store, tables
from customer.imports.plan import Plan
from customer.imports.rejects import duplicate, rejects_of
from customer.imports.rows import RowReader
from customer.imports.store import Progress

BATCH_ROWS = 500


@dataclass(frozen=True, slots=True)
class _Batch:
    """New customers and refusals by the number of their row."""

    rows: dict[int, Values]
    refused: dict[int, Sequence[Reject]]

    def refuse_duplicates(self, known: set[tuple[bytes, str]], reject: Reject) -> None:
        """Refuse what is known by fingerprint and unit, from the database or from an earlier row."""
        for number, row in list(self.rows.items()):
            same = row["fingerprint"], row["unit_id"]
            if same in known:
                del self.rows[number]
                self.refused[number] = [reject]
            known.add(same)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerImportJob(ImportJob[Plan]):
    """Takes the rows of an import."""

    rejects = tables.rejects

    organisation: Organisation

    def plan(self, payload: Mapping[str, Any]) -> Plan:
        return Plan.read(payload)

    def take_rows(self, plan: Plan, beat: Beat) -> None:
        path = self.files.store.path(plan.object_key)
        with open_table(path) as table:
            demand_columns(table.header, [mapping.column for mapping in plan.mappings])
            total = sum(len(batch) for batch in batches(items(table), BATCH_ROWS, beat))
        with self.database.begin() as connection:
            operations.start(connection, plan.operation_id, total, self.clock.now())
            progress = store.progress_of(connection, plan.operation_id)
        with open_table(path) as table:
            left = (item for item in items(table) if item[0] > progress.last_row)
            for batch in batches(left, BATCH_ROWS, beat):
                progress = self._take(plan, batch, progress)

    def _take(self, plan: Plan, rows: Sequence[Item], before: Progress, *, again: bool = True) -> Progress:
        """Import one batch. Owners are asked for and names are read before the transaction begins.

        An owner who moves in between takes along what is there by then, and would leave this batch behind: it
        is read again, once. If they differ still, the copy has not heard of the move yet.
        """
        self._demand_importer(plan, rows)
        reader = RowReader(plan, self.organisation)
        batch = self._read(plan, reader, rows, self.clock.now())
        with self.database.begin() as connection:
            stayed = customers.stay(connection, reader.units)
            if stayed or not again:
                return self._keep(connection, plan, batch, before, last_row=rows[-1][0])
        return self._take(plan, rows, before, again=False)

    def _demand_importer(self, plan: Plan, rows: Sequence[Item]) -> None:
        """Raise ImporterMayNot once the importer's account is frozen or closed; a program has none."""
        importer = plan.assigner.subject
        if importer and not self.organisation.member(importer).active:
            raise ImporterMayNot(rows[0][0])

    def _keep(
        self, connection: Connection, plan: Plan, batch: _Batch, before: Progress, *, last_row: int
    ) -> Progress:
        now = self.clock.now()
        known = store.known_among(connection, list(batch.rows.values()))
        batch.refuse_duplicates(known, duplicate(plan.language))
        after = Progress(
            last_row=last_row,
            created=before.created + len(batch.rows),
            rejected=before.rejected + len(batch.refused),
        )
        store.advance(connection, plan.operation_id, before, after)
        rejects.add(connection, tables.rejects, plan.operation_id, batch.refused)
        rows = list(batch.rows.values())
        customers.add(connection, rows)
        outbox.append(connection, [events.created(row) for row in rows], now)
        done = after.created + after.rejected
        operations.progress(connection, plan.operation_id, done, _counts(after), now)
        return after

    def _read(self, plan: Plan, reader: RowReader, rows: Sequence[Item], now: datetime) -> _Batch:
        batch = _Batch({}, {})
        for number, item in rows:
            try:
                batch.rows[number] = customers.new_row(_values(reader, item), now)
            except Exception as error:  # noqa: BLE001 - what is not the row's fault is raised again
                batch.refused[number] = rejects_of(error, plan.mappings, self.errors, plan.language)
        return batch


def _values(reader: RowReader, item: Mapping[str, str] | RowError) -> Values:
    if isinstance(item, RowError):
        raise item
    return reader.values(item)


def _counts(progress: Progress) -> dict[str, int]:
    return {"created": progress.created, "rejected": progress.rejected}
