"""Problems as callers see them: RFC 9457 `application/problem+json`, in English or Chinese."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import NamedTuple

import orjson
from chassis.errors import FieldProblem, Language

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A problem of the gateway's own. The texts may name values of the problem in braces."""

    status: HTTPStatus
    reason: str
    english: str
    chinese: str


class FieldError(NamedTuple):
    """One bad field, in the caller's language."""

    field: str
    reason: str
    detail: str


class Problem(Exception):
    """A request that ends in a problem of one of the gateway's kinds."""

    def __init__(
        self,
        kind: Kind,
        *,
        fields: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> None:
        super().__init__(kind.reason)
        self.kind = kind
        self.fields = fields
        self.headers = headers or {}
        self.values = values

    def rendered(self, language: Language) -> "Rendered":
        chinese = language == "zh"
        words = self.kind.chinese if chinese else self.kind.english
        errors = [
            FieldError(bad.path, bad.reason, bad.chinese if chinese else bad.english) for bad in self.fields
        ]
        return Rendered(
            self.kind.status, self.kind.reason, words.format_map(self.values), errors, dict(self.headers)
        )


@dataclass(frozen=True, slots=True)
class Rendered:
    """A problem ready for the wire, but for the id of its request."""

    status: HTTPStatus
    reason: str
    detail: str
    errors: Sequence[FieldError] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, request_id: str) -> bytes:
        return orjson.dumps(
            {
                "type": f"/docs/errors#{self.reason}",
                "title": self.status.phrase,
                "status": self.status.value,
                "detail": self.detail,
                "reason": self.reason,
                "requestId": request_id,
                "errors": [error._asdict() for error in self.errors],
            }
        )
