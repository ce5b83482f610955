"""The rows of a file, batch by batch."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from chassis.jobs import Beat
from chassis.tabular.errors import RowError
from chassis.tabular.reading import Table

Item = tuple[int, Mapping[str, str] | RowError]


def items(table: Table) -> Iterator[Item]:
    """Return the rows of the file in order, with those that cannot be read in their places."""
    unreadable: list[RowError] = []
    for number, cells in table.rows(unreadable.append):
        yield from ((error.row, error) for error in unreadable)
        unreadable.clear()
        yield number, cells
    yield from ((error.row, error) for error in unreadable)


def batches(rows: Iterator[Item], size: int, beat: Beat) -> Iterator[Sequence[Item]]:
    """Return the rows in batches; before each the worker says that it is alive."""
    while batch := list(islice(rows, size)):
        beat()
        yield batch
