"""What a service wants to be told of another's events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message
from journeyman.audit.v1.events_pb2 import AuditRecorded
from journeyman.events.v1 import feed_pb2
from sqlalchemy import Connection

Data = TypeVar("Data", bound=Message)


@dataclass(frozen=True, slots=True)
class Received(Generic[Data]):
    """An event together with its unpacked fact."""

    event: feed_pb2.Event
    data: Data


@dataclass(frozen=True, slots=True)
class Subscription(Generic[Data]):
    """What a service does with another's events.

    `apply` gets a batch of events that hold one of `facts`, in the order of positions, inside the transaction
    that also moves the position. An event may come again after it was parked and replayed: a handler ignores
    what is older than what it knows.

    Raises ValueError for audit entries together with other facts: an entry has the position of a fact, and
    what a consumer has applied is known by positions alone.
    """

    consumer: str
    source: str
    facts: Sequence[type[Data]]
    apply: Callable[[Connection, Sequence[Received[Data]]], None]

    def __post_init__(self) -> None:
        if AuditRecorded in self.facts and len(self.facts) > 1:
            message = "audit entries are followed by a consumer of their own"
            raise ValueError(message)

    def data_types(self) -> Sequence[str]:
        """Return the full names of the facts, as a producer is asked for them."""
        return [fact.DESCRIPTOR.full_name for fact in self.facts]

    def unpack(self, events: Sequence[feed_pb2.Event]) -> Sequence[Received[Data]]:
        """Return the events that hold one of the facts: an older producer hands out all that it has."""
        classes = {fact.DESCRIPTOR.full_name: fact for fact in self.facts}
        return [
            Received(event, classes[name].FromString(event.data.value))
            for event in events
            if (name := event.data.TypeName()) in classes
        ]
