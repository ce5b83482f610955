"""What a successor takes over; what was decided, or is being decided, stays with who applied for it."""

from chassis.calendar import local_date
from directory.tree import section_of
from sqlalchemy import Connection

from chassis import outbox
from directory import HandOver
from marketing_resources.spend_plans import events, rules, store


def hand_over(connection: Connection, handed: HandOver) -> None:
    """Give a successor the drafts of a person that can still be submitted, within the section (R159).

    The unit of a plan stays: it says whose money is to be spent.
    """
    section = section_of(connection, handed.to_unit_id)
    for plan in store.lock_drafts(connection, handed.from_user_id, local_date(handed.at).replace(day=1)):
        if section_of(connection, plan.unit_id) == section:
            given = rules.hand_over(plan, handed.to_user_id)
            store.save(connection, given, handed.at)
            outbox.append(connection, [events.changed(given)], handed.at)
