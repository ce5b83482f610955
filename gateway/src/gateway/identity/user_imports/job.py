"""Does an import: batch by batch, each in one transaction with its events, its rejects and its progress."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from chassis.access import Caller
from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import ErrorKind, ErrorTable, Language
from chassis.jobs import Beat
from chassis.tabular.errors import RowError, TableError
from chassis.tabular.reading import Table, open_table
from chassis.uploads.tables import TableFiles
from sqlalchemy import Connection

from chassis import operations, outbox
from gateway.identity.org_units.store import OwnTree
from gateway.identity.standing import caller_now
from gateway.identity.user_imports import rules, store
from gateway.identity.user_imports.plan import Plan
from gateway.identity.user_imports.rejects import Reject, rejects_of
from gateway.identity.user_imports.rows import IMPORT, RowTaker
from gateway.identity.user_imports.rules import ColumnMapping

BATCH_ROWS = 200
_HEADER = ("row", "reason", "column", "message")

_Item = tuple[int, Mapping[str, str] | RowError]
_Ending = TableError | rules.ColumnsMissing | rules.ImporterMayNot


@dataclass(slots=True)
class _Reading:
    """What is known of the file so far: what its columns fill, and the names and numbers of its rows."""

    mappings: Sequence[ColumnMapping]
    seen: set[tuple[str, str]] = field(default_factory=set)

    def fields(self, item: Mapping[str, str] | RowError) -> dict[str, str]:
        """Return the fields of a row. Raises RowError, CellMissing or RowRepeated."""
        if isinstance(item, RowError):
            raise item
        fields = rules.filled_fields(item, self.mappings)
        keys = rules.keys_of(fields)
        repeated = not keys.isdisjoint(self.seen)
        self.seen |= keys
        if repeated:
            raise rules.RowRepeated
        return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class UserImportJob:
    """The job of an import. A worker that takes over goes on behind the last batch that was committed."""

    database: Database
    clock: Clock
    tree: OwnTree
    files: TableFiles
    errors: ErrorTable

    def run(self, payload: Mapping[str, Any], beat: Beat) -> None:
        plan = Plan.read(payload)
        try:
            self._import(plan, beat)
        except (TableError, rules.ColumnsMissing, rules.ImporterMayNot) as error:
            self._fail(plan, error)
        else:
            self._write_result(plan, [])
            with self.database.begin() as connection:
                operations.succeed(connection, plan.operation_id, self.clock.now(), plan.result_key)

    def give_up(self, payload: Mapping[str, Any], error: Exception) -> None:  # noqa: ARG002 - it is in the log
        operation_id = Plan.read(payload).operation_id
        with self.database.begin() as connection:
            operations.fail(connection, operation_id, "INTERNAL", self.clock.now())

    def _import(self, plan: Plan, beat: Beat) -> None:
        """Import the rows that are left. Raises TableError before anything is written, where it can."""
        path = self.files.store.path(plan.object_key)
        with open_table(path) as table:
            reading = _Reading(rules.mappings_for(table.header, plan.mappings))
            total = sum(len(batch) for batch in _batches(_items(table), beat))
        with self.database.begin() as connection:
            operations.start(connection, plan.operation_id, total, self.clock.now())
            done, _ = store.progress_of(connection, plan.operation_id)
        with open_table(path) as table:
            items = _items(table)
            for _, item in islice(items, done):
                _note(reading, item)
            for batch in _batches(items, beat):
                self._take(plan, reading, batch)

    def _take(self, plan: Plan, reading: _Reading, items: Sequence[_Item]) -> None:
        with self.database.begin() as connection:
            done, counts = store.progress_of(connection, plan.operation_id)
            taker = RowTaker(connection, _importer(connection, plan, items), self.tree, self.clock.now())
            refused: dict[int, Sequence[Reject]] = {}
            rows = connection.begin_nested()
            counts.update(self._outcomes(taker, plan, reading, items, refused))
            outbox.append(connection, taker.facts, taker.now)
            if plan.dry_run:
                rows.rollback()
            else:
                rows.commit()
            store.add_rejects(connection, plan.operation_id, refused)
            done += len(items)
            operations.progress(connection, plan.operation_id, done, counts, self.clock.now())

    def _outcomes(
        self,
        taker: RowTaker,
        plan: Plan,
        reading: _Reading,
        items: Sequence[_Item],
        refused: dict[int, Sequence[Reject]],
    ) -> "Counter[str]":
        """Take the rows; those that cannot be taken go into `refused`. Returns what became of them."""
        counts: Counter[str] = Counter()
        for number, item in items:
            try:
                with taker.connection.begin_nested():
                    counts[taker.take(reading.fields(item))] += 1
            except Exception as error:  # noqa: BLE001 - what is not the row's fault is raised again
                refused[number] = rejects_of(error, reading.mappings, self.errors, plan.language)
                counts["rejected"] += 1
        return counts

    def _fail(self, plan: Plan, error: _Ending) -> None:
        kind = self.errors[type(error)]
        self._write_result(plan, _told(error, kind, plan.language))
        with self.database.begin() as connection:
            operations.fail(connection, plan.operation_id, kind.reason, self.clock.now(), plan.result_key)

    def _write_result(self, plan: Plan, more: Sequence[tuple[int | None, str, str, str]]) -> None:
        with self.database.reading() as connection:
            rejects = list(store.rejects_in_order(connection, plan.operation_id))
        self.files.write_table(plan.result_key, _HEADER, [*rejects, *more])


def _importer(connection: Connection, plan: Plan, items: Sequence[_Item]) -> Caller:
    """Return who imports, with the rights of this moment: roles may be taken away while a file is imported.

    Raises ImporterMayNot.
    """
    importer = caller_now(connection, plan.importer_id)
    if importer is None or not importer.may(IMPORT):
        raise rules.ImporterMayNot(items[0][0])
    return importer


def _told(error: _Ending, kind: ErrorKind, language: Language) -> Sequence[tuple[int | None, str, str, str]]:
    """Return the lines of the result file that say why an import ended."""
    match error:
        case TableError():
            return [(error.row, kind.reason, error.column or "", error.reason)]
        case rules.ImporterMayNot():
            return [(error.row, kind.reason, "", kind.words(language, {}))]
        case rules.ColumnsMissing():
            return [(1, kind.reason, column, "") for column in error.columns]


def _note(reading: _Reading, item: Mapping[str, str] | RowError) -> None:
    """Read a row that a worker before us has taken, for its name and number alone."""
    try:
        reading.fields(item)
    except (RowError, rules.CellMissing, rules.RowRepeated):
        return


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
