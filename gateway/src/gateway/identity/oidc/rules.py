"""Whom an identity provider vouches for, and who that is here. Pure."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from gateway.identity.sessions.rules import WrongCredentials

SIGN_IN_LIFE = timedelta(minutes=10)
EMAIL = "email"
_LONGEST_SUBJECT = 255  # characters, as OpenID Connect has it


class OidcOff(Exception):
    """The settings name no identity provider."""


class OidcRefused(Exception):
    """The sign-in was not begun here, is over or another browser's, or the provider does not vouch for it."""


class SubjectUnusable(OidcRefused):
    """The provider's own id of the person is none that can be kept here."""


class NotLinked(Exception):
    """Nobody has signed in with the account by the provider."""


class NobodyHere(WrongCredentials):
    """The provider vouches for somebody who has no account here, or whose account is another's there."""


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in as it was begun."""

    nonce: str
    code_verifier: str
    redirect_uri: str
    browser_digest: bytes


def demand_same_browser(begun: Begun | None, browser_digest: bytes) -> Begun:
    """Raise OidcRefused unless the browser that began finishes."""
    if begun is None or not hmac.compare_digest(begun.browser_digest, browser_digest):
        raise OidcRefused
    return begun


def subject_of(claims: Mapping[str, Any]) -> str:
    """Return the provider's own id of the person. Raises SubjectUnusable for one that cannot be kept.

    No database keeps NUL or half a surrogate pair, and a longer one fits into no index.
    """
    subject = claims["sub"]
    if not isinstance(subject, str) or not subject.isprintable() or not 0 < len(subject) <= _LONGEST_SUBJECT:
        raise SubjectUnusable
    return subject


def account_name(claims: Mapping[str, Any], claim: str) -> str:
    """Return the login name or e-mail address by which the provider's person is known here, lower case.

    An address counts only where the provider has verified it. Names here are plain ASCII, and other letters
    become such: a Kelvin sign in lower case is a k, and its bearer would be somebody else. Raises NobodyHere.
    """
    name = claims.get(claim)
    if not isinstance(name, str) or not name or not (name.isascii() and name.isprintable()):
        raise NobodyHere
    if claim == EMAIL and claims.get("email_verified") is not True:
        raise NobodyHere
    return name.lower()
