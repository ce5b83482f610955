"""What can be wrong with an account, and who may sign in."""

ACTIVE = "ACTIVE"


class UsernameTaken(Exception):
    """R134: one account per person; another account has the name."""

    def __init__(self, username: str) -> None:
        super().__init__(username)
        self.username = username


def may_sign_in(state: str, *, has_role: bool) -> bool:
    """R147: an account can be used once it has a role, and as long as it is active."""
    return state == ACTIVE and has_role


def loses_access(before: str, after: str) -> bool:
    """Tell whether a change of the account's state takes the access away."""
    return before == ACTIVE and after != ACTIVE
