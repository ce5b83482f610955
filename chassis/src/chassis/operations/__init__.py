"""Long-running operations that callers can watch."""

from chassis.operations.servicer import OperationsServicer
from chassis.operations.store import create, fail, operation_id, progress, start, succeed

__all__ = ["OperationsServicer", "create", "fail", "operation_id", "progress", "start", "succeed"]
