"""Refuses passwords that must not be chosen."""

from collections.abc import Iterable

from chassis.errors import FieldProblem, InvalidFields

from gateway.identity.passwords.rules import LONGEST, REMEMBERED, SHORTEST, holds_name
from gateway.identity.passwords.strength import is_easy_to_guess


class PasswordPolicy:
    """What a new password must be.

    Args:
        everybodys: the demo accounts' password in local mode: everybody knows it and nobody has to change it.
            None anywhere else.
    """

    def __init__(self, everybodys: str | None = None) -> None:
        self._everybodys = everybodys

    def must_change(self, password: str) -> bool:
        """Tell whether a password that somebody else chose must be changed."""
        return password != self._everybodys

    def demand(self, password: str, names: Iterable[str], field: str) -> None:
        """Raise InvalidFields naming the field unless somebody with these names may have the password."""
        if password == self._everybodys:
            return
        names = list(names)
        if not SHORTEST <= len(password) <= LONGEST:
            raise InvalidFields(_length(field))
        if holds_name(password, names):
            raise InvalidFields(_name(field))
        if is_easy_to_guess(password, names):
            raise InvalidFields(_easy(field))


def used_before(field: str) -> FieldProblem:
    english = f"is one of your last {REMEMBERED} passwords"
    return FieldProblem(field, "PASSWORD_USED_BEFORE", english, f"不能与最近 {REMEMBERED} 次使用的密码相同")


def _length(field: str) -> FieldProblem:
    english = f"must have {SHORTEST} to {LONGEST} characters"
    return FieldProblem(field, "WRONG_LENGTH", english, f"长度须为 {SHORTEST} 到 {LONGEST} 个字符")


def _name(field: str) -> FieldProblem:
    english = "must not hold the login name, the person's name or Journeyman"
    return FieldProblem(field, "NAME_IN_PASSWORD", english, "不能包含登录名、姓名或 Journeyman")


def _easy(field: str) -> FieldProblem:
    english = "is common or follows a pattern: take a few words that have nothing to do with each other"
    chinese = "过于常见或有规律,容易被猜到:可使用几个互不相关的词"
    return FieldProblem(field, "EASY_TO_GUESS", english, chinese)
