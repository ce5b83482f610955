"""People sign in with a real identity provider, and nobody else does."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
from gateway.identity.oidc.provider import AT_ONCE
from journeyman.identity.v1 import oidc_pb2 as pb
from journeyman.identity.v1 import oidc_pb2_grpc, sessions_pb2

REDIRECT = "http://127.0.0.1:9/signed-in"


def refreshed(identity, session):
    request = sessions_pb2.RefreshSessionRequest(refresh_token=session.refresh_token)
    return identity.anonymous.RefreshSession(request)


def begin(stub, redirect_uri=REDIRECT):
    return stub.BeginOidcSignIn(pb.BeginOidcSignInRequest(redirect_uri=redirect_uri))


def finish(stub, begun, back, **other):
    fields = {"state": begun.state, "code": back.get("code", "none"), "browser_secret": begun.browser_secret}
    return stub.FinishOidcSignIn(pb.FinishOidcSignInRequest(**fields | other))


def test_a_person_of_the_provider_signs_in_with_the_account_of_that_name(identity, sign_in):
    session = sign_in("shanghai.rep1")
    me = identity.me(session.access_token)
    assert me.user.username == "shanghai.rep1"
    assert "visits.write" in me.permissions
    assert refreshed(identity, session).access_token


def test_the_provider_s_own_id_says_who_somebody_is_from_then_on(identity, sign_in, rename_there, refused):
    rename_there("17", "shanghai.rep1")
    first = identity.me(sign_in("17").access_token).user
    rename_there("17", "married.since")
    rename_there("18", "shanghai.rep1")
    assert identity.me(sign_in("17").access_token).user.id == first.id
    with refused() as refusal:
        sign_in("18")
    assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "WRONG_CREDENTIALS")


@pytest.mark.rule("R134")
def test_the_provider_opens_no_account_R134(identity, sign_in, refused):
    before = identity.value("SELECT count(*) FROM users")
    with refused() as refusal:
        sign_in("somebody.else")
    assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "WRONG_CREDENTIALS")
    assert identity.value("SELECT count(*) FROM users") == before


@pytest.mark.rule("R147")
def test_an_account_that_may_not_sign_in_does_not_either_this_way_R147(identity, sign_in, refused):
    identity.change("UPDATE users SET state = 'DISABLED' WHERE username = 'shanghai.rep2'")
    with refused() as refusal:
        sign_in("shanghai.rep2")
    assert refusal.reason == "WRONG_CREDENTIALS"


def test_a_password_that_must_be_changed_does_not_matter_to_who_needs_none(identity, sign_in):
    identity.change(
        "UPDATE credentials SET must_change = true"
        " WHERE user_id = (SELECT id FROM users WHERE username = 'shanghai.rep3')"
    )
    session = sign_in("shanghai.rep3")
    me = identity.me(session.access_token)
    assert (session.password_change_required, me.password_change_required) == (False, False)
    assert "visits.write" in me.permissions
    again = refreshed(identity, session)
    assert not again.password_change_required


@pytest.mark.parametrize("subject", ["shanghai\0rep1", "x" * 256])
def test_an_id_of_the_provider_that_nobody_can_keep_is_refused_in_words(sign_in, refused, subject):
    with refused() as refusal:
        sign_in(subject)
    assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "OIDC_SUBJECT_UNUSABLE")


def test_a_verified_address_names_the_account_where_the_settings_say_so(
    identity, offered, issuer, sign_in_there
):
    identity.change("UPDATE users SET email = 'Wang.Li@example.com' WHERE username = 'shanghai.rep4'")
    stub = offered(issuer, claim="email")
    begun = begin(stub)
    session = finish(stub, begun, sign_in_there(begun.authorization_url, "wang.li"))
    assert identity.me(session.access_token).user.username == "shanghai.rep4"


def test_a_sign_in_is_finished_once_by_the_browser_that_began_it(oidc, sign_in_there, refused):
    begun, other = begin(oidc), begin(oidc)
    back = sign_in_there(begun.authorization_url, "shanghai.rep1")
    for fields in (
        {"browser_secret": other.browser_secret},  # fixed upon a victim's browser, or stolen from its address
        {},  # and that was the one try
        {"state": "never-begun"},
    ):
        with refused() as refusal:
            finish(oidc, begun, back, **fields)
        assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "OIDC_REFUSED")
    with refused() as refusal:
        finish(oidc, other, back)  # another sign-in's code: the provider compares the verifier
    assert refusal.reason == "OIDC_REFUSED"


def test_of_parallel_finishes_one_signs_in(oidc, sign_in_there):
    begun = begin(oidc)
    back = sign_in_there(begun.authorization_url, "shanghai.rep1")

    def attempt(_):
        try:
            return finish(oidc, begun, back).expires_in
        except grpc.RpcError as error:
            return error.code()

    with ThreadPoolExecutor(4) as pool:
        ends = list(pool.map(attempt, range(4)))
    assert sorted(map(str, ends)) == ["900", *["StatusCode.UNAUTHENTICATED"] * 3]


def test_a_sign_in_that_took_too_long_is_over(identity, oidc, sign_in_there, refused):
    begun = begin(oidc)
    back = sign_in_there(begun.authorization_url, "shanghai.rep1")
    identity.change("UPDATE oidc_sign_ins SET expires_at = now()")
    with refused() as refusal:
        finish(oidc, begun, back)
    assert refusal.reason == "OIDC_REFUSED"


def test_a_secret_that_the_provider_does_not_know_signs_nobody_in(offered, issuer, sign_in_there, refused):
    stub = offered(issuer, secret="another")
    begun = begin(stub)
    back = sign_in_there(begun.authorization_url, "shanghai.rep1")
    with refused() as refusal:
        finish(stub, begun, back)
    assert refusal.reason == "OIDC_REFUSED"


def test_the_browser_comes_back_only_where_the_settings_say(oidc, refused):
    for address in ("https://evil.example/signed-in", REDIRECT + "/more", REDIRECT + "?x=1"):
        with refused() as refusal:
            begin(oidc, address)
        assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["redirectUri"])


class _Elsewhere(BaseHTTPRequestHandler):
    """A provider whose document names another one."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
        fields = ", ".join(f'"{name}": "http://127.0.0.1:9/"' for name in names)
        self.wfile.write(f'{{"issuer": "https://other.example", {fields}}}'.encode())

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def elsewhere():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Elsewhere) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_provider_that_is_away_or_speaks_for_another_is_unavailable(offered, elsewhere, refused):
    for issuer in ("http://127.0.0.1:9", elsewhere):
        with refused() as refusal:
            begin(offered(issuer))
        assert refusal.code == "UNAVAILABLE"


def test_a_provider_that_hangs_holds_up_a_few_only(offered):
    refused = threading.Event()
    request = pb.BeginOidcSignInRequest(redirect_uri=REDIRECT)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stub = offered(f"http://127.0.0.1:{silent.getsockname()[1]}")
        calls = [stub.BeginOidcSignIn.future(request) for _ in range(AT_ONCE + 1)]
        for call in calls:
            call.add_done_callback(lambda _: refused.set())
        assert refused.wait(3)
        assert [call.done() for call in calls].count(True) == 1
    assert {call.code() for call in calls} == {grpc.StatusCode.UNAVAILABLE}


def test_without_a_provider_there_is_nothing_to_begin(identity, refused):
    stub = identity.stub(oidc_pb2_grpc.OidcServiceStub)
    assert not stub.GetOidcProvider(pb.GetOidcProviderRequest()).enabled
    with refused() as refusal:
        begin(stub)
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "OIDC_OFF")


def test_a_sign_in_page_learns_what_the_provider_is_called(oidc):
    provider = oidc.GetOidcProvider(pb.GetOidcProviderRequest())
    assert (provider.enabled, provider.display_name) == (True, "Company")
