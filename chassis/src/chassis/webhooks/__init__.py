"""Posts signed messages to programs of others, as Standard Webhooks has it (https://www.standardwebhooks.com)."""

from chassis.webhooks.addresses import UnusableUrl, demand_usable
from chassis.webhooks.sender import Outcome, Problem, Sender
from chassis.webhooks.signatures import new_secret, shown, signatures

__all__ = [
    "Outcome",
    "Problem",
    "Sender",
    "UnusableUrl",
    "demand_usable",
    "new_secret",
    "shown",
    "signatures",
]
