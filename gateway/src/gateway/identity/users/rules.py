"""What can be wrong with an account, and who may sign in. Pure."""

from datetime import datetime
from typing import Any

ACTIVE = "ACTIVE"
DISABLED = "DISABLED"
FROZEN = "FROZEN"
# What decides who can use the account: a letter with a new password goes to the e-mail address, and without a
# certificate nobody gets in.
GUARDED = frozenset({"state", "unit_id", "employee_no", "email", "phone", "certified_at"})


class UsernameTaken(Exception):
    """R134: one account per person; another account has the name."""

    def __init__(self, username: str) -> None:
        super().__init__(username)
        self.username = username


class EmployeeNoTaken(Exception):
    """R134: one account per person; another account, perhaps a closed one, has the number."""

    def __init__(self, employee_no: str) -> None:
        super().__init__(employee_no)
        self.employee_no = employee_no


class EmailTaken(Exception):
    """Another open account has the e-mail address."""


class PhoneTaken(Exception):
    """Another open account has the phone number."""


class FreezeReasonMissing(Exception):
    """An account is frozen for a reason (R157)."""


def may_sign_in(state: str, *, certified_at: datetime | None, has_role: bool) -> bool:
    """Tell whether the account can be used.

    R147: it needs a role; R138: its person is certified as trained; R157: it is neither frozen nor closed.
    """
    return may_be_used(state, certified_at) and has_role


def may_be_used(state: str, certified_at: datetime | None) -> bool:
    """Tell whether an account that has a role can be used.

    R138: its person is certified as trained; R157: it is neither frozen nor closed.
    """
    return state == ACTIVE and certified_at is not None


def following(state: str, freeze_reason: str) -> dict[str, Any]:
    """Return the values that an account in this state has for that reason. Raises FreezeReasonMissing.

    R077: the WeChat binding of a leaver falls with the account.
    """
    if state == FROZEN and not freeze_reason.strip():
        raise FreezeReasonMissing
    values: dict[str, Any] = {"state": state, "freeze_reason": freeze_reason if state == FROZEN else ""}
    return values | {"wechat_bound_at": None} if state == DISABLED else values
