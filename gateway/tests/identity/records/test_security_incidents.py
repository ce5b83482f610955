from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from journeyman.identity.v1 import security_incidents_pb2 as pb
from journeyman.identity.v1 import security_incidents_pb2_grpc

Incident = pb.SecurityIncident


@pytest.fixture(scope="module", autouse=True)
def handlers(running):
    """shanghai.manager and shanghai.rep8 handle incidents of Shanghai, hangzhou.rep3 those of Hangzhou."""
    for username in ("shanghai.manager", "shanghai.rep8", "hangzhou.rep3"):
        running.change(
            "INSERT INTO role_assignments (id, user_id, role_code, unit_id, scope, created_at)"
            " SELECT gen_random_uuid(), id, 'platform_admin', unit_id, 'UNIT', created_at FROM users"
            " WHERE username = :name",
            name=username,
        )


@pytest.fixture
def incidents(as_):
    return lambda username: as_(security_incidents_pb2_grpc.SecurityIncidentServiceStub, username)


@pytest.fixture
def report(incidents):
    def reported(username="shanghai.rep1", **fields):
        given = Incident(**{"title": "客户金额不符", "text": "一笔订单显示两次"} | fields)
        request = pb.CreateSecurityIncidentRequest(security_incident=given)
        return incidents(username).CreateSecurityIncident(request)

    return reported


def take_up(stub, incident):
    return stub.TakeUpSecurityIncident(pb.TakeUpSecurityIncidentRequest(security_incident_id=incident.id))


def resolve(stub, incident, outcome="已修复"):
    return stub.ResolveSecurityIncident(
        pb.ResolveSecurityIncidentRequest(security_incident_id=incident.id, outcome=outcome)
    )


def dismiss(stub, incident, outcome="重复报告"):
    return stub.DismissSecurityIncident(
        pb.DismissSecurityIncidentRequest(security_incident_id=incident.id, outcome=outcome)
    )


def get(stub, incident):
    return stub.GetSecurityIncident(pb.GetSecurityIncidentRequest(security_incident_id=incident.id))


def ids(stub, **filters):
    answer = stub.ListSecurityIncidents(pb.ListSecurityIncidentsRequest(page_size=200, **filters))
    return [incident.id for incident in answer.security_incidents]


@pytest.mark.rule("R149")
def test_whoever_finds_something_wrong_reports_it_and_hears_what_came_of_it_R149(
    identity, people, incidents, report, told, tasks
):
    incident = report(severity=Incident.SEVERITY_HIGH, resource="customers/42")
    assert (incident.state, incident.reporter_id) == (Incident.STATE_REPORTED, people["shanghai.rep1"])
    assert incident.HasField("seen_time")
    notice = told("securityIncidents.reported")[-1]
    assert notice.recipient_permission == "securityIncidents.handle"
    assert notice.recipient_unit_id == identity.unit_id("shanghai")
    assert f"securityIncidents/{incident.id}" in [task.resource for task in tasks("shanghai.manager")]
    taken = take_up(incidents("shanghai.manager"), incident)
    assert (taken.state, taken.handler_id) == (Incident.STATE_TAKEN_UP, people["shanghai.manager"])
    (waiting,) = [task for task in tasks("shanghai.manager") if task.resource.endswith(incident.id)]
    assert waiting.kind == "securityIncidents.resolve"
    resolved = resolve(incidents("shanghai.rep8"), incident)
    assert (resolved.state, resolved.outcome) == (Incident.STATE_RESOLVED, "已修复")
    assert resolved.closed_by_id == people["shanghai.rep8"]
    assert list(told("securityIncidents.resolved")[-1].recipient_ids) == [people["shanghai.rep1"]]
    assert [task for task in tasks("shanghai.manager") if task.resource.endswith(incident.id)] == []
    assert get(incidents("shanghai.rep1"), incident) == resolved


def test_what_is_none_is_dismissed_with_a_reason(incidents, report, told, refused):
    incident = report()
    take_up(incidents("shanghai.manager"), incident)
    with refused() as refusal:
        dismiss(incidents("shanghai.manager"), incident, "  ")
    assert refusal.fields == ["outcome"]
    assert dismiss(incidents("shanghai.manager"), incident).state == Incident.STATE_DISMISSED
    assert told("securityIncidents.dismissed")


def test_of_several_handlers_one_takes_it_up(incidents, report):
    incident = report()

    def attempt(username):
        try:
            return take_up(incidents(username), incident).handler_id
        except grpc.RpcError as error:
            return error.details()

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(attempt, ("shanghai.manager", "shanghai.rep8")))
    assert sorted(answer == "Somebody works on the incident already." for answer in answers) == [False, True]


@pytest.mark.parametrize(
    ("steps", "last", "reason"),
    [
        ([], resolve, "INCIDENT_NOT_TAKEN_UP"),
        ([], dismiss, "INCIDENT_NOT_TAKEN_UP"),
        ([take_up, resolve], dismiss, "INCIDENT_CLOSED"),
        ([take_up, dismiss], take_up, "INCIDENT_CLOSED"),
    ],
)
def test_the_steps_have_an_order(incidents, report, refused, steps, last, reason):
    incident, stub = report(), incidents("shanghai.manager")
    for step in steps:
        step(stub, incident)
    with refused() as refusal:
        last(stub, incident)
    assert refusal.reason == reason


def test_reporters_see_their_own_and_handlers_what_is_in_their_scope(incidents, report, refused):
    here, there = report("shanghai.rep1"), report("hangzhou.rep1")
    assert there.id not in ids(incidents("shanghai.rep1"))
    assert here.id in ids(incidents("shanghai.rep1"))
    assert ids(incidents("shanghai.rep2")) == []
    assert there.id not in ids(incidents("shanghai.manager"))
    assert {here.id, there.id} <= set(ids(incidents("auditor")))
    for attempt in (get, take_up):
        with refused() as refusal:
            attempt(incidents("shanghai.manager"), there)
        assert refusal.code == "NOT_FOUND"
    with refused() as refusal:
        take_up(incidents("shanghai.rep1"), here)
    assert refusal.reason == "NOT_PERMITTED"


def test_lists_are_filtered_and_go_on_behind_a_page(identity, incidents, report):
    stub = incidents("shanghai.manager")
    made = [report().id for _ in range(3)]
    take_up(stub, Incident(id=made[0]))
    waiting = ids(stub, state=Incident.STATE_REPORTED, unit_id=identity.unit_id("shanghai"))
    assert made[0] not in waiting
    assert waiting[:2] == made[:0:-1]
    first = stub.ListSecurityIncidents(pb.ListSecurityIncidentsRequest(page_size=2))
    rest = pb.ListSecurityIncidentsRequest(page_size=2, page_token=first.next_page_token)
    following = stub.ListSecurityIncidents(rest)
    assert [found.id for found in (*first.security_incidents, *following.security_incidents)][:3] == made[
        ::-1
    ]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"title": "  "}, "securityIncident.title"),
        ({"title": "x\0"}, "securityIncident.title"),
        ({"seen_time": Timestamp(seconds=4_000_000_000)}, "securityIncident.seenTime"),
        ({"seen_time": Timestamp(seconds=-99_999_999_999_999)}, "securityIncident.seenTime"),
        ({"severity": 77}, "securityIncident.severity"),
    ],
)
def test_a_report_that_says_nothing_names_its_field(report, refused, fields, named):
    with refused() as refusal:
        report(**fields)
    assert refusal.fields == [named]
