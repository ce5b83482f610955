"""Who is told what about accounts. The words name the unit, never the person."""

from typing import Any

from chassis.outbox import Fact
from sqlalchemy import Row

from chassis import notices


def closed_by_hand(account: "Row[Any]") -> Fact:
    """Tell those who file account changes that nobody has taken over what the account owns."""
    return notices.raised(
        "identity",
        "users.closedByHand",
        permission="accountChanges.file",
        unit_id=account.unit_id,
        parameters={"unit": account.unit_id},
        resource=f"users/{account.id}",
        dedupe_key=f"users.closedByHand:{account.id}:{account.version}",
    )
