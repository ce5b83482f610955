"""Endpoints and what is sent to them, to a real receiver."""

import json
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
from chassis.notices import raised
from gateway.identity.webhooks import store
from google.protobuf.field_mask_pb2 import FieldMask
from journeyman.identity.v1 import notices_pb2, webhooks_pb2, webhooks_pb2_grpc
from standardwebhooks import Webhook, WebhookVerificationError

NOON = datetime.fromisoformat("2026-03-02T12:00+08:00")
LATE = datetime.fromisoformat("2026-03-02T22:00+08:00")
MORNING = datetime.fromisoformat("2026-03-03T07:30+08:00")
Endpoint = webhooks_pb2.WebhookEndpoint
Delivery = webhooks_pb2.WebhookDelivery


class Receiver:
    """A program that is told; `answers` are the statuses of the next answers, then 200."""

    def __init__(self):
        self.answers = []
        self.received = []
        self.arrived = threading.Semaphore(0)
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.received.append((dict(self.headers), body))
                receiver.arrived.release()
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook"

    @property
    def bodies(self):
        return [json.loads(body) for _, body in self.received]

    @property
    def ids(self):
        return [headers["webhook-id"] for headers, _ in self.received]


@pytest.fixture
def receiver():
    receiver = Receiver()
    thread = threading.Thread(target=receiver.server.serve_forever, args=(0.01,))
    thread.start()
    yield receiver
    receiver.server.shutdown()
    thread.join()
    receiver.server.server_close()


@pytest.fixture
def webhooks(identity, tokens):
    return lambda username: identity.stub(webhooks_pb2_grpc.WebhookEndpointServiceStub, tokens(username))


@pytest.fixture
def admin(webhooks):
    return webhooks("admin")


@pytest.fixture
def send(identity):
    [sweep] = [each for each in identity.parts.sweeps if each.name == "send-webhooks"]
    return sweep.run


def create(stub, url, **fields):
    endpoint = Endpoint(**{"display_name": "chat", "url": url, "at_all_hours": True} | fields)
    return stub.CreateWebhookEndpoint(webhooks_pb2.CreateWebhookEndpointRequest(webhook_endpoint=endpoint))


def get(stub, endpoint):
    return stub.GetWebhookEndpoint(webhooks_pb2.GetWebhookEndpointRequest(webhook_endpoint_id=endpoint.id))


def update(stub, *mask, **fields):
    request = webhooks_pb2.UpdateWebhookEndpointRequest(
        webhook_endpoint=Endpoint(**fields), update_mask=FieldMask(paths=mask)
    )
    return stub.UpdateWebhookEndpoint(request)


def log(stub, endpoint, **fields):
    request = webhooks_pb2.ListWebhookDeliveriesRequest(webhook_endpoint_id=endpoint.id, **fields)
    return stub.ListWebhookDeliveries(request)


def late(*recipients, key="1", template="visitPlans.late", **parameters):
    return raised(
        "visit",
        template,
        recipients=recipients,
        parameters={"week": "2026-03-02"} | parameters,
        resource="visitPlans/1",
        dedupe_key=key,
    )


def test_a_notice_is_posted_once_signed_and_in_the_language_of_the_endpoint(
    admin, receiver, people, tell, send
):
    endpoint = create(admin, receiver.url, language=notices_pb2.NoticePreferences.LANGUAGE_ENGLISH)
    fact = late(people["shanghai.rep1"], people["shanghai.rep2"])
    tell(fact, fact)
    send()
    tell(fact)
    send()
    [(headers, body)] = receiver.received
    sent = Webhook(endpoint.secret).verify(body, headers)
    assert (sent["type"], sent["timestamp"]) == ("visitPlans.late", "2026-03-02T04:00:00Z")
    assert sent["data"] == {
        "resource": "visitPlans/1",
        "parameters": {"week": "2026-03-02"},
        "recipientIds": sorted([people["shanghai.rep1"], people["shanghai.rep2"]]),
        "title": "Visit plan was late",
        "text": "Your visit plan for the week of 2026-03-02 came in after the deadline.",
    }
    [delivery] = log(admin, endpoint).webhook_deliveries
    assert (delivery.id, delivery.body) == (headers["webhook-id"], body.decode())
    assert (delivery.state, delivery.last_status, delivery.attempt_count) == (
        Delivery.STATE_DELIVERED,
        200,
        1,
    )


def test_an_endpoint_is_told_of_the_groups_that_it_asked_for_in_chinese_by_default(
    admin, receiver, tell, send
):
    create(admin, receiver.url, groups=["visitPlans"])
    create(admin, f"{receiver.url}/money", groups=["spendPlans"])
    create(admin, f"{receiver.url}/off", state=Endpoint.STATE_DISABLED)
    tell(late(key="1"))
    send()
    assert [body["data"]["title"] for body in receiver.bodies] == ["拜访计划迟交"]


def test_the_night_is_quiet_for_endpoints_too_unless_they_say_otherwise(admin, receiver, tell, send, clock):
    create(admin, receiver.url, at_all_hours=False, groups=["visitPlans"])
    create(admin, receiver.url, groups=["disbursements"])
    clock(LATE)
    tell(late(), late(key="2", template="disbursements.paid", amount="1", date="2"), at=LATE)
    send()
    assert [body["type"] for body in receiver.bodies] == ["disbursements.paid"]
    clock(MORNING)
    send()
    assert [body["type"] for body in receiver.bodies] == ["disbursements.paid", "visitPlans.late"]


def test_a_failed_delivery_is_tried_again_later_under_the_same_id(admin, receiver, tell, send, clock):
    endpoint = create(admin, receiver.url)
    receiver.answers = [500, 302]
    tell(late())
    send()
    send()
    assert len(receiver.received) == 1
    [delivery] = log(admin, endpoint).webhook_deliveries
    assert (delivery.state, delivery.last_status) == (Delivery.STATE_PENDING, 500)
    assert delivery.next_attempt_time.ToDatetime(UTC) == NOON + timedelta(seconds=5)
    assert get(admin, endpoint).failing_since_time.ToDatetime(UTC) == NOON
    clock(NOON + timedelta(seconds=5))
    send()
    clock(NOON + timedelta(seconds=305))
    send()
    assert len(set(receiver.ids)) == 1
    [delivery] = log(admin, endpoint).webhook_deliveries
    assert (delivery.state, delivery.attempt_count) == (Delivery.STATE_DELIVERED, 3)
    assert not get(admin, endpoint).HasField("failing_since_time")


def test_after_ten_attempts_a_delivery_has_failed_and_can_be_sent_again(
    identity, admin, receiver, tell, send, clock
):
    endpoint = create(admin, receiver.url)
    receiver.answers = [500] * 10
    tell(late())
    at = NOON
    for _ in range(12):
        send()
        at += timedelta(hours=24)
        identity.change("UPDATE webhook_endpoints SET failing_since = NULL")
        clock(at)
    assert len(receiver.received) == 10
    [delivery] = log(admin, endpoint, state=Delivery.STATE_FAILED).webhook_deliveries
    assert delivery.last_problem == "REFUSED"
    assert not delivery.HasField("next_attempt_time")
    request = webhooks_pb2.RedeliverWebhookRequest(
        webhook_endpoint_id=endpoint.id, webhook_delivery_id=delivery.id
    )
    assert admin.RedeliverWebhook(request).state == Delivery.STATE_PENDING
    send()
    assert receiver.ids == [delivery.id] * 11
    assert log(admin, endpoint).webhook_deliveries[0].state == Delivery.STATE_DELIVERED


def test_a_crash_between_sending_and_keeping_it_sends_the_same_again(
    identity, admin, receiver, tell, send, clock
):
    endpoint = create(admin, receiver.url)
    tell(late())
    identity.change(  # claimed by a process that died before it could keep the answer
        "UPDATE webhook_deliveries SET attempts = 1, due_at = due_at + interval '60 seconds'"
    )
    send()
    assert receiver.received == []
    clock(NOON + timedelta(seconds=60))
    send()
    [delivery] = log(admin, endpoint).webhook_deliveries
    assert receiver.ids == [delivery.id]
    assert (delivery.state, delivery.attempt_count) == (Delivery.STATE_DELIVERED, 2)


def test_an_endpoint_that_is_gone_is_disabled_and_administrators_are_told(
    identity, admin, receiver, tell, send, refused
):
    endpoint = create(admin, receiver.url)
    receiver.answers = [410]
    tell(late(key="1"), late(key="2"))
    send()
    assert len(receiver.received) == 1
    found = get(admin, endpoint)
    assert (found.state, found.disabled_reason) == (Endpoint.STATE_DISABLED, Endpoint.DISABLED_REASON_GONE)
    assert {each.last_problem for each in log(admin, endpoint).webhook_deliveries} == {"ENDPOINT_DISABLED"}
    assert len(identity.events("notice.raised")) == 1
    tell(late(key="3"))
    send()
    assert len(receiver.received) == 1
    failed = log(admin, endpoint, page_size=1).webhook_deliveries[0]
    with refused() as refusal:
        admin.RedeliverWebhook(
            webhooks_pb2.RedeliverWebhookRequest(
                webhook_endpoint_id=endpoint.id, webhook_delivery_id=failed.id
            )
        )
    assert refusal.reason == "ENDPOINT_DISABLED"
    enabled = update(admin, id=endpoint.id, state=Endpoint.STATE_ENABLED)
    assert enabled.disabled_reason == Endpoint.DISABLED_REASON_UNSPECIFIED
    tell(late(key="4"))
    send()
    assert len(receiver.received) == 2


def test_an_endpoint_where_nothing_arrives_for_five_days_is_disabled(admin, receiver, tell, send, clock):
    endpoint = create(admin, receiver.url)
    receiver.answers = [500, 500]
    tell(late(key="1"))
    send()
    clock(NOON + timedelta(days=5))
    send()
    assert get(admin, endpoint).disabled_reason == Endpoint.DISABLED_REASON_FAILING


def test_an_endpoint_that_does_not_answer_holds_up_nobody_else(admin, receiver, tell, send):
    nowhere = create(admin, "http://127.0.0.1:9/")
    good = create(admin, receiver.url)
    tell(*[late(key=str(number)) for number in range(3)])
    send()
    assert len(receiver.received) == 3
    assert {each.state for each in log(admin, good).webhook_deliveries} == {Delivery.STATE_DELIVERED}
    assert {each.last_problem for each in log(admin, nowhere).webhook_deliveries} == {"NO_ANSWER"}


def test_an_endpoint_that_hangs_keeps_no_other_waiting_for_its_end(admin, receiver, tell, send):
    good = create(admin, receiver.url)
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        create(admin, f"http://127.0.0.1:{hanging.getsockname()[1]}/")
        tell(*[late(key=str(number)) for number in range(3)])
        with ThreadPoolExecutor(1) as process:
            sending = process.submit(send)
            first, _ = hanging.accept()
            with first:
                assert all(receiver.arrived.acquire(timeout=5) for _ in range(3))
                assert not sending.done()
                hanging.close()  # refuses those that are still to come
            sending.result()
    assert {each.state for each in log(admin, good).webhook_deliveries} == {Delivery.STATE_DELIVERED}


def test_processes_that_send_at_once_send_each_delivery_once(admin, receiver, tell, send):
    create(admin, receiver.url)
    tell(*[late(key=str(number)) for number in range(10)])
    with ThreadPoolExecutor(4) as processes:
        list(processes.map(lambda _: send(), range(4)))
    assert len(receiver.received) == len(set(receiver.ids)) == 10


def test_a_rotated_secret_overlaps_for_a_day(admin, receiver, tell, send, clock):
    endpoint = create(admin, receiver.url)
    rotated = admin.RotateWebhookSecret(
        webhooks_pb2.RotateWebhookSecretRequest(webhook_endpoint_id=endpoint.id)
    )
    assert rotated.secret not in ("", endpoint.secret)
    assert rotated.previous_secret_expire_time.ToDatetime(UTC) == NOON + timedelta(days=1)
    tell(late(key="1"))
    send()
    clock(NOON + timedelta(days=1))
    tell(late(key="2"))
    send()
    (overlapping, body), (alone, later) = receiver.received
    for secret in (endpoint.secret, rotated.secret):
        Webhook(secret).verify(body, overlapping)
    Webhook(rotated.secret).verify(later, alone)
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint.secret).verify(later, alone)


def test_secrets_are_shown_once(admin, receiver):
    stub, key = admin, (("idempotency-key", "create-once"),)
    endpoint = Endpoint(display_name="chat", url=receiver.url)
    request = webhooks_pb2.CreateWebhookEndpointRequest(webhook_endpoint=endpoint)
    made = stub.CreateWebhookEndpoint(request, metadata=key)
    assert made.secret.startswith("whsec_")
    assert stub.CreateWebhookEndpoint(request, metadata=key).secret == ""
    assert get(stub, made).secret == ""
    [listed] = stub.ListWebhookEndpoints(webhooks_pb2.ListWebhookEndpointsRequest()).webhook_endpoints
    assert listed.secret == ""
    assert update(stub, id=made.id, display_name="talk").secret == ""


def test_endpoints_are_changed_by_field_listed_by_page_and_deleted(admin, receiver, refused):
    made = [create(admin, receiver.url, display_name=str(number)) for number in range(3)]
    first = admin.ListWebhookEndpoints(webhooks_pb2.ListWebhookEndpointsRequest(page_size=2))
    rest = admin.ListWebhookEndpoints(
        webhooks_pb2.ListWebhookEndpointsRequest(page_size=2, page_token=first.next_page_token)
    )
    shown = [*first.webhook_endpoints, *rest.webhook_endpoints]
    assert [each.display_name for each in shown] == ["0", "1", "2"]
    changed = update(admin, id=made[0].id, groups=["visitPlans"], etag=made[0].etag)
    assert (changed.display_name, list(changed.groups)) == ("0", ["visitPlans"])
    with refused() as refusal:
        update(admin, id=made[0].id, display_name="x", etag=made[0].etag)
    assert refusal.reason == "ETAG_MISMATCH"
    admin.DeleteWebhookEndpoint(webhooks_pb2.DeleteWebhookEndpointRequest(webhook_endpoint_id=made[0].id))
    with refused() as refusal:
        get(admin, made[0])
    assert refusal.code == "NOT_FOUND"


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"url": ""}, "webhookEndpoint.url"),
        ({"url": "http://example.com"}, "webhookEndpoint.url"),
        ({"url": "https://10.0.0.1/"}, "webhookEndpoint.url"),
        ({"url": "https://user@example.com/"}, "webhookEndpoint.url"),
        ({"display_name": ""}, "webhookEndpoint.displayName"),
        ({"groups": ["nothing"]}, "webhookEndpoint.groups[0]"),
    ],
)
def test_endpoints_that_cannot_be_are_refused_by_name(admin, refused, fields, named):
    with refused() as refusal:
        create(admin, **{"url": "https://example.com/"} | fields)
    assert refusal.fields == [named]


def test_only_who_reaches_every_row_has_endpoints(identity, admin, receiver, tokens, refused):
    endpoint = create(admin, receiver.url)
    identity.change(
        "UPDATE role_assignments SET scope = 'SUBTREE' WHERE user_id ="
        " (SELECT id FROM users WHERE username = 'admin')"
    )
    narrow = identity.stub(webhooks_pb2_grpc.WebhookEndpointServiceStub, identity.token("admin"))
    assert not narrow.ListWebhookEndpoints(webhooks_pb2.ListWebhookEndpointsRequest()).webhook_endpoints
    named = {"webhook_endpoint_id": endpoint.id}
    for ask in (
        lambda: get(narrow, endpoint),
        lambda: log(narrow, endpoint),
        lambda: update(narrow, id=endpoint.id, display_name="x"),
        lambda: narrow.RotateWebhookSecret(webhooks_pb2.RotateWebhookSecretRequest(**named)),
        lambda: narrow.DeleteWebhookEndpoint(webhooks_pb2.DeleteWebhookEndpointRequest(**named)),
        lambda: narrow.RedeliverWebhook(
            webhooks_pb2.RedeliverWebhookRequest(**named, webhook_delivery_id=endpoint.id)
        ),
    ):
        with refused() as refusal:
            ask()
        assert refusal.code == "NOT_FOUND"
    with refused() as refusal:
        create(narrow, receiver.url)
    identity.change(
        "UPDATE role_assignments SET scope = 'ALL' WHERE user_id ="
        " (SELECT id FROM users WHERE username = 'admin')"
    )
    assert refusal.reason == "ENDPOINT_BEYOND_OWN"


def fill(endpoint, identity, more):
    """Add copies of an endpoint that are disabled."""
    identity.change(
        "INSERT INTO webhook_endpoints SELECT gen_random_uuid(), display_name, url, groups, language,"
        " at_all_hours, 'DISABLED', 'BY_ADMINISTRATOR', secret, NULL, NULL, NULL, 1, created_at, updated_at"
        " FROM webhook_endpoints CROSS JOIN generate_series(1, :more) WHERE id = :id",
        id=endpoint.id,
        more=more,
    )


def test_there_are_at_most_fifty_endpoints(admin, receiver, identity, refused):
    fill(create(admin, receiver.url), identity, 49)
    with refused() as refusal:
        create(admin, receiver.url)
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "TOO_MANY_ENDPOINTS")


def test_of_parallel_callers_one_adds_the_last_endpoint(webhooks, receiver, identity):
    fill(create(webhooks("admin"), receiver.url), identity, 48)
    waiting = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )

    def attempt(_):
        try:
            return create(webhooks("admin"), receiver.url).display_name
        except grpc.RpcError as error:
            return error.code().name

    with ThreadPoolExecutor(2) as callers:
        with identity.database.begin() as connection:
            store.count_alone(connection)
            outcomes = [callers.submit(attempt, number) for number in range(2)]
            while identity.value(waiting) < len(outcomes):
                assert not any(outcome.done() for outcome in outcomes)
        assert sorted(outcome.result() for outcome in outcomes) == ["RESOURCE_EXHAUSTED", "chat"]
    assert identity.value("SELECT count(*) FROM webhook_endpoints") == 50


def test_deliveries_are_kept_for_thirty_days(admin, receiver, tell, send, clock, identity):
    endpoint = create(admin, receiver.url)
    tell(late())
    send()
    [sweep] = [each for each in identity.parts.sweeps if each.name == "forget-notices"]
    clock(NOON + timedelta(days=30))
    sweep.run()
    assert len(log(admin, endpoint).webhook_deliveries) == 1
    clock(NOON + timedelta(days=30, minutes=1))
    sweep.run()
    assert len(log(admin, endpoint).webhook_deliveries) == 0


def test_the_log_pages_newest_first(admin, receiver, tell, clock):
    endpoint = create(admin, receiver.url)
    for number in range(3):
        clock(NOON + timedelta(minutes=number))
        tell(late(key=str(number), week=str(number)))
    first = log(admin, endpoint, page_size=2)
    rest = log(admin, endpoint, page_size=2, page_token=first.next_page_token)
    shown = [json.loads(each.body) for each in (*first.webhook_deliveries, *rest.webhook_deliveries)]
    assert [each["data"]["parameters"]["week"] for each in shown] == ["2", "1", "0"]
