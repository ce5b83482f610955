"""How sign-ins end, for whoever is asked at night why nobody gets in."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter

from gateway.identity.devices.rules import DeviceNotBound
from gateway.identity.sessions.rules import (
    AccountClosed,
    NameLocked,
    OtpRequired,
    OtpWrong,
    TooManySignIns,
    UnknownName,
    WrongCredentials,
)

_RIGHT = "right"
_REFUSALS = (
    AccountClosed,
    DeviceNotBound,
    NameLocked,
    OtpRequired,
    OtpWrong,
    TooManySignIns,
    UnknownName,
    WrongCredentials,
)


class SignInMetrics:
    """Counts sign-ins by outcome: many `unknown` or `wrong` ones are somebody who tries passwords."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._sign_ins = Counter(
            "journeyman_sign_ins_total", "Sign-ins of people by password", ["outcome"], registry=registry
        )
        for kind in _REFUSALS:
            self._sign_ins.labels(kind.outcome)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the sign-in that the block tries."""
        try:
            yield
        except _REFUSALS as refusal:
            self._sign_ins.labels(refusal.outcome).inc()
            raise
        self._sign_ins.labels(_RIGHT).inc()
