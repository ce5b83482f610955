from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from itertools import count

import grpc
import pytest
from gateway.identity.rule_documents import rules
from gateway.identity.rule_documents.rules import Standing, State
from google.protobuf.field_mask_pb2 import FieldMask
from journeyman.identity.v1 import rule_documents_pb2 as pb
from journeyman.identity.v1 import rule_documents_pb2_grpc
from sqlalchemy.exc import ProgrammingError

Version = pb.RuleDocumentVersion
AUTHOR, SIGNER, READER = "hq.market", "hq.finance", "shanghai.rep1"
NUMBERS = count(1)
TODAY = date(2026, 3, 2)


@pytest.fixture(scope="module", autouse=True)
def duties(running):
    for username, role in ((AUTHOR, "group_marketing"), (SIGNER, "group_management")):
        running.change(
            "INSERT INTO role_assignments (id, user_id, role_code, unit_id, scope, created_at)"
            " SELECT gen_random_uuid(), id, :role, unit_id, 'ALL', created_at FROM users"
            " WHERE username = :username",
            username=username,
            role=role,
        )


@pytest.fixture
def register(as_):
    return lambda username: as_(rule_documents_pb2_grpc.RuleDocumentServiceStub, username)


class Register:
    """What people do with one document."""

    def __init__(self, stub_of):
        self.stub_of = stub_of
        given = pb.RuleDocument(code=f"SYS-{next(NUMBERS)}", title="管理办法")
        request = pb.CreateRuleDocumentRequest(rule_document=given)
        self.id = stub_of(AUTHOR).CreateRuleDocument(request).id

    def draft(self, effective_date="2014-08-11", by=AUTHOR, **fields):
        given = Version(
            **{"effective_date": effective_date, "text": "第一条", "change_note": "首次发布"} | fields
        )
        request = pb.CreateRuleDocumentVersionRequest(rule_document_id=self.id, version=given)
        return self.stub_of(by).CreateRuleDocumentVersion(request)

    def change(self, version, by=AUTHOR, mask=(), **fields):
        request = pb.UpdateRuleDocumentVersionRequest(
            rule_document_id=self.id,
            version=Version(id=version.id, **fields),
            update_mask=FieldMask(paths=mask),
        )
        return self.stub_of(by).UpdateRuleDocumentVersion(request)

    def submit(self, version, by=AUTHOR):
        request = pb.SubmitRuleDocumentVersionRequest(rule_document_id=self.id, version_id=version.id)
        return self.stub_of(by).SubmitRuleDocumentVersion(request)

    def approve(self, version, by=SIGNER):
        request = pb.ApproveRuleDocumentVersionRequest(rule_document_id=self.id, version_id=version.id)
        return self.stub_of(by).ApproveRuleDocumentVersion(request)

    def reject(self, version, by=SIGNER, comment="条款不清"):
        request = pb.RejectRuleDocumentVersionRequest(
            rule_document_id=self.id, version_id=version.id, comment=comment
        )
        return self.stub_of(by).RejectRuleDocumentVersion(request)

    def signed(self, effective_date="2014-08-11"):
        version = self.draft(effective_date)
        self.submit(version)
        return self.approve(version)

    def versions(self, by=READER):
        request = pb.ListRuleDocumentVersionsRequest(rule_document_id=self.id)
        return self.stub_of(by).ListRuleDocumentVersions(request).versions

    def get(self, by=READER):
        return self.stub_of(by).GetRuleDocument(pb.GetRuleDocumentRequest(rule_document_id=self.id))

    def version(self, version, by=READER):
        request = pb.GetRuleDocumentVersionRequest(rule_document_id=self.id, version_id=version.id)
        return self.stub_of(by).GetRuleDocumentVersion(request)


@pytest.fixture
def document(register):
    return Register(register)


def states(versions):
    return [(found.number, Version.State.Name(found.state).removeprefix("STATE_")) for found in versions]


@pytest.mark.rule("R162")
def test_a_revision_is_signed_by_somebody_else_before_anybody_is_held_to_it_R162(
    document, people, refused, told, tasks
):
    version = document.draft()
    document.submit(version)
    with refused() as refusal:
        document.get()
    assert refusal.code == "NOT_FOUND"
    assert told("ruleDocuments.submitted")[-1].recipient_permission == "ruleDocuments.approve"
    (task,) = [task for task in tasks(SIGNER) if task.resource == f"ruleDocuments/{document.id}"]
    assert task.kind == "ruleDocuments.approve"
    signed = document.approve(version)
    assert (signed.number, signed.effective_date) == (1, "2014-08-11")
    assert (signed.authoriser_id, signed.author_id) == (people[SIGNER], people[AUTHOR])
    assert (signed.change_note, signed.state) == ("首次发布", Version.STATE_EFFECTIVE)
    assert document.get().current_version_id == version.id
    assert document.version(version).text == "第一条"
    assert list(told("ruleDocuments.approved")[-1].recipient_ids) == [people[AUTHOR]]


@pytest.mark.rule("R162")
def test_the_author_does_not_sign_R162(document, refused, with_role, identity):
    version = document.draft(by="admin")
    document.submit(version, by="admin")
    with refused() as refusal:
        document.approve(version, by="admin")
    assert refusal.reason == "OWN_RULE_VERSION"


@pytest.mark.rule("R162")
def test_a_signed_version_can_never_be_changed_R162(document, identity, refused):
    version = document.signed()
    with refused() as refusal:
        document.change(version, text="另一条")
    assert refusal.reason == "RULE_VERSION_NOT_DRAFT"
    for statement in (
        "UPDATE rule_document_versions SET text = 'x' WHERE id = :id",
        "UPDATE rule_document_versions SET state = 'DRAFT' WHERE id = :id",
        "DELETE FROM rule_document_versions WHERE id = :id",
    ):
        with pytest.raises(ProgrammingError):
            identity.change(statement, id=version.id)


@pytest.mark.rule("R035")
def test_an_amendment_holds_from_its_day_on_and_the_old_rules_until_then_R035(document, clock):
    first = document.signed("2014-08-11")
    second = document.signed("2026-03-10")
    assert second.state == Version.STATE_APPROVED
    assert document.get().current_version_id == first.id
    assert states(document.versions()) == [(1, "EFFECTIVE")]
    assert states(document.versions(by="auditor")) == [(2, "APPROVED"), (1, "EFFECTIVE")]
    clock(datetime.fromisoformat("2026-03-10T00:00+08:00"))
    assert document.get().current_version_id == second.id
    assert states(document.versions()) == [(2, "EFFECTIVE"), (1, "SUPERSEDED")]
    assert document.version(first).text == "第一条"
    assert document.versions()[0].text == ""


@pytest.mark.rule("R162")
@pytest.mark.parametrize("effective_date", ["2026-03-01", "2014-08-11"])
def test_an_amendment_is_signed_before_its_day_R162(document, refused, effective_date):
    document.signed("2020-01-01")
    with refused() as refusal:
        document.signed(effective_date)
    assert refusal.reason == "RULE_VERSION_TOO_EARLY"


def test_a_returned_version_is_written_again(document, people, refused, told, tasks):
    version = document.submit(document.draft())
    with refused() as refusal:
        document.change(version, text="改")
    assert refusal.reason == "RULE_VERSION_NOT_DRAFT"
    with refused() as refusal:
        document.reject(version, comment=" ")
    assert refusal.fields == ["comment"]
    returned = document.reject(version)
    assert (returned.state, returned.comment) == (Version.STATE_DRAFT, "条款不清")
    assert list(told("ruleDocuments.returned")[-1].recipient_ids) == [people[AUTHOR]]
    (task,) = [task for task in tasks(AUTHOR) if task.resource == f"ruleDocuments/{document.id}"]
    assert task.kind == "ruleDocuments.rewrite"
    changed = document.change(version, text="第二稿", etag=returned.etag)
    with refused() as refusal:
        document.change(version, text="第三稿", etag=returned.etag)
    assert refusal.reason == "ETAG_MISMATCH"
    document.submit(version)
    assert document.approve(version).text == changed.text == "第二稿"
    for step in (document.approve, document.reject):
        with refused() as refusal:
            step(version)
        assert refusal.reason == "RULE_VERSION_NOT_SUBMITTED"


def test_a_document_has_one_version_in_the_making(document):
    def attempt(_):
        try:
            return document.draft().number
        except grpc.RpcError as error:
            return error.code().name

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(attempt, range(3)))
    assert sorted(answers, key=str) == [1, "FAILED_PRECONDITION", "FAILED_PRECONDITION"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"effective_date": ""}, "version.effectiveDate"),
        ({"effective_date": "2026-02-30"}, "version.effectiveDate"),
        ({"change_note": " "}, "version.changeNote"),
        ({"text": ""}, "version.text"),
        ({"text": "", "link": "http://example.com"}, "version.link"),
        ({"text": "", "link": "https://["}, "version.link"),
        ({"text": "", "link": "https://exa mple.com/x"}, "version.link"),
    ],
)
def test_a_version_says_what_it_changes_and_from_when(document, refused, fields, named):
    with refused() as refusal:
        document.draft(**fields)
    assert refusal.fields == [named]


def test_a_code_stands_for_one_document(document, register, refused):
    code = document.get(by="auditor").code
    with refused() as refusal:
        request = pb.CreateRuleDocumentRequest(rule_document=pb.RuleDocument(code=code, title="x"))
        register(AUTHOR).CreateRuleDocument(request)
    assert refusal.reason == "RULE_DOCUMENT_EXISTS"


def test_documents_are_listed_by_code_to_everybody_once_they_hold(document, register):
    def codes(username):
        token, found = "", []
        while not found or token:
            page = register(username).ListRuleDocuments(
                pb.ListRuleDocumentsRequest(page_size=2, page_token=token)
            )
            found += [each.code for each in page.rule_documents]
            token = page.next_page_token
            if not page.rule_documents:
                break
        return found

    code = document.get(by="auditor").code
    assert code not in codes(READER)
    assert code in codes("auditor")
    document.signed()
    assert code in codes(READER)
    assert codes("auditor") == sorted(codes("auditor"))


def test_part_of_the_organisation_writes_no_rules_for_all(document, with_role, refused):
    with_role("shanghai.rep6", "group_marketing", "SUBTREE")
    with_role("shanghai.rep6", "group_management", "SUBTREE")
    version = document.draft()
    for attempt in (
        lambda: document.change(version, by="shanghai.rep6", text="x"),
        lambda: document.submit(version, by="shanghai.rep6"),
        lambda: document.approve(version, by="shanghai.rep6"),
        lambda: document.draft(by=READER),
    ):
        with refused() as refusal:
            attempt()
        assert refusal.reason == "NOT_PERMITTED"


@pytest.mark.rule("R162")
def test_the_first_version_may_be_older_than_its_signature_R162():
    rules.demand_effective_date(date(2014, 8, 11), TODAY, None)
    rules.demand_effective_date(TODAY, TODAY, TODAY - timedelta(days=1))
    for effective_date, latest in ((TODAY, TODAY), (TODAY - timedelta(days=1), date(2014, 8, 11))):
        with pytest.raises(rules.RuleVersionTooEarly):
            rules.demand_effective_date(effective_date, TODAY, latest)


@pytest.mark.parametrize(
    ("state", "day", "is_current", "stands"),
    [
        (State.DRAFT, TODAY, False, Standing.DRAFT),
        (State.SUBMITTED, TODAY, False, Standing.SUBMITTED),
        (State.APPROVED, TODAY + timedelta(days=1), False, Standing.APPROVED),
        (State.APPROVED, TODAY, True, Standing.EFFECTIVE),
        (State.APPROVED, TODAY, False, Standing.SUPERSEDED),
    ],
)
def test_where_a_version_stands_follows_from_the_day(state, day, is_current, stands):
    assert rules.standing(state, day, TODAY, is_current=is_current) is stands
