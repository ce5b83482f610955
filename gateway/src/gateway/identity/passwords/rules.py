"""Which passwords may be chosen, and what can go wrong with changing them.

As NIST SP 800-63B has it: long, of any characters, none that is known or follows from the account; nobody is
made to change a good one after some months.
"""

from collections.abc import Iterable
from datetime import timedelta

SHORTEST = 10
LONGEST = 256
REMEMBERED = 5
PLATFORM = "journeyman"
# A shorter name stands in half of all texts: one Chinese character counts, two letters do not.
_SHORTEST_NAME_BYTES = 3

LINK_LIFE = timedelta(minutes=30)
LINKS_PER_HOUR = 3
LINKS_KEPT = timedelta(days=1)


class OwnAccount(Exception):
    """An administrator does this to others; one's own password is changed by knowing it."""


class ResetLinkEnded(Exception):
    """The link was never sent, was used, is too old, or a newer one was."""


def holds_name(password: str, names: Iterable[str]) -> bool:
    """Tell whether the password holds one of the names, or the platform's."""
    folded = password.casefold()
    known = [name.casefold() for name in (*names, PLATFORM)]
    return any(name in folded for name in known if len(name.encode()) >= _SHORTEST_NAME_BYTES)
