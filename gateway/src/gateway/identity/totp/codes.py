"""Secrets and codes of authenticators, and recovery codes."""

import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp

from gateway.identity.totp.rules import RECOVERY_CODES, STEP_SECONDS, good_steps

_ISSUER = "Journeyman"
_PLAIN = "abcdefghjkmnpqrstuvwxyz23456789"  # without what is read as something else


def new_secret() -> str:
    """Return a secret of 160 bits in base32."""
    return pyotp.random_base32()


def uri(secret: str, username: str) -> str:
    """Return what an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=_ISSUER)


def step_of(secret: str, code: str, at: datetime, last_step: int) -> int | None:
    """Return the step that the code belongs to, or None when it is not good at `at`."""
    made = pyotp.TOTP(secret)
    typed = code.replace(" ", "")
    for step in good_steps(at, last_step):
        if hmac.compare_digest(made.at(step * STEP_SECONDS).encode(), typed.encode()):
            return step
    return None


def readable(groups: int = 4) -> str:
    """Return a random code that people can type: groups of four, 5 bits a character."""
    return "-".join("".join(secrets.choice(_PLAIN) for _ in range(4)) for _ in range(groups))


def new_recovery_codes() -> list[str]:
    return [readable() for _ in range(RECOVERY_CODES)]


def digest(recovery_code: str) -> bytes:
    """A plain digest: the code is random and as long as a key."""
    return hashlib.sha256(recovery_code.strip().lower().encode()).digest()
