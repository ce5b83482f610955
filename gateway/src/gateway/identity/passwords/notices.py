"""Tells people what was done to how they sign in: whoever did it may not have been them."""

from chassis.identifiers import new_id
from chassis.outbox import Fact

from chassis import notices


def changed(user_id: str) -> Fact:
    return _told("users.passwordChanged", user_id)


def reset(user_id: str) -> Fact:
    return _told("users.passwordReset", user_id)


def totp_disabled(user_id: str) -> Fact:
    return _told("users.totpDisabled", user_id)


def totp_reset(user_id: str) -> Fact:
    return _told("users.totpReset", user_id)


def oidc_unlinked(user_id: str) -> Fact:
    return _told("users.oidcUnlinked", user_id)


def _told(template: str, user_id: str) -> Fact:
    key = f"{template}:{new_id()}"
    return notices.raised(
        "identity", template, recipients=[user_id], resource=f"users/{user_id}", dedupe_key=key
    )
