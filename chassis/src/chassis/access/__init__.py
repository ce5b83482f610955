"""Who is calling, what they may do, and which rows they may see."""

from chassis.access.caller import Caller, Grant, RowScope, Scope, UnitTree
from chassis.access.keys import KeyRing
from chassis.access.methods import MethodRule, method_rules
from chassis.access.revocations import Revocations
from chassis.access.tokens import InvalidToken, KeysUnknown, TokenVerifier

__all__ = [
    "Caller",
    "Grant",
    "InvalidToken",
    "KeyRing",
    "KeysUnknown",
    "MethodRule",
    "Revocations",
    "RowScope",
    "Scope",
    "TokenVerifier",
    "UnitTree",
    "method_rules",
]
