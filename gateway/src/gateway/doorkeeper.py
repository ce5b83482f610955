"""Who may pass: the caller's token, a first look at the permission, and the limits.

The services check token, permission and scope again and are the authority; what is refused here only saves
them the work.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from chassis.access import Caller, InvalidToken, KeyRing, MethodRule, TokenVerifier
from chassis.access.permitted import demand_permitted
from chassis.errors import DeviceReplaced, NotPermitted, PasswordChangeRequired

from gateway import kinds
from gateway.backends import ServiceProblem
from gateway.incoming import Incoming
from gateway.limits import Limiter
from gateway.problem import Problem

SIGN_INS_PER_MINUTE = 30  # for one name from one network; wrong ones are identity's to count, five lock
# From one network over all names: whoever tries one password on everybody locks nobody.
WRONG_SIGN_INS_PER_MINUTE = 30
RESETS_PER_MINUTE = 3  # mails asked for one name from one network
ALL_RESETS_PER_MINUTE = 30  # from one network over all names
_LONGEST_NAME = 64
_WRONG = frozenset({"OTP_WRONG", "RESET_LINK_ENDED", "WRONG_CREDENTIALS"})


class KeysKnown:
    """Whether any signing key has been seen. Once that is so, identity is not asked about it again."""

    def __init__(self, keys: KeyRing) -> None:
        self._keys = keys
        self._known = False

    def __call__(self) -> bool:
        self._known = self._known or self._keys.refresh()
        return self._known


class Doorkeeper:
    def __init__(
        self, verifier: TokenVerifier, keys_known: KeysKnown, limiter: Limiter, per_minute: int
    ) -> None:
        self._verifier = verifier
        self._keys_known = keys_known
        self._limiter = limiter
        self._per_minute = per_minute

    def admit(self, incoming: Incoming, rule: MethodRule) -> None:
        """Lets the request through and notes its caller. Raises Problem."""
        if rule.public:
            self.admit_stranger(incoming)
            return
        caller = self._caller(incoming)
        self._take(f"caller:{caller.subject}", self._per_minute)
        try:
            demand_permitted(rule, caller)
        except DeviceReplaced:
            raise Problem(kinds.DEVICE_REPLACED) from None
        except PasswordChangeRequired:
            raise Problem(kinds.PASSWORD_CHANGE_REQUIRED) from None
        except NotPermitted as refused:
            raise Problem(kinds.NOT_PERMITTED, permission=refused.permission) from None
        incoming.caller = caller

    def admit_stranger(self, incoming: Incoming) -> None:
        self._take(f"network:{incoming.network}", self._per_minute)

    @contextmanager
    def sign_in(self, incoming: Incoming, name: str) -> Iterator[None]:
        """Counts what the block tries for the name, and for the whole network if it is wrong. Raises Problem.

        Right ones cost the network nothing: a building full of people signs in from one address.
        """
        self._take(f"sign-in:{incoming.network}:{_short(name)}", SIGN_INS_PER_MINUTE)
        wrong = f"wrong-sign-ins:{incoming.network}"
        self._take(wrong, WRONG_SIGN_INS_PER_MINUTE)
        is_wrong = False
        try:
            yield
        except ServiceProblem as problem:
            is_wrong = problem.rendered.reason in _WRONG
            raise
        finally:
            if not is_wrong:
                self._limiter.give_back(wrong)

    def admit_reset(self, incoming: Incoming, name: str) -> None:
        """Counts mails that are asked for: for the name, and for the whole network. Raises Problem."""
        self._take(f"reset:{incoming.network}:{_short(name)}", RESETS_PER_MINUTE)
        self._take(f"resets:{incoming.network}", ALL_RESETS_PER_MINUTE)

    def _caller(self, incoming: Incoming) -> Caller:
        scheme, _, token = incoming.header("HTTP_AUTHORIZATION").partition(" ")
        if not token:
            self.admit_stranger(incoming)
            raise Problem(kinds.NOT_SIGNED_IN, headers={"WWW-Authenticate": "Bearer"})
        try:
            return self._verifier.verify(token if scheme.lower() == "bearer" else "")
        except InvalidToken:
            self.admit_stranger(incoming)
            raise self._refusal() from None

    def _refusal(self) -> Problem:
        if not self._keys_known():  # nobody can tell whether the token is good
            return Problem(kinds.SERVICE_UNAVAILABLE, headers={"Retry-After": "3"}, backend="identity")
        return Problem(kinds.INVALID_TOKEN, headers={"WWW-Authenticate": 'Bearer error="invalid_token"'})

    def _take(self, client: str, limit: int) -> None:
        seconds = self._limiter.take(client, limit)
        if seconds:
            raise Problem(kinds.TOO_MANY_REQUESTS, headers={"Retry-After": str(seconds)}, seconds=seconds)


def _short(name: str) -> str:
    return name[:_LONGEST_NAME].lower()
