"""What the steps of the disciplinary ladder do to an account (R139). Pure."""

from collections.abc import Collection

from gateway.identity.users.rules import FROZEN

FREEZING = frozenset({"USE_BAN", "SUSPENSION", "DISMISSAL"})  # the third step and those above it
CLOSING = "DISMISSAL"


class AccountBarred(Exception):
    """R139: a step against the person keeps the account out; visit ends it or takes it back, nobody here."""


def freeze_reason(action_id: str) -> str:
    """Return what stands as the reason at an account that an action froze."""
    return f"disciplinaryActions/{action_id}"


def is_to_thaw(state: str, reason: str, lifted: Collection[str], in_effect: Collection[str]) -> bool:
    """Tell whether an account can be used again.

    Args:
        state: the account's.
        reason: why it is frozen.
        lifted: the freezing actions against the person that were ended or taken back.
        in_effect: those that were not.

    A freeze that somebody else has ordered is theirs to lift.
    """
    ours = {freeze_reason(action_id) for action_id in (*lifted, *in_effect)}
    return state == FROZEN and not in_effect and reason in ours
