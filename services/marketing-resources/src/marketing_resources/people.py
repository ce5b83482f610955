"""What only people do: plan and decide."""

import grpc
from chassis.access import Caller
from chassis.errors import ErrorKind, ErrorTable


class PersonRequired(Exception):
    """A machine called what only a person does."""


ERRORS: ErrorTable = {
    PersonRequired: ErrorKind(
        grpc.StatusCode.PERMISSION_DENIED,
        "PERSON_REQUIRED",
        "Only a person can do this, signed in with an account of their own.",
        "此操作只能由本人登录后进行。",
    ),
}


def demand_person(caller: Caller) -> None:
    """Raise PersonRequired for a machine."""
    if not caller.is_person:
        raise PersonRequired
