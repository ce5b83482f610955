"""What a service wants to be told of another's events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from google.protobuf.message import Message
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
    """

    consumer: str
    source: str
    facts: Sequence[type[Data]]
    apply: Callable[[Connection, Sequence[Received[Data]]], None]

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
