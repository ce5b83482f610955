"""Writes that nobody looks at before the commit: all of them are one statement, sent in one round trip."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Write:
    """An INSERT, UPDATE or DELETE with `%s` for each value. Its text is a constant of the program."""

    sql: str
    values: Sequence[object]


def together(writes: Sequence[Write]) -> Write:
    """Return one statement that does all of them.

    Each sees the database as it was before any of them; a constraint is checked at the end of them all.
    """
    values = [value for write in writes for value in write.values]
    return Write(_joined(tuple(write.sql for write in writes)), values)


@lru_cache(maxsize=1024)
def _joined(statements: tuple[str, ...]) -> str:
    *first, last = statements
    parts = ", ".join(f"write_{number} AS ({sql})" for number, sql in enumerate(first))
    return f"WITH {parts} {last}" if parts else last
