import pytest
from journeyman.customer.v1 import customers_pb2
from journeyman.identity.v1 import roles_pb2, sessions_pb2
from journeyman.operations.v1 import operations_pb2
from journeyman.visit.v1 import visits_pb2

SESSIONS = "/journeyman.identity.v1.SessionService"
CUSTOMERS = "/journeyman.customer.v1.CustomerService"
OPERATIONS = "/journeyman.operations.v1.OperationsService/GetOperation"


@pytest.fixture
def shop(stubs):
    customer = customers_pb2.Customer(id="c1", name="老王食品店", etag='"v3"')
    for method in ("GetCustomer", "CreateCustomer", "UpdateCustomer"):
        stubs["customer"].answer_with(f"{CUSTOMERS}/{method}", customer)
    return customer


@pytest.mark.usefixtures("shop")
def test_a_get_carries_its_path_variable_to_the_service_and_answers_its_json(client, stubs, tokens):
    answer = client.get("/v1/customers/c1", headers=tokens.bearer())
    assert answer.status_code == 200
    assert answer.json["name"] == "老王食品店"
    assert answer.json["channelType"] == ""
    call = stubs["customer"].last(f"{CUSTOMERS}/GetCustomer")
    assert customers_pb2.GetCustomerRequest.FromString(call.request).customer_id == "c1"


def test_a_list_takes_typed_filters_from_the_query(client, stubs, tokens):
    stubs["customer"].answer_with(f"{CUSTOMERS}/ListCustomers", customers_pb2.ListCustomersResponse())
    answer = client.get(
        "/v1/customers",
        query_string={"pageSize": "7", "query": "王", "state": "STATE_ACTIVE"},
        headers=tokens.bearer(),
    )
    assert answer.json == {"customers": [], "nextPageToken": ""}
    request = customers_pb2.ListCustomersRequest.FromString(
        stubs["customer"].last(f"{CUSTOMERS}/ListCustomers").request
    )
    assert request == customers_pb2.ListCustomersRequest(
        page_size=7, query="王", state=customers_pb2.Customer.STATE_ACTIVE
    )


@pytest.mark.usefixtures("shop")
def test_a_body_field_takes_the_body_and_the_query_takes_the_mask(client, stubs, tokens):
    answer = client.patch(
        "/v1/customers/c1",
        query_string={"updateMask": "name,channelType"},
        json={"name": "新店"},
        headers=tokens.bearer() | {"If-Match": '"v3"', "Idempotency-Key": "k-1"},
    )
    assert answer.status_code == 200
    call = stubs["customer"].last(f"{CUSTOMERS}/UpdateCustomer")
    request = customers_pb2.UpdateCustomerRequest.FromString(call.request)
    assert (request.customer.id, request.customer.name) == ("c1", "新店")
    assert list(request.update_mask.paths) == ["name", "channel_type"]
    assert call.metadata["if-match"] == '"v3"'
    assert call.metadata["idempotency-key"] == "k-1"


def test_a_verb_with_a_whole_body_joins_the_path_variable(client, stubs, tokens):
    path = "/journeyman.visit.v1.VisitService/CheckInVisit"
    stubs["visit"].answer_with(path, visits_pb2.Visit(id="v1"))
    body = {"position": {"location": {"latitude": 31.2}}}
    answer = client.post("/v1/visits/v1:checkIn", json=body, headers=tokens.bearer())
    assert answer.status_code == 200
    request = visits_pb2.CheckInVisitRequest.FromString(stubs["visit"].last(path).request)
    assert (request.visit_id, request.position.location.latitude) == ("v1", 31.2)


def test_a_body_field_stands_beside_a_path_variable_of_the_request(client, stubs, tokens):
    path = "/journeyman.identity.v1.RoleService/CreateRoleAssignment"
    stubs["identity"].answer_with(path, roles_pb2.RoleAssignment(id="a1"))
    answer = client.post("/v1/users/u7/roleAssignments", json={"roleCode": "rep"}, headers=tokens.bearer())
    assert answer.status_code == 200
    request = roles_pb2.CreateRoleAssignmentRequest.FromString(stubs["identity"].last(path).request)
    assert (request.user_id, request.role_assignment.role_code) == ("u7", "rep")


def test_an_operation_is_asked_of_the_service_that_its_id_names(client, stubs, tokens):
    stubs["customer"].answer_with(OPERATIONS, operations_pb2.Operation(id="customer.1"))
    stubs["visit"].answer_with(OPERATIONS, operations_pb2.Operation(id="visit.1"))
    for owner in ("customer", "visit"):
        answer = client.get(f"/v1/operations/{owner}.1", headers=tokens.bearer())
        assert answer.json["id"] == f"{owner}.1"


@pytest.mark.parametrize("operation_id", ["marketing.1", "1", ".1", "__class__.1", "reporting.1"])
def test_an_operation_of_an_owner_without_any_does_not_exist(client, tokens, operation_id):
    answer = client.get(f"/v1/operations/{operation_id}", headers=tokens.bearer())
    assert (answer.status_code, answer.json["reason"]) == (404, "NOT_FOUND")


def test_login_needs_no_token_and_sends_none_on(client, stubs):
    stubs["identity"].answer_with(f"{SESSIONS}/Login", sessions_pb2.Session(access_token="a", expires_in=900))
    answer = client.post(
        "/v1/auth/login",
        json={"username": "admin", "password": "x"},
        headers={"Authorization": "Bearer rubbish"},
    )
    assert answer.json["accessToken"] == "a"
    assert "authorization" not in stubs["identity"].last(f"{SESSIONS}/Login").metadata


@pytest.mark.usefixtures("shop")
def test_the_token_the_request_id_and_the_trace_travel_on(client, stubs, tokens):
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    headers = tokens.bearer() | {
        "X-Request-Id": "abc-12345",
        "traceparent": trace,
        "Accept-Language": "zh-CN",
    }
    answer = client.get("/v1/customers/c1", headers=headers)
    assert answer.headers["X-Request-Id"] == "abc-12345"
    metadata = stubs["customer"].last(f"{CUSTOMERS}/GetCustomer").metadata
    assert metadata["authorization"] == headers["Authorization"]
    assert metadata["x-request-id"] == "abc-12345"
    assert metadata["traceparent"] == trace
    assert metadata["accept-language"] == "zh-CN"


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("odd", ["short", "a b c d e f g h", "x" * 65, "中文中文中文中文"])
def test_an_odd_request_id_is_replaced(client, tokens, odd):
    answer = client.get(
        "/v1/customers/c1", headers=tokens.bearer() | {"X-Request-Id": odd.encode().decode("latin-1")}
    )
    assert len(answer.headers["X-Request-Id"]) == 32


@pytest.mark.usefixtures("shop")
def test_a_resource_with_an_etag_answers_it_and_304_to_who_has_it(client, tokens):
    first = client.get("/v1/customers/c1", headers=tokens.bearer())
    assert first.headers["ETag"] == '"v3"'
    again = client.get("/v1/customers/c1", headers=tokens.bearer() | {"If-None-Match": '"v2", "v3"'})
    assert (again.status_code, again.data) == (304, b"")


@pytest.mark.usefixtures("shop")
def test_head_answers_like_get_without_a_body(client, tokens):
    answer = client.head("/v1/customers/c1", headers=tokens.bearer())
    assert (answer.status_code, answer.data) == (200, b"")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/customers/c1:claim",
        "/v1/nothing",
        "/v1/customers/",
        "/v1//customers",
        "/v1/customers/a/b",
        "/v1/users/a:b/roleAssignments",
    ],
)
def test_an_unknown_url_is_404(client, tokens, path):
    answer = client.get(path, headers=tokens.bearer())
    assert (answer.status_code, answer.json["reason"]) == (404, "NO_SUCH_URL")
    assert answer.content_type == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/v1/customers/c1", "GET, HEAD, OPTIONS, PATCH"),
        ("GET", "/v1/customers:import", "OPTIONS, POST"),
        ("TRACE", "/v1/customers", "GET, HEAD, OPTIONS, POST"),
        ("QUERY", "/v1/customers", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/livez", "GET, HEAD, OPTIONS"),
    ],
)
def test_a_wrong_method_is_405_and_says_which_are_right(client, method, path, allowed):
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)
    assert answer.json["reason"] == "METHOD_NOT_ALLOWED"


def test_a_body_that_names_no_owner_is_told_which_field_is_missing(client, tokens):
    answer = client.post("/v1/corrections", json={}, headers=tokens.bearer() | {"Accept-Language": "zh"})
    assert answer.status_code == 400
    assert answer.json["errors"] == [{"field": "record", "reason": "REQUIRED", "detail": "必填"}]
