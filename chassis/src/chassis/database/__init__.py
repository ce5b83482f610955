"""PostgreSQL: pooled transactions for writes, one prepared connection per thread for hot reads."""

from chassis.database.connections import Database
from chassis.database.migrations import needed_version, schema_problem

__all__ = ["Database", "needed_version", "schema_problem"]
