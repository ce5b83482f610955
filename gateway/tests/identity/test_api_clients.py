from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC

import grpc
import pytest
from chassis.access import Scope
from chassis.service.background import housekeeping
from gateway.identity.sessions.moments import real_now
from journeyman.events.v1 import feed_pb2, feed_pb2_grpc
from journeyman.identity.v1 import api_clients_pb2, api_clients_pb2_grpc, sessions_pb2
from pydantic import SecretStr

Client = api_clients_pb2.ApiClient
SECRET, OTHER = "a-secret-of-visit-that-nobody-guesses", "a-secret-of-customer-that-nobody-guesses"
FINANCE_DUTIES = {
    "budgets.read",
    "disbursements.confirm",
    "disbursements.read",
    "funds.read",
    "ledgerEntries.read",
    "ledgerProof.read",
    "orgUnits.read",
    "reports.read",
    "spendPlans.read",
}


@pytest.fixture
def clients(identity):
    """The client service as a demo account sees it."""
    return lambda username: identity.stub(api_clients_pb2_grpc.ApiClientServiceStub, identity.token(username))


@pytest.fixture
def issue(identity):
    """The access token of a machine."""

    def issue(client_id, secret):
        request = sessions_pb2.IssueClientTokenRequest(client_id=client_id, client_secret=secret)
        return identity.anonymous.IssueClientToken(request)

    return issue


def create(stub, client_id="erp", permissions=("reports.read",), metadata=(), **fields):
    client = Client(client_id=client_id, permissions=permissions, **{"display_name": "ERP"} | fields)
    request = api_clients_pb2.CreateApiClientRequest(api_client=client)
    return stub.CreateApiClient(request, metadata=metadata)


def test_a_machine_gets_a_token_for_its_secret(identity, issue):
    answer = issue("finance-erp", "journeyman-demo")
    caller = identity.runtime.verifier.verify(answer.access_token)
    assert (caller.subject, caller.is_person) == ("finance-erp", False)
    assert (caller.unit_id, caller.session_id) == ("", "")
    assert [grant.scope for grant in caller.grants] == [Scope.ALL]
    assert caller.permissions() == FINANCE_DUTIES
    assert answer.expires_in == 900
    me = identity.me(answer.access_token)
    assert (me.client_id, list(me.permissions)) == ("finance-erp", sorted(FINANCE_DUTIES))
    assert not me.HasField("user")


@pytest.mark.parametrize(
    ("client_id", "secret"),
    [
        ("finance-erp", "wrong"),
        ("nobody", "journeyman-demo"),
        ("finance-erp", "\x7f"),
        ("admin", "x"),
    ],
)
def test_unknown_machines_and_wrong_secrets_are_refused_alike(issue, refused, client_id, secret):
    with refused() as refusal:
        issue(client_id, secret)
    assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "WRONG_CREDENTIALS")


def test_a_service_reads_the_events_with_the_client_of_the_settings(identity, issue):
    token = issue("visit", "a-secret-of-a-service-that-nobody-guesses").access_token
    stub = identity.stub(feed_pb2_grpc.EventFeedServiceStub, token)
    assert stub.ListEvents(feed_pb2.ListEventsRequest()).epoch


def test_a_new_client_shows_its_secret_once_and_signs_in_with_it(clients, issue):
    made = create(clients("admin"))
    assert issue("erp", made.client_secret).access_token
    found = clients("admin").GetApiClient(api_clients_pb2.GetApiClientRequest(client_id="erp"))
    assert (found.display_name, list(found.permissions), found.client_secret) == ("ERP", ["reports.read"], "")
    listed = clients("auditor").ListApiClients(api_clients_pb2.ListApiClientsRequest()).api_clients
    assert [client.client_id for client in listed] == ["erp", "finance-erp", "visit"]
    assert not any(client.client_secret for client in listed)


def test_the_secret_is_not_kept_for_a_repeated_call(identity, clients, issue):
    housekeeping(identity.database).run()  # makes the partition of the records
    stub, key = clients("admin"), [("idempotency-key", "k1")]
    made = create(stub, metadata=key)
    assert issue("erp", made.client_secret).access_token
    kept = Client.FromString(identity.value("SELECT response FROM idempotency_records"))
    assert kept == create(stub, metadata=key)
    made.ClearField("client_secret")
    assert kept == made


def change(stub, *mask, client_id="erp", **fields):
    client = Client(client_id=client_id, **fields)
    request = api_clients_pb2.UpdateApiClientRequest(api_client=client, update_mask={"paths": mask})
    return stub.UpdateApiClient(request)


def rotate(stub, client_id="erp", metadata=(), **fields):
    request = api_clients_pb2.RotateApiClientSecretRequest(client_id=client_id, **fields)
    return stub.RotateApiClientSecret(request, metadata=metadata)


def works(identity, token):
    """Whether identity takes a token."""
    try:
        return bool(identity.me(token).client_id)
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
            raise
        return False


def opens(issue, secret):
    try:
        return bool(issue("erp", secret).access_token)
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
            raise
        return False


def test_a_secret_is_changed_while_the_machine_goes_on(identity, clients, issue):
    stub = clients("admin")
    first = create(stub).client_secret
    token = issue("erp", first).access_token
    rotated = rotate(stub, overlap_hours=1)
    second = rotated.client_secret
    assert second not in ("", first)
    assert rotated.previous_secret_expire_time.ToDatetime(UTC) > real_now()
    assert opens(issue, first)
    assert opens(issue, second)
    assert works(identity, token)
    third = rotate(stub, overlap_hours=1).client_secret
    assert [opens(issue, secret) for secret in (first, second, third)] == [False, True, True]
    identity.change("UPDATE api_clients SET previous_expires_at = now() WHERE client_id = 'erp'")
    assert [opens(issue, secret) for secret in (second, third)] == [False, True]
    found = stub.GetApiClient(api_clients_pb2.GetApiClientRequest(client_id="erp"))
    assert not found.HasField("previous_secret_expire_time")


def test_a_secret_that_leaked_is_refused_at_once_with_its_tokens(identity, clients, issue):
    stub = clients("admin")
    first = create(stub).client_secret
    token = issue("erp", first).access_token
    rotated = rotate(stub)
    second = rotated.client_secret
    assert not rotated.HasField("previous_secret_expire_time")
    assert identity.value("SELECT previous_digest IS NULL FROM api_clients WHERE client_id = 'erp'")
    assert [opens(issue, secret) for secret in (first, second)] == [False, True]
    assert not works(identity, token)
    assert works(identity, issue("erp", second).access_token)


def test_a_changed_secret_is_not_kept_for_a_repeated_call(identity, clients):
    housekeeping(identity.database).run()
    stub, key = clients("admin"), [("idempotency-key", "k2")]
    create(stub)
    rotated = rotate(stub, metadata=key)
    repeated = rotate(stub, metadata=key)
    assert (bool(rotated.client_secret), repeated.client_secret) == (True, "")
    assert repeated.etag == rotated.etag


def test_a_disabled_client_is_refused_at_once_until_it_is_active_again(identity, clients, issue):
    stub = clients("admin")
    secret = create(stub).client_secret
    token = issue("erp", secret).access_token
    assert change(stub, state=Client.STATE_DISABLED).state == Client.STATE_DISABLED
    assert not works(identity, token)
    assert not opens(issue, secret)
    change(stub, state=Client.STATE_ACTIVE)
    assert opens(issue, secret)


def test_a_permission_that_is_taken_away_is_refused_at_once(identity, clients, issue):
    stub = clients("admin")
    secret = create(stub, permissions=["reports.read", "funds.read"]).client_secret
    token = issue("erp", secret).access_token
    assert (
        change(stub, "display_name", display_name="ERP 2", permissions=["users.read"]).display_name == "ERP 2"
    )
    assert works(identity, token)
    assert list(change(stub, permissions=["funds.read"]).permissions) == ["funds.read"]
    assert not works(identity, token)
    assert list(identity.me(issue("erp", secret).access_token).permissions) == ["funds.read"]


def test_a_client_tells_when_it_last_signed_in(clients, issue):
    made = create(clients("admin"))
    assert not made.HasField("last_sign_in_time")
    issue("erp", made.client_secret)
    found = clients("admin").GetApiClient(api_clients_pb2.GetApiClientRequest(client_id="erp"))
    assert found.last_sign_in_time.ToDatetime(UTC) <= real_now()


def test_nobody_changes_a_client_that_may_do_more_than_they(identity, clients, refused):
    create(clients("admin"), permissions=["users.update"])
    identity.change(
        "UPDATE role_assignments SET role_code = 'system_admin', scope = 'SUBTREE'"
        " WHERE user_id = (SELECT id FROM users WHERE username = 'auditor')"
    )
    for call in (change, rotate):
        with refused() as refusal:
            call(clients("auditor"))
        assert refusal.code == "NOT_FOUND"
    with refused() as refusal:
        change(clients("hq.finance"), display_name="mine")
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "NOT_PERMITTED")


def test_the_clients_of_the_services_are_changed_in_the_settings(clients, refused):
    for call in (change, rotate):
        with refused() as refusal:
            call(clients("admin"), client_id="visit")
        assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "CLIENT_OF_SETTINGS")


@pytest.fixture
def restarted(run_identity, settings):
    """Identity, started with these clients in its settings, as it is after its first sweep."""

    @contextmanager
    def restart(**clients):
        changed = {"service_clients": {name: SecretStr(secret) for name, secret in clients.items()}}
        with run_identity(settings.model_copy(update=changed)) as identity:
            (announce,) = (each for each in identity.parts.sweeps if each.name == "announce-revocations")
            announce.run()
            yield identity

    return restart


def secret_opens(identity, secret, client_id="visit"):
    request = sessions_pb2.IssueClientTokenRequest(client_id=client_id, client_secret=secret)
    try:
        return identity.anonymous.IssueClientToken(request).access_token
    except grpc.RpcError as error:
        if error.code() is not grpc.StatusCode.UNAUTHENTICATED:
            raise
        return ""


def test_a_client_that_is_taken_out_of_the_settings_is_disabled_at_the_next_start(restarted):
    with restarted(visit=SECRET, customer=OTHER) as identity:
        token = secret_opens(identity, SECRET)
    with restarted(customer=OTHER) as identity:
        assert not secret_opens(identity, SECRET)
        assert not works(identity, token)
        assert secret_opens(identity, OTHER, "customer")
        assert secret_opens(identity, "journeyman-demo", "finance-erp")  # an administrator made it
        stub = identity.stub(api_clients_pb2_grpc.ApiClientServiceStub, identity.token("admin"))
        by_hand = rotate(stub, client_id="visit").client_secret
        change(stub, client_id="visit", state=Client.STATE_ACTIVE)
    with restarted(customer=OTHER) as identity:
        assert secret_opens(identity, by_hand)
    with restarted(visit=SECRET, customer=OTHER) as identity:
        assert secret_opens(identity, SECRET)
        assert not secret_opens(identity, by_hand)


def test_settings_that_name_no_client_disable_none(restarted):
    with restarted(visit=SECRET):
        pass
    with restarted() as identity:
        assert secret_opens(identity, SECRET)


def test_a_secret_of_the_settings_leaves_none_from_before_good(restarted):
    with restarted(customer=OTHER) as identity:
        stub = identity.stub(api_clients_pb2_grpc.ApiClientServiceStub, identity.token("admin"))
        first = create(stub).client_secret
        second = rotate(stub, overlap_hours=1).client_secret
    with restarted(customer=OTHER, erp=SECRET) as identity:
        opening = [bool(secret_opens(identity, secret, "erp")) for secret in (first, second, SECRET)]
    assert opening == [False, False, True]


def test_a_change_from_an_old_version_is_refused(clients, refused):
    stub = clients("admin")
    made = create(stub)
    change(stub, display_name="One")
    with refused() as refusal:
        change(stub, display_name="Two", etag=made.etag)
    assert refusal.reason == "ETAG_MISMATCH"


def test_of_parallel_rotations_the_last_two_secrets_are_good(clients, issue):
    stub = clients("admin")
    create(stub)
    with ThreadPoolExecutor(4) as pool:
        secrets = [made.client_secret for made in pool.map(lambda _: rotate(stub, overlap_hours=1), range(4))]
    assert sorted(opens(issue, secret) for secret in secrets) == [False, False, True, True]


def test_a_client_id_is_given_once(clients, refused):
    with refused() as refusal:
        create(clients("admin"), client_id="finance-erp")
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "CLIENT_ID_TAKEN")


def test_nobody_makes_a_machine_that_may_do_more_than_they_everywhere(identity, clients, refused):
    identity.change(
        "UPDATE role_assignments SET role_code = 'system_admin', scope = 'SUBTREE'"
        " WHERE user_id = (SELECT id FROM users WHERE username = 'auditor')"
    )
    with refused() as refusal:
        create(clients("auditor"))
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "ROLE_BEYOND_OWN")


def test_who_does_not_reach_every_row_sees_no_clients(identity, clients, refused):
    identity.change(
        "UPDATE role_assignments SET scope = 'SUBTREE'"
        " WHERE user_id = (SELECT id FROM users WHERE username = 'auditor')"
    )
    stub = clients("auditor")
    assert not stub.ListApiClients(api_clients_pb2.ListApiClientsRequest()).api_clients
    with refused() as refusal:
        stub.GetApiClient(api_clients_pb2.GetApiClientRequest(client_id="finance-erp"))
    assert refusal.code == "NOT_FOUND"


def test_no_machine_has_the_id_of_a_person(identity, clients, refused):
    with refused() as refusal:
        create(clients("admin"), client_id=identity.user("auditor").id)
    assert refusal.fields == ["apiClient.clientId"]


def test_a_client_needs_an_id_a_name_and_permissions_without_patterns(clients, refused):
    with refused() as refusal:
        create(clients("admin"), display_name="", permissions=())
    assert refusal.fields == ["apiClient.displayName", "apiClient.permissions"]
    for permission in ("*", "customers.*", "*.read"):
        with refused() as refusal:
            create(clients("admin"), permissions=[permission])
        assert refusal.fields == ["apiClient.permissions[0]"]


def test_a_permission_that_nothing_asks_for_is_named(clients, refused):
    stub = clients("admin")
    create(stub)
    bad = ["reports.read", "nonsense.read", "customers.eat"]
    for attempt in (
        lambda: create(stub, client_id="other", permissions=bad),
        lambda: change(stub, "permissions", permissions=bad),
    ):
        with refused() as refusal:
            attempt()
        assert refusal.fields == ["apiClient.permissions[1]", "apiClient.permissions[2]"]
    # of an access rule, of a method that the gateway does not serve, and asked for besides the rule
    held = ["customers.read", "events.read", "securityIncidents.read"]
    assert list(change(stub, permissions=held).permissions) == held
