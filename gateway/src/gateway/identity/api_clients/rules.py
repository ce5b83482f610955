"""Machine clients: what they may be, and which secrets open them. Pure."""

import hmac
from dataclasses import dataclass
from datetime import datetime

ACTIVE = "ACTIVE"
DISABLED = "DISABLED"


class ClientIdTaken(Exception):
    """Another client has the id."""

    def __init__(self, client_id: str) -> None:
        super().__init__(client_id)
        self.client_id = client_id


class ClientOfSettings(Exception):
    """The client is one of the platform's own services, which the settings make."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """Digests of a client's secret and of the one before, which is good until then."""

    digest: bytes
    previous: bytes | None = None
    previous_expires_at: datetime | None = None

    def open_with(self, digest: bytes, at: datetime) -> bool:
        """Tell whether a secret of this digest opens the client, in a time that does not depend on it."""
        is_current = hmac.compare_digest(self.digest, digest)
        is_previous = hmac.compare_digest(self.previous or bytes(len(digest)), digest)
        overlaps = self.previous_expires_at is not None and at < self.previous_expires_at
        return is_current or (is_previous and overlaps)


def takes_away(before: frozenset[str], after: frozenset[str], *, was_active: bool, is_active: bool) -> bool:
    """Tell whether a change takes something from the client that its tokens still say it has."""
    return was_active and (not is_active or not before <= after)
