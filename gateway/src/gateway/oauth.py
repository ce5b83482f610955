"""The OAuth 2.0 endpoints: a small hand-written view of identity's RPCs, with the names of the RFCs."""

import base64
import binascii
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qsl, unquote_plus

import orjson
from journeyman.identity.v1 import sessions_pb2

from gateway import kinds
from gateway.backends import Backend, ServiceProblem
from gateway.contracts import grpc_path
from gateway.doorkeeper import Doorkeeper
from gateway.incoming import Answer, Incoming
from gateway.problem import Problem

_SERVICE = sessions_pb2.DESCRIPTOR.services_by_name["SessionService"]
_ISSUE = grpc_path(_SERVICE.methods_by_name["IssueClientToken"])
_KEYS = grpc_path(_SERVICE.methods_by_name["ListSigningKeys"])
_FORM = "application/x-www-form-urlencoded"
_BODY_LIMIT = 16 * 1024
_KEYS_SECONDS = 1.0  # requests with an unknown key wait for this


class OAuthError(Exception):
    """An error as RFC 6749 section 5.2 writes it."""

    def __init__(self, error: str, description: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status

    def answer(self) -> Answer:
        body = orjson.dumps({"error": self.error, "error_description": self.description})
        is_client = self.status is HTTPStatus.UNAUTHORIZED
        headers = {"WWW-Authenticate": 'Basic realm="journeyman"'} if is_client else {}
        return Answer(self.status, body, headers=headers)


class TokenEndpoint:
    """`POST /oauth2/token`: client credentials, by HTTP Basic or in the form."""

    def __init__(self, identity: Backend, doorkeeper: Doorkeeper) -> None:
        self._identity = identity
        self._doorkeeper = doorkeeper

    def __call__(self, incoming: Incoming, _: tuple[str, ...]) -> Answer:
        incoming.route = "/oauth2/token"
        self._doorkeeper.admit_stranger(incoming)
        try:
            return self._issue(incoming)
        except OAuthError as error:
            return error.answer()

    def _issue(self, incoming: Incoming) -> Answer:
        form = _form(incoming)
        if form.get("grant_type") != "client_credentials":
            missing = "grant_type" not in form
            raise OAuthError(
                "invalid_request" if missing else "unsupported_grant_type",
                "grant_type must be client_credentials",
            )
        client_id, secret = _credentials(incoming.header("HTTP_AUTHORIZATION"), form)
        token = self._ask(incoming, client_id, secret)
        return Answer(
            HTTPStatus.OK,
            orjson.dumps(
                {"access_token": token.access_token, "token_type": "Bearer", "expires_in": token.expires_in}
            ),
            headers={"Pragma": "no-cache"},
        )

    def _ask(self, incoming: Incoming, client_id: str, secret: str) -> sessions_pb2.ClientToken:
        request = sessions_pb2.IssueClientTokenRequest(client_id=client_id, client_secret=secret)
        try:
            with self._doorkeeper.sign_in(incoming, client_id):
                answer = self._identity.call(_ISSUE, request.SerializeToString(), incoming.metadata())
        except ServiceProblem as problem:
            if problem.rendered.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.BAD_REQUEST):
                raise _invalid_client() from None
            raise
        return sessions_pb2.ClientToken.FromString(answer)


class KeysEndpoint:
    """`GET /.well-known/jwks.json`: the public keys of access tokens, as RFC 8037 writes them."""

    def __init__(self, identity: Backend, doorkeeper: Doorkeeper) -> None:
        self._identity = identity
        self._doorkeeper = doorkeeper

    def __call__(self, incoming: Incoming, _: tuple[str, ...]) -> Answer:
        incoming.route = "/.well-known/jwks.json"
        self._doorkeeper.admit_stranger(incoming)
        answer = sessions_pb2.ListSigningKeysResponse.FromString(self._identity.call(_KEYS, b""))
        body = orjson.dumps({"keys": [_web_key(key) for key in answer.keys]})
        return Answer(HTTPStatus.OK, body, headers={"Cache-Control": "public, max-age=300"})


def signing_keys(identity: Backend) -> dict[str, bytes]:
    """The raw public keys by key id. Raises Problem and ServiceProblem."""
    answer = sessions_pb2.ListSigningKeysResponse.FromString(
        identity.call(_KEYS, b"", deadline=_KEYS_SECONDS)
    )
    return {key.kid: key.public_key for key in answer.keys}


def _web_key(key: sessions_pb2.SigningKey) -> dict[str, str]:
    point = base64.urlsafe_b64encode(key.public_key).rstrip(b"=").decode()
    return {"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": key.kid, "x": point}


def _form(incoming: Incoming) -> dict[str, str]:
    body = incoming.read_body(_BODY_LIMIT)
    if incoming.header("CONTENT_TYPE").partition(";")[0].strip().lower() != _FORM:
        raise Problem(kinds.UNSUPPORTED_MEDIA_TYPE, expected=_FORM)
    try:
        pairs = parse_qsl(body.decode("ascii"), errors="strict", max_num_fields=20)
    except ValueError:
        raise OAuthError("invalid_request", "the form is not valid") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        raise OAuthError("invalid_request", "a parameter stands there twice")
    return form


def _credentials(authorization: str, form: Mapping[str, str]) -> tuple[str, str]:
    scheme, _, encoded = authorization.partition(" ")
    if not encoded:
        client_id, secret = form.get("client_id", ""), form.get("client_secret", "")
    elif scheme.lower() == "basic":
        client_id, secret = _basic(encoded)
    else:
        raise _invalid_client()
    if not client_id or not secret or "\0" in client_id + secret:
        raise _invalid_client()
    return client_id, secret


def _basic(encoded: str) -> tuple[str, str]:
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
        if colon:
            return unquote_plus(client_id, errors="strict"), unquote_plus(secret, errors="strict")
    except (binascii.Error, ValueError):
        pass
    raise _invalid_client()


def _invalid_client() -> OAuthError:
    return OAuthError("invalid_client", "the client id or its secret is wrong", HTTPStatus.UNAUTHORIZED)
