"""Who may pass: the caller's token, a first look at the permission, and the limits.

The services check token, permission and scope again and are the authority; what is refused here only saves
them the work.
"""

from chassis.access import Caller, InvalidToken, KeyRing, MethodRule, TokenVerifier

from gateway import kinds
from gateway.incoming import Incoming
from gateway.limits import Limiter
from gateway.problem import Problem

SIGN_INS_PER_MINUTE = 30  # wrong passwords are identity's to count: five lock an account
_LONGEST_NAME = 64


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
        if rule.permission and not caller.may(rule.permission):
            raise Problem(kinds.NOT_PERMITTED, permission=rule.permission)
        incoming.caller = caller

    def admit_stranger(self, incoming: Incoming) -> None:
        self._take(f"address:{incoming.address}", self._per_minute)

    def admit_sign_in(self, incoming: Incoming, name: str) -> None:
        """Counts the attempts on one account from one address: whoever shares an address shares no limit."""
        self._take(f"sign-in:{incoming.address}:{name[:_LONGEST_NAME].lower()}", SIGN_INS_PER_MINUTE)

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
