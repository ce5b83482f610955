"""R173: use records are reviewed regularly, and it is on record."""

from datetime import UTC, date, datetime

import pytest
from chassis.clock import FixedClock
from gateway.identity.audit_reviews import rules
from gateway.identity.audit_reviews.reminding import NOTICE, Reminder
from gateway.identity.audit_reviews.rules import Period
from google.protobuf.any_pb2 import Any
from journeyman.identity.v1 import audit_log_pb2
from journeyman.identity.v1 import audit_reviews_pb2 as pb
from journeyman.notices.v1 import events_pb2
from journeyman.work.v1 import work_pb2, work_pb2_grpc

MARCH = Period(date(2026, 3, 1), date(2026, 3, 31))
THE_TENTH = datetime(2026, 4, 9, 16, 0, tzinfo=UTC)  # midnight in Shanghai


@pytest.mark.rule("R173")
def test_the_month_before_is_reviewed_when_nothing_else_is_said_R173():
    assert rules.reviewed_period(None, None, date(2026, 4, 1)) == MARCH
    assert rules.reviewed_period(date(2024, 2, 5), None, date(2026, 4, 1)).end == date(2024, 2, 29)
    assert rules.reviewed_period(None, date(2026, 3, 7), date(2026, 4, 1)).end == date(2026, 3, 7)


def test_a_period_is_over_when_its_last_day_is():
    assert rules.reviewed_period(date(2026, 3, 1), date(2026, 3, 30), date(2026, 3, 31))
    with pytest.raises(rules.ReviewPeriodOpen):
        rules.reviewed_period(date(2026, 3, 1), date(2026, 3, 31), date(2026, 3, 31))
    with pytest.raises(rules.PeriodInverted):
        rules.reviewed_period(date(2026, 3, 2), date(2026, 3, 1), date(2026, 4, 1))


@pytest.mark.rule("R173")
def test_a_month_is_overdue_from_the_review_day_of_the_next_R173():
    assert rules.overdue_month(date(2026, 4, 9), 10) is None
    assert rules.overdue_month(date(2026, 4, 10), 10) == MARCH
    assert rules.overdue_month(date(2026, 1, 28), 10) == Period(date(2025, 12, 1), date(2025, 12, 31))


def create(log, token, unit_id, **fields):
    request = pb.CreateAuditReviewRequest(unit_id=unit_id, **{"findings": "Nothing unusual.", **fields})
    return log.reviews(token).CreateAuditReview(request)


def in_march(fields=None):
    return {"period_start_date": "2026-03-01"} | (fields or {})


@pytest.mark.rule("R173")
def test_a_review_names_what_it_is_about_and_what_was_sealed_R173(identity, log):
    user = identity.user("shanghai.rep1")
    mine = {"caller": user.id, "caller_unit_id": user.unit_id}
    log.write(mine, mine, {"caller": "finance-erp"}, at=datetime(2026, 3, 31, 15, 59, tzinfo=UTC))
    log.write(mine, at=datetime(2026, 3, 31, 16, 0, tzinfo=UTC))  # April in Shanghai
    auditor = identity.token("auditor")
    review = create(log, auditor, identity.unit_id("east"), **in_march())
    assert (review.period_start_date, review.period_end_date) == ("2026-03-01", "2026-03-31")
    assert (review.entry_count, review.position) == (2, 4)
    assert review.hash == log.stub(auditor).VerifyAuditLog(audit_log_pb2.VerifyAuditLogRequest()).head_hash
    assert review.reviewer_id == identity.user("auditor").id
    assert log.reviews(auditor).GetAuditReview(pb.GetAuditReviewRequest(audit_review_id=review.id)) == review
    assert create(log, auditor, identity.unit_id("hq-group"), **in_march()).entry_count == 3


def test_the_recording_of_a_review_is_in_the_log(identity, log, admin):
    review = create(log, admin, identity.unit_id("east"))
    log.take_own()
    (entry,) = log.list(admin, resource=f"auditReviews/{review.id}")
    assert entry.caller_username == "admin"


@pytest.mark.rule("R173")
def test_a_log_that_is_not_the_one_that_was_reviewed_is_found_R173(identity, log, admin):
    log.write({}, {})
    review = create(log, admin, identity.unit_id("hq-group"))
    assert log.verify(admin)[0] == []
    log.tamper(f"UPDATE audit_reviews SET hash = sha256('x') WHERE id = '{review.id}'")
    assert log.verify(admin)[0] == [("REVIEW_DIFFERS", review.id, 2)]


def test_reviews_are_listed_newest_first_in_the_scope_of_who_asks(identity, log, admin):
    shanghai, hangzhou = (identity.unit_id(code) for code in ("shanghai", "hangzhou"))
    made = [create(log, admin, unit).id for unit in (shanghai, hangzhou, shanghai)]
    found, token = [], ""
    while True:
        request = pb.ListAuditReviewsRequest(page_size=2, page_token=token)
        answer = log.reviews(admin).ListAuditReviews(request)
        found += [review.id for review in answer.audit_reviews]
        token = answer.next_page_token
        if not token:
            break
    assert found == made[::-1]
    section = log.grant("east.manager", "section_admin", "shanghai")
    answer = log.reviews(section).ListAuditReviews(pb.ListAuditReviewsRequest())
    assert [review.id for review in answer.audit_reviews] == [made[2], made[0]]
    request = pb.ListAuditReviewsRequest(unit_id=hangzhou)
    assert not log.reviews(section).ListAuditReviews(request).audit_reviews


def test_a_review_out_of_scope_is_not_found(identity, log, admin, refused):
    foreign = create(log, admin, identity.unit_id("hangzhou")).id
    token = log.grant("east.manager", "section_admin", "shanghai")
    with refused() as refusal:
        log.reviews(token).GetAuditReview(pb.GetAuditReviewRequest(audit_review_id=foreign))
    assert refusal.code == "NOT_FOUND"
    with refused() as refusal:
        create(log, token, identity.unit_id("hangzhou"))
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "UNIT_NOT_FOUND")


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"period_start_date": "2026-02-30"}, ("INVALID_ARGUMENT", ["periodStartDate"])),
        (
            {"period_start_date": "2026-03-02", "period_end_date": "2026-03-01"},
            ("INVALID_ARGUMENT", ["periodEndDate"]),
        ),
        ({"period_start_date": "2026-03-02", "period_end_date": "9999-12-31"}, ("FAILED_PRECONDITION", [])),
        ({"findings": ""}, ("INVALID_ARGUMENT", ["findings"])),
    ],
)
def test_a_review_of_no_period_or_with_no_findings_is_refused(identity, log, admin, refused, fields, told):
    with refused() as refusal:
        create(log, admin, identity.unit_id("east"), **fields)
    assert (refusal.code, refusal.fields) == told


def test_a_period_from_the_first_day_of_all_is_no_error(identity, log, admin):
    day = "0001-01-01"
    fields = {"period_start_date": day, "period_end_date": day}
    assert create(log, admin, identity.unit_id("east"), **fields).entry_count == 0


def remind(identity, at, review_day=10):
    reminder = Reminder(
        service="identity", database=identity.database, clock=FixedClock(at), review_day=review_day
    )
    reminder.run()
    reminder.run()
    return [notice(row) for row in identity.events("notice.raised") if row.subject.startswith(NOTICE)]


def notice(row):
    packed = Any.FromString(bytes(row.data))
    message = events_pb2.NoticeRaised()
    packed.Unpack(message)
    return message


@pytest.mark.rule("R173")
def test_who_reviews_is_told_once_of_a_month_without_a_review_R173(identity):
    assert remind(identity, datetime(2026, 4, 9, 15, 59, tzinfo=UTC)) == []
    (told,) = remind(identity, THE_TENTH)
    assert told.recipient_permission == "auditReviews.create"
    assert told.recipient_unit_id == identity.unit_id("hq-group")
    assert told.parameters["month"] == "2026-03"


@pytest.mark.rule("R173")
def test_a_month_that_was_reviewed_is_not_reminded_of_R173(identity, log, admin):
    create(log, admin, identity.unit_id("hq-group"), **in_march())
    assert remind(identity, THE_TENTH) == []
    create(log, admin, identity.unit_id("east"), period_start_date="2026-04-01")
    assert len(remind(identity, datetime(2026, 5, 28, tzinfo=UTC), review_day=28)) == 1


THE_MAY_TENTH = datetime(2026, 5, 9, 16, 0, tzinfo=UTC)


def waiting(identity, token, language="en", **page):
    stub = identity.stub(work_pb2_grpc.WorkServiceStub, token)
    request = work_pb2.ListMyTasksRequest(**page)
    answer = stub.ListMyTasks(request, metadata=[("accept-language", language)])
    return [task for task in answer.tasks if task.kind == "auditReviews.create"]


@pytest.mark.rule("R173")
def test_a_month_without_a_review_waits_for_whoever_may_make_one_R173(identity, log, admin):
    remind(identity, THE_TENTH)
    remind(identity, THE_MAY_TENTH)
    auditor, top = identity.token("auditor"), identity.unit_id("hq-group")
    march, april = waiting(identity, auditor)
    assert march.title == "Review the use records of 2026-03"
    assert waiting(identity, admin, "zh")[1].title == "审核 2026-04 的系统使用记录"
    assert {march.resource, april.resource} == {f"orgUnits/{top}"}
    assert [each.due_time.ToDatetime(UTC) for each in (march, april)] == [THE_TENTH, THE_MAY_TENTH]
    create(log, admin, identity.unit_id("east"), **in_march())
    assert len(waiting(identity, auditor)) == 2
    create(log, auditor, top, **in_march())
    assert waiting(identity, auditor) == [april]
    create(log, auditor, top, period_start_date="2026-04-01", period_end_date="2026-04-29")
    assert waiting(identity, auditor) == [april]
    create(log, auditor, top, period_start_date="2026-04-01", period_end_date="2026-05-01")
    assert waiting(identity, auditor) == []


def test_who_may_not_review_the_whole_organisation_has_nothing_to_do(identity, log):
    remind(identity, THE_TENTH)
    assert waiting(identity, log.grant("east.manager", "section_admin", "east")) == []
    assert waiting(identity, identity.token("shanghai.rep1")) == []


def test_months_without_a_review_are_paged_by_their_deadline(identity, admin):
    for month in range(1, 7):
        remind(identity, datetime(2026, month, 20, tzinfo=UTC), review_day=1)
    every = waiting(identity, admin)
    assert len(every) == 6
    for place, task in enumerate(every):
        assert waiting(identity, admin, page_size=2, page_token=task.sort_key) == every[place + 1 : place + 3]


def test_with_reviews_on_the_first_the_second_page_of_months_leads_to_the_third(run_identity, settings):
    with run_identity(settings.model_copy(update={"audit_review_day": 1})) as identity:
        for month in range(1, 7):
            remind(identity, datetime(2026, month, 20, tzinfo=UTC), review_day=1)
        stub = identity.stub(work_pb2_grpc.WorkServiceStub, identity.token("admin"))
        months, token = [], ""
        while token or not months:
            page = stub.ListMyTasks(work_pb2.ListMyTasksRequest(page_size=2, page_token=token))
            months += [task.title[-2:] for task in page.tasks if task.kind == "auditReviews.create"]
            token = page.next_page_token
        assert months == ["12", "01", "02", "03", "04", "05"]
