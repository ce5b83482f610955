"""What reporting does with the events that it follows."""

from collections.abc import Sequence
from typing import Any

from chassis.events import Received, Subscription
from google.protobuf.message import Message
from journeyman.customer.v1.events_pb2 import CustomerChanged
from journeyman.marketing.v1.events_pb2 import BudgetChanged
from journeyman.visit.v1.events_pb2 import AttendanceDayRecorded
from sqlalchemy import Connection

import directory
from directory import Followers
from reporting.attendance import events as attendance
from reporting.attendance import moves
from reporting.budgets import events as budgets
from reporting.customers import events as customers
from reporting.feeds import CUSTOMER, MARKETING, VISIT
from reporting.visits import events as visits


def subscriptions() -> Sequence[Subscription[Any]]:
    """Return the subscriptions of the background process."""
    return [
        directory.subscription(Followers(move=moves.follow)),
        Subscription(VISIT.consumer, VISIT.source, (*visits.FACTS, AttendanceDayRecorded), apply_visit),
        Subscription(CUSTOMER.consumer, CUSTOMER.source, (CustomerChanged,), customers.apply),
        Subscription(MARKETING.consumer, MARKETING.source, (BudgetChanged,), budgets.apply),
    ]


def apply_visit(connection: Connection, received: Sequence[Received[Message]]) -> None:
    """Take over visit's events into each read model that is made of them."""
    visits.apply(connection, received)
    attendance.apply(connection, received)
