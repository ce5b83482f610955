"""placeholder."""

from collections.abc import Iterable

from gateway.contracts import Binding


def document(_bound: Iterable[Binding]) -> bytes:
    return b'{"openapi": "3.1.0"}'
