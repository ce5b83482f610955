"""Rates of the two streams: events from the outbox to a read model, and points of tracks."""

from collections.abc import Iterator

from local_stack.stack import Stack


def lines(_stack: Stack) -> Iterator[str]:
    yield from ()
