"""What an import was asked for, as its job remembers it: the caller's reach included, the token never."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.access import RowScope
from chassis.errors import Language

from gateway.identity.roles.rules import Holding
from gateway.identity.user_imports.rules import ColumnMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An import.

    Attributes:
        operation_id: the operation that shows it, without the service's name.
        object_key: the uploaded file.
        mappings: which column fills which field; empty: those whose headers name fields.
        dry_run: nothing is to change.
        scope: how far the caller's right to import reached when the import was accepted.
        holdings: what the caller's roles permitted then.
        language: what the caller reads.
    """

    operation_id: str
    object_key: str
    mappings: tuple[ColumnMapping, ...]
    dry_run: bool
    scope: RowScope
    holdings: tuple[Holding, ...]
    language: Language

    @property
    def result_key(self) -> str:
        return f"user-import-results/{self.operation_id}.csv"

    def payload(self) -> dict[str, Any]:
        """Return the plan as a job's payload."""
        return {
            "operation_id": self.operation_id,
            "object_key": self.object_key,
            "mappings": [[mapping.column, mapping.field] for mapping in self.mappings],
            "dry_run": self.dry_run,
            "scope": {
                "everything": self.scope.everything,
                "unit_ids": sorted(self.scope.unit_ids),
                "owner_id": self.scope.owner_id,
            },
            "holdings": [
                [sorted(holding.permissions), holding.unit_id, holding.scope] for holding in self.holdings
            ],
            "language": self.language,
        }

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> "Plan":
        """Return the plan that `payload` remembers."""
        scope = payload["scope"]
        return cls(
            operation_id=payload["operation_id"],
            object_key=payload["object_key"],
            mappings=tuple(ColumnMapping(*mapping) for mapping in payload["mappings"]),
            dry_run=payload["dry_run"],
            scope=RowScope(scope["everything"], frozenset(scope["unit_ids"]), scope["owner_id"]),
            holdings=tuple(
                Holding(frozenset(permissions), unit_id, reach)
                for permissions, unit_id, reach in payload["holdings"]
            ),
            language=payload["language"],
        )
