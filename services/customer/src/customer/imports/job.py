"""Does an import: batch by batch, each in one transaction with its events, its rejects and its progress."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import ErrorTable
from chassis.jobs import Beat
from chassis.tabular.errors import RowError, TableError
from chassis.tabular.reading import Table, open_table
from chassis.uploads.tables import TableFiles
from sqlalchemy import Connection

from chassis import operations, outbox
from customer.customers import events
from customer.customers import store as customers
from customer.customers.ownership import Organisation
from customer.customers.tables import Values
from customer.imports import rules, store
from customer.imports.plan import Plan
from customer.imports.rejects import Reject, duplicate, rejects_of
from customer.imports.rows import RowReader
from customer.imports.store import Progress

BATCH_ROWS = 500
_HEADER = ("row", "reason", "column", "message")

_Item = tuple[int, Mapping[str, str] | RowError]


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
class ImportJob:
    """The job of an import. A worker that takes over goes on behind the last batch that was committed."""

    database: Database
    clock: Clock
    organisation: Organisation
    files: TableFiles
    errors: ErrorTable

    def run(self, payload: Mapping[str, Any], beat: Beat) -> None:
        plan = Plan.read(payload)
        try:
            self._import(plan, beat)
        except (TableError, rules.ColumnsMissing) as error:
            self._fail(plan, error)
        else:
            self._succeed(plan)

    def give_up(self, payload: Mapping[str, Any], error: Exception) -> None:  # noqa: ARG002 - it is in the log
        operation_id = Plan.read(payload).operation_id
        with self.database.begin() as connection:
            operations.fail(connection, operation_id, "INTERNAL", self.clock.now())

    def _import(self, plan: Plan, beat: Beat) -> None:
        """Import the rows that are left. Raises TableError before anything is written, where it can."""
        path = self.files.store.path(plan.object_key)
        with open_table(path) as table:
            rules.demand_columns(table.header, plan.mappings)
            total = sum(len(batch) for batch in _batches(_items(table), beat))
        with self.database.begin() as connection:
            operations.start(connection, plan.operation_id, total, self.clock.now())
            progress = store.progress_of(connection, plan.operation_id)
        with open_table(path) as table:
            left = (item for item in _items(table) if item[0] > progress.last_row)
            for batch in _batches(left, beat):
                progress = self._take(plan, batch, progress)

    def _take(self, plan: Plan, items: Sequence[_Item], before: Progress, *, again: bool = True) -> Progress:
        """Import one batch. Owners are asked for and names are read before the transaction begins.

        An owner who moves in between takes along what is there by then, and would leave this batch behind: it
        is read again, once. If they differ still, the copy has not heard of the move yet.
        """
        reader = RowReader(plan, self.organisation)
        batch = self._read(plan, reader, items, self.clock.now())
        with self.database.begin() as connection:
            stayed = customers.stay(connection, reader.units)
            if stayed or not again:
                return self._keep(connection, plan, batch, before, last_row=items[-1][0])
        return self._take(plan, items, before, again=False)

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
        store.add_rejects(connection, plan.operation_id, batch.refused)
        rows = list(batch.rows.values())
        customers.add(connection, rows)
        outbox.append(connection, [events.created(row) for row in rows], now)
        done = after.created + after.rejected
        operations.progress(connection, plan.operation_id, done, _counts(after), now)
        return after

    def _read(self, plan: Plan, reader: RowReader, items: Sequence[_Item], now: datetime) -> _Batch:
        batch = _Batch({}, {})
        for number, item in items:
            try:
                batch.rows[number] = customers.new_row(_values(reader, item), now)
            except Exception as error:  # noqa: BLE001 - what is not the row's fault is raised again
                batch.refused[number] = rejects_of(error, plan.mappings, self.errors, plan.language)
        return batch

    def _succeed(self, plan: Plan) -> None:
        self._write_result(plan, [])
        with self.database.begin() as connection:
            operations.succeed(connection, plan.operation_id, self.clock.now(), plan.result_key)

    def _fail(self, plan: Plan, error: TableError | rules.ColumnsMissing) -> None:
        reason = self.errors[type(error)].reason
        if isinstance(error, TableError):
            found = [(error.row, reason, error.column or "", error.reason)]
        else:
            found = [(1, reason, column, "") for column in error.columns]
        self._write_result(plan, found)
        with self.database.begin() as connection:
            operations.fail(connection, plan.operation_id, reason, self.clock.now(), plan.result_key)

    def _write_result(self, plan: Plan, more: Sequence[tuple[int | None, str, str, str]]) -> None:
        with self.database.reading() as connection:
            rejects = list(store.rejects_in_order(connection, plan.operation_id))
        self.files.write_table(plan.result_key, _HEADER, [*rejects, *more])


def _values(reader: RowReader, item: Mapping[str, str] | RowError) -> Values:
    if isinstance(item, RowError):
        raise item
    return reader.values(item)


def _items(table: Table) -> Iterator[_Item]:
    """Return the rows of the file in order, with those that cannot be read in their places."""
    unreadable: list[RowError] = []
    for number, cells in table.rows(unreadable.append):
        yield from ((error.row or 0, error) for error in unreadable)
        unreadable.clear()
        yield number, cells
    yield from ((error.row or 0, error) for error in unreadable)


def _batches(items: Iterator[_Item], beat: Beat) -> Iterator[Sequence[_Item]]:
    while batch := list(islice(items, BATCH_ROWS)):
        beat()
        yield batch


def _counts(progress: Progress) -> dict[str, int]:
    return {"created": progress.created, "rejected": progress.rejected}
