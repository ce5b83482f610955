"""The job of an import: what it does with the rows is its service's, how it ends is the same for all."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import Table

from chassis.clock import Clock
from chassis.database import Database
from chassis.errors import ErrorTable
from chassis.imports.ending import ENDS, Accepted, Endings
from chassis.jobs import Beat
from chassis.uploads.tables import TableFiles

Plan = TypeVar("Plan", bound=Accepted)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob(ABC, Generic[Plan]):
    """A worker that takes it over goes on behind the last batch that was committed.

    Attributes:
        rejects: the table of what was refused.
        errors: the words for what ends an import early.
    """

    rejects: ClassVar[Table]

    database: Database
    clock: Clock
    files: TableFiles
    errors: ErrorTable

    @abstractmethod
    def plan(self, payload: Mapping[str, Any]) -> Plan:
        """Return what was accepted."""

    @abstractmethod
    def take_rows(self, plan: Plan, beat: Beat) -> None:
        """Import the rows that are left. Raises one of ENDS, before anything is written where it can."""

    def run(self, payload: Mapping[str, Any], beat: Beat) -> None:
        plan = self.plan(payload)
        try:
            self.take_rows(plan, beat)
        except ENDS as error:
            self._endings.fail(plan, error)
        else:
            self._endings.succeed(plan)

    def give_up(self, payload: Mapping[str, Any], error: Exception) -> None:  # noqa: ARG002 - it is in the log
        self._endings.give_up(self.plan(payload).operation_id)

    @property
    def _endings(self) -> Endings:
        return Endings(
            database=self.database,
            clock=self.clock,
            files=self.files,
            errors=self.errors,
            rejects=self.rejects,
        )
