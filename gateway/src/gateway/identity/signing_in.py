"""Puts signing in together: sessions, passwords, authenticators and phones."""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from chassis.server import Servicer
from chassis.service import Runtime

from gateway.identity import demo
from gateway.identity.devices import errors as device_errors
from gateway.identity.devices import sharing
from gateway.identity.devices.phones import Phones
from gateway.identity.devices.servicer import DeviceServicer
from gateway.identity.login_days.recording import LoginDays
from gateway.identity.oidc import errors as oidc_errors
from gateway.identity.oidc import store as begun
from gateway.identity.oidc.provider import Provider, Registration
from gateway.identity.oidc.servicer import Offer, OidcServicer
from gateway.identity.org_units.store import OwnTree
from gateway.identity.passwords import errors as password_errors
from gateway.identity.passwords import store as links
from gateway.identity.passwords.jobs import MAIL_RESET_LINK, MailResetLink
from gateway.identity.passwords.policy import PasswordPolicy
from gateway.identity.passwords.servicer import PasswordServicer
from gateway.identity.passwords.setter import PasswordSetter
from gateway.identity.sessions import attempts, revocations, store
from gateway.identity.sessions import errors as session_errors
from gateway.identity.sessions.metrics import SignInMetrics
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.opening import SessionOpener
from gateway.identity.sessions.password_check import PasswordCheck
from gateway.identity.sessions.password_sign_in import PasswordSignIn
from gateway.identity.sessions.passwords import PasswordHasher
from gateway.identity.sessions.revocations import Revoker
from gateway.identity.sessions.servicer import SessionServicer
from gateway.identity.sessions.tokens import TokenSigner
from gateway.identity.settings import IdentitySettings
from gateway.identity.totp import errors as totp_errors
from gateway.identity.totp.second_factor import SecondFactor
from gateway.identity.totp.servicer import TotpServicer

ERRORS = {
    **session_errors.ERRORS,
    **password_errors.ERRORS,
    **totp_errors.ERRORS,
    **oidc_errors.ERRORS,
    **device_errors.ERRORS,
}


class SigningIn:
    """The parts of identity that let people in.

    Attributes:
        hasher: takes two passwords at a time, whoever asks.
        policy: which passwords may be chosen.
        opener: opens sessions for people who have proved by other means who they are.
        phones: admits their phones.
    """

    def __init__(self, runtime: Runtime, tree: OwnTree, signer: TokenSigner, revoker: Revoker) -> None:
        settings = cast("IdentitySettings", runtime.settings)
        self._database = database = runtime.database
        self._clock = runtime.clock
        self.hasher = PasswordHasher()
        self.policy = PasswordPolicy(demo.PASSWORD if settings.env == "local" else None)
        self.opener = SessionOpener(signer, LoginDays())
        self.phones = Phones(database)
        check = PasswordCheck(database, self.hasher)
        second_factor = SecondFactor(database, check)
        counts = SignInMetrics(runtime.metrics.registry)
        sign_in = PasswordSignIn(
            database, check, second_factor, phones=self.phones, opener=self.opener, counts=counts
        )
        setter = PasswordSetter(database, self.policy, self.hasher, revoker)
        self.servicers: Sequence[Servicer] = [
            SessionServicer(database, sign_in, self.phones, self.opener, signer=signer, revoker=revoker),
            PasswordServicer(tree, check, setter, opener=self.opener, phones=self.phones),
            TotpServicer(database, tree, check, second_factor, revoker),
            OidcServicer(
                database,
                _offer(settings),
                tree,
                opener=self.opener,
                phones=self.phones,
                revoker=revoker,
            ),
            DeviceServicer(tree, revoker, timedelta(days=settings.device_queue_days)),
        ]
        self.jobs = {MAIL_RESET_LINK: MailResetLink(database, settings.console_url)}

    def forget(self) -> None:
        """Delete what has aged."""
        with self._database.begin() as connection:
            at = real_now()
            store.forget(connection, at)
            revocations.forget(connection, at)
            attempts.forget(connection, at)
            links.forget_links(connection, at)
            begun.forget(connection, at)
            sharing.forget(connection, self._clock.now())


def _offer(settings: IdentitySettings) -> Offer | None:
    if not settings.oidc_issuer:
        return None
    secret = settings.oidc_client_secret.get_secret_value()
    return Offer(
        provider=Provider(Registration(settings.oidc_issuer, settings.oidc_client_id, secret)),
        display_name=settings.oidc_display_name,
        claim=settings.oidc_account_claim,
        redirect_uris=settings.oidc_redirect_uris,
    )
