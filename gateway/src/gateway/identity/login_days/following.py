"""Login duties follow the accounts: who can sign in owes logins, from that day on."""

from collections.abc import Sequence

from chassis.calendar import local_date
from chassis.clock import Clock
from chassis.events import Received, Subscription
from journeyman.identity.v1.events_pb2 import UserChanged
from sqlalchemy import Connection

from gateway.identity.login_days import store


def subscription(clock: Clock) -> Subscription[UserChanged]:
    """Return the subscription to identity's own events."""

    def apply(connection: Connection, received: Sequence[Received[UserChanged]]) -> None:
        people = {each.data.user_id for each in received}
        store.follow(connection, people, local_date(clock.now()))

    return Subscription("login-duties", "identity", (UserChanged,), apply)
