"""Partitions by day or month, made ahead of the rows and dropped whole when they have aged."""

from datetime import date, timedelta

from sqlalchemy import Connection, text


def ensure_days(connection: Connection, table: str, first: date, days: int) -> None:
    """Make the daily partitions of `table` (days in UTC) from `first` on."""
    for offset in range(days):
        day = first + timedelta(days=offset)
        _ensure(connection, table, day, day + timedelta(days=1))


def ensure_months(connection: Connection, table: str, first: date, months: int) -> None:
    """Make the monthly partitions of `table` (months in UTC) from the month of `first` on."""
    month = first.replace(day=1)
    for _ in range(months):
        following = (month + timedelta(days=32)).replace(day=1)
        _ensure(connection, table, month, following)
        month = following


def drop_before(connection: Connection, table: str, day: date) -> int:
    """Drop the partitions that begin before `day`. Returns how many."""
    statement = text("SELECT drop_partitions(:parent, :day)")
    return int(connection.execute(statement, {"parent": table, "day": day}).scalar_one())


def _ensure(connection: Connection, table: str, first: date, end: date) -> None:
    statement = text("SELECT ensure_partition(:parent, :first, :end)")
    connection.execute(statement, {"parent": table, "first": first, "end": end})
