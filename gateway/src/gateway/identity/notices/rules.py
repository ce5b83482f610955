"""When people are told, and who. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from hashlib import sha256
from typing import Literal

from chassis.calendar import BUSINESS_ZONE

# How long a notice stays in the inbox. Older events are not told: they are a history that is replayed.
KEPT = timedelta(days=180)
Language = Literal["en", "zh"]
ENGLISH: Language = "en"
CHINESE: Language = "zh"
_DIGEST_BYTES = 16


@dataclass(frozen=True, slots=True)
class QuietHours:
    """The hours of every day, in Asia/Shanghai, in which nobody's phone should ring.

    They begin at `start` and end before `end`, over midnight when `start` is the later. None where both are
    the same.
    """

    start: time
    end: time

    @classmethod
    def read(cls, start: str, end: str) -> "QuietHours":
        """Read both ends as they are stored, `21:00`; both empty: there are none."""
        return cls(time.fromisoformat(start or "00:00"), time.fromisoformat(end or "00:00"))

    def over_at(self, at: datetime) -> datetime:
        """Return when to disturb somebody who could be told at `at`: then, or when the quiet hours end."""
        local = at.astimezone(BUSINESS_ZONE)
        now = local.time()
        over_midnight = self.start > self.end
        evening = now >= self.start
        morning = now < self.end
        if not ((evening or morning) if over_midnight else (evening and morning)):
            return at
        day = local.date() + timedelta(days=1 if over_midnight and evening else 0)
        return datetime.combine(day, self.end, BUSINESS_ZONE)


NIGHT = QuietHours(time(21), time(7, 30))


@dataclass(frozen=True, slots=True)
class Preferences:
    """How a person wants to be told, from the beginning until they change it."""

    language: Language = CHINESE
    email_enabled: bool = True
    muted_groups: Collection[str] = ()
    quiet_from: str = NIGHT.start.isoformat("minutes")
    quiet_to: str = NIGHT.end.isoformat("minutes")
    version: int = 0

    def mails(self, group: str) -> bool:
        """Tell whether the person wants the notices of a group by mail."""
        return self.email_enabled and group not in self.muted_groups

    def mail_at(self, group: str, at: datetime, *, urgent: bool, protects: bool = False) -> datetime | None:
        """Return when a notice that comes in at `at` is to be mailed. None: never.

        What protects the account is mailed at once, whatever the person wants.
        """
        if protects:
            return at
        if not self.mails(group):
            return None
        return at if urgent else QuietHours.read(self.quiet_from, self.quiet_to).over_at(at)


def group_of(template: str) -> str:
    """Return what a notice belongs to: `spendPlans` for `spendPlans.returned`."""
    return template.partition(".")[0]


def key_digest(source: str, dedupe_key: str, reader: str) -> bytes:
    """Return what stands for ever for `reader` having been told `dedupe_key` of `source`."""
    return sha256(f"{source}\0{dedupe_key}\0{reader}".encode()).digest()[:_DIGEST_BYTES]


def told_roles(
    roles: Mapping[str, Collection[str]], permission: str
) -> tuple[frozenset[str], frozenset[str]]:
    """Return the roles that name a permission or its resource, and those that hold it by a wider pattern.

    Args:
        roles: permission patterns by role.
        permission: the permission that readers must hold.

    Who may do everything (`*`) or read everything (`*.read`) is told only when nobody else is there to be
    told: an administrator would hear of every plan of every unit.
    """
    resource, _, verb = permission.partition(".")
    named, wide = {permission, f"{resource}.*"}, {f"*.{verb}", "*"}
    by_name = frozenset(role for role, patterns in roles.items() if not named.isdisjoint(patterns))
    by_pattern = frozenset(role for role, patterns in roles.items() if not wide.isdisjoint(patterns))
    return by_name, by_pattern - by_name
