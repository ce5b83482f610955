import pytest
from chassis.access import Scope
from chassis.service.background import housekeeping
from journeyman.events.v1 import feed_pb2, feed_pb2_grpc
from journeyman.identity.v1 import api_clients_pb2, api_clients_pb2_grpc, sessions_pb2

Client = api_clients_pb2.ApiClient
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
        ("finance-erp", "\0"),
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
