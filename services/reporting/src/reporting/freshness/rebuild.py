"""Makes the read models anew: they are emptied, and the consumers begin again at the first event."""

from chassis.database import Database
from sqlalchemy import text

from reporting.feeds import CUSTOMER, MARKETING, VISIT

READ_MODELS = (
    "visits",
    "visit_plans",
    "planned_stops",
    "violations",
    "visit_days",
    "attendance_days",
    "customers",
    "budgets",
)

_BEGIN_AGAIN = text(
    "UPDATE consumer_positions SET epoch = '', position = 0, caught_up_at = NULL"
    " WHERE consumer = ANY(:consumers)"
)
_FORGET_PARKED = text("DELETE FROM dead_letters WHERE consumer = ANY(:consumers)")
_EMPTY = text(f"TRUNCATE {', '.join(READ_MODELS)}")


def rebuild(database: Database) -> None:
    """Empty the read models and set the consumers back, in one transaction.

    The positions come first: a consumer at work holds its own until its batch is in, and one that has pulled
    events before the change finds its position taken and begins again.
    """
    consumers = {"consumers": [feed.consumer for feed in (VISIT, CUSTOMER, MARKETING)]}
    with database.begin() as connection:
        connection.execute(_BEGIN_AGAIN, consumers)
        connection.execute(_FORGET_PARKED, consumers)
        connection.execute(_EMPTY)
