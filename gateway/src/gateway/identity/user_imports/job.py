"""Does an import: batch by batch, each in one transaction with its events, its rejects and its progress."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from chassis.access import Caller
from chassis.imports import rejects
from chassis.imports.job import ImportJob
from chassis.imports.rejects import Reject
from chassis.imports.rows import Item, batches, items
from chassis.imports.rules import ImporterMayNot
from chassis.jobs import Beat
from chassis.tabular.errors import RowError
from chassis.tabular.reading import open_table
from sqlalchemy import Connection

from chassis import operations, outbox
from gateway.identity.org_units.store import OwnTree
from gateway.identity.standing import caller_now
from gateway.identity.user_imports import rules, store, tables
from gateway.identity.user_imports.plan import Plan
from gateway.identity.user_imports.rejects import rejects_of
from gateway.identity.user_imports.rows import IMPORT, RowTaker
from gateway.identity.user_imports.rules import ColumnMapping

BATCH_ROWS = 200


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
class UserImportJob(ImportJob[Plan]):
    """Takes the rows of an import."""

    rejects = tables.rejects

    tree: OwnTree

    def plan(self, payload: Mapping[str, Any]) -> Plan:
        return Plan.read(payload)

    def take_rows(self, plan: Plan, beat: Beat) -> None:
        path = self.files.store.path(plan.object_key)
        with open_table(path) as table:
            reading = _Reading(rules.mappings_for(table.header, plan.mappings))
            total = sum(len(batch) for batch in batches(items(table), BATCH_ROWS, beat))
        with self.database.begin() as connection:
            operations.start(connection, plan.operation_id, total, self.clock.now())
            done, _ = store.progress_of(connection, plan.operation_id)
        with open_table(path) as table:
            left = items(table)
            for _, item in islice(left, done):
                _note(reading, item)
            for batch in batches(left, BATCH_ROWS, beat):
                self._take(plan, reading, batch)

    def _take(self, plan: Plan, reading: _Reading, rows: Sequence[Item]) -> None:
        with self.database.begin() as connection:
            done, counts = store.progress_of(connection, plan.operation_id)
            taker = RowTaker(connection, _importer(connection, plan, rows), self.tree, self.clock.now())
            refused: dict[int, Sequence[Reject]] = {}
            attempt = connection.begin_nested()
            counts.update(self._outcomes(taker, plan, reading, rows, refused))
            outbox.append(connection, taker.facts, taker.now)
            if plan.dry_run:
                attempt.rollback()
            else:
                attempt.commit()
            rejects.add(connection, tables.rejects, plan.operation_id, refused)
            done += len(rows)
            operations.progress(connection, plan.operation_id, done, counts, self.clock.now())

    def _outcomes(
        self,
        taker: RowTaker,
        plan: Plan,
        reading: _Reading,
        rows: Sequence[Item],
        refused: dict[int, Sequence[Reject]],
    ) -> "Counter[str]":
        """Take the rows; those that cannot be taken go into `refused`. Returns what became of them."""
        counts: Counter[str] = Counter()
        for number, item in rows:
            try:
                with taker.connection.begin_nested():
                    counts[taker.take(reading.fields(item))] += 1
            except Exception as error:  # noqa: BLE001 - what is not the row's fault is raised again
                refused[number] = rejects_of(error, reading.mappings, self.errors, plan.language)
                counts["rejected"] += 1
        return counts


def _importer(connection: Connection, plan: Plan, rows: Sequence[Item]) -> Caller:
    """Return who imports, with the rights of this moment: roles may be taken away while a file is imported.

    Raises ImporterMayNot.
    """
    importer = caller_now(connection, plan.importer_id)
    if importer is None or not importer.may(IMPORT):
        raise ImporterMayNot(rows[0][0])
    return importer


def _note(reading: _Reading, item: Mapping[str, str] | RowError) -> None:
    """Read a row that a worker before us has taken, for its name and number alone."""
    try:
        reading.fields(item)
    except (RowError, rules.CellMissing, rules.RowRepeated):
        return
