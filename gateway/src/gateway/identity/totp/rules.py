"""Which codes of an authenticator are good, and what can go wrong."""

from collections.abc import Iterator
from datetime import datetime

STEP_SECONDS = 30
# The phone's clock is off, or the code was typed late: the steps next to the current one count too.
STEPS_OFF = 1
RECOVERY_CODES = 10


class TotpNotEnrolled(Exception):
    """There is no authenticator to confirm or to remove."""


class TotpEnabledAlready(Exception):
    """The person has an authenticator in use; it must be removed first."""


def good_steps(at: datetime, last_step: int) -> Iterator[int]:
    """Return the steps whose codes are good, the likeliest first; behind the last used step only."""
    now = int(at.timestamp()) // STEP_SECONDS
    for off in (0, *(sign * steps for steps in range(1, STEPS_OFF + 1) for sign in (-1, 1))):
        if now + off > last_step:
            yield now + off
