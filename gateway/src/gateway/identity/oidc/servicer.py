"""Answers OidcService."""

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from chassis.database import Database
from chassis.errors import FieldProblem, InvalidFields
from chassis.server import Call
from journeyman.identity.v1 import oidc_pb2 as pb
from journeyman.identity.v1 import sessions_pb2
from sqlalchemy import Connection

from gateway.identity.devices.phones import Phones
from gateway.identity.oidc import store
from gateway.identity.oidc.provider import Provider
from gateway.identity.oidc.rules import (
    SIGN_IN_LIFE,
    Begun,
    NobodyHere,
    NotLinked,
    OidcOff,
    account_name,
    demand_same_browser,
    subject_of,
)
from gateway.identity.org_units.store import OwnTree
from gateway.identity.passwords import notices
from gateway.identity.passwords.others import lock_other
from gateway.identity.sessions import store as sessions
from gateway.identity.sessions.moments import real_now
from gateway.identity.sessions.opening import SessionOpener
from gateway.identity.sessions.revocations import Revoker

_NOT_REGISTERED = FieldProblem(
    "redirectUri",
    "REDIRECT_NOT_REGISTERED",
    "is not among the addresses in the settings",
    "不在部署设置允许的回调地址之中",
)


@dataclass(frozen=True, slots=True)
class Offer:
    """How people sign in with the provider.

    Attributes:
        display_name: what to call it on a sign-in page.
        claim: what names the account: a claim that holds the login name, or `email`.
        redirect_uris: where the browser may come back.
    """

    provider: Provider
    display_name: str
    claim: str
    redirect_uris: Collection[str]


class OidcServicer:
    """Answers OidcService; without an offer there is no provider."""

    contract = pb.DESCRIPTOR.services_by_name["OidcService"]

    def __init__(
        self,
        database: Database,
        offer: Offer | None,
        tree: OwnTree,
        *,
        opener: SessionOpener,
        phones: Phones,
        revoker: Revoker,
    ) -> None:
        self._database = database
        self._offer = offer
        self._tree = tree
        self._opener = opener
        self._phones = phones
        self._revoker = revoker

    def get_oidc_provider(self, _: pb.GetOidcProviderRequest, __: Call) -> pb.OidcProvider:
        if self._offer is None:
            return pb.OidcProvider()
        return pb.OidcProvider(enabled=True, display_name=self._offer.display_name)

    def begin_oidc_sign_in(self, request: pb.BeginOidcSignInRequest, call: Call) -> pb.OidcSignIn:
        offer = self._demand_offer()
        if request.redirect_uri not in offer.redirect_uris:
            raise InvalidFields(_NOT_REGISTERED)
        state, browser_secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        begun = Begun(
            nonce=secrets.token_urlsafe(32),
            code_verifier=secrets.token_urlsafe(48),
            redirect_uri=request.redirect_uri,
            browser_digest=store.digest(browser_secret),
        )
        url = offer.provider.authorization_url(state, begun)
        store.begin(call.connection, state, begun, real_now())
        return pb.OidcSignIn(
            authorization_url=url,
            state=state,
            browser_secret=browser_secret,
            expires_in=int(SIGN_IN_LIFE.total_seconds()),
        )

    def finish_oidc_sign_in(self, request: pb.FinishOidcSignInRequest, call: Call) -> sessions_pb2.Session:
        offer = self._demand_offer()
        # Taken out before the provider is asked, in a transaction of its own: whatever it says, it is over.
        with self._database.begin() as connection:
            begun = store.finish(connection, request.state, real_now())
        begun = demand_same_browser(begun, store.digest(request.browser_secret))
        claims = offer.provider.claims(request.code, begun)
        user_id = _account_of(call.connection, offer, claims)
        from_phone = request.HasField("device")
        account = self._opener.admit(call, user_id, alone=from_phone)
        # under the account's lock: it may have been unlinked while we waited for it
        if store.user_of(call.connection, offer.provider.issuer, subject_of(claims)) != account.id:
            raise NobodyHere
        phone = self._phones.admit(call, account, request.device) if from_phone else None
        return self._opener.open(call, account, phone=phone, vouched_for=True)

    def unlink_oidc_person(
        self, request: pb.UnlinkOidcPersonRequest, call: Call
    ) -> pb.UnlinkOidcPersonResponse:
        account = lock_other(call, self._tree, request.user_id, "users.update")
        if not store.unlink(call.connection, account.id):
            raise NotLinked
        # of everybody's tokens: who came by password goes on by refresh
        refused_until = self._revoker.revoke(call, account.id)
        sessions.end_vouched_for(call.connection, account.id, refused_until)
        call.changed(f"users/{account.id}", ["oidc"])
        call.publish(notices.oidc_unlinked(account.id))
        return pb.UnlinkOidcPersonResponse()

    def _demand_offer(self) -> Offer:
        if self._offer is None:
            raise OidcOff
        return self._offer


def _account_of(connection: Connection, offer: Offer, claims: Mapping[str, Any]) -> str:
    """Return the account of a provider's person, linked at the first sign-in.

    Raises NobodyHere, SubjectUnusable.

    From then on the provider's own id says who it is: a name that is given to somebody else there opens
    nothing here.
    """
    issuer, subject = offer.provider.issuer, subject_of(claims)
    linked = store.user_of(connection, issuer, subject)
    if linked is not None:
        return linked
    user_id = store.account_called(connection, offer.claim, account_name(claims, offer.claim))
    if user_id is None or not store.link(connection, issuer, subject, user_id, real_now()):
        raise NobodyHere
    return user_id
