"""The events that reporting follows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Feed:
    """One subscription: who consumes, and which service's events."""

    consumer: str
    source: str


IDENTITY = Feed("directory", "identity")
VISIT = Feed("reporting-visit", "visit")
CUSTOMER = Feed("reporting-customer", "customer")
MARKETING = Feed("reporting-marketing", "marketing")
