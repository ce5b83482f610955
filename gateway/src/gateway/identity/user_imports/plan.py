"""What an import was asked for, as its job remembers it: who asked, not what they might do then."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chassis.errors import Language

from gateway.identity.user_imports.rules import ColumnMapping


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """An import.

    Attributes:
        operation_id: the operation that shows it, without the service's name.
        importer_id: the person who imports; what they may do is asked again for each batch.
        object_key: the uploaded file.
        mappings: which column fills which field; empty: those whose headers name fields.
        dry_run: nothing is to change.
        language: what the caller reads.
    """

    operation_id: str
    importer_id: str
    object_key: str
    mappings: tuple[ColumnMapping, ...]
    dry_run: bool
    language: Language

    @property
    def result_key(self) -> str:
        return f"user-import-results/{self.operation_id}.csv"

    def payload(self) -> dict[str, Any]:
        """Return the plan as a job's payload."""
        return {
            "operation_id": self.operation_id,
            "importer_id": self.importer_id,
            "object_key": self.object_key,
            "mappings": [[mapping.column, mapping.field] for mapping in self.mappings],
            "dry_run": self.dry_run,
            "language": self.language,
        }

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> "Plan":
        """Return the plan that `payload` remembers."""
        return cls(
            operation_id=payload["operation_id"],
            importer_id=payload["importer_id"],
            object_key=payload["object_key"],
            mappings=tuple(ColumnMapping(*mapping) for mapping in payload["mappings"]),
            dry_run=payload["dry_run"],
            language=payload["language"],
        )
