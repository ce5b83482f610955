"""What an import was asked for, as its job remembers it: the caller's reach included, the token never."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.access import RowScope
from chassis.errors import Language

from customer.customers.ownership import Assigner
from customer.imports.rules import ColumnMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An import.

    Attributes:
        operation_id: the operation that shows it, without the service's name.
        object_key: the uploaded file.
        mappings: which column fills which field.
        datum: number of the datum of the positions in the contract.
        owner_id: owner of rows that name none; empty: the assigner.
        assigner: who imports, and how far that reached when the import was accepted.
        language: what the caller reads.
    """

    operation_id: str
    object_key: str
    mappings: tuple[ColumnMapping, ...]
    datum: int
    owner_id: str
    assigner: Assigner
    language: Language

    @property
    def result_key(self) -> str:
        return f"import-results/{self.operation_id}.csv"

    def payload(self) -> dict[str, Any]:
        """Return the plan as a job's payload."""
        scope = self.assigner.scope
        return {
            "operation_id": self.operation_id,
            "object_key": self.object_key,
            "mappings": [
                {"column": mapping.column, "field": mapping.field, "values": dict(mapping.values)}
                for mapping in self.mappings
            ],
            "datum": self.datum,
            "owner_id": self.owner_id,
            "assigner": {"subject": self.assigner.subject, "unit_id": self.assigner.unit_id},
            "scope": {
                "everything": scope.everything,
                "unit_ids": sorted(scope.unit_ids),
                "owner_id": scope.owner_id,
            },
            "language": self.language,
        }

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> "Plan":
        """Return the plan that `payload` remembers."""
        scope = payload["scope"]
        reach = RowScope(scope["everything"], frozenset(scope["unit_ids"]), scope["owner_id"])
        return cls(
            operation_id=payload["operation_id"],
            object_key=payload["object_key"],
            mappings=tuple(ColumnMapping(**mapping) for mapping in payload["mappings"]),
            datum=payload["datum"],
            owner_id=payload["owner_id"],
            assigner=Assigner(**payload["assigner"], scope=reach),
            language=payload["language"],
        )
