"""Whether a caller may call a method at all, and if not, what keeps them out."""

from chassis.access.caller import Caller
from chassis.access.methods import MethodRule
from chassis.errors import DeviceReplaced, NotPermitted, PasswordChangeRequired


def demand_permitted(rule: MethodRule, caller: Caller) -> None:
    """Raise DeviceReplaced, PasswordChangeRequired or NotPermitted unless the caller may call the method.

    A token that is held back carries few permissions or none: its bearer would hear that a role is missing,
    while the roles are all there.
    """
    if caller.captured_until is not None and not rule.from_replaced_device:
        raise DeviceReplaced
    if not rule.permission or caller.may(rule.permission):
        return
    if caller.password_change_required:
        raise PasswordChangeRequired
    raise NotPermitted(rule.permission)
